import Foundation
import SandboxProtocol
import TestSupport
import Testing

@testable import Sandbox

/// How WAGI processes take over from one another. A shell script plays the part of the process.
@Suite(.timeLimit(.minutes(15)))
struct WorkerSupervisorTests {
    /// Answers `load` as told by the environment of the test, writes down what it is told, and ends when told, or when
    /// the channel closes.
    static let script = """
        exec 4<&4
        while read -r line <&4; do
            case $line in
            *'"load"'*)
                revision=${line##*'"revision":'}; revision=${revision%'}'}
                echo "$$ load $revision" >> "$JOURNAL"
                case $line in
                *broken*) echo '{"type":"failed","message":"It is broken.","file":"a.wat","line":3,"column":4}' >&4 ;;
                *crash*) kill -9 $$ ;;
                *) echo '{"type":"ready","revision":'$revision',"milliseconds":{"fetch":1}}' >&4 ;;
                esac ;;
            *'"hold"'*) echo "$$ hold" >> "$JOURNAL" ;;
            *'"status"'*) echo "$$ status" >> "$JOURNAL" ;;
            *serve*) echo "$$ serve" >> "$JOURNAL" ;;
            *drain*) echo "$$ drain" >> "$JOURNAL"; exit 0 ;;
            *handOver*) echo "$$ handOver" >> "$JOURNAL"; exit 0 ;;
            esac
        done
        echo "$$ end" >> "$JOURNAL"
        """

    /// A supervisor of such scripts, and the thread's worth of work around it.
    final class Stage {
        let directory: TemporaryDirectory
        let mailbox = Mailbox<(WorkerSupervisor.WorkerID, WorkerProcess.Event)>()
        var supervisor: WorkerSupervisor

        init() throws {
            directory = try TemporaryDirectory()
            let script = "JOURNAL='\(directory.path)/journal'\n" + WorkerSupervisorTests.script
            let mailbox = mailbox
            supervisor = WorkerSupervisor(
                command: WorkerCommand(executable: "/bin/sh", name: "worker", arguments: ["-c", script]),
                status: ProjectStatus(session: "test"),
                startWorker: { command, worker in
                    try WorkerProcess(
                        command: command, listeningSocket: STDERR_FILENO, surroundings: WorkerSurroundings()
                    ) { mailbox.post((worker, $0)) }
                })
        }

        deinit { supervisor.stop(patience: .zero) }

        func target(_ id: String, revision: Int) -> WorkerSupervisor.Target {
            .init(id: id, bindleURL: "http://127.0.0.1:1/v1", revision: revision)
        }

        struct Timeout: Error {}
        static let patience = Duration.seconds(30)

        /// Works until there is something to report.
        func report() throws -> WorkerSupervisor.Report {
            let deadline = ContinuousClock.now + Self.patience
            while ContinuousClock.now < deadline {
                for (worker, event) in mailbox.next(until: .now() + .milliseconds(2)) {
                    if let report = supervisor.handle(worker, event) { return report }
                }
                if let report = supervisor.tick().first { return report }
            }
            throw Timeout()
        }

        /// Works until the journal has as many lines.
        func journal(count: Int, withStatus: Bool = false) throws -> [[String]] {
            let deadline = ContinuousClock.now + Self.patience
            while ContinuousClock.now < deadline {
                let text = (try? String(contentsOfFile: directory.path + "/journal", encoding: .utf8)) ?? ""
                let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
                    .filter { withStatus || $0[1] != "status" }
                if lines.count >= count { return lines }
                for (worker, event) in mailbox.next(until: .now() + .milliseconds(2)) {
                    _ = supervisor.handle(worker, event)
                }
                _ = supervisor.tick()
            }
            throw Timeout()
        }
    }

    @Test("A process takes over from another") func aProcessTakesOverFromAnother() throws {
        let stage = try Stage()
        try stage.supervisor.prepare()
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 1))
        guard case .serving(let first, let timings, false) = try stage.report() else {
            Issue.record("does not serve")
            return
        }
        #expect(first.revision == 1)
        #expect(timings.map(\.stage) == ["launch", "fetch"])
        _ = try stage.journal(count: 2)
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 2))
        guard case .serving(let second, _, false) = try stage.report() else {
            Issue.record("does not serve")
            return
        }
        #expect(second.revision == 2)
        #expect(stage.supervisor.servingTarget?.revision == 2)
        let journal = try stage.journal(count: 5)
        let (old, new) = (journal[0][0], journal[2][0])
        #expect(journal[0] == [old, "load", "1"])
        #expect(journal[1] == [old, "serve"])
        #expect(journal[2] == [new, "load", "2"])
        #expect(Set(journal[3...]) == [[new, "serve"], [old, "handOver"]])
    }

    @Test("A failed load leaves what serves") func aFailedLoadLeavesWhatServes() throws {
        let stage = try Stage()
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 1))
        _ = try stage.report()
        try stage.supervisor.load(stage.target("broken/1.0.0", revision: 2))
        guard case .loadFailed(let target, let failure) = try stage.report() else {
            Issue.record("did not fail")
            return
        }
        #expect(target.revision == 2)
        #expect(failure == WorkerFailure(message: "It is broken.", file: "a.wat", line: 3, column: 4))
        #expect(stage.supervisor.servingTarget?.revision == 1)
    }

    @Test("A process that dies while it loads is a failure") func aProcessThatDiesWhileItLoadsIsAFailure() throws {
        let stage = try Stage()
        try stage.supervisor.load(stage.target("crash/1.0.0", revision: 1))
        // It is tried with others, since somebody may have killed it.
        var notices = 0
        var report = try stage.report()
        while case .notice = report {
            notices += 1
            report = try stage.report()
        }
        guard case .loadFailed(_, let failure) = report else {
            Issue.record("did not fail")
            return
        }
        #expect(failure.message.contains("signal 9") && notices == 2)
    }

    @Test("A process that dies while it serves is started again") func aProcessThatDiesWhileItServesIsStartedAgain()
        throws
    {
        let stage = try Stage()
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 1))
        _ = try stage.report()
        for count in 1...3 {
            let process = try #require(pid_t(try stage.journal(count: 2 * count)[2 * count - 1][0]))
            kill(process, SIGKILL)
            guard case .notice(let text) = try stage.report() else {
                Issue.record("no notice")
                return
            }
            #expect(text.contains("signal 9"))
            // The longer it goes on, the longer it takes.
            let delay = stage.supervisor.nextDeadline.map { $0 - .now } ?? .zero
            #expect(delay <= .milliseconds(count == 1 ? 0 : 100 << (count - 2)))
            guard case .serving(let target, _, isRestart: true) = try stage.report() else {
                Issue.record("does not serve again")
                return
            }
            #expect(target.revision == 1)
        }
    }

    @Test("A newer target replaces the one that loads") func aNewerTargetReplacesTheOneThatLoads() throws {
        let stage = try Stage()
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 1))
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 2))
        guard case .serving(let target, _, _) = try stage.report() else {
            Issue.record("does not serve")
            return
        }
        #expect(target.revision == 2)
    }

    @Test("What has served is told of the new before it hands over") func whatHasServedIsToldOfTheNewBeforeItHandsOver()
        throws
    {
        let stage = try Stage()
        try stage.supervisor.hold()
        _ = try stage.journal(count: 3, withStatus: true)
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 1))
        _ = try stage.report()
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 2))
        stage.supervisor.noteLoadChanges(onlyStyleSheets: ["a.css"])
        _ = try stage.report()
        let journal = try stage.journal(count: 13, withStatus: true)
        let holder = journal[0][0]
        #expect(journal.filter { $0[0] == holder }.map { $0[1] } == ["hold", "status", "serve", "status", "handOver"])
        let first = try #require(journal.first { $0[1] == "load" })[0]
        #expect(journal.filter { $0[0] == first }.map { $0[1] } == ["load", "status", "serve", "status", "handOver"])
        #expect(stage.supervisor.status.revision == 2)
        #expect(stage.supervisor.status.changes.map(\.styleSheets) == [nil, ["a.css"]])
    }

    @Test("A problem is mended by what is loaded after it") func aProblemIsMendedByWhatIsLoadedAfterIt() throws {
        let stage = try Stage()
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 1))
        stage.supervisor.updateStatus { $0.problem = .init(stage: "assemble", message: "It is broken.") }
        _ = try stage.report()
        #expect(stage.supervisor.status.problem != nil)
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 2))
        _ = try stage.report()
        #expect(stage.supervisor.status.problem == nil)
    }

    @Test("Nothing is left after a stop") func nothingIsLeftAfterAStop() throws {
        let stage = try Stage()
        try stage.supervisor.load(stage.target("app/1.0.0", revision: 1))
        _ = try stage.report()
        try stage.supervisor.prepare()
        stage.supervisor.stop(patience: .seconds(30))
        while stage.supervisor.hasWorkers {
            for (worker, event) in stage.mailbox.next(until: .now() + .milliseconds(2)) {
                #expect(stage.supervisor.handle(worker, event) == nil)
            }
        }
    }
}
