import SandboxProtocol
import Synchronization
import Testing

@testable import Sandbox

/// What the supervisor decides about processes, and when: without a process, by a clock that is set by hand.
struct SupervisorDecisionTests {
    typealias Worker = RememberingWorker

    final class Scene {
        typealias ID = WorkerSupervisor.WorkerID
        struct CannotStart: Error, CustomStringConvertible { var description: String { "no more processes" } }

        private final class Shared: Sendable {
            let now = Mutex(SuspendingClock.now)
            let workers = Mutex<[ID: Worker]>([:])
            let isBroken = Atomic(false)
        }

        private let shared = Shared()
        var supervisor: WorkerSupervisor

        init() {
            supervisor = WorkerSupervisor(
                command: WorkerCommand(executable: "/none", name: "none", arguments: []),
                status: ProjectStatus(session: "test"), now: { [shared] in shared.now.withLock { $0 } },
                startWorker: { [shared] _, id in
                    if shared.isBroken.load(ordering: .relaxed) { throw CannotStart() }
                    let worker = Worker()
                    shared.workers.withLock { $0[id] = worker }
                    return worker
                })
        }

        var now: SuspendingClock.Instant { shared.now.withLock { $0 } }
        var count: Int { shared.workers.withLock { $0.count } }
        func breakStarts(_ isBroken: Bool = true) { shared.isBroken.store(isBroken, ordering: .relaxed) }
        subscript(number: Int) -> Worker { shared.workers.withLock { $0[ID(number: number)]! } }

        func load(_ revision: Int) throws {
            try supervisor.load(.init(id: "app/1.0.0", bindleURL: "http://x/v1", revision: revision))
        }

        func tell(_ number: Int, _ message: WorkerMessage) -> WorkerSupervisor.Report? {
            supervisor.handle(ID(number: number), .message(message))
        }

        func ready(_ number: Int, _ revision: Int) -> Bool {
            if case .serving? = tell(number, .ready(revision: revision, timings: [])) { true } else { false }
        }

        func end(_ number: Int, signal: Int32 = 9) -> WorkerSupervisor.Report? {
            supervisor.handle(ID(number: number), .ended(.killed(signal: signal)))
        }

        func wait(_ duration: Duration) -> [WorkerSupervisor.Report] {
            shared.now.withLock { $0 += duration }
            return supervisor.tick()
        }
    }

    @Test("the first restart is immediate, then each waits twice as long as the one before, up to 10 s")
    func backOff() throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.ready(1, 1))
        var delays: [Duration] = []
        for number in 1...10 {
            _ = scene.end(number)
            let delay = scene.supervisor.nextDeadline! - scene.now
            delays.append(delay)
            _ = scene.wait(delay)
            #expect(scene[number + 1].words == ["load 1"])
            #expect(scene.ready(number + 1, 1))
        }
        #expect(delays == [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000].map { Duration.milliseconds($0) })
    }

    @Test("a process that has served for 10 s has not died of its start: the next restart is immediate again")
    func stableProcesses() throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.ready(1, 1))
        _ = scene.end(1)
        _ = scene.wait(.zero)
        #expect(scene.ready(2, 1))
        _ = scene.wait(WorkerSupervisor.stableTime - .milliseconds(1))
        _ = scene.end(2)
        #expect(scene.supervisor.nextDeadline! - scene.now == WorkerSupervisor.firstRestartDelay)
        _ = scene.wait(WorkerSupervisor.firstRestartDelay)
        #expect(scene.ready(3, 1))
        _ = scene.wait(WorkerSupervisor.stableTime)
        _ = scene.end(3)
        #expect(scene.supervisor.nextDeadline! == scene.now)
    }

    @Test("a restart that cannot be begun is tried again later")
    func failedRestarts() throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.ready(1, 1))
        scene.breakStarts()
        _ = scene.end(1)
        #expect(scene.wait(.zero).count == 1)
        scene.breakStarts(false)
        _ = scene.wait(WorkerSupervisor.firstRestartDelay)
        // The second one did not count.
        #expect(scene.ready(3, 1))
    }

    @Test("what has handed over may finish its requests for 30 s")
    func drains() throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.ready(1, 1))
        try scene.load(2)
        #expect(scene.ready(2, 2))
        #expect(scene[1].words == ["load 1", "serve", "handOver"])
        _ = scene.wait(WorkerSupervisor.drainPatience - .milliseconds(1))
        #expect(!scene[1].isKilled)
        _ = scene.wait(.milliseconds(1))
        #expect(scene[1].isKilled)
    }

    @Test("while nothing serves, one process answers with the status, and hands over to the first that serves")
    func holds() throws {
        let scene = Scene()
        try scene.supervisor.hold()
        try scene.supervisor.hold()
        #expect(scene.count == 1 && scene[1].words == ["hold", "serve"])
        try scene.load(1)
        #expect(scene.ready(2, 1))
        #expect(scene[1].words == ["hold", "serve", "handOver"])
        try scene.supervisor.hold()
        #expect(scene.count == 2)
    }

    @Test("a newer target ends the load of the one before")
    func abandonedLoads() throws {
        let scene = Scene()
        try scene.load(1)
        try scene.load(2)
        #expect(scene[1].isKilled)
        // Its last words mean nothing.
        #expect(!scene.ready(1, 1))
        #expect(scene.end(1) == nil)
        #expect(scene.ready(2, 2))
    }

    @Test("a process that loads without a sign of life for 5 s is killed and replaced; the third time it is a failure")
    func silentProcesses() throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.supervisor.nextDeadline == scene.now + WorkerSupervisor.signPatience)
        #expect(scene.wait(WorkerSupervisor.signPatience - .milliseconds(1)) == [])
        guard case .notice(let text)? = scene.wait(.milliseconds(1)).first else {
            Issue.record("no notice")
            return
        }
        #expect(text.contains("no sign of life for 5 s"))
        #expect(scene[1].isKilled)
        #expect(scene.end(1) == nil)
        #expect(scene[2].words == ["load 1"])
        #expect(scene.wait(WorkerSupervisor.signPatience).count == 1)
        guard case .loadFailed(let target, _)? = scene.wait(WorkerSupervisor.signPatience).first else {
            Issue.record("did not fail")
            return
        }
        #expect(target.revision == 1)
        #expect(scene.supervisor.loadingTarget == nil)
    }

    @Test(
        "a process that is killed while it loads is replaced; the third time it is a failure, and one that crashes at once"
    )
    func killedLoads() throws {
        let scene = Scene()
        try scene.load(1)
        for number in 1...2 {
            guard case .notice? = scene.end(number) else {
                Issue.record("no notice")
                return
            }
            #expect(scene[number + 1].words == ["load 1"])
        }
        guard case .loadFailed? = scene.end(3) else {
            Issue.record("did not fail")
            return
        }
        try scene.load(2)
        guard case .loadFailed? = scene.end(4, signal: 11) else {
            Issue.record("did not fail")
            return
        }
        // Nothing has served, so that there is nothing to go back to.
        #expect(scene.supervisor.nextDeadline == nil)
    }

    @Test(
        "what served last serves again if its process dies, and what was to take its place fails",
        arguments: [false, true])
    func fallBack(diesFirst: Bool) throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.ready(1, 1))
        if diesFirst { _ = scene.end(1) }
        try scene.load(2)
        if !diesFirst { _ = scene.end(1) }
        guard case .loadFailed(let target, _)? = scene.tell(2, .failed(WorkerFailure(message: "broken"))) else {
            Issue.record("did not fail")
            return
        }
        #expect(target.revision == 2)
        _ = scene.wait(WorkerSupervisor.firstRestartDelay)
        #expect(scene[3].words == ["load 1"])
        #expect(scene.ready(3, 1))
        #expect(scene.supervisor.servingTarget?.revision == 1)
    }

    @Test("while what served is started again, requests wait for it; if it dies again and again, they are told why")
    func holdsAfterRestarts() throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.ready(1, 1))
        _ = scene.end(1)
        // A mistake that is saved in that moment.
        try scene.supervisor.hold()
        #expect(scene.count == 1)
        for number in 2...4 {
            _ = scene.wait(WorkerSupervisor.longestRestartDelay)
            #expect(scene[number].words == ["load 1"])
            _ = scene.end(number)
        }
        #expect(scene[5].words == ["hold", "serve"])
        _ = scene.wait(WorkerSupervisor.longestRestartDelay)
        #expect(scene.ready(6, 1))
        #expect(scene[5].words == ["hold", "serve", "handOver"])
    }

    @Test("what a newer revision dies of is counted anew")
    func countsByRevision() throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.ready(1, 1))
        for number in 1...3 {
            _ = scene.end(number)
            _ = scene.wait(WorkerSupervisor.longestRestartDelay)
            #expect(scene.ready(number + 1, 1))
        }
        try scene.load(2)
        #expect(scene.ready(5, 2))
        _ = scene.end(5)
        #expect(scene.supervisor.nextDeadline == scene.now)
    }

    @Test("a process that loads for long, and shows that it is alive, is left alone")
    func slowLoads() throws {
        let scene = Scene()
        try scene.load(1)
        for _ in 0..<60 {
            #expect(scene.wait(.seconds(4)) == [])
            #expect(scene.tell(1, .alive) == nil)
        }
        #expect(scene.ready(1, 1))
        #expect(scene.wait(.seconds(3600)) == [])
    }

    @Test("a stop drains what serves, and kills what does not")
    func stops() throws {
        let scene = Scene()
        try scene.load(1)
        #expect(scene.ready(1, 1))
        try scene.supervisor.prepare()
        scene.supervisor.stop(patience: .seconds(2))
        #expect(scene[1].words.last == "drain")
        #expect(scene[2].isKilled)
        #expect(scene.supervisor.nextDeadline == scene.now + .seconds(2))
        try scene.supervisor.prepare()
        #expect(scene.count == 2)
        _ = scene.wait(.seconds(2))
        #expect(scene[1].isKilled)
    }

    @Test("what has gone wrong since a load began is still wrong when it serves; what was before is not")
    func problems() {
        var board = StatusBoard(ProjectStatus(session: "test"))
        let serial = board.status.serial
        let isNew = board.fail(.init(stage: "assemble", message: "bad"))
        let isNewAgain = board.fail(.init(stage: "assemble", message: "bad"))
        #expect(isNew && !isNewAgain)
        board.serve(revision: 1, styleSheets: nil, loadedSince: serial)
        #expect(board.status.problem != nil && board.status.revision == 1)
        board.serveAgain(revision: 1)
        #expect(board.status.problem != nil)
        board.serve(revision: 2, styleSheets: ["a.css"], loadedSince: board.status.serial)
        #expect(board.status.problem == nil && board.status.changes.last?.styleSheets == ["a.css"])
    }

    @Test("a build that has failed is wrong until one ends well, whatever serves and whatever else fails meanwhile")
    func failedBuilds() {
        var board = StatusBoard(ProjectStatus(session: "test"))
        _ = board.fail(.init(stage: "build", message: "bad"))
        board.serve(revision: 1, styleSheets: nil, loadedSince: board.status.serial)
        #expect(board.status.problem?.stage == "build")
        _ = board.fail(.init(stage: "launch", message: "trap"))
        #expect(board.status.problem?.stage == "launch")
        board.serve(revision: 2, styleSheets: nil, loadedSince: board.status.serial)
        #expect(board.status.problem?.stage == "build")
        let isNew = board.mendBuild()
        #expect(isNew && board.status.problem == nil)
    }
}
