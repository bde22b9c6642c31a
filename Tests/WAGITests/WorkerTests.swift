import Bindle
import Foundation
import HTTP
import SandboxProtocol
import TestSupport
import Testing
import WAGI
import WebAssemblyText

/// A WAGI process's side of the control channel.
struct WorkerTests {
    @Test func itLoadsServesAndDrains() throws {
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
        var messages: [WorkerMessage] = []
        while messages.count < 2, let message = try worker.channel.receive(WorkerMessage.self) {
            messages.append(message)
        }
        #expect(messages.contains(.log(route: "/hello", text: "[1] noted")))
        let request = messages.compactMap { if case .request(let request) = $0 { request } else { nil } }.first
        #expect(request?.method == "GET")
        #expect(request?.target == "/hello?x")
        #expect(request?.status == 200)
        #expect(request?.byteCount == 5)
        #expect(request?.revision == 3)
        try worker.channel.send(LauncherMessage.drain)
        #expect(try worker.channel.receive(WorkerMessage.self) == nil)
        #expect(worker.waitForEnd())
    }

    @Test func aFailureToLoadIsReportedAndEndsIt() throws {
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

    /// The directory of files that one process has laid out goes on to the next, which changes what has changed.
    @Test func aLayoutIsMadeBroughtUpToDateAndServed() throws {
        let server = try BindleFixture()
        let layouts = try TemporaryDirectory()
        func load(_ plan: LayoutPlan) -> LauncherMessage.Load {
            .init(bindle: "test/1.0.0", bindleURL: server.url, revision: 3, plan: plan)
        }
        func ready(_ plan: LayoutPlan, preparing prepared: LayoutPlan? = nil) throws -> StartedWorker {
            let worker = try StartedWorker()
            if let prepared {
                try worker.channel.send(LauncherMessage.prepare(load(prepared)))
                #expect(try worker.channel.receive(WorkerMessage.self) == .prepared)
            }
            try worker.channel.send(LauncherMessage.load(load(plan)))
            guard case .ready? = try worker.channel.receive(WorkerMessage.self) else { throw CocoaError(.featureUnsupported) }
            try worker.channel.send(LauncherMessage.serve)
            return worker
        }
        func get(_ path: String, of worker: StartedWorker) throws -> String {
            let response = try Client().send(ClientRequest(.get, HTTPURL("http://\(worker.address)/\(path)")))
            let body = String(decoding: try response.readAll(limit: 1000), as: UTF8.self)
            return response.status == .ok ? body : "\(response.status.code)"
        }
        var plan = LayoutPlan(
            directory: layouts.path + "/1", isLaidOut: false, changes: [], handlers: [server.handler])
        // What a process that was killed has left is in nobody's way.
        try layouts.write("left behind", to: "1/old/file.txt")
        let first = try ready(plan)
        #expect(try get("files/a.txt", of: first) == "a")
        #expect(try get("old/file.txt", of: first) == "404")
        #expect(try get("hello", of: first) == "hello")
        try first.channel.send(LauncherMessage.drain)
        #expect(first.waitForEnd())

        plan.isLaidOut = true
        plan.changes = [
            .init(name: "files/a.txt", content: server.content("b")),
            .init(name: "files/c/a.txt", content: nil), .init(name: "files/c", content: server.content("a")),
            .init(name: "new/deep/b.txt", content: server.content("b")),
        ]
        let second = try ready(plan)
        #expect(try get("files/a.txt", of: second) == "b")
        #expect(try get("files/c", of: second) == "a")
        #expect(try get("new/deep/b.txt", of: second) == "b")
        try second.channel.send(LauncherMessage.drain)
        #expect(second.waitForEnd())

        // In two steps; what is done already may be done again.
        let preparation = plan
        plan.changes = [
            .init(name: "new/deep/b.txt", content: nil), .init(name: "files/c", content: nil),
            .init(name: "files/c/a.txt", content: server.content("a")),
        ]
        let third = try ready(plan, preparing: preparation)
        #expect(try get("files/a.txt", of: third) == "b")
        #expect(try get("files/c/a.txt", of: third) == "a")
        #expect(try get("new/deep/b.txt", of: third) == "404")
        #expect(try FileManager.default.contentsOfDirectory(atPath: layouts.path + "/1") == ["files"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: layouts.path) == ["1"])
        try third.channel.send(LauncherMessage.drain)
        #expect(third.waitForEnd())
    }

    @Test func aPlanThatLeavesTheLayoutIsRefused() throws {
        let server = try BindleFixture()
        let layouts = try TemporaryDirectory()
        try layouts.write("", to: "1/a.txt")
        let worker = try StartedWorker()
        let plan = LayoutPlan(
            directory: layouts.path + "/1", isLaidOut: true,
            changes: [.init(name: "../escaped.txt", content: server.content("a"))], handlers: [server.handler])
        try worker.channel.send(
            LauncherMessage.load(
                .init(bindle: "test/1.0.0", bindleURL: server.url, revision: 3, plan: plan)))
        guard case .failed(let failure)? = try worker.channel.receive(WorkerMessage.self) else {
            Issue.record("no failure")
            return
        }
        #expect(failure.message.contains("../escaped.txt"))
        #expect(worker.waitForEnd())
    }

    @Test func theEndOfTheChannelEndsIt() throws {
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
    let handler: LayoutPlan.Handler
    var url: String { "http://\(server.address)/v1" }

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
        handler = LayoutPlan.Handler(
            name: "m.wasm", content: .init(sha256: label.sha256, size: label.size), feature: ["route": "/hello"],
            hasAssets: true)
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

    func content(_ text: String) -> LayoutPlan.Content {
        .init(sha256: SHA256.hash(Array(text.utf8)).hex, size: text.utf8.count)
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

    init() throws {
        socket = try ListeningSocket(binding: .loopback(port: 0))
        address = socket.address
        cache = try TemporaryDirectory()
        let (near, far) = try ControlChannel.pair()
        channel = near
        var said = WorkerConfiguration()
        said.cacheDirectory = cache.path
        try near.send(LauncherMessage.configure(said))
        let worker = try WAGIWorker(
            .init(listen: dup(socket.fileDescriptor), control: dup(far.fileDescriptor))
        ) { (said) throws(LoadError) in
            var configuration = WAGIConfiguration()
            configuration.cacheDirectory = said.cacheDirectory
            return configuration
        }
        Thread { [ended] in
            worker.run()
            ended.signal()
        }.start()
    }

    /// Ends the channel as the death of the sandbox would.
    func close() {
        shutdown(channel.fileDescriptor, Int32(SHUT_RDWR))
    }

    func waitForEnd() -> Bool { ended.wait(timeout: .now() + 20) == .success }
}
