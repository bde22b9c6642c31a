import Foundation
import HTTP

/// `hippo-dev up` on a project, on ports of its own, with nothing shown.
final class RunningSandbox {
    /// From the launch to the first 200 of the app, asked for when it says that it is ready.
    let millisecondsToFirstAnswer: Double
    let app: HTTPURL
    /// The Bindle server's URL, `/v1` included.
    let bindles: String

    private let process: Process
    private let client = Client()

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct ReadyEvent: Decodable {
        let event: String
        let app: String?
        let bindle: String?
    }

    init(hippoDev: String, project: URL, path: String) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: hippoDev)
        process.arguments =
            ["up", project.path, "--json", "--listen", "127.0.0.1:0", "--bindle-listen", "127.0.0.1:0"]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        let start = ContinuousClock.now
        try process.run()

        var lines = Data()
        var app: HTTPURL?
        var bindles = ""
        reading: while app == nil {
            let chunk = output.fileHandleForReading.availableData
            guard !chunk.isEmpty else {
                throw Failure(description: "hippo-dev up ended: \(String(decoding: lines, as: UTF8.self))")
            }
            lines += chunk
            for line in lines.split(separator: UInt8(ascii: "\n")) {
                guard let event = try? JSONDecoder().decode(ReadyEvent.self, from: line), event.event == "ready" else {
                    continue
                }
                app = try event.app.map { try HTTPURL($0) }
                bindles = event.bindle ?? ""
                break reading
            }
        }
        guard let app else { throw Failure(description: "the ready event names no app") }
        self.app = app
        self.bindles = bindles
        let response = try client.send(ClientRequest(.get, HTTPURL("\(app)\(path)")))
        guard response.status == .ok else {
            process.terminate()
            throw Failure(description: "\(app)\(path) answers \(response.status.code)")
        }
        _ = try response.readAll(limit: 1 << 20)
        millisecondsToFirstAnswer = (ContinuousClock.now - start) / .milliseconds(1)
        // A full pipe would stop the program; what it says from here on is not wanted.
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    /// The body of what `path` (without its first slash) answers.
    func body(of path: String, _ client: Client) throws -> [UInt8] {
        try client.send(ClientRequest(.get, HTTPURL("\(app)\(path)"))).readAll(limit: 64 << 20)
    }

    /// The body of what `path` answers, or `nil` where that is 404.
    func bodyIfFound(_ path: String, _ client: Client) throws -> [UInt8]? {
        let response = try client.send(ClientRequest(.get, HTTPURL("\(app)\(path)")))
        let body = try response.readAll(limit: 64 << 20)
        return response.status == .notFound ? nil : body
    }

    /// The process that was started.
    var identifier: Int32 { process.processIdentifier }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
