import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("Admitting requests, and passing connections on")
struct AdmissionTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// What a test says of the requests of a server.
    final class Verdict: Sendable {
        let value = Mutex(Admission.wait)
        let asked = Mutex(0)

        func give(_ admission: Admission) { value.withLock { $0 = admission } }

        var hook: @Sendable (String, Headers, Duration) -> Admission {
            { [self] _, _, _ in
                asked.withLock { $0 += 1 }
                return value.withLock { $0 }
            }
        }
    }

    @Test("a request is answered when it is admitted, and not before")
    func waiting() throws {
        let verdict = Verdict()
        let server = try TestServer(configure: { $0.admission = verdict.hook }) { _, _, writer in
            try writer.respond(Response(text: "admitted: \(verdict.value.withLock { $0 } == .proceed)"))
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        #expect(eventually { verdict.asked.withLock { $0 } > 3 })
        verdict.give(.proceed)
        #expect(try connection.response().text == "admitted: true")
        // A body that is short is waited for afterwards; one that is long is the handler's affair.
        verdict.give(.wait)
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nfour")
        let asked = verdict.asked.withLock { $0 }
        #expect(eventually { verdict.asked.withLock { $0 } > asked + 3 })
        verdict.give(.proceed)
        #expect(try connection.response().text == "admitted: true")
    }

    @Test("the admission is told how long a request has waited")
    func waitingTime() throws {
        let longest = Mutex(Duration.zero)
        let server = try TestServer(configure: { configuration in
            configuration.admission = { _, _, waited in
                longest.withLock { $0 = max($0, waited) }
                return waited < .milliseconds(30) ? .wait : .proceed
            }
        }) { _, _, writer in try writer.respond(Response(text: "late")) }
        for _ in 0..<2 { #expect(try server.exchange(Self.get).text == "late") }
        #expect(longest.withLock { $0 } >= .milliseconds(30))
    }

    @Test(
        "a mark is a field of the response, in place of the handler's", arguments: ["/handler", "/inline", "/stream"])
    func marks(path: String) throws {
        let server = try TestServer(configure: { configuration in
            configuration.admission = { _, _, _ in .proceedMarked(name: "X-Mark", value: "from the server") }
            configuration.inlineHandler = { InlineAnswer($0.path == "/inline" ? Response(text: "inline") : nil) }
        }) { request, _, writer in
            guard request.path == "/stream" else {
                return try writer.respond(Response(headers: ["X-Mark": "from the handler"], body: .empty))
            }
            try writer.writeHead(.ok)
            try writer.write("streamed")
        }
        let response = try server.exchange("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(Array(response.headers).filter { $0.name == "X-Mark" }.map(\.value) == ["from the server"])
    }

    @Test("a client that goes away while it waits leaves nothing behind")
    func disconnection() throws {
        let verdict = Verdict()
        let server = try TestServer(configure: { $0.admission = verdict.hook }) { _, _, writer in
            try writer.respond(Response(text: "ok"))
        }
        let gone = try server.connect()
        try gone.send(Self.get)
        #expect(eventually { verdict.asked.withLock { $0 } > 2 })
        gone.reset()
        verdict.give(.proceed)
        #expect(try server.exchange(Self.get).text == "ok")
    }

    /// Two servers of one socket, with a queue between them.
    struct Pair {
        let verdict = Verdict()
        let old: TestServer
        let new: TestServer
        /// What the old one's handler of `/slow` waits for.
        let slow = Gate()
        let slowHasStarted = Gate()

        init(maximumConnections: Int = 4096) throws {
            let queue = try ConnectionQueue()
            let socket = try ListeningSocket(binding: .loopback(port: 0))
            let copy = try ListeningSocket(adopting: dup(socket.fileDescriptor))
            let (verdict, slow, slowHasStarted) = (verdict, slow, slowHasStarted)
            old = try TestServer(
                on: socket,
                configure: {
                    $0.connectionQueue = queue
                    $0.admission = verdict.hook
                }
            ) { request, body, writer in
                if request.path == "/slow" {
                    slowHasStarted.open()
                    #expect(slow.wait())
                }
                try writer.respond(Response(text: "old \(request.path)"))
            }
            newServer = { [socket = copy] in
                try TestServer(
                    on: socket,
                    configure: {
                        $0.connectionQueue = queue
                        $0.maximumConnections = maximumConnections
                    }
                ) { request, body, writer in
                    let text = String(decoding: try body.readAll(limit: 1 << 20), as: UTF8.self)
                    try writer.respond(Response(text: "new \(request.path)\(text)"))
                }
            }
            new = try newServer()
        }

        private let newServer: () throws -> TestServer

        /// Hands over on a thread of its own; the gate opens when that is done.
        func handOver() -> Gate {
            let isDone = Gate()
            let server = old.server
            Thread { if server.handOver(deadline: .seconds(10)) { isDone.open() } }.start()
            return isDone
        }
    }

    /// Connections to the old server, whichever of the two accepts what comes.
    private func connect(to pair: Pair) throws -> RawConnection {
        while true {
            let connection = try pair.old.connect()
            try connection.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
            if try connection.response().text == "old /first" { return connection }
        }
    }

    @Test("connections pass to the next server: idle ones, those that wait, and those inside a head")
    func passing() throws {
        let pair = try Pair()
        pair.verdict.give(.proceed)
        let idle = try connect(to: pair)
        let waiting = try connect(to: pair)
        let inside = try connect(to: pair)
        let withBody = try connect(to: pair)
        pair.verdict.give(.wait)
        let asked = pair.verdict.asked.withLock { $0 }
        try waiting.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
        try inside.send("GET /inside HTTP/1.1\r\nHo")
        try withBody.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n, half")
        #expect(eventually { pair.verdict.asked.withLock { $0 } > asked + 4 })
        let done = pair.handOver()
        #expect(try waiting.response().text == "new /a")
        #expect(try waiting.response().text == "new /b")
        try inside.send("st: a\r\n\r\n")
        #expect(try inside.response().text == "new /inside")
        #expect(try withBody.response().text == "new /body, half")
        try idle.send(Self.get)
        #expect(try idle.response().text == "new /")
        #expect(done.wait())
        // They are connections like any other from then on.
        for connection in [idle, waiting, inside, withBody] {
            try connection.send(Self.get)
            let response = try connection.response()
            #expect(response.text == "new /")
            #expect(response.headers["Connection"] == nil)
        }
        #expect(pair.new.records.withLock { $0 }.allSatisfy { $0.remoteAddress?.isLoopback == true })
    }

    @Test("a request in flight is finished where it began, and its connection passes afterwards")
    func passingAfterAnExchange() throws {
        let pair = try Pair()
        pair.verdict.give(.proceed)
        let busy = try connect(to: pair)
        try busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /behind HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(pair.slowHasStarted.wait())
        let done = pair.handOver()
        pause(milliseconds: 5)
        #expect(!done.isOpen)
        pair.slow.open()
        let response = try busy.response()
        #expect(response.text == "old /slow")
        #expect(response.headers["Connection"] == nil)
        #expect(try busy.response().text == "new /behind")
        #expect(done.wait())
    }

    @Test("more connections pass than the queue holds at a time")
    func manyConnections() throws {
        let pair = try Pair()
        pair.verdict.give(.proceed)
        let connections = try (0..<300).map { _ in try connect(to: pair) }
        let done = pair.handOver()
        #expect(done.wait())
        for connection in connections {
            try connection.send(Self.get)
            #expect(try connection.response().text == "new /")
        }
    }

    @Test("connections wait in the queue while nobody takes them")
    func waitingInTheQueue() throws {
        let queue = try ConnectionQueue()
        let socket = try ListeningSocket(binding: .loopback(port: 0))
        let copy = try ListeningSocket(adopting: dup(socket.fileDescriptor))
        let old = try TestServer(on: socket, configure: { $0.connectionQueue = queue }, handler: echo)
        let connection = try old.connect()
        try connection.send(Self.get)
        _ = try connection.response()
        #expect(old.server.handOver(deadline: .seconds(5)))
        try connection.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
        let new = try TestServer(on: copy, configure: { $0.connectionQueue = queue }, handler: echo)
        #expect(try connection.response().headers["X-Path"] == "/later")
        _ = new
    }

    @Test("a server that stops while it hands over answers what waits")
    func stoppingWhileHandingOver() throws {
        let verdict = Verdict()
        let server = try TestServer(configure: { $0.admission = verdict.hook }) { _, _, writer in
            try writer.respond(Response(text: "last"))
        }
        let connection = try server.connect()
        try connection.send(Self.get)
        #expect(eventually { verdict.asked.withLock { $0 } > 2 })
        #expect(server.server.drain(deadline: .seconds(5)))
        #expect(try connection.response().text == "last")
    }
}
