import Bindle
import Content
import Cryptography
import Foundation
import HTTP
import SandboxProtocol
import Synchronization
import TestSupport
import Testing
import WAGI
import WebAssemblyText

/// A WAGI process's side of the control channel.
struct WorkerTests {
    @Test("It loads serves and drains") func itLoadsServesAndDrains() throws {
        let server = try BindleFixture()
        let worker = try StartedWorker()
        try worker.channel.send(LauncherMessage.load(.init(bindle: "test/1.0.0", bindleURL: server.url, revision: 3)))
        guard case .ready(revision: 3, let timings)? = try worker.channel.receive(WorkerMessage.self) else {
            Issue.record("not ready")
            return
        }
        #expect(timings.map(\.stage) == ["fetch", "wwwroot", "modules"])
        try worker.channel.send(LauncherMessage.serve)
        let answer = try Client().send(ClientRequest(.get, HTTPURL("http://\(worker.address)/hello?x")))
        #expect(try answer.readAll(limit: 100) == Array("hello".utf8))
        #expect(eventually { worker.logged.count == 2 })
        #expect(worker.logged.first == .line("noted", route: "/hello", number: 1))
        let request = worker.logged.compactMap { if case .request(let request) = $0 { request } else { nil } }.first
        #expect(request?.method == "GET")
        #expect(request?.target == "/hello?x")
        #expect(request?.status == 200)
        #expect(request?.byteCount == 5)
        #expect(request?.revision == 3)
        #expect(request?.number == 1)
        #expect(request?.isIncomplete == false)
        try worker.channel.send(LauncherMessage.drain)
        #expect(try worker.channel.receive(WorkerMessage.self) == nil)
        #expect(worker.waitForEnd())
    }

    @Test("A failure to load is reported and ends it") func aFailureToLoadIsReportedAndEndsIt() throws {
        let server = try BindleFixture()
        let worker = try StartedWorker()
        try worker.channel.send(LauncherMessage.load(.init(bindle: "absent/1.0.0", bindleURL: server.url, revision: 1)))
        guard case .failed(let failure)? = try worker.channel.receive(WorkerMessage.self) else {
            Issue.record("no failure")
            return
        }
        #expect(failure.message.contains("absent/1.0.0"))
        #expect(worker.waitForEnd())
    }

    @Test("A wwwroot that is given is served, and known when the next one comes")
    func givenWwwroot() throws {
        let server = try BindleFixture()
        func send(_ wwwroot: Wwwroot, to worker: StartedWorker, _ message: (LauncherMessage.Load) -> LauncherMessage)
            throws
        {
            let (base, changes) = wwwroot.descriptors
            let images = [base, changes].compactMap { $0 }
            let content = LauncherMessage.Load.Content(
                handlers: [server.handler], imageCount: images.count, store: server.store, project: nil)
            let load = LauncherMessage.Load(bindle: "test/1.0.0", bindleURL: server.url, revision: 3, content: content)
            try worker.channel.send(message(load), with: images)
        }
        func ready(_ wwwroot: Wwwroot, preparing prepared: Wwwroot? = nil) throws -> StartedWorker {
            let worker = try StartedWorker()
            if let prepared {
                try send(prepared, to: worker) { .prepare($0) }
                #expect(try worker.channel.receive(WorkerMessage.self) == .prepared)
            }
            try send(wwwroot, to: worker) { .load($0) }
            let answer = try worker.receive()
            guard case .ready? = answer else {
                Issue.record("\(String(describing: answer))")
                throw CocoaError(.featureUnsupported)
            }
            try worker.channel.send(LauncherMessage.serve)
            return worker
        }
        func get(_ path: String, of worker: StartedWorker) throws -> String {
            let response = try Client().send(ClientRequest(.get, HTTPURL("http://\(worker.address)/\(path)")))
            let body = String(decoding: try response.readAll(limit: 1000), as: UTF8.self)
            return response.status == .ok ? body : "\(response.status.code)"
        }
        let wwwroot = try Wwwroot(["files/a.txt": "a", "files/b.txt": "b"].map(server.file))
        let first = try ready(wwwroot)
        #expect(try get("files/a.txt", of: first) == "a")
        #expect(try get("files/c", of: first) == "404")
        #expect(try get("hello", of: first) == "hello")
        try first.channel.send(LauncherMessage.drain)
        #expect(first.waitForEnd())

        let (path, file) = try server.file(name: "files/a.txt", text: "b")
        let changed = try wwwroot.applying([
            .init(path, file), .init(try RelativePath("new/deep/b.txt"), file),
            .init(try RelativePath("files/b.txt"), nil),
        ])
        let second = try ready(changed, preparing: wwwroot)
        #expect(try get("files/a.txt", of: second) == "b")
        #expect(try get("new/deep/b.txt", of: second) == "b")
        #expect(try get("files/b.txt", of: second) == "404")
        try second.channel.send(LauncherMessage.drain)
        #expect(second.waitForEnd())
    }

    @Test("It answers for its hosts, whatever these are at the time, and passes on what is for others")
    func hosts() throws {
        let server = try BindleFixture()
        let switchboard = try ConnectionQueue()
        let sandbox = Server(connections: switchboard) { request, _, writer in
            try writer.respond(Response(text: "passed for \(request.headers["Host"] ?? "")"))
        }
        try sandbox.start()
        defer { sandbox.stop() }
        let worker = try StartedWorker(switchboard: switchboard)
        try worker.channel.send(LauncherMessage.load(.init(bindle: "test/1.0.0", bindleURL: server.url, revision: 3)))
        guard case .ready? = try worker.receive() else {
            Issue.record("not ready")
            return
        }
        func answer(_ host: String) throws -> String {
            var configuration = ClientConfiguration()
            configuration.maximumIdlePerHost = 0
            var request = ClientRequest(.get, try HTTPURL("http://\(worker.address)/hello"))
            request.host = host
            let response = try Client(configuration: configuration).send(request)
            return String(decoding: try response.readAll(limit: 1000), as: UTF8.self)
        }
        try worker.channel.send(LauncherMessage.hosts(.allBut(["stable.app.localhost"])))
        try worker.channel.send(LauncherMessage.serve)
        #expect(try answer("localhost") == "hello")
        #expect(try answer("Stable.app.localhost.:80") == "passed for Stable.app.localhost.:80")
        try worker.channel.send(LauncherMessage.hosts(.only("localhost")))
        #expect(eventually { (try? answer("app.localhost")) == "passed for app.localhost" })
        #expect(try answer("LOCALHOST") == "hello")
        #expect(try answer("[::1]") == "passed for [::1]")
        try worker.channel.send(LauncherMessage.drain)
        #expect(worker.waitForEnd())
    }

    @Test("What is no wwwroot is refused")
    func hostileImage() throws {
        let server = try BindleFixture()
        let worker = try StartedWorker()
        let content = LauncherMessage.Load.Content(handlers: [server.handler], imageCount: 1, store: "", project: nil)
        let null = open("/dev/null", O_RDONLY)
        defer { close(null) }
        try worker.channel.send(
            LauncherMessage.load(.init(bindle: "test/1.0.0", bindleURL: server.url, revision: 3, content: content)),
            with: [null])
        guard case .failed(let failure)? = try worker.receive() else {
            Issue.record("no failure")
            return
        }
        #expect(failure.message.contains("wwwroot"))
        #expect(worker.waitForEnd())
    }

    @Test("The end of the channel ends it") func theEndOfTheChannelEndsIt() throws {
        let worker = try StartedWorker()
        worker.close()
        #expect(worker.waitForEnd())
    }
}

/// A Bindle server with one bindle: a handler, and the files `files/a.txt`, `files/b.txt` and `files/c/a.txt`, each of
/// which holds its first letter.
private final class BindleFixture {
    private let directory: TemporaryDirectory
    private let server: Server
    let handler: ServedHandler
    var url: String { "http://\(server.address)/v1" }
    var store: String { "\(directory.path)/bindles.sqlite" }

    init() throws {
        directory = try TemporaryDirectory()
        let store = try BindleStore(path: "\(directory.path)/bindles.sqlite")
        server = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)),
            handler: BindleServer(store: store, mode: .development, version: "1").handler)
        try server.start()
        let module = try assemble(
            Guest.text(
                """
                \(Guest.data("status: 200\n\nhello", at: 65536))
                \(Guest.data("noted\n", at: 66000))
                (func (export "_start") (call $log (i32.const 66000)) (call $print (i32.const 65536)))
                """))
        let label = Label(
            sha256: SHA256.hash(module).hex, mediaType: "application/wasm", name: "m.wasm", size: module.count,
            feature: ["wagi": ["route": "/hello"]])
        handler = ServedHandler(
            name: "m.wasm", sha256: label.sha256, size: label.size, feature: ["route": "/hello"], hasAssets: true,
            isFromOtherBindle: false)
        let files = ["files/a.txt": "a", "files/b.txt": "b", "files/c/a.txt": "a"].map { name, text in
            Parcel(
                label: Label(
                    sha256: SHA256.hash(Array(text.utf8)).hex, mediaType: "text/plain", name: name, size: 1,
                    feature: ["wagi": ["file": "true"]]), conditions: Conditions(memberOf: ["files"]))
        }
        let invoice = Invoice(
            bindle: Invoice.Description(id: try BindleID("test/1.0.0")),
            parcels: [Parcel(label: label, conditions: Conditions(requires: ["files"]))] + files,
            groups: [Group(name: "files")])
        _ = try store.save(invoice) { (missing) throws(StoreError) in
            .bytes(missing == label ? module : Array(missing.name == "files/b.txt" ? "b".utf8 : "a".utf8))
        }
    }

    func file(name: String, text: String) throws -> (path: RelativePath, file: ContentFile) {
        let file = ContentFile(
            digest: SHA256.hash(Array(text.utf8)), size: text.utf8.count, mediaType: "text/plain", modificationTime: 1)
        return (try RelativePath(name), file)
    }

    deinit {
        server.stop()
    }
}

/// A worker on a thread, with this end of its channel.
private final class StartedWorker {
    let channel: ControlChannel
    let address: SocketAddress
    private let cache: TemporaryDirectory
    private let socket: ListeningSocket
    private let ended = DispatchSemaphore(value: 0)
    private let collector: RequestLogCollector
    private let log: CollectedRequestLog

    /// What it has logged, taken by a thread of its own.
    private final class Logged: Sendable {
        let contents = Mutex<[RequestLogEntry.Content]>([])
    }

    private let told = Logged()
    var logged: [RequestLogEntry.Content] { told.contents.withLock { $0 } }

    /// - Parameter switchboard: where connections pass whose requests are for other processes.
    init(switchboard: ConnectionQueue? = nil) throws {
        socket = try ListeningSocket(binding: .loopback(port: 0))
        address = socket.address
        cache = try TemporaryDirectory()
        let (near, far) = try ControlChannel.pair()
        channel = near
        try near.send(LauncherMessage.configure(WorkerConfiguration()))
        let cachePath = cache.path
        collector = try RequestLogCollector()
        log = try collector.makeLog()
        log.showRequests()
        collector.start { [told] entries in told.contents.withLock { $0 += entries.map(\.content) } }
        var arguments = WorkerArguments(listen: dup(socket.fileDescriptor), control: dup(far.fileDescriptor))
        arguments.switchboard = switchboard.map { dup($0.sendingDescriptor) }
        let descriptors = log.memory.descriptors
        arguments.log = .init(memory: dup(descriptors.memory), wakeUp: dup(descriptors.wakeUp))
        let worker = try WAGIWorker(arguments) { (_) throws(LoadError) in
            var configuration = WAGIConfiguration()
            configuration.cacheDirectory = cachePath
            return configuration
        }
        Thread { [ended] in
            worker.run()
            ended.signal()
        }.start()
    }

    deinit {
        log.finish()
        collector.stop()
    }

    /// Ends the channel as the death of the sandbox would.
    func close() {
        shutdown(channel.fileDescriptor, Int32(SHUT_RDWR))
    }

    /// What the worker has to say, signs of life apart.
    func receive() throws -> WorkerMessage? {
        while let message = try channel.receive(WorkerMessage.self) {
            if message != .alive { return message }
        }
        return nil
    }

    func waitForEnd() -> Bool { ended.wait(timeout: .now() + 20) == .success }
}
