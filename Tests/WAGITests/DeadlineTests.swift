import Foundation
import HTTP
import TestSupport
import Testing
import WAGI

/// Modules that wait for something outside when their time is up.
///
/// The servers have one worker: whoever waits on it and is not ended keeps everybody else waiting.
struct DeadlineTests {
    private static let limit = Duration.milliseconds(300)

    private static func application(
        _ module: String, _ settings: String = "", limit: Duration = limit
    ) throws -> ServedApplication {
        var server = ServerConfiguration()
        server.maximumWorkers = 1
        // Clients that are slow are not to be ended by the server before.
        server.stallTimeout = .seconds(3600)
        server.minimumRate = 0
        return try ServedApplication(
            ["waiting.wat": module, "other.wat": Guest.printing("status: 200\n\nhere")],
            """
            [[module]]
            route = "/waiting"
            module = "DIR/waiting.wat"
            \(settings)
            [[module]]
            route = "/other"
            module = "DIR/other.wat"
            """, server: server
        ) { $0.limits.time = limit }
    }

    private func expectTimeout(_ app: ServedApplication, _ wait: String = "") throws {
        let answer = try app.get("/waiting")
        #expect(answer.status == 500)
        #expect(answer.body.contains("stopped after 0.3 seconds, its limit\(wait): --timeout sets another"))
        #expect(try app.get("/other").body == "here")
    }

    // MARK: Logs

    @Test("A guest that floods its log, whoever reads that how slowly") func aGuestThatFloodsItsLog() throws {
        let module = Guest.text(
            """
            (func (export "_start")
              (loop $forever
                (call $write (i32.const 2) (i32.const 1024) (i32.const 60000))
                (br $forever)))
            """)
        let app = try Self.application(module)
        let start = ContinuousClock.now
        try expectTimeout(app)
        // It took up to 20 seconds.
        #expect(ContinuousClock.now - start < .seconds(5))
        // A line without end is cut, and the flood is told.
        #expect(app.lines.all.allSatisfy { $0.text.utf8.count <= 9000 })
    }

    // MARK: Clients

    private static let copying = Guest.text("(func (export \"_start\") (call $copy (i32.const 0)))")

    @Test("A client that sends no body") func aClientThatSendsNoBody() throws {
        // Long enough for the module to begin to wait, however busy the machine is.
        let app = try Self.application(Self.copying, limit: .seconds(1))
        let client = try RawSocket(port: app.server.address.port)
        try client.send("POST /waiting HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
        let answer = try client.receive(until: "sets another")
        #expect(answer.hasPrefix("HTTP/1.1 500"))
        #expect(answer.contains("while it waited for the client to send the request's body: --timeout"))
        #expect(try app.get("/other").body == "here")
    }

    @Test("A client that sends its body slowly") func aClientThatSendsItsBodySlowly() throws {
        let app = try Self.application(Self.copying)
        let client = try RawSocket(port: app.server.address.port)
        try client.send("POST /waiting HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
        let isOver = Mutable(false)
        let lock = NSLock()
        let sender = Thread {
            while !lock.withLock({ isOver.value }) {
                try? client.send("x")
                usleep(10_000)
            }
        }
        sender.start()
        defer { lock.withLock { isOver.value = true } }
        #expect(app.waitForLine("--timeout"))
        #expect(try app.get("/other").body == "here")
    }

    @Test("A client that does not end its chunks") func aClientThatDoesNotEndItsChunks() throws {
        let app = try Self.application(Self.copying)
        let client = try RawSocket(port: app.server.address.port)
        try client.send("POST /waiting HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        let answer = try client.receive(until: "sets another")
        #expect(answer.hasPrefix("HTTP/1.1 408"))
        #expect(answer.contains("within 0.3 seconds, the limit of a request: --timeout"))
        #expect(try app.get("/other").body == "here")
    }

    @Test("A client that does not take its response") func aClientThatDoesNotTakeItsResponse() throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\n", at: 65536))
            (func (export "_start")
              (call $print (i32.const 65536))
              (loop $forever
                (call $write (i32.const 1) (i32.const 131072) (i32.const 131072))
                (br $forever)))
            """)
        let app = try Self.application(module)
        let client = try RawSocket(port: app.server.address.port)
        try client.send("GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(app.waitForLine("--timeout"))
        #expect(try app.get("/other").body == "here")
    }

    /// The module waits in a call of the system then, for something else.
    @Test("A client that goes") func aClientThatGoes() throws {
        let pipes = try Pipes()
        let app = try Self.application(Self.opening("pipe", rights: 2), pipes.volumes, limit: .seconds(3600))
        do {
            let client = try RawSocket(port: app.server.address.port)
            try client.send("GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(app.waitForLine("opening"))
        }
        #expect(try app.get("/other").body == "here")
    }

    // MARK: Files

    /// Directories with a pipe in them that has a name.
    private final class Pipes {
        let directory: TemporaryDirectory
        private var descriptor: Int32 = -1

        init() throws {
            directory = try TemporaryDirectory()
            try #require(mkfifo("\(directory.path)/pipe", 0o600) == 0)
        }

        deinit {
            if descriptor >= 0 { close(descriptor) }
        }

        var volumes: String { "volumes = { \"/data\" = \"\(directory.path)\" }" }

        /// Opens both ends, so that the module's opening does not wait.
        func open() throws {
            descriptor = Glibc.open("\(directory.path)/pipe", O_RDWR)
            try #require(descriptor >= 0)
        }
    }

    /// A module that opens a file with rights as `path_open` has them, and then does something.
    private static func opening(_ name: String, rights: Int, _ body: String = "") -> String {
        Guest.text(
            """
            \(Guest.data(name, at: 66000))
            \(Guest.data("opening\n", at: 67000))
            (func (export "_start")
              (call $log (i32.const 67000))
              (if (call $open (i32.const 66000) (i32.const 0) (i64.const \(rights))) (then (unreachable)))
              \(body))
            """)
    }

    @Test("Opening a pipe", arguments: [2, 64]) func openingAPipe(rights: Int) throws {
        let pipes = try Pipes()
        try expectTimeout(Self.application(Self.opening("pipe", rights: rights), pipes.volumes))
    }

    @Test("Reading a pipe") func readingAPipe() throws {
        let pipes = try Pipes()
        try pipes.open()
        try expectTimeout(
            Self.application(Self.opening("pipe", rights: 2, "(call $copy (i32.load (i32.const 24)))"), pipes.volumes))
    }

    @Test("Writing to a pipe") func writingToAPipe() throws {
        let pipes = try Pipes()
        try pipes.open()
        // More than fits into any pipe.
        let body = """
            (loop $forever
              (call $write (i32.load (i32.const 24)) (i32.const 131072) (i32.const 131072))
              (br $forever))
            """
        try expectTimeout(Self.application(Self.opening("pipe", rights: 64, body), pipes.volumes))
    }

    @Test("Waiting for a clock") func waitingForAClock() throws {
        let module = Guest.text(
            """
            (func (export "_start")
              (i64.store (i32.const 1016) (i64.const 1))               ;; the monotonic clock
              (i64.store (i32.const 1024) (i64.const 3600000000000))
              (drop (call $poll (i32.const 1000) (i32.const 2000) (i32.const 1) (i32.const 3000))))
            """,
            imports: """
                (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
                """)
        try expectTimeout(Self.application(module))
    }

    // MARK: Other servers

    /// Once by a number, once by a name, which is looked up elsewhere.
    @Test("A server that does not answer", arguments: ["127.0.0.1", "localhost"]) func aServerThatDoesNotAnswer(
        host: String
    ) throws {
        // Connections to it wait to be accepted.
        let silent = try ListeningSocket(binding: .loopback(port: 0))
        let url = "http://\(host):\(silent.address.port)/"
        let module = Guest.text(
            """
            \(Guest.data(url, at: 65536))
            \(Guest.data("GET", at: 66000))
            (func (export "_start")
              (drop
                (call $req (i32.const 65536) (i32.const \(url.utf8.count)) (i32.const 66000) (i32.const 3)
                  (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 28) (i32.const 32))))
            """,
            imports: """
                (import "wasi_experimental_http" "req"
                  (func $req (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
                """)
        try expectTimeout(Self.application(module, "allowed_hosts = [\"http://\(host)\"]"))
    }
}

extension ServedApplication {
    /// Whether a line with `text` is logged before long.
    fileprivate func waitForLine(_ text: String) -> Bool {
        for _ in 0..<2000 {
            if lines.texts.contains(where: { $0.contains(text) }) { return true }
            usleep(10_000)
        }
        return false
    }
}
