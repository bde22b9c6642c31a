import Dispatch
import HTTP
import Synchronization
import TestSupport
import Testing
import WAGI

/// Requests that another server answers.
@Suite("A proxied path") struct ProxyTests {
    /// A server beside the app, which says what it was asked.
    private final class Upstream: Sendable {
        let server: Server
        /// What it was asked.
        private final class Requests: Sendable {
            let list = Mutex<[Request]>([])
        }

        private let requests = Requests()

        init(_ respond: @escaping RequestHandler) throws {
            let requests = requests
            server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, body, writer in
                requests.list.withLock { $0.append(request) }
                try respond(request, body, writer)
            }
            try server.start()
        }

        deinit { server.stop() }

        var url: String { "http://\(server.address)" }
        var last: Request? { requests.list.withLock { $0.last } }
    }

    private func upstream() throws -> Upstream {
        try Upstream { request, _, writer in try writer.respond(Response(text: "upstream \(request.target)")) }
    }

    private func app(_ rules: (prefix: String, url: String, strips: Bool)...) throws -> ServedApplication {
        try ServedApplication(Guest.printing("content-type: text/plain\n\nhandler"), route: "/api/handler") {
            $0.proxies = rules.map { try! ProxyRule(prefix: $0.prefix, url: $0.url, strips: $0.strips) }
        }
    }

    @Test("Handlers come first, then the longest prefix") func precedence() throws {
        let (short, long) = (try upstream(), try upstream())
        let app = try app(("/api", short.url + "/short", false), ("/api/v2", long.url + "/long/", true))
        #expect(try app.get("/api/handler").body == "handler")
        #expect(try app.get("/api").body == "upstream /short/api")
        #expect(try app.get("/api/x?y=1").body == "upstream /short/api/x?y=1")
        #expect(try app.get("/api/v2").body == "upstream /long/")
        #expect(try app.get("/api/v2/x").body == "upstream /long/x")
        #expect(try app.get("/api/v22").body == "upstream /short/api/v22")
        #expect(try app.get("/apix").status == 404)
    }

    @Test("The other server learns of the client what is so, and not what the client says") func forwarding() throws {
        let upstream = try upstream()
        let app = try app(("/api", upstream.url, false))
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send(
            """
            GET /api HTTP/1.1\r\nHost: shop.example:81\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r
            X-Forwarded-Host: evil\r\nForwarded: for=10.0.0.1\r\nX-Real-IP: 10.0.0.1\r\nConnection: close, X-Secret\r
            X-Secret: a\r\nX-Kept: b\r\n\r\n
            """)
        #expect(try raw.receiveAll().hasPrefix("HTTP/1.1 200 OK\r\n"))
        let headers = try #require(upstream.last?.headers)
        #expect(headers.all("X-Forwarded-For") == ["127.0.0.1"])
        #expect(headers.all("X-Forwarded-Host") == ["shop.example:81"])
        #expect(headers.all("X-Forwarded-Proto") == ["http"])
        #expect(headers["Forwarded"] == nil && headers["X-Real-IP"] == nil && headers["X-Secret"] == nil)
        #expect(headers["X-Kept"] == "b")
        #expect(headers["Host"] == "\(upstream.server.address)")
    }

    @Test(
        "A path that leads out of its prefix is refused",
        arguments: [
            "/api/../admin", "/api/%2e%2e/admin", "/api/.%2E/admin", "/api/./x", "/api/..", "/api/a/..%2fadmin",
            "/api/..\\admin", "/api/..%5cadmin", "/api/..;/admin",
        ])
    func dotSegments(path: String) throws {
        let upstream = try upstream()
        let app = try app(("/api", upstream.url, true))
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(try raw.receiveAll().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(upstream.last == nil)
    }

    @Test("Request and response stream at the same time") func bothWays() throws {
        // It answers each piece before it reads the next.
        let echo = try Upstream { _, body, writer in
            try writer.writeHead(.ok, ["Content-Type": "application/octet-stream"])
            while true {
                let piece = try body.read(upTo: 64 << 10)
                if piece.isEmpty { break }
                try writer.write(piece)
                try writer.flush()
            }
        }
        let app = try app(("/echo", echo.url, false))
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send(
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\none\r\n"
        )
        // The client sends no more until it has been answered.
        _ = try raw.receive(until: "one")
        try raw.send("3\r\ntwo\r\n0\r\n\r\n")
        #expect(try raw.receiveAll().contains("two"))

        // More than any buffer on the way holds, from a client that sends and receives at once.
        let length = 8 << 20
        let large = try RawSocket(port: app.server.address.port)
        DispatchQueue.global().async {
            try? large.send(
                "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length)\r\nConnection: close\r\n\r\n")
            try? large.send(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: length))
        }
        #expect(try large.receiveAll().utf8.count { $0 == UInt8(ascii: "x") } >= length)
    }

    @Test("Events arrive as they are sent") func events() throws {
        let next = DispatchSemaphore(value: 0)
        let upstream = try Upstream { _, _, writer in
            try writer.writeHead(.ok, ["Content-Type": "text/event-stream"])
            try writer.write("data: 1\n\n")
            try writer.flush()
            next.wait()
            try writer.write("data: 2\n\n")
        }
        let app = try app(("/events", upstream.url, false))
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send("GET /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        _ = try raw.receive(until: "data: 1\n\n")
        next.signal()
        #expect(try raw.receiveAll().contains("data: 2\n\n"))
    }

    @Test("A server that is down is told with its address") func down() throws {
        let url = try upstream().url
        let app = try app(("/api", url, false))
        let answer = try app.get("/api/x")
        #expect(answer.status == 502)
        #expect(answer.body.hasPrefix("502 Bad Gateway: /api/ is passed on to \(url)/, which has not answered: "))
    }

    /// Where the app is, once it is there.
    private final class Place: Sendable {
        let address = Mutex("")
    }

    @Test("A server that sends requests back is found") func loop() throws {
        let place = Place()
        let upstream = try Upstream { request, body, writer in
            let proxy = try ClientRequest(
                .get, HTTPURL("http://\(place.address.withLock { $0 })\(request.target)"), headers: request.headers)
            let response = try Client().send(proxy)
            try writer.respond(Response(status: response.status, text: "back"))
        }
        let app = try app(("/api", upstream.url, false))
        place.address.withLock { $0 = "\(app.server.address)" }
        #expect(try app.get("/api").status == 508)
    }

    @Test("The sandbox's own Bindle server is not reached") func controlPort() throws {
        let bindles = try upstream()
        let app = try ServedApplication(Guest.printing("\n\n"), route: "/handler") {
            $0.proxies = [
                try! ProxyRule(prefix: "/a", url: "http://localhost:\(bindles.server.address.port)", strips: false)
            ]
            $0.controlPort = bindles.server.address.port
        }
        #expect(try app.get("/a/v1/_q").status == 502)
        #expect(bindles.last == nil)
    }

    @Test("A WebSocket passes, whoever ends it") func webSocket() throws {
        let upstream = try Upstream { request, _, writer in
            #expect(request.headers["Sec-WebSocket-Key"] == "abc")
            #expect(request.headers.hasToken("upgrade", in: "Connection"))
            #expect(request.headers["Upgrade"] == "websocket")
            try writer.respond(Response(status: .badRequest, text: "not this time"))
        }
        let refused = try app(("/ws", upstream.url, false))
        let upgrade =
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n\r\n"
        let first = try RawSocket(port: refused.server.address.port)
        try first.send(upgrade)
        #expect(try first.receive(until: "not this time").hasPrefix("HTTP/1.1 400 Bad Request\r\n"))

        let echo = try RawEcho(
            answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello")
        let app = try app(("/ws", "http://127.0.0.1:\(echo.port)", false))
        let second = try RawSocket(port: app.server.address.port)
        try second.send(upgrade + "early")
        let head = try second.receive(until: "early")
        #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(head.contains("\r\n\r\nhello"))
        try second.send("\u{1}late")
        _ = try second.receive(until: "\u{1}late")
        second.endSending()
        #expect(try second.receiveAll() == "")
    }

    @Test(
        "A rule that cannot be is refused",
        arguments: [
            ("api", "http://a"), ("/a?b", "http://a"), ("/a/../b", "http://a"), ("/.hippo", "http://a"),
            ("/.hippo/x", "http://a"), ("/a", "ftp://a"), ("/a", "http://a?b"), ("/a", "a"),
        ])
    func malformedRule(prefix: String, url: String) {
        #expect(throws: ProxyRule.Malformed.self) { try ProxyRule(prefix: prefix, url: url, strips: false) }
    }
}
