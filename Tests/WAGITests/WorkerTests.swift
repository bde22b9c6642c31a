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
        try worker.channel.send(LauncherMessage.load(bindle: "test/1.0.0", bindleURL: server.url, revision: 3))
        guard case .ready(revision: 3, let timings)? = try worker.channel.receive(WorkerMessage.self) else {
            Issue.record("not ready")
            return
        }
        #expect(timings.map(\.stage) == ["fetch", "modules"])
        try worker.channel.send(LauncherMessage.serve)
        let answer = try Client().send(ClientRequest(.get, HTTPURL("http://\(worker.address)/hello?x")))
        #expect(try answer.readAll(limit: 100) == Array("hello".utf8))
        var messages: [WorkerMessage] = []
        while messages.count < 2, let message = try worker.channel.receive(WorkerMessage.self) {
            messages.append(message)
        }
        #expect(messages.contains(.log(route: "/...", text: "[1] noted")))
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
        try worker.channel.send(LauncherMessage.load(bindle: "absent/1.0.0", bindleURL: server.url, revision: 1))
        guard case .failed(let failure)? = try worker.channel.receive(WorkerMessage.self) else {
            Issue.record("no failure")
            return
        }
        #expect(failure.message.contains("absent/1.0.0"))
        #expect(worker.waitForEnd())
    }

    @Test func theEndOfTheChannelEndsIt() throws {
        let worker = try StartedWorker()
        worker.close()
        #expect(worker.waitForEnd())
    }
}

/// A Bindle server with one bindle.
private final class BindleFixture {
    private let directory: TemporaryDirectory
    private let server: Server
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
            feature: ["wagi": ["route": "/..."]])
        let invoice = Invoice(
            bindle: Invoice.Description(id: try BindleID("test/1.0.0")), parcels: [Parcel(label: label)])
        let client = try BindleClient(baseURL: url)
        _ = try client.create(invoice)
        try client.upload(label, to: invoice.id, body: .bytes(module))
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
        var configuration = WAGIConfiguration()
        configuration.cacheDirectory = cache.path
        let worker = try WAGIWorker(
            .init(listen: dup(socket.fileDescriptor), control: dup(far.fileDescriptor)), configuration: configuration)
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
