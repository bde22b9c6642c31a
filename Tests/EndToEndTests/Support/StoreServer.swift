import Foundation
import Testing

/// A `hippo-dev bindle serve` on a free port.
final class StoreServer {
    private let process = Process()
    /// Ends in `/v1`.
    let url: String

    /// - Parameter environment: Variables beside those of this process.
    init(store: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Program.path)
        let listens = arguments.contains("--listen")
        process.arguments =
            ["bindle", "serve", "--store", store] + (listens ? [] : ["--listen", "127.0.0.1:0"]) + arguments
        process.environment = UserConfiguration.environment().merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        var text = ""
        while !text.contains("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw CocoaError(.fileReadUnknown) }
            text += String(decoding: data, as: UTF8.self)
        }
        let address = text.split(separator: " ").first { $0.hasPrefix("http://") }
        url = String(try #require(address))
        // The log is read, so that the server never waits for that.
        let handle = output.fileHandleForReading
        Thread { while !handle.availableData.isEmpty {} }.start()
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit {
        if process.isRunning { kill() }
    }
}
