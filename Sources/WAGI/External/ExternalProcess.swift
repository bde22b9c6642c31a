import Foundation
import HTTP
import Synchronization

/// A run of another WAGI program, for one revision.
///
/// It ends with this process, however that ends: a shell that starts it keeps a second process in its group, which
/// waits for the end of a pipe that this process alone holds, and then kills the group.
final class ExternalProcess: Sendable {
    private static let script = """
        exec 3<&0 </dev/null
        { read -r line <&3; kill -KILL 0; } </dev/null >/dev/null 2>&1 &
        exec 3<&-
        exec "$@"
        """
    /// How long it may take until it answers.
    private static let patience = Duration.seconds(60)
    private static let lastLineCount = 20

    private struct State {
        var lastLines: [String] = []
        var exit: String?
        var isKilled = false
        var hasLifeline = true
        var onUnexpectedEnd: (@Sendable () -> Void)?
    }

    /// Where it listens, on the loopback interface.
    let port: UInt16
    private let program: ExternalProgram
    private let process = Process()
    private let lifeline = Pipe()
    private let state = Mutex(State())
    private let outputEnd = DispatchSemaphore(value: 0)

    /// Starts the program.
    ///
    /// - Parameter onLine: called for each line that it writes, on a thread of its own.
    init(
        _ program: ExternalProgram, bindle: String, bindleURL: String, onLine: @escaping @Sendable (String) -> Void
    ) throws(LoadError) {
        self.program = program
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw LoadError("the WAGI program '\(program.path)' is not there, or cannot be run; --wagi names it")
        }
        let output = Pipe()
        do {
            // Taken for an instant, so that nobody else is given it meanwhile.
            port = try ListeningSocket(binding: .loopback(port: 0)).address.port
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments =
                ["-c", Self.script, "sh", program.path, "-b", bindle, "--bindle-url", bindleURL]
                + ["--listen", "127.0.0.1:\(port)"] + program.options
            if let token = program.bindleToken {
                var environment = ProcessInfo.processInfo.environment
                environment["BINDLE_HTTP_USER"] = "hippo-dev"
                environment["BINDLE_HTTP_PASSWORD"] = token
                process.environment = environment
            }
            process.standardInput = lifeline
            process.standardOutput = output
            process.standardError = output
            try process.run()
        } catch {
            throw LoadError("the WAGI program '\(program.path)' cannot be started: \(error)")
        }
        try? lifeline.fileHandleForReading.close()
        let thread = Thread { [self] in
            read(output.fileHandleForReading, onLine)
            outputEnd.signal()
        }
        thread.name = "output of \(program.name)"
        thread.start()
        let waiter = Thread { [self] in waitForEnd() }
        waiter.name = "end of \(program.name)"
        waiter.start()
    }

    /// Returns when it answers requests.
    ///
    /// - Throws: when it ends before, or does not answer in time; with what it wrote last.
    func waitUntilItAnswers() throws(LoadError) {
        var configuration = ClientConfiguration()
        configuration.maximumIdlePerHost = 0
        configuration.stallTimeout = .seconds(5)
        let client = Client(configuration: configuration)
        guard let url = try? HTTPURL("http://127.0.0.1:\(port)/healthz") else { return }
        let deadline = SuspendingClock.now + Self.patience
        var pause: UInt32 = 2_000
        while true {
            if let response = try? client.send(ClientRequest(.get, url)) { return response.close() }
            if let exit = state.withLock({ $0.exit }) {
                // What it wrote last is on its way.
                _ = outputEnd.wait(timeout: .now() + 1)
                throw LoadError("the WAGI program '\(program.name)' ended before it answered: \(exit)\(lastLines)")
            }
            guard SuspendingClock.now < deadline else {
                throw LoadError(
                    "the WAGI program '\(program.name)' does not answer at 127.0.0.1:\(port) within \(Self.patience)"
                        + lastLines)
            }
            usleep(pause)
            pause = min(pause * 2, 50_000)
        }
    }

    /// Has an action done if the program ends without having been killed.
    func onUnexpectedEnd(_ action: @escaping @Sendable () -> Void) {
        let hasEnded = state.withLock { state in
            state.onUnexpectedEnd = action
            return state.exit != nil && !state.isKilled
        }
        if hasEnded { action() }
    }

    /// Ends it, and all that it has started.
    func kill() {
        state.withLock { $0.isKilled = true }
        cutLifeline()
    }

    private func cutLifeline() {
        state.withLock { state in
            if state.hasLifeline { try? lifeline.fileHandleForWriting.close() }
            state.hasLifeline = false
        }
    }

    private var lastLines: String {
        state.withLock { $0.lastLines.map { "\n" + $0 }.joined() }
    }

    /// Waits for the program itself: `Process` would wait for the second one, too.
    private func waitForEnd() {
        var information = siginfo_t()
        var result: Int32
        repeat {
            result = waitid(P_PID, id_t(process.processIdentifier), &information, WEXITED | WNOWAIT)
        } while result != 0 && errno == EINTR
        let status = information._sifields._sigchld.si_status
        let exit = information.si_code == Int32(CLD_EXITED) ? "exit code \(status)" : "killed by signal \(status)"
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            state.exit = exit
            return state.isKilled ? nil : state.onUnexpectedEnd
        }
        // Whatever it has left behind goes with it.
        cutLifeline()
        action?()
    }

    private func read(_ output: FileHandle, _ onLine: (String) -> Void) {
        var partial: [UInt8] = []
        while case let data = output.availableData, !data.isEmpty {
            partial += data
            while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: partial[..<end], as: UTF8.self)
                state.withLock { state in
                    state.lastLines.append(line)
                    if state.lastLines.count > Self.lastLineCount { state.lastLines.removeFirst() }
                }
                onLine(line)
                partial.removeSubrange(...end)
            }
            // A line without end must not fill the memory.
            if partial.count > 65536 { partial = [] }
        }
    }
}
