import ControlPage
import Platform
import SandboxProtocol
import Synchronization
import Testing

@testable import Bindle
@testable import HTTP
@testable import Sandbox

/// What is decided about the processes of a channel, and when: without a process, by a clock that is set by hand.
struct ChannelRunnerTests {
    typealias Worker = RememberingWorker

    final class Scene {
        typealias ID = WorkerSupervisor.WorkerID

        private final class Shared: Sendable {
            let now = Mutex(SuspendingClock.now)
            let workers = Mutex<[Worker]>([])
            let release = Mutex<Release?>(nil)
            let told = Mutex<[String]>([])
            let isBroken = Atomic(false)
        }

        private let shared = Shared()
        var runner: ChannelRunner
        let queue: ConnectionQueue

        init(host: String? = nil) throws {
            queue = try ConnectionQueue()
            let channel = Channel(
                app: "app", name: "stable", selection: .range(try VersionRange("^1.0.0")), host: host)
            runner = ChannelRunner(
                channel, queue: queue,
                .init(
                    idleTime: { .seconds(60) }, now: { [shared] in shared.now.withLock { $0 } },
                    release: { [shared] _ in shared.release.withLock { $0 } },
                    command: { channel in
                        WorkerCommand(executable: "/none", name: channel.servedHost, arguments: [])
                    },
                    content: { target in
                        var contents = ServedContents(store: "/none", project: nil)
                        return try contents.replace(with: Invoice(bindle: .init(id: target.release.id)), times: [])
                    },
                    bindleURL: "http://x/v1",
                    startWorker: { [shared] _, _ in
                        if shared.isBroken.load(ordering: .relaxed) {
                            throw SystemError(operation: "posix_spawn", code: 11)
                        }
                        let worker = Worker()
                        shared.workers.withLock { $0.append(worker) }
                        return worker
                    },
                    tell: { [shared] text in shared.told.withLock { $0.append(text) } }))
        }

        func release(_ version: String?, digest: String = "1") throws {
            let release = try version.map {
                Release(
                    id: try BindleID("app/\($0)"), digest: digest, creationTime: 0, revision: nil, parcelCount: 0,
                    size: 0)
            }
            shared.release.withLock { $0 = release }
            runner.reconsider(runner.channel)
        }

        func move(to host: String?) {
            var channel = runner.channel
            channel.host = host
            runner.reconsider(channel)
        }

        func breakStarts(_ isBroken: Bool = true) { shared.isBroken.store(isBroken, ordering: .relaxed) }
        var workers: [Worker] { shared.workers.withLock { $0 } }
        var told: [String] { shared.told.withLock { $0 } }

        func pass(_ time: Duration) {
            shared.now.withLock { $0 += time }
            runner.tick()
        }

        /// - Parameter number: of the process, from 1, among those since the channel was idle.
        func tell(_ number: Int, _ event: WorkerProcess.Event) { runner.handle(ID(number: number), event) }
        func ready(_ number: Int) { tell(number, .message(.ready(revision: 0, timings: []))) }
        func end(_ number: Int) { tell(number, .ended(.exited(code: 0))) }
    }

    private static let host = "only stable.app.localhost"

    @Test("No process runs before somebody asks, and one then") func firstRequest() throws {
        let scene = try Scene()
        try scene.release("1.0.0")
        scene.pass(.seconds(3600))
        #expect(scene.workers.isEmpty && scene.runner.condition == .idle && scene.runner.nextDeadline == nil)
        scene.runner.noteRequest()
        #expect(scene.runner.condition == .starting)
        scene.runner.noteRequest()
        #expect(scene.workers.map(\.words) == [["load app/1.0.0"]])
        scene.ready(1)
        #expect(scene.workers[0].words == ["load app/1.0.0", Self.host, "serve"])
        #expect(scene.runner.condition == .serving(try BindleID("app/1.0.0")))
        #expect(scene.told == ["serves app/1.0.0"])
    }

    @Test("A process that nobody has asked for long is ended; what waits in the queue then starts another one")
    func idleness() throws {
        let scene = try Scene()
        try scene.release("1.0.0")
        scene.runner.noteRequest()
        scene.ready(1)
        scene.pass(.seconds(50))
        scene.runner.noteRequest()
        scene.pass(.seconds(50))
        // One that is answered counts as well.
        scene.runner.noteUse(at: try #require(scene.runner.nextDeadline) - .seconds(20))
        scene.pass(.seconds(30))
        #expect(!scene.workers[0].words.contains("drain"))
        scene.pass(.seconds(30))
        #expect(scene.workers[0].words.last == "drain" && scene.runner.condition == .idle)
        // A request that comes while it ends is waited with.
        scene.runner.noteRequest()
        let client = try scene.queue.connect()
        defer { close(client) }
        #expect(scene.workers.count == 1)
        scene.end(1)
        #expect(scene.workers.count == 2 && scene.workers[1].words == ["load app/1.0.0"])
        _ = scene.queue.receive().map { close($0.fileDescriptor) }
        // Without one, none is started.
        scene.ready(1)
        scene.pass(.seconds(61))
        scene.end(1)
        #expect(scene.workers.count == 2 && scene.runner.condition == .idle && !scene.runner.hasProcesses)
    }

    @Test("Another release takes over; the same one, however it is called again, does not") func releases() throws {
        let scene = try Scene()
        try scene.release("1.0.0")
        scene.runner.noteRequest()
        scene.ready(1)
        try scene.release("1.0.0")
        #expect(scene.workers.count == 1)
        try scene.release("1.1.0")
        #expect(scene.workers.count == 2 && scene.workers[1].words == ["load app/1.1.0"])
        #expect(scene.runner.condition == .serving(try BindleID("app/1.0.0")))
        scene.ready(2)
        #expect(scene.workers[0].words.last == "handOver")
        scene.end(1)
        // Other content under the same version.
        try scene.release("1.1.0", digest: "2")
        #expect(scene.workers.count == 3 && scene.workers[2].words == ["load app/1.1.0"])
        #expect(scene.told == ["serves app/1.0.0", "serves app/1.1.0"])
    }

    @Test("A release that cannot be loaded leaves the one that serves, until another one comes") func failures() throws
    {
        let scene = try Scene()
        try scene.release("1.0.0")
        scene.runner.noteRequest()
        scene.ready(1)
        try scene.release("1.1.0")
        scene.tell(2, .message(.failed(WorkerFailure(message: "It is broken.", file: "a.wasm"))))
        let served = try BindleID("app/1.0.0")
        #expect(scene.runner.condition == .failed("a.wasm: It is broken.", serving: served))
        #expect(scene.told.last == "a.wasm: It is broken.")
        #expect(!scene.workers[0].words.contains("handOver"))
        // It is not tried again for nothing.
        scene.runner.noteRequest()
        try scene.release("1.1.0")
        #expect(scene.workers.count == 2)
        try scene.release("1.1.1")
        scene.ready(3)
        #expect(scene.runner.condition == .serving(try BindleID("app/1.1.1")))
    }

    @Test("Without a release, a process tells of that, until there is one; one that is removed is served no more")
    func absence() throws {
        let scene = try Scene()
        scene.runner.noteRequest()
        #expect(scene.workers.map(\.words) == [["hold", Self.host, "serve"]])
        guard case .failed(let message, serving: nil) = scene.runner.condition else {
            Issue.record("does not tell of it")
            return
        }
        #expect(message.contains("^1.0.0") && message.contains("hippo-dev release"))
        try scene.release("1.0.0")
        scene.ready(2)
        #expect(scene.workers[0].words.last == "handOver")
        #expect(scene.runner.condition == .serving(try BindleID("app/1.0.0")))
        scene.end(1)
        try scene.release(nil)
        #expect(scene.workers[1].words.last == "drain")
        scene.end(2)
        #expect(scene.runner.condition == .idle)
        scene.runner.noteRequest()
        #expect(scene.workers[2].words.first == "hold")
    }

    @Test("A process that dies is started again, and one at the end is not") func deaths() throws {
        let scene = try Scene()
        try scene.release("1.0.0")
        scene.runner.noteRequest()
        scene.ready(1)
        scene.tell(1, .ended(.killed(signal: 9)))
        scene.pass(.zero)
        #expect(scene.workers.count == 2)
        scene.ready(2)
        scene.runner.finish(patience: .seconds(2))
        let client = try scene.queue.connect()
        defer { close(client) }
        #expect(scene.workers[1].words.last == "drain" && scene.runner.hasProcesses)
        scene.end(2)
        scene.runner.noteRequest()
        #expect(scene.workers.count == 2 && !scene.runner.hasProcesses)
    }

    @Test("Where the process has died that told what is wrong, or none could be started, the next request starts one")
    func stranding() throws {
        let scene = try Scene()
        scene.runner.noteRequest()
        scene.end(1)
        #expect(scene.workers.count == 1)
        scene.runner.noteRequest()
        #expect(scene.workers.count == 2 && scene.workers[1].words.first == "hold")
        // One that waits already is not forgotten.
        let client = try scene.queue.connect()
        defer { close(client) }
        scene.end(1)
        #expect(scene.workers.count == 3)
        scene.breakStarts()
        scene.end(1)
        #expect(scene.workers.count == 3 && scene.told.last?.contains("could be started") == true)
        scene.breakStarts(false)
        try scene.release("1.0.0")
        scene.runner.noteRequest()
        #expect(scene.workers.count == 4 && scene.workers[3].words.contains("load app/1.0.0"))
    }

    @Test("A channel whose host changes has another process, which knows the new one alone") func moving() throws {
        let scene = try Scene()
        try scene.release("1.0.0")
        scene.runner.noteRequest()
        scene.ready(1)
        let client = try scene.queue.connect()
        defer { close(client) }
        scene.move(to: "stable.example")
        #expect(scene.workers[0].words == ["load app/1.0.0", Self.host, "serve", "drain"])
        scene.end(1)
        scene.ready(1)
        #expect(scene.workers[1].words == ["load app/1.0.0", "only stable.example", "serve"])
    }

    @Test("A process answers for its own hosts: the working copy's for all but those of channels") func hosts() {
        let others = ServedHosts.allBut(["a"])
        #expect(others.includes("b") && others.includes(nil) && !others.includes("a"))
        let own = ServedHosts.only("a")
        #expect(own.includes("a") && !own.includes("b") && !own.includes(nil))
    }
}
