import Dispatch
import HTTP
import Platform
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
    /// Of the file of variables, in the program. The shell's script uses 3.
    private static let variablesDescriptor: Int32 = 5
    /// How long it may take until it answers.
    private static let patience = Duration.seconds(60)
    private static let lastLineCount = 20

    private struct State {
        var lastLines: [String] = []
        var exit: String?
        var isKilled = false
        var onUnexpectedEnd: (@Sendable () -> Void)?
    }

    /// Where it listens, on the loopback interface.
    let port: UInt16
    private let program: ExternalProgram
    private let child: ChildProcess
    private let lifeline: PipeDescriptors
    private let state = Mutex(State())
    private let outputEnd = Semaphore()

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - isForProject: whether all modules of the bindle are the project's own.
    ///   - onLine: called for each line that it writes, on a thread of its own.
    init(
        _ program: ExternalProgram, bindle: String, bindleURL: String, isForProject: Bool,
        onLine: @escaping @Sendable (String) -> Void
    ) throws(LoadError) {
        self.program = program
        guard access(program.path, X_OK) == 0 else {
            throw LoadError("the WAGI program '\(program.path)' is not there, or cannot be run; --wagi names it")
        }
        guard !bindleURL.hasPrefix("https:") else {
            throw LoadError(
                "the WAGI program '\(program.path)' would fetch the bindle by HTTPS, and cannot be told whom to trust: "
                    + "add --bindle-http, so that the bindles are served as plain HTTP")
        }
        let file = try program.environmentFile(isForProject: isForProject)
        let output: PipeDescriptors
        do {
            (lifeline, output) = (try PipeDescriptors(), try PipeDescriptors())
            // Taken for an instant, so that nobody else is given it meanwhile.
            port = try ListeningSocket(binding: .loopback(port: 0)).address.port
            var environment = ProcessEnvironment.all
            if let token = program.bindleToken {
                environment["BINDLE_HTTP_USER"] = "hippo-dev"
                environment["BINDLE_HTTP_PASSWORD"] = token
            }
            let variables = try MemoryFile(name: "variables")
            let isWritten = file.withUnsafeBytes { bytes in
                Result { () throws(SystemError) in try variables.append(bytes) }
            }
            try isWritten.get()
            let variableOptions =
                file.isEmpty ? [] : ["--env-file", "/dev/fd/\(Self.variablesDescriptor)"]
            child = try ChildProcess.spawn(
                executable: "/bin/sh",
                arguments: ["-c", Self.script, "sh", program.path, "-b", bindle, "--bindle-url", bindleURL]
                    + ["--listen", "127.0.0.1:\(port)"] + program.options + variableOptions,
                environment: environment.map { ($0.key, $0.value) },
                descriptors: [
                    (lifeline.readEnd, 0), (output.writeEnd, 1), (output.writeEnd, 2),
                    (variables.descriptor, Self.variablesDescriptor),
                ])
        } catch {
            throw LoadError("the WAGI program '\(program.path)' cannot be started: \(error)")
        }
        lifeline.closeReadEnd()
        output.closeWriteEnd()
        SystemThread.detach(name: "output of \(program.name)") { [self] in
            read(output.readEnd, onLine)
            output.closeReadEnd()
            outputEnd.signal()
        }
        SystemThread.detach(name: "end of \(program.name)") { [self] in waitForEnd() }
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
                _ = outputEnd.wait(until: .now + .seconds(1))
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
        lifeline.closeWriteEnd()
    }

    private var lastLines: String {
        state.withLock { $0.lastLines.map { "\n" + $0 }.joined() }
    }

    /// Waits for the program itself, and not for what it has started.
    private func waitForEnd() {
        let exit = child.waitForExit().description
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            state.exit = exit
            return state.isKilled ? nil : state.onUnexpectedEnd
        }
        // Whatever it has left behind goes with it.
        cutLifeline()
        action?()
    }

    private func read(_ output: Int32, _ onLine: (String) -> Void) {
        var partial: [UInt8] = []
        while let chunk = Self.nextChunk(of: output) {
            partial += chunk
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

    /// What has come, as soon as something has; `nil` at the end.
    private static func nextChunk(of descriptor: Int32) -> [UInt8]? {
        let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { bytes, count in
            var result: Int
            repeat {
                result = Platform.read(descriptor, bytes.baseAddress, bytes.count)
            } while result < 0 && errno == EINTR
            count = max(0, result)
        }
        return chunk.isEmpty ? nil : chunk
    }
}
