import Foundation

/// An S3 service that checks signatures: `moto`, of PyPI. One for all tests of a process, since it takes seconds to start;
/// it ends with the process.
package final class MotoServer: Sendable {
    package static let isThere = PythonPackages.has("moto") && PythonPackages.has("boto3")
    package static let skippingNote: String =
        "moto and boto3 are not in .build/blob-stores: python3 -m pip install --target .build/blob-stores "
        + "'moto[server]' boto3 azure-storage-blob"

    private static let running = Result { try MotoServer() }

    /// The server, started with the first call.
    package static func shared() throws -> MotoServer { try running.get() }

    /// `http://127.0.0.1:PORT`.
    package let url: String
    /// The user's key and secret.
    package let key: String
    package let secret: String
    /// What the process waits for: it ends when nobody has this any more.
    private let input: Pipe

    /// A bucket that is there.
    package static let bucket = "parcels"
    package static let region = "eu-central-1"

    private struct Beginning: Decodable {
        let url: String
        let key: String
        let secret: String
    }

    private init() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "moto_server.py")
        let process = PythonPackages.process([script.path])
        let output = Pipe()
        input = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw PythonPackages.Failure(description: "moto does not start") }
            line += piece
        }
        let beginning = try JSONDecoder().decode(Beginning.self, from: line)
        (url, key, secret) = (beginning.url, beginning.key, beginning.secret)
    }

    /// The variables by which AWS's tools, and what is tested, are told of it.
    package var environment: [String: String] {
        [
            "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": Self.region,
            "AWS_ENDPOINT_URL": url, "HOME": "/nonexistent",
        ]
    }

    /// Runs a script that has the official client as `s3`.
    /// - Returns: What it has written.
    package func boto(_ script: String) throws -> String {
        try PythonPackages.run("import boto3\ns3 = boto3.client('s3')\n" + script, environment: environment)
    }
}
