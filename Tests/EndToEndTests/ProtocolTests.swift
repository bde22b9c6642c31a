import Foundation
import TestSupport
import Testing

/// Bindle's protocol, as `hippo-dev bindle serve` speaks it to a client that is not of this repository's making: a script
/// for Python, where there is one.
@Suite struct ProtocolTests {
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        "Server keeps every rule of the protocol", .enabled(if: python != nil, "there is no python3"),
        arguments: ["development", "strict"], [false, true])
    func serverKeepsEveryRuleOfTheProtocol(mode: String, asksForCredentials: Bool) throws {
        let directory = try TemporaryDirectory()
        var options = mode == "strict" ? ["--strict"] : []
        var credentials: [String] = []
        if asksForCredentials {
            // The password is `analytical`, hashed by libxcrypt at its lowest cost.
            let users = try directory.write(Self.users, to: "users")
            let tokens = try directory.write("# for the deployment\nsecret-token\n", to: "tokens")
            options += ["--htpasswd", users.path, "--token-file", tokens.path, "--anonymous-get"]
            credentials = ["ada:analytical", "secret-token"]
        }
        let server = try StoreServer(store: directory.path + "/bindles.sqlite", options)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Scripts/bindle-protocol.py")
        process.arguments = [script.path, server.url, mode] + credentials
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }

    static let users = "ada:$2y$04$8sQMxIZTL9FrrdNWBbj0NeCrcu4X6btrN037.1dbCLvza/qm8255G\n"
}
