import HTTP
import Platform
import Synchronization

/// What `hippo-dev up --once` does when the app serves: it asks for some paths until they are answered, runs a command, and
/// has the sandbox stopped.
package final class OnceRun: Sendable {
    private struct State {
        var hasBegun = false
        var isCancelled = false
        var command: ChildProcess?
        /// What has come of it, when it is over.
        var end: SandboxEnd?
    }

    /// Why no command has come to its end.
    private struct Problem: Error {
        let text: String
    }

    private let plan: SandboxConfiguration.Once
    private let stop: @Sendable (_ reason: String) -> Void
    private let state = Mutex(State())
    private let isOver = Semaphore()
    /// Statuses of errors that pass, as of a server behind the app that is still starting. A path that is answered with another
    /// one would be answered so in a minute, too. See Scripts.md in Sandbox.docc.
    package static let passingStatuses = [502, 503, 504]
    /// How long a path may be answered with an error that passes.
    private static let answerPatience = Duration.seconds(60)
    private static let answerInterval: UInt32 = 100_000
    /// How long a command may take to end when it is told to.
    private static let endPatience = Duration.seconds(2)

    /// - Parameter stop: ends the sandbox.
    init(_ plan: SandboxConfiguration.Once, stop: @escaping @Sendable (_ reason: String) -> Void) {
        self.plan = plan
        self.stop = stop
    }

    /// The app serves at this URL. Only the first call does anything; it returns at once.
    func begin(at url: String) {
        let isFirst = state.withLock { state in
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
        guard isFirst else { return }
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        SystemThread.detach(name: "once") { [self] in
            do throws(Problem) {
                for path in plan.paths { try waitForAnswer(base + path) }
                finish(try runCommand(at: base), because: "done")
            } catch {
                finish(.failed, because: error.text)
            }
        }
    }

    /// The sandbox is being stopped: the command is told to end, too.
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.command?.signalGroup(SIGTERM)
        }
    }

    /// Waits until nothing runs any more, and says what has come of it.
    func finish() -> SandboxEnd {
        cancel()
        if state.withLock({ $0.hasBegun }), !isOver.wait(until: .now + Self.endPatience) {
            state.withLock { $0.command?.signalGroup(SIGKILL) }
            _ = isOver.wait(until: .now + Self.endPatience)
        }
        return end
    }

    /// What has come of it so far: what is broken off has failed.
    var end: SandboxEnd { state.withLock { $0.end ?? .failed } }

    private func finish(_ end: SandboxEnd, because reason: String) {
        state.withLock { $0.end = end }
        isOver.signal()
        stop(reason)
    }

    /// Returns when a request for the URL is answered, without an error.
    private func waitForAnswer(_ url: String) throws(Problem) {
        let target: HTTPURL
        do { target = try HTTPURL(url) } catch { throw Problem(text: "\(error)") }
        var configuration = ClientConfiguration()
        configuration.stallTimeout = Self.answerPatience
        // It is this process that answers, or one behind it.
        configuration.tls.verifiesServer = false
        let client = Client(configuration: configuration)
        defer { client.closeIdleConnections() }
        let deadline = MonotonicTime.now + Self.answerPatience
        while true {
            guard !state.withLock({ $0.isCancelled }) else { throw Problem(text: "stopped while \(url) was asked for") }
            let outcome: String
            switch Result(catching: { () throws(ClientError) in try client.send(ClientRequest(.get, target)).status }) {
            case .success(let status) where status.code < 400: return
            case .success(let status):
                outcome = "is answered with \(status)"
                guard Self.passingStatuses.contains(status.code) else { throw Problem(text: "\(url) \(outcome)") }
            case .failure(let error): outcome = "is not answered: \(error)"
            }
            guard MonotonicTime.now < deadline else { throw Problem(text: "\(url) \(outcome)") }
            usleep(Self.answerInterval)
        }
    }

    /// Runs the command to its end, if there is one.
    private func runCommand(at url: String) throws(Problem) -> SandboxEnd {
        guard let program = plan.command.first else { return .stopped }
        guard let path = ExecutablePath.find(program, in: ProcessEnvironment.value("PATH")) else {
            throw Problem(text: "the program '\(program)' is not there, or cannot be run")
        }
        var environment = ProcessEnvironment.all
        environment["APP_URL"] = url
        // In a group of its own, it may not read from the terminal.
        let input = isatty(STDIN_FILENO) == 1 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : STDIN_FILENO
        defer { if input != STDIN_FILENO { close(input) } }
        var failure: SystemError?
        let command = state.withLock { state -> ChildProcess? in
            guard !state.isCancelled else { return nil }
            do throws(SystemError) {
                state.command = try ChildProcess.spawn(
                    executable: path, name: program, arguments: Array(plan.command.dropFirst()),
                    environment: environment.map { ($0.key, $0.value) },
                    descriptors: [(input, 0), (STDOUT_FILENO, 1), (STDERR_FILENO, 2)])
            } catch {
                failure = error
            }
            return state.command
        }
        if let failure { throw Problem(text: "\(failure)") }
        guard let command else { throw Problem(text: "stopped before '\(program)' was run") }
        command.waitForEnd()
        return state.withLock { state in
            // From here on its number may be another process's.
            state.command = nil
            return .ran(command.waitForExit())
        }
    }
}
