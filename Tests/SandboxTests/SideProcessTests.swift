import Bindle
import Cryptography
import Foundation
import HTTP
import Platform
import SandboxProtocol
import Synchronization
import TestSupport
import Testing

@testable import Sandbox

/// Processes beside the one that serves the working copy.
@Suite(.timeLimit(.minutes(5)))
struct SideProcessTests {
    let directory: TemporaryDirectory
    let store: BindleStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
    }

    /// Saves an app of one module, at `/`, as a revision.
    private func save(_ module: String) throws -> Int {
        var label = Label(
            sha256: SHA256.hash(module.utf8).hex, mediaType: "application/wasm", name: "main.wat",
            size: module.utf8.count)
        label.wagi = .module(route: "/", entrypoint: nil)
        let invoice = Invoice(bindle: .init(id: try BindleID("app/1.0.0")), parcels: [Parcel(label: label)])
        return try store.saveRevision(invoice) { _ in .bytes(Array(module.utf8)) }.number
    }

    private func service(_ revision: Int) throws -> SideProcess.Service {
        var configuration = WorkerConfiguration()
        configuration.hostname = "localhost:1"
        return .init(
            content: try store.content(ofRevision: revision), store: store.path, bindleURL: "http://127.0.0.1:1/v1",
            revision: revision, configuration: configuration)
    }

    /// The `hippo-dev` beside the test bundle.
    private static let program: WorkerCommand = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let path = tests.deletingLastPathComponent().appendingPathComponent("hippo-dev").path
        return WorkerCommand(executable: path, name: "hippo-dev", arguments: [])
    }()

    private func start(
        _ revision: Int, _ connections: ConnectionQueue, log: RequestLogCollector? = nil
    ) throws -> SideProcess {
        try SideProcess(
            try service(revision), in: WorkerSurroundings(connections: connections, requestLog: log),
            program: Self.program)
    }

    private func get(_ path: String, _ connections: ConnectionQueue) throws -> (status: Int, text: String) {
        var configuration = ClientConfiguration()
        configuration.connectionQueue = connections
        let client = Client(configuration: configuration)
        let response = try client.send(ClientRequest(.get, try HTTPURL("http://localhost:1\(path)")))
        return (response.status.code, String(decoding: try response.readAll(limit: 1 << 20), as: UTF8.self))
    }

    private static func answering(_ text: String) -> String {
        """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\\10\\00\\00\\00\\\(String(25 + text.utf8.count, radix: 16))\\00\\00\\00")
          (data (i32.const 16) "content-type:text/plain\\n\\n\(text)")
          (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
        """
    }

    @Test("Two of them serve two revisions at a time, whose requests are in the log, until each is ended")
    func twoRevisions() throws {
        let (first, second) = (try save(Self.answering("one")), try save(Self.answering("two")))
        let (firstQueue, secondQueue) = (try ConnectionQueue(), try ConnectionQueue())
        let log = try RequestLogCollector()
        defer { log.stop() }
        let logged = Mutex<[String]>([])
        log.start { entries in
            for entry in entries {
                if case .request(let request) = entry.content { logged.withLock { $0.append(request.target) } }
            }
        }
        let one = try start(first, firstQueue, log: log)
        let two = try start(second, secondQueue, log: log)
        #expect(one.timings.first?.stage == "launch")
        #expect(try get("/", firstQueue) == (200, "one"))
        #expect(try get("/", secondQueue) == (200, "two"))
        #expect(try get("/missing", firstQueue).status == 404)
        one.drain()
        #expect(one.end(until: .now + .seconds(30)) != nil)
        // With its end, all that it has logged is told.
        #expect(logged.withLock { $0.contains("/missing") })
        #expect(try get("/", secondQueue) == (200, "two"))
        #expect(two.end(until: .now) == nil)
        two.kill()
        #expect(two.end(until: .now + .seconds(30)) != nil)
    }

    @Test("One whose content cannot be loaded says why")
    func failure() throws {
        let revision = try save("(module (func (export")
        let error = #expect(throws: SideProcess.Failed.self) { _ = try start(revision, try ConnectionQueue()) }
        #expect(
            error?.failure.file == "main.wat" || error?.description.contains("main.wat") == true, "\(error!.failure)")
    }

    @Test("One that ends before it serves, or says nothing, is a failure")
    func sudden() throws {
        let revision = try save(Self.answering("one"))
        let command = WorkerCommand(executable: "/bin/sh", name: "sh", arguments: ["-c", "exit 3"])
        let surroundings = WorkerSurroundings(connections: try ConnectionQueue())
        let error = #expect(throws: SideProcess.Failed.self) {
            _ = try SideProcess(try service(revision), in: surroundings, program: command)
        }
        #expect(error?.description.contains("ended before it was ready") == true)
    }
}
