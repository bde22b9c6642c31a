import HTTP
import TestSupport
import Testing

@Suite("Streams of events")
struct EventStreamTests {
    private static let get = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n"

    private static func server(
        of stream: EventStream, inline: Bool = true, first: [ServerSentEvent] = [ServerSentEvent(data: "hello")]
    ) throws -> TestServer {
        let response = Response(headers: ["Cache-Control": "no-store"], body: .events(stream, first: { first }))
        return try TestServer(configure: { configuration in
            configuration.maximumWorkers = 1
            if inline { configuration.inlineHandler = { InlineAnswer($0.path == "/events" ? response : nil) } }
        }) { request, body, writer in
            if request.path == "/events" { try writer.respond(response) } else { try echo(request, body, writer) }
        }
    }

    @Test("the first events come at once, and others as they are sent, whoever answers", arguments: [true, false])
    func delivery(inline: Bool) throws {
        let stream = EventStream()
        let server = try Self.server(of: stream, inline: inline)
        let connection = try server.connect()
        try connection.send(Self.get)
        let head = try connection.read(through: "\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(head.contains("Content-Type: text/event-stream\r\n"))
        #expect(head.contains("Cache-Control: no-store\r\n"))
        _ = try connection.read(through: "data: hello\n\n\r\n")
        stream.send(ServerSentEvent(name: "news", data: "a\nb"))
        #expect(try connection.read(through: "data: b\n\n") == "1d\r\nevent: news\ndata: a\ndata: b\n\n")
    }

    @Test("clients that follow take no worker, and others are answered meanwhile")
    func noWorkers() throws {
        let stream = EventStream()
        let server = try Self.server(of: stream, inline: false)
        let followers = try (0..<50).map { _ in
            let connection = try server.connect()
            try connection.send(Self.get)
            _ = try connection.read(through: "data: hello\n\n")
            return connection
        }
        #expect(try server.exchange("GET /other HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        stream.send(ServerSentEvent(data: "all"))
        for follower in followers { _ = try follower.read(through: "data: all\n\n") }
    }

    @Test("a draining server ends them as whole responses, after what was sent before")
    func draining() throws {
        let stream = EventStream()
        let server = try Self.server(of: stream)
        let connection = try server.connect()
        try connection.send(Self.get)
        _ = try connection.read(through: "data: hello\n\n\r\n")
        stream.send(ServerSentEvent(data: "last"))
        #expect(server.server.drain(deadline: .seconds(20)))
        #expect(try connection.readToEnd() == "c\r\ndata: last\n\n\r\n0\r\n\r\n")
        #expect(server.records.withLock { $0.map(\.failure) } == [nil])
    }

    @Test("a stopped server closes them, and is not kept alive by them")
    func stopping() throws {
        let stream = EventStream()
        weak var server: TestServer?
        let connection: RawConnection
        do {
            let running = try Self.server(of: stream)
            server = running
            connection = try running.connect()
            try connection.send(Self.get)
            _ = try connection.read(through: "data: hello\n\n\r\n")
        }
        #expect(try connection.readToEnd() == "")
        #expect(server == nil)
        stream.send(ServerSentEvent(data: "to nobody"))
    }

    @Test("a client that leaves is forgotten")
    func leaving() throws {
        let stream = EventStream()
        let server = try Self.server(of: stream)
        let connection = try server.connect()
        try connection.send(Self.get)
        _ = try connection.read(through: "data: hello\n\n\r\n")
        connection.close()
        #expect(eventually { server.records.withLock { $0.count } == 1 })
        stream.send(ServerSentEvent(data: "to nobody"))
        #expect(server.server.drain(deadline: .seconds(20)))
    }

    @Test("a client that takes nothing is given up before its events fill the memory")
    func backlog() throws {
        let stream = EventStream()
        let server = try Self.server(of: stream)
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send(Self.get)
        _ = try connection.read(through: "data: hello\n\n\r\n")
        let large = ServerSentEvent(data: String(repeating: "x", count: 1 << 20))
        #expect(
            eventually {
                stream.send(large)
                return server.records.withLock { $0.first?.failure } == "the client took the events too slowly"
            })
    }

    @Test("HEAD gets the head alone, and HTTP/1.0 a stream without chunks")
    func others() throws {
        let stream = EventStream()
        let server = try Self.server(of: stream)
        let response = try server.exchange("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.headers["Content-Type"] == "text/event-stream")
        let connection = try server.connect()
        try connection.send("GET /events HTTP/1.0\r\nHost: a\r\n\r\n")
        #expect(try connection.read(through: "data: hello\n\n").contains("\r\n\r\ndata: hello\n\n"))
        #expect(server.server.drain(deadline: .seconds(20)))
        #expect(try connection.readToEnd() == "")
    }
}
