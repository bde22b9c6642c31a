import Foundation
import HTTP

/// A server that has been started, and answers.
final class RunningServer {
    let name: String
    let workloads: Set<Workload>
    private let process = Process()
    let address: SocketAddress

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts a program that listens where it is told, and waits until it answers.
    ///
    /// - Parameters:
    ///   - log: the file that gets what it prints, as a log does.
    ///   - arguments: made for the port.
    init(
        _ name: String, _ program: String, serves workloads: Set<Workload>, log: URL,
        arguments: (SocketAddress) throws -> [String]
    ) throws {
        self.name = name
        self.workloads = workloads
        // Another program could take the port before this one does; then it says so.
        address = try ListeningSocket(binding: .loopback(port: 0)).address
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = try arguments(address)
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let output = try FileHandle(forWritingTo: log)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let client = Client()
        for workload in Workload.allCases where workloads.contains(workload) {
            try waitForAnswer(to: workload, client, log)
        }
    }

    var identifier: Int32 { process.processIdentifier }

    func url(_ workload: Workload) -> String { "http://\(address)\(workload.path)" }

    func stop() {
        process.terminate()
        let deadline = ContinuousClock.now + .seconds(5)
        while process.isRunning, ContinuousClock.now < deadline { usleep(10_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    private func waitForAnswer(to workload: Workload, _ client: Client, _ log: URL) throws {
        let url = try HTTPURL(url(workload))
        let deadline = ContinuousClock.now + .seconds(20)
        while process.isRunning, ContinuousClock.now < deadline {
            if let response = try? client.send(ClientRequest(.get, url)) {
                _ = try response.readAll(limit: 1 << 20)
                if response.status == .ok { return }
            }
            usleep(10_000)
        }
        if process.isRunning { process.terminate() }
        let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        throw Failure(description: "\(name) does not answer at \(url): \(said.suffix(300))")
    }
}
