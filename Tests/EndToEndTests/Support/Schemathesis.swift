import Foundation
import TestSupport

/// Schemathesis, which sends to an API what its document allows, and what it does not.
enum Schemathesis {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../.build/schemathesis").standardizedFileURL

    /// Whether `python3 -m pip install --target .build/schemathesis schemathesis` has brought it.
    static let isInstalled = FileManager.default.fileExists(atPath: directory.path + "/bin/schemathesis")

    /// Runs it, and returns what it has found: nothing if all is well.
    ///
    /// - Parameters:
    ///   - excluded: paths of the document that are left out.
    ///   - token: what each request shows as Bearer.
    static func findings(
        at document: String, excluding excluded: [String], token: String, examples: Int
    ) async throws -> String {
        let place = try TemporaryDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.currentDirectoryURL = URL(fileURLWithPath: place.path)
        process.arguments =
            ["python3", directory.path + "/bin/schemathesis", "run", document, "--seed", "1", "--no-color"]
            + ["--max-examples", String(examples), "--request-timeout", "30", "--continue-on-failure"]
            + ["--header", "Authorization: Bearer \(token)"]
            // What makes an ID, a range or a pair of members valid is more than a schema says.
            + ["--exclude-checks", "positive_data_acceptance"] + excluded.flatMap { ["--exclude-path", $0] }
        // Archives are made of any text: none of them is one.
        try place.write(
            """
            import schemathesis

            @schemathesis.serializer("application/x-tar", "application/gzip")
            def archive(context, value):
                return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")

            """, to: "archives.py")
        let variables = ["PYTHONPATH": "\(place.path):\(directory.path)", "SCHEMATHESIS_HOOKS": "archives"]
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        let output = place.path + "/output"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardOutput = handle
        process.standardError = handle
        // It takes a while, in which other tests go on.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return process.terminationStatus == 0 ? "" : try String(contentsOfFile: output, encoding: .utf8)
    }
}
