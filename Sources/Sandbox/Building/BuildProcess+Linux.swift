import Dispatch
import Platform
import Synchronization

/// A run of the build command, by `/bin/sh -c` in the project's directory, with a `BuildRunner` in between.
///
/// All that it starts ends with it: when the command ends, when it is cancelled, and when this process ends, however it
/// ends.
///
/// See Builds.md in Sandbox.docc.
final class BuildProcess: Sendable {
    /// How a run ended.
    struct Outcome: Sendable {
        let exit: ChildProcess.Exit
        /// What it wrote last, for the report of a failure.
        let lastLines: [String]
        /// The line that says why, if it failed.
        var reason: String?
        /// The first error that a compiler reported in what it wrote.
        var firstError: DiagnosticScanner.Diagnostic?
        let duration: Duration
        let wasCancelled: Bool

        var isSuccess: Bool { exit == .exited(code: 0) && !wasCancelled }
    }

    private static let lastLineCount = 20
    /// The longest line that is shown, in bytes.
    static let longestLine = 8192

    private struct State {
        var isCancelled = false
        var hasEnded = false
        var lastLines: [String] = []
        var diagnostics = DiagnosticScanner()
        var errorLine = ErrorLine()
    }

    private let child: ChildProcess
    private let lifeline: PipeDescriptors
    private let state = Mutex(State())

    /// Starts the command.
    ///
    /// - Parameters:
    ///   - runner: the program that runs the command, as `BuildRunner` does; the command is added to its arguments.
    ///   - terminal: the size of the terminal that the command finds itself on; `nil` for none.
    ///   - onLine: called for each line of output, standard error included, as it comes. While it does not return, the
    ///     command waits as soon as its pipe is full.
    ///   - onEnd: called once, after the last line, on a thread of its own.
    init(
        command: String,
        directory: String,
        environment: [(name: String, value: String)],
        runner: WorkerCommand,
        terminal: TerminalSize? = nil,
        onLine: @escaping @Sendable (String) -> Void,
        onEnd: @escaping @Sendable (Outcome) -> Void
    ) throws {
        let output = try terminal.map { try PipeDescriptors(terminalOfSize: $0) } ?? PipeDescriptors()
        let lifeline = try PipeDescriptors()
        self.lifeline = lifeline
        let end = try PipeDescriptors()
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        let started = SuspendingClock.now
        child = try ChildProcess.spawn(
            executable: runner.executable, name: runner.name, arguments: runner.arguments + [command],
            environment: environment, directory: directory,
            descriptors: [
                (null, 0), (output.writeEnd, 1), (output.writeEnd, 2), (lifeline.readEnd, BuildRunner.lifeline),
            ])
        output.closeWriteEnd()
        lifeline.closeReadEnd()
        SystemThread.detach(name: "build") { [child] in
            // By then, whatever the command left behind has gone.
            child.waitForEnd()
            end.closeWriteEnd()
        }
        SystemThread.detach(name: "build output") { [self] in
            readLines(from: output.readEnd, until: end.readEnd, onLine)
            let (wasCancelled, lastLines, reason, firstError) = state.withLock { state in
                state.hasEnded = true
                return (state.isCancelled, state.lastLines, state.errorLine.reason, state.diagnostics.firstError)
            }
            let exit = child.waitForExit()
            lifeline.closeWriteEnd()
            onEnd(
                Outcome(
                    exit: exit, lastLines: lastLines, reason: reason, firstError: firstError,
                    duration: .now - started, wasCancelled: wasCancelled))
        }
    }

    /// Kills the command and everything that it has started. `onEnd` is still called, when that has gone.
    func cancel() {
        let isRunning = state.withLock { state in
            if !state.hasEnded { state.isCancelled = true }
            return !state.hasEnded
        }
        if isRunning { lifeline.closeWriteEnd() }
    }

    /// Reads lines until the pipe's end, or until `endDescriptor` is closed at its other end and the pipe is empty:
    /// a daemon that the command has started may keep the pipe open for ever.
    private func readLines(from fileDescriptor: Int32, until endDescriptor: Int32, _ onLine: (String) -> Void) {
        var lines = LineSplitter(longestLine: Self.longestLine)
        func emit(_ line: String) {
            let isCancelled = state.withLock { state in
                state.lastLines.append(line)
                if state.lastLines.count > Self.lastLineCount { state.lastLines.removeFirst() }
                state.diagnostics.note(line)
                state.errorLine.note(line)
                return state.isCancelled
            }
            // What a build has to say that is not wanted any more is of no use.
            if !isCancelled { onLine(line) }
        }
        while true {
            var polled = [
                pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: endDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polled, 2, -1) > 0 else { continue }
            if polled[0].revents == 0 { break }
            let chunk = [UInt8](unsafeUninitializedCapacity: 16384) { bytes, count in
                repeat {
                    count = read(fileDescriptor, bytes.baseAddress, bytes.count)
                } while count < 0 && errno == EINTR
                count = max(0, count)
            }
            if chunk.isEmpty { break }
            for line in lines.take(chunk) { emit(line) }
        }
        if let line = lines.takeRest() { emit(line) }
    }
}
