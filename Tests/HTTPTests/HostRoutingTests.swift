import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("Passing connections on by the hosts of their requests")
struct HostRoutingTests {
    /// An app's server that listens, a channel's that gets connections through a queue, and one between them, which knows
    /// who answers for which host, and answers itself for those that nobody has.
    final class Stage {
        let app: TestServer
        let channel: Server
        let between: Server
        let betweenQueue: ConnectionQueue
        let appRouting: HostRouting
        /// How often the app's server has looked a host up.
        let lookUps = Mutex(0)
        let passed = Mutex(0)
        let events = EventStream()

        init(channelConfiguration: (inout ServerConfiguration) -> Void = { _ in }) throws {
            let (appQueue, channelQueue, betweenQueue) = (
                try ConnectionQueue(), try ConnectionQueue(), try ConnectionQueue()
            )
            let box = Box()
            let routing = HostRouting { host in
                box.stage?.lookUps.withLock { $0 += 1 }
                return ["stable.app", "nobody.app"].contains(host) ? betweenQueue : nil
            }
            appRouting = routing
            self.betweenQueue = betweenQueue
            let events = events
            let answer: @Sendable (String) -> RequestHandler = { name in
                { request, body, writer in
                    if request.path == "/events" {
                        return try writer.respond(Response(body: .events(events, first: { [.init(data: name)] })))
                    }
                    let text = String(decoding: try body.readAll(limit: 1 << 24), as: UTF8.self)
                    try writer.respond(
                        Response(text: "\(name) \(request.path) \(text.isEmpty ? "" : String(text.utf8.count))"))
                }
            }
            app = try TestServer(
                configure: {
                    $0.connectionQueue = appQueue
                    $0.hostRouting = routing
                }, handler: answer("app"))
            var configuration = ServerConfiguration()
            channelConfiguration(&configuration)
            configuration.hostRouting = HostRouting { $0 == "stable.app" ? nil : betweenQueue }
            channel = Server(connections: channelQueue, configuration: configuration, handler: answer("channel"))
            var betweenConfiguration = ServerConfiguration()
            betweenConfiguration.hostRouting = HostRouting { host in
                box.stage?.passed.withLock { $0 += 1 }
                switch host {
                case "stable.app": return channelQueue
                case "nobody.app": return nil
                default: return appQueue
                }
            }
            between = Server(connections: betweenQueue, configuration: betweenConfiguration) { request, _, writer in
                try writer.respond(Response(status: .misdirectedRequest, text: "nobody"))
            }
            box.stage = self
            try channel.start()
            try between.start()
        }

        deinit {
            channel.stop()
            between.stop()
        }

        /// Sendable because it is set before a server that uses it starts.
        private final class Box: @unchecked Sendable {
            weak var stage: Stage?
        }
    }

    private static func get(_ path: String, _ host: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n"
    }

    @Test("a kept-alive connection goes to and fro with the hosts of its requests")
    func changingHosts() throws {
        let stage = try Stage()
        let connection = try stage.app.connect()
        for (path, host, answer) in [
            ("/1", "app", "app /1 "), ("/2", "stable.app", "channel /2 "), ("/3", "stable.app", "channel /3 "),
            ("/4", "app", "app /4 "), ("/5", "nobody.app", "nobody"), ("/6", "stable.app", "channel /6 "),
            ("/7", "app", "app /7 "),
        ] {
            try connection.send(Self.get(path, host))
            let response = try connection.response()
            #expect(response.text == answer)
            #expect(response.headers["Connection"] == nil)
        }
        // What stays where it is asks nobody.
        #expect(stage.passed.withLock { $0 } == 5)
    }

    @Test("requests that are sent together are answered in order, each by whom it is for")
    func pipelining() throws {
        let stage = try Stage()
        let connection = try stage.app.connect()
        let hosts = ["app", "stable.app", "app", "nobody.app", "stable.app", "stable.app", "app"]
        try connection.send(hosts.enumerated().map { Self.get("/\($0)", $1) }.joined())
        for (index, host) in hosts.enumerated() {
            let name = ["app": "app /\(index) ", "stable.app": "channel /\(index) ", "nobody.app": "nobody"][host]
            #expect(try connection.response().text == name)
        }
    }

    @Test(
        "a body goes along, however much of it has come with the head",
        arguments: [4, 20_000, 300_000])
    func bodies(size: Int) throws {
        let stage = try Stage()
        let connection = try stage.app.connect()
        let body = String(repeating: "x", count: size)
        for _ in 0..<2 {
            try connection.send(
                "POST /p HTTP/1.1\r\nHost: stable.app\r\nContent-Length: \(size)\r\n\r\n\(body)"
                    + Self.get("/next", "app"))
            #expect(try connection.response().text == "channel /p \(size)")
            #expect(try connection.response().text == "app /next ")
            let hex = String(size, radix: 16)
            try connection.send(
                "POST /c HTTP/1.1\r\nHost: stable.app\r\nTransfer-Encoding: chunked\r\n\r\n\(hex)\r\n\(body)\r\n0\r\n\r\n"
            )
            #expect(try connection.response().text == "channel /c \(size)")
        }
        // The one who answers says that it may come.
        try connection.send("POST /e HTTP/1.1\r\nHost: app\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try connection.response().status == 100)
        try connection.send("ab")
        #expect(try connection.response().text == "app /e 2")
    }

    @Test("a stream of events goes on on the connection that has passed, as long as its client stays")
    func events() throws {
        let stage = try Stage()
        let connection = try stage.app.connect()
        try connection.send(Self.get("/", "app"))
        _ = try connection.response()
        try connection.send(Self.get("/events", "stable.app"))
        _ = try connection.read(through: "data: channel\n\n")
        stage.events.send(ServerSentEvent(data: "more"))
        _ = try connection.read(through: "data: more\n\n")
    }

    @Test("a head that comes in pieces passes when it is whole")
    func pieces() throws {
        let stage = try Stage()
        let connection = try stage.app.connect()
        for piece in ["GET /slow HT", "TP/1.1\r\nHo", "st: stab", "le.app\r\nX: 1", "\r\n\r", "\n"] {
            try connection.send(piece)
            pause(milliseconds: 2)
        }
        #expect(try connection.response().text == "channel /slow ")
    }

    @Test("a target in absolute form is for its own host, and HTTP/1.0 without Host for the one who listens")
    func forms() throws {
        let stage = try Stage()
        let connection = try stage.app.connect()
        try connection.send("GET http://stable.app/a HTTP/1.1\r\nHost: app\r\n\r\n")
        #expect(try connection.response().text == "channel /a ")
        try connection.send("GET http://app/b HTTP/1.1\r\nHost: stable.app\r\n\r\n")
        #expect(try connection.response().text == "app /b ")
        try connection.send(Self.get("/c", "stable.app"))
        #expect(try connection.response().text == "channel /c ")
        try connection.send("GET /d HTTP/1.0\r\n\r\n")
        #expect(try connection.response().text == "app /d ")
        #expect(try connection.isAtEnd())
        #expect(try stage.app.exchange("GET /e HTTP/1.0\r\nHost: stable.app\r\n\r\n").text == "channel /e ")
    }

    @Test("the usual host costs a comparison: it is looked up once, and again when the routes have changed")
    func cost() throws {
        let stage = try Stage()
        let connection = try stage.app.connect()
        for _ in 0..<50 {
            try connection.send(Self.get("/", "app"))
            _ = try connection.response()
        }
        #expect(stage.lookUps.withLock { $0 } == 1)
        let newLookUps = Mutex(0)
        let queue = stage.betweenQueue
        stage.appRouting.use { host in
            newLookUps.withLock { $0 += 1 }
            return host == "app" ? nil : queue
        }
        for _ in 0..<2 {
            try connection.send(Self.get("/", "app"))
            #expect(try connection.response().text == "app / ")
        }
        #expect(newLookUps.withLock { $0 } == 1)
        #expect(stage.lookUps.withLock { $0 } == 1)
    }

    @Test("a flood of connections for hosts that nobody has is answered, and the app meanwhile")
    func flood() throws {
        let stage = try Stage()
        let connections = try (0..<300).map { index in
            let connection = try stage.app.connect()
            try connection.send(Self.get("/", index.isMultiple(of: 3) ? "app" : "nobody.app"))
            return connection
        }
        for (index, connection) in connections.enumerated() {
            #expect(try connection.response().text == (index.isMultiple(of: 3) ? "app / " : "nobody"))
        }
    }

    @Test("connections wait while the one that they are for has no room, and a client that leaves is forgotten")
    func waiting() throws {
        // It takes one connection at a time, and its queue is soon full.
        let stage = try Stage { $0.maximumConnections = 1 }
        let connections = try (0..<600).map { _ in
            let connection = try stage.app.connect()
            try connection.send(Self.get("/", "stable.app"))
            return connection
        }
        try connections[0].send(Self.get("/", "stable.app"))
        for (index, connection) in connections.enumerated() {
            if index.isMultiple(of: 2) { #expect(try connection.response().text == "channel / ") }
            connection.close()
        }
        // The app is not held up.
        #expect(try stage.app.exchange(Self.get("/", "app")).text == "app / ")
    }

    @Test("a client is told when there has been no room for its connection for long")
    func lack() throws {
        let queue = try ConnectionQueue()
        let server = try TestServer(
            configure: {
                $0.headTimeout = .milliseconds(200)
                $0.hostRouting = HostRouting { $0 == "other" ? queue : nil }
            }, handler: echo)
        // More than a queue holds: the system lets a socket have some hundred kilobytes.
        let long = String(repeating: "x", count: 60_000)
        let connections = try (0..<80).map { _ in
            let connection = try server.connect()
            try connection.send("GET / HTTP/1.1\r\nHost: other\r\nX-Long: \(long)\r\n\r\n")
            return connection
        }
        // The first of them are in the queue, and nobody answers them.
        #expect(try connections[79].response().status == 503)
        #expect(try connections[78].response().status == 503)
        #expect(try server.exchange(Self.get("/", "app")).status == 200)
    }

    @Test("where nobody takes connections out of the queue any more, the client is told")
    func closedQueue() throws {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        let sending = ConnectionQueue(adoptingSending: ends[0])
        close(ends[1])
        let server = try TestServer(
            configure: { $0.hostRouting = HostRouting { $0 == "other" ? sending : nil } }, handler: echo)
        #expect(try server.exchange(Self.get("/", "other")).status == 503)
        #expect(try server.exchange(Self.get("/", "app")).status == 200)
    }
}
