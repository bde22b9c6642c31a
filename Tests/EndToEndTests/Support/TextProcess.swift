import Foundation
import Synchronization

/// A program whose output is read line by line as it comes.
final class TextProcess: Sendable {
    private let process = Process()
    private let input = Pipe()
    private final class Story: Sendable {
        let lines = Mutex<(all: [String], read: Int)>(([], 0))
        /// What came after the last line.
        let unfinished = Mutex("")
        let hasEnded = Mutex(false)
    }
    private let story = Story()

    init(
        _ executable: String, _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]
    ) throws {
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = UserConfiguration.environment(adding: environment)
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let handle = output.fileHandleForReading
        Thread { [story] in
            var partial: [UInt8] = []
            while case let data = handle.availableData, !data.isEmpty {
                partial += data
                while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: partial[..<end], as: UTF8.self)
                    story.lines.withLock { $0.all.append(line.hasSuffix("\r") ? String(line.dropLast()) : line) }
                    partial.removeSubrange(...end)
                }
                let rest = String(decoding: partial, as: UTF8.self)
                story.unfinished.withLock { $0 = rest }
            }
            story.hasEnded.withLock { $0 = true }
        }.start()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var id: pid_t { process.processIdentifier }
    var lines: [String] { story.lines.withLock { $0.all } }

    func type(_ text: String) {
        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    func closeInput() {
        try? input.fileHandleForWriting.close()
    }

    /// Waits for the next line that is as expected and comes after the last one waited for, as long as there may be one.
    @discardableResult
    func next(_ expectation: String, where isMeant: (String) -> Bool) async throws -> String {
        let deadline = ContinuousClock.now + SandboxProcess.patience
        // This task may not have had its turn for a while: what has come is looked at once more.
        while true {
            // Asked first: what comes before the end is still looked at.
            let hasEnded = story.hasEnded.withLock { $0 }
            let found = story.lines.withLock { state -> String? in
                while state.read < state.all.count {
                    state.read += 1
                    if isMeant(state.all[state.read - 1]) { return state.all[state.read - 1] }
                }
                return nil
            }
            if let found { return found }
            guard !hasEnded, ContinuousClock.now < deadline else {
                throw SandboxProcess.Timeout(
                    expectation: expectation + (hasEnded ? " before the end" : ""), events: [],
                    errors: lines.joined(separator: "\n"))
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func next(containing text: String) async throws -> String {
        try await next("line with '\(text)'") { $0.contains(text) }
    }

    /// Waits for a line that is asked to be finished.
    func prompt(_ text: String) async throws {
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while true {
            let hasEnded = story.hasEnded.withLock { $0 }
            if story.unfinished.withLock({ $0.contains(text) }) { return }
            guard !hasEnded, ContinuousClock.now < deadline else {
                throw SandboxProcess.Timeout(
                    expectation: text + (hasEnded ? " before the end" : ""), events: [],
                    errors: lines.joined(separator: "\n"))
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func waitForEnd() async throws -> Int32 {
        try await process.end {
            SandboxProcess.Timeout(expectation: "end", events: [], errors: lines.joined(separator: "\n"))
        }
    }
}
