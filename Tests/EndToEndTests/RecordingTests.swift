import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// Requests that a sandbox keeps, and sends again.
@Suite(.timeLimit(.minutes(15)))
struct RecordingTests {
    @Test("A recorded request is sent again against two revisions, and the differences are told; both are in the list")
    func twoRevisions() async throws {
        let app = try SmallApp()
        let scene = try await RecordingScene(app)
        #expect(try get(scene.url + "hello?a=1").body == "hello 1")
        try app.writeHandler("hello 2")
        try await scene.sandbox.next("serving")
        let number = try scene.number("/hello?a=1")
        let same = try scene.replay(number, #"{"against": "revision:1"}"#)
        #expect(same["comparison"]?.object?["same"] == .boolean(true), "\(same.serialized)")
        let other = try scene.replay(number, #"{"against": "revision:2"}"#)
        let comparison = try #require(other["comparison"]?.object)
        #expect(comparison["same"] == .boolean(false) && other["against"] == .string("revision:2"))
        let lines = comparison["body"]?.object?["hunks"]?.array?.first?.object?["lines"]?.array ?? []
        #expect(lines.compactMap { $0.object?["text"]?.string } == ["hello 1", "hello 2"])
        // What serves now, edited.
        let edited = try scene.replay(number, #"{"edit": {"target": "/nothing"}}"#)
        #expect(edited["comparison"]?.object?["status"]?.object?["after"] == .integer(404))
        let replays = try scene.listed("/hello?a=1", count: 3)
        #expect(replays.map { $0["replayOf"]?.integer } == [nil, number, number])
        #expect([same, other].map { $0["number"]?.integer } == replays.dropFirst().map { $0["number"]?.integer })
        #expect(replays.map { $0["revision"]?.integer } == [1, 1, 2])
        #expect(try scene.detail(number)["replays"]?.array?.count == 3)
        // Neither serves where the app does.
        #expect(try get(scene.url + "hello").body == "hello 2")
        let unknown = try scene.call("/requests/\(number)/replay", posting: #"{"against": "revision:99"}"#)
        #expect(unknown.status == 404, "\(unknown.body.serialized)")
    }

    @Test("A request is kept when a save, or its death, has replaced the process that answered it")
    func replaced() async throws {
        let app = try SmallApp()
        let scene = try await RecordingScene(app)
        #expect(try get(scene.url + "hello?first").status == 200)
        #expect(try get(scene.url + "assets/style.css?first").status == 200)
        try app.writeHandler("hello 2")
        try await scene.sandbox.next("serving")
        #expect(try get(scene.url + "hello?second").status == 200)
        for process in scene.sandbox.descendants() { kill(process, SIGKILL) }
        try await scene.sandbox.next("log") { $0["text"]?.string?.hasPrefix("The WAGI process ended") == true }
        #expect(eventually { (try? get(scene.url + "hello?third").status) == 200 })
        for (target, text) in [("/hello?first", "hello 1"), ("/hello?second", "hello 2"), ("/hello?third", "hello 2")] {
            let detail = try scene.detail(scene.number(target))
            #expect(detail["response"]?.object?["body"]?.object?["text"] == .string(text), "\(target)")
            #expect(detail["handler"] == .string("hello.wat") && detail["route"] == .string("/hello"))
            #expect(detail["run"]?.object?["memory"] == .integer(65536))
        }
        // A file's body is the store's.
        let file = try scene.number("/assets/style.css?first")
        let body = try Client().send(ClientRequest(.get, HTTPURL(scene.api + "/requests/\(file)/body?of=response")))
        #expect(String(decoding: try body.readAll(limit: 1000), as: UTF8.self) == "h1 { color: red }")
        #expect(try scene.detail(file)["file"] == .boolean(true))
    }

    @Test("The last 1,000 requests are kept, whatever came before") func thousand() async throws {
        let app = try SmallApp()
        let scene = try await RecordingScene(app)
        let client = Client()
        for number in 1...1500 {
            let target = number % 2 == 0 ? "hello" : "assets/style.css"
            let response = try client.send(ClientRequest(.get, HTTPURL("\(scene.url)\(target)?\(number)")))
            _ = try response.readAll(limit: 1000)
        }
        _ = try scene.number("/hello?1500")
        let list = try scene.call("/requests").body["requests"]?.array?.compactMap(\.object) ?? []
        #expect(list.count == 1000 && list.allSatisfy { $0["recorded"] == .boolean(true) })
        let har = try scene.call("/har").body["log"]?.object?["entries"]?.array
        #expect(har?.count == 1000)
    }

    /// A handler that adds a byte to `/data/n`, and answers with the number of bytes there, of one digit.
    private static let counter = """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_open"
            (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 16) "content-type: text/plain\\0a\\0a?")
          (data (i32.const 64) "n")
          (func (export "_start")
            ;; Created if need be, and appended to.
            (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 1)
                (i64.const -1) (i64.const -1) (i32.const 1) (i32.const 80)) (then (unreachable)))
            (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
            (drop (call $fd_write (i32.load (i32.const 80)) (i32.const 0) (i32.const 1) (i32.const 8)))
            (drop (call $fd_filestat_get (i32.load (i32.const 80)) (i32.const 128)))
            (i32.store8 (i32.const 42) (i32.add (i32.const 48) (i32.load (i32.const 160))))
            (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 27))
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
        """

    @Test("A request that is sent again has a copy of the data, and changes nothing of it") func data() async throws {
        let app = try SmallApp()
        try app.save(Self.counter, to: "hello.wat")
        try app.save(
            "[bindle]\nname = \"small\"\nversion = \"1.2.3\"\n\n[[handler]]\nname = \"hello.wat\"\nroute = \"/hello\"\n",
            to: "HIPPOFACTS")
        let directory = try TemporaryDirectory()
        let scene = try await RecordingScene(app, ["--data", directory.path])
        #expect(try get(scene.url + "hello").body == "1")
        #expect(try get(scene.url + "hello").body == "2")
        let number = try #require(try scene.listed("/hello", count: 2).last?["number"]?.integer)
        for _ in 0..<2 {
            let replay = try scene.replay(number, "{}")
            let body = try #require(replay["comparison"]?.object?["body"]?.object)
            let lines = body["hunks"]?.array?.first?.object?["lines"]?.array ?? []
            #expect(lines.compactMap { $0.object?["text"]?.string } == ["2", "3"], "\(replay.serialized)")
        }
        #expect(try String(contentsOfFile: directory.path + "/n", encoding: .utf8) == "nn")
        #expect(try get(scene.url + "hello").body == "3")
        let left = try FileManager.default.contentsOfDirectory(atPath: app.path + "/.hippo")
        #expect(!left.contains { $0.contains("replay-") }, "\(left)")
    }
}

/// `hippo-dev requests`.
@Suite(.timeLimit(.minutes(15)))
struct RequestsCommandTests {
    @Test("Requests are listed, shown and sent again by their numbers") func command() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "hello?number").body == "hello 1")
        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        func run(_ words: String...) throws -> Program.Result {
            try Program.run(["requests"] + words + ["--project", app.path])
        }
        #expect(eventually { (try? run().output.contains("/hello?number")) == true })
        let list = try run()
        #expect(list.status == 0 && list.output.contains("hello.wat"), "\(list)")
        let number = try #require(
            list.output.split(separator: "\n").first { $0.contains("/hello?number") }?.split(separator: " ").first)
        let shown = try run("show", String(number))
        #expect(shown.output.contains("GET /hello?number") && shown.output.contains("HTTP/1.1 200 OK"), "\(shown)")
        #expect(shown.output.contains("_start of hello.wat at /hello") && shown.output.contains("hello 1"), "\(shown)")
        let same = try run("replay", String(number), "--against", "1")
        #expect(same.status == 0 && same.output.contains("in the same way"), "\(same)")
        let different = try run("replay", String(number))
        #expect(different.status == 1 && different.output.contains("-hello 1\n"), "\(different)")
        #expect(different.output.contains("+hello 2\n"), "\(different)")
        #expect(try run("show", "9999").status != 0)
    }
}
