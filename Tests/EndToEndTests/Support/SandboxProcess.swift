import Foundation
import HTTP
import JSON
import SandboxProtocol
import Synchronization
import TestSupport

/// A `hippo-dev up --json` that runs, and what it has told.
final class SandboxProcess: Sendable {
    /// Something that was waited for has not come.
    struct Timeout: Error, CustomStringConvertible {
        let expectation: String
        let events: [JSONObject]
        let errors: String

        var description: String {
            "no \(expectation); events:\n" + events.map(\.serialized).joined(separator: "\n") + "\nerrors:\n" + errors
        }
    }

    private struct State {
        var events: [JSONObject] = []
        var read = 0
        var errors = ""
        var hasEnded = false
    }

    private let process = Process()
    /// Apart from the process, so that the threads that read from it do not keep it alive.
    private final class Story: Sendable {
        let state = Mutex(State())
    }

    private let story = Story()
    /// A compiler that fills its cache for the first time, beside all other tests, takes some minutes.
    static let patience = Duration.seconds(600)

    var id: pid_t { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Starts `hippo-dev up PATH` on free ports.
    init(
        _ path: String, _ arguments: [String] = [], listen: String = "127.0.0.1:0",
        bindleListen: String = "127.0.0.1:0", environment: [String: String] = [:]
    ) throws {
        let output = Pipe()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments =
            ["up", path, "--listen", listen, "--bindle-listen", bindleListen, "--json"] + arguments
        process.environment = UserConfiguration.environment(adding: environment)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let outputHandle = output.fileHandleForReading
        let errorHandle = errors.fileHandleForReading
        Thread { [story] in
            var partial: [UInt8] = []
            while case let data = outputHandle.availableData, !data.isEmpty {
                partial += data
                while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
                    if let event = (try? JSONValue(parsing: partial[..<end]))?.object {
                        story.state.withLock { $0.events.append(event) }
                    }
                    partial.removeSubrange(...end)
                }
            }
            story.state.withLock { $0.hasEnded = true }
        }.start()
        Thread { [story] in
            while case let data = errorHandle.availableData, !data.isEmpty {
                story.state.withLock { $0.errors += String(decoding: data, as: UTF8.self) }
            }
        }.start()
    }

    deinit {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var errors: String { story.state.withLock { $0.errors } }

    /// Waits for the next event of that name that has not been waited for, as long as there may be one; those before it are
    /// passed over.
    @discardableResult
    func next(_ name: String, where isMeant: (JSONObject) -> Bool = { _ in true }) async throws -> JSONObject {
        let deadline = ContinuousClock.now + Self.patience
        // This task may not have had its turn for a while: what has come is looked at once more.
        while true {
            // Asked first: what comes before the end is still looked at.
            let hasEnded = story.state.withLock { $0.hasEnded }
            let found = story.state.withLock { state -> JSONObject? in
                while state.read < state.events.count {
                    let event = state.events[state.read]
                    state.read += 1
                    if event["event"]?.string == name && isMeant(event) { return event }
                }
                return nil
            }
            if let found { return found }
            guard !hasEnded, ContinuousClock.now < deadline else {
                throw Timeout(
                    expectation: "event '\(name)'" + (hasEnded ? " before the end" : ""),
                    events: story.state.withLock { $0.events }, errors: errors)
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// All events of that name so far.
    func events(_ name: String) -> [JSONObject] {
        story.state.withLock { $0.events.filter { $0["event"]?.string == name } }
    }

    /// Waits until the process has ended, and gives its status.
    func waitForEnd() async throws -> Int32 {
        try await process.end {
            Timeout(expectation: "end", events: story.state.withLock { $0.events }, errors: errors)
        }
    }

    /// The processes that it has started, and those that they have.
    func descendants() -> [pid_t] {
        var parents: [pid_t: pid_t] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = pid_t(name), let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { continue }
            let fields = text[end...].split(separator: " ")
            if fields.count > 2, let parent = pid_t(fields[2]) { parents[id] = parent }
        }
        var found: [pid_t] = [id]
        var position = 0
        while position < found.count {
            found += parents.filter { $0.value == found[position] }.keys
            position += 1
        }
        return Array(found.dropFirst())
    }

    /// Waits until none of the processes runs any more.
    static func waitForDeath(of processes: [pid_t]) async throws {
        let deadline = ContinuousClock.now + patience
        var running = processes
        while true {
            running = running.filter { id in
                let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
                return text.map { !$0.contains(") Z ") } ?? false
            }
            if running.isEmpty { return }
            guard ContinuousClock.now < deadline else {
                throw Timeout(expectation: "death of \(running)", events: [], errors: "")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// What a server answered.
struct Answer: Hashable {
    let status: Int
    let body: String
}

/// Asks for a URL on a connection of its own, and does not give up before the test does: a request that is given up
/// is no longer under way, and what a test expects of requests that are under way would not be so.
func get(_ url: String, _ headers: Headers = [:]) throws -> Answer {
    var configuration = ClientConfiguration()
    configuration.maximumIdlePerHost = 0
    configuration.stallTimeout = SandboxProcess.patience * 2
    let response = try Client(configuration: configuration).send(
        ClientRequest(.get, HTTPURL(url), headers: headers))
    return Answer(
        status: response.status.code, body: String(decoding: try response.readAll(limit: 1 << 20), as: UTF8.self))
}
