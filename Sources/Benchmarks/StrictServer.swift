import Foundation

/// A strict Bindle server on a port of its own.
final class StrictServer {
    let url: String
    let process = Process()

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(_ program: String, store: URL) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["bindle", "serve", "--strict", "--listen", "127.0.0.1:0", "--store", store.path]
        // The key that signs invoices is this server's own.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["XDG_CONFIG_HOME": store.deletingLastPathComponent().path]
        ) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        while !text.contains("(strict)") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw Failure(description: "the server ended: \(text)") }
            text += String(decoding: piece, as: UTF8.self)
        }
        guard let start = text.range(of: "http://"), let end = text[start.lowerBound...].firstIndex(of: " ") else {
            throw Failure(description: "the server names no URL: \(text)")
        }
        url = String(text[start.lowerBound..<end])
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
