import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Sandbox

/// How build commands are run, reported and ended.
@Suite(.timeLimit(.minutes(15)))
struct BuildProcessTests {
    final class Lines: Sendable {
        let lines = Mutex<[String]>([])
    }

    func start(
        _ command: String, in directory: String = "/", _ lines: Lines = Lines(), terminal: TerminalSize? = nil,
        _ onEnd: @escaping @Sendable (BuildProcess.Outcome) -> Void
    ) throws -> BuildProcess {
        try BuildProcess(
            command: command, directory: directory, environment: [("PATH", "/usr/bin:/bin"), ("GREETING", "hello")],
            runner: Self.runner, terminal: terminal,
            onLine: { line in lines.lines.withLock { $0.append(line) } }, onEnd: onEnd)
    }

    /// The `hippo-dev` beside the test bundle.
    static let runner: WorkerCommand = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let program = tests.deletingLastPathComponent().appendingPathComponent("hippo-dev").path
        return WorkerCommand(executable: program, name: "hippo-dev", arguments: ["build-runner", "--"])
    }()

    func run(
        _ command: String, in directory: String = "/", _ lines: Lines = Lines(), terminal: TerminalSize? = nil
    ) async throws -> BuildProcess.Outcome {
        let (outcomes, continuation) = AsyncStream.makeStream(of: BuildProcess.Outcome.self)
        let process = try start(command, in: directory, lines, terminal: terminal) { outcome in
            continuation.yield(outcome)
            continuation.finish()
        }
        defer { withExtendedLifetime(process) {} }
        for await outcome in outcomes { return outcome }
        throw CancellationError()
    }

    @Test("Output and exit code are reported") func outputAndExitCodeAreReported() async throws {
        let directory = try TemporaryDirectory()
        let lines = Lines()
        let outcome = try await run("pwd; echo $GREETING >&2; printf 'no end'; exit 3", in: directory.path, lines)
        #expect(outcome.exit == .exited(code: 3))
        #expect(!outcome.isSuccess)
        #expect(lines.lines.withLock { $0 } == [directory.path, "hello", "no end"])
        #expect(outcome.lastLines == [directory.path, "hello", "no end"])
    }

    @Test("Only the last lines are kept") func onlyTheLastLinesAreKept() async throws {
        let outcome = try await run("seq 1 1000")
        #expect(outcome.isSuccess)
        #expect(outcome.lastLines == (981...1000).map { "\($0)" })
    }

    @Test("A signal is reported") func aSignalIsReported() async throws {
        #expect(try await run("kill -SEGV $$").exit == .killed(signal: SIGSEGV))
    }

    @Test("What a command leaves behind is killed") func whatACommandLeavesBehindIsKilled() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await run("sleep 1000 & echo $! > child", in: directory.path)
        #expect(outcome.isSuccess)
        try await expectDeath(ofProcessIn: directory, "child")
    }

    @Test("A cancelled command is killed with its children") func aCancelledCommandIsKilledWithItsChildren()
        async throws
    {
        let directory = try TemporaryDirectory()
        let (outcomes, continuation) = AsyncStream.makeStream(of: BuildProcess.Outcome.self)
        let process = try start("sleep 1000 & echo $! > c && mv c child; wait", in: directory.path) { outcome in
            continuation.yield(outcome)
            continuation.finish()
        }
        while !FileManager.default.fileExists(atPath: directory.path + "/child") {
            try await Task.sleep(for: .milliseconds(2))
        }
        process.cancel()
        for await outcome in outcomes {
            #expect(outcome.wasCancelled)
            #expect(!outcome.isSuccess)
        }
        try await expectDeath(ofProcessIn: directory, "child")
    }

    @Test("What leaves the session is killed too") func whatLeavesTheSessionIsKilledToo() async throws {
        let directory = try TemporaryDirectory()
        // Twice removed: the first one is gone when the second one begins its work.
        let outcome = try await run(
            "setsid sh -c 'sleep 1000 & echo $! > c && mv c child' & while ! test -e child; do :; done; echo done",
            in: directory.path)
        #expect(outcome.isSuccess)
        #expect(outcome.lastLines == ["done"])
        try await expectDeath(ofProcessIn: directory, "child")
    }

    @Test("On a terminal the command finds one of that size") func onATerminalTheCommandFindsOneOfThatSize()
        async throws
    {
        let outcome = try await run(
            "test -t 1 && test -t 2 && stty size <&1; printf 'red\\n'", terminal: TerminalSize(rows: 33, columns: 97))
        #expect(outcome.lastLines == ["33 97", "red"])
        #expect(try await run("test -t 1").exit == .exited(code: 1))
    }

    /// Waits until the process whose number the file holds is gone.
    func expectDeath(ofProcessIn directory: TemporaryDirectory, _ file: String) async throws {
        let text = try String(contentsOfFile: directory.path + "/" + file, encoding: .utf8)
        let id = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        while kill(id, 0) == 0 && !isZombie(id) { try await Task.sleep(for: .milliseconds(2)) }
    }

    func isZombie(_ id: pid_t) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        return status?.contains(") Z ") ?? true
    }
}
