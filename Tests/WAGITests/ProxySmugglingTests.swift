import Dispatch
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing
import WAGI

/// What a client, or the server behind `[proxy]`, may try so that two programs read a message in two ways.
@Suite("Smuggling through a proxied path") struct ProxySmugglingTests {
    /// An app with a handler at `/own`, that passes requests on to a port of this machine.
    private func app(_ port: UInt16, prefix: String = "/api") throws -> ServedApplication {
        try ServedApplication(Guest.printing("content-type: text/plain\n\nown"), route: "/own") {
            $0.proxies = [try! ProxyRule(prefix: prefix, url: "http://127.0.0.1:\(port)", strips: false)]
        }
    }

    // MARK: Requests

    @Test("Each malformed or ambiguous request gets the answer that it gets from the app itself") func corpus() throws {
        var configuration = ServerConfiguration()
        // The fields that are added must not be what is too much.
        configuration.maximumRequestLine *= 2
        configuration.maximumHead *= 2
        configuration.maximumFields *= 2
        let upstream = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: configuration
        ) { _, body, writer in
            try writer.respond(Response(text: "\(try body.readAll(limit: 1 << 20).count)"))
        }
        try upstream.start()
        defer { upstream.stop() }
        let app = try app(upstream.address.port, prefix: "/")
        #expect(try RequestCorpus.failures(port: app.server.address.port, readsBodies: true) == [])
    }

    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(
        "A request whose end is in doubt is refused, and nothing of it is passed on",
        arguments: [
            "Content-Length: 6\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 6",
            "Content-Length: 0\r\nTransfer-Encoding: chunked", "Content-Length: 6\r\nTransfer-Encoding: identity",
            "Content-Length: 6\r\nTransfer-Encoding: chunked\r\nConnection: Content-Length",
            "Content-Length: 6\r\nTransfer-Encoding: chunked\r\nConnection: Transfer-Encoding",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: chunked, identity", "Transfer-Encoding: xchunked", "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding: chunked;a=b", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding:",
            "Transfer-Encoding: ,chunked", "Transfer-Encoding: chunked,", "Transfer-Encoding: \u{B}chunked",
            "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
            "X: a\r\n Transfer-Encoding: chunked", "X: a\r\n\tContent-Length: 6", "Transfer-Encoding:\r\n chunked",
            "Content-Length: 6\r\nContent-Length: 0", "Content-Length: 6, 6", "Content-Length: 6, 0",
            "Content-Length: +6", "Content-Length: -6", "Content-Length: 0x6", "Content-Length: 6 6",
            "Content-Length: 6\u{0}", "Content-Length: 6\u{C}", "Content-Length:",
            "Content-Length: 99999999999999999999",
            "Content-Length : 6", "Content-Length: 6\nTransfer-Encoding: chunked", "X: a\rTransfer-Encoding: chunked",
            "X: a\nTransfer-Encoding: chunked", "X: a\u{0}b\r\nContent-Length: 6", "X\r\nContent-Length: 6",
        ])
    func doubtfulEnds(fields: String) throws {
        let upstream = try ScriptedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let app = try app(upstream.port)
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send("POST /api/x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n0\r\n\r\n\(Self.smuggled)")
        let answer = try raw.receiveAll()
        let status = answer.split(separator: " ").dropFirst().first
        #expect(["400", "413", "501"].contains(status), "\(answer)")
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "\(answer)")
        #expect(upstream.received.isEmpty)
    }

    @Test(
        "A chunked body that breaks off the rules goes no further than it is in order",
        arguments: [
            "5 \r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "\r\n5\r\nhello\r\n0\r\n\r\n",
            "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", "-1\r\nhello\r\n0\r\n\r\n",
            "5\r\nhello\r\n0\r\nX: a\nY: b\r\n\r\n", "5\r\nhello\r\n0\r\n X: a\r\n\r\n", "5\r\nhello\r\n\r\n",
        ])
    func brokenChunks(body: String) throws {
        let upstream = try ScriptedServer(answer: nil)
        let app = try app(upstream.port)
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send("POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)\(Self.smuggled)")
        let answer = try raw.receiveAll()
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count <= 2, "\(answer)")
        #expect(!answer.hasPrefix("HTTP/1.1 2"), "\(answer)")
        #expect(eventually { upstream.hasAll })
        let passedOn = try #require(upstream.received.first)
        #expect(!passedOn.contains("smuggled") && !passedOn.hasSuffix("0\r\n\r\n"), "\(passedOn)")
    }

    @Test("What is passed on is framed anew, whatever Connection names") func framing() throws {
        func passedOn(_ request: String, endingWith end: String) throws -> (head: [String], body: String) {
            let upstream = try ScriptedServer(
                answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", toRequestsEndingWith: end)
            let app = try app(upstream.port)
            let raw = try RawSocket(port: app.server.address.port)
            try raw.send(request + "GET /own HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            // What follows is a request of its own.
            let answers = try raw.receiveAll()
            #expect(answers.components(separatedBy: "HTTP/1.1 200 OK\r\n").count == 3, "\(answers)")
            #expect(answers.contains("\r\nown"), "\(answers)")
            let text = try #require(upstream.received.first)
            let end = try #require(text.firstRange(of: "\r\n\r\n"))
            return (text[..<end.lowerBound].components(separatedBy: "\r\n"), String(text[end.upperBound...]))
        }
        for name in [
            "Content-Length", "Transfer-Encoding", "Host", "X-Forwarded-For, X-Forwarded-Host", "Connection, Via",
        ] {
            let (head, body) = try passedOn(
                "POST /api/x HTTP/1.1\r\nHost: shop.example\r\nConnection: \(name)\r\nContent-Length: 5\r\n"
                    + "Content-Length: 5\r\nX-Forwarded-For: 8.8.8.8\r\n\r\nhello", endingWith: "hello")
            #expect(head.first == "POST /api/x HTTP/1.1" && body == "hello")
            #expect(head.filter { $0.lowercased().hasPrefix("content-length:") } == ["Content-Length: 5"])
            #expect(head.filter { $0.lowercased().hasPrefix("host:") }.count == 1)
            #expect(head.filter { $0.hasPrefix("X-Forwarded-For:") } == ["X-Forwarded-For: 127.0.0.1"])
            #expect(head.contains("X-Forwarded-Host: shop.example"))
            #expect(!head.contains { $0.hasPrefix("Transfer-Encoding") || $0.hasPrefix("Connection") })
        }
        // Extensions and trailers end here.
        let (head, body) = try passedOn(
            "POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ChunKed\r\nTE: trailers\r\nTrailer: X-Forwarded-For\r\n"
                + "\r\n5;a=\"b\"\r\nhello\r\n0\r\nX-Forwarded-For: 8.8.8.8\r\nContent-Length: 3\r\n\r\n",
            endingWith: "\r\n0\r\n\r\n")
        #expect(head.filter { $0.hasPrefix("Transfer-Encoding") } == ["Transfer-Encoding: chunked"])
        #expect(!head.contains { $0.hasPrefix("TE:") || $0.hasPrefix("Trailer") })
        #expect(body == "5\r\nhello\r\n0\r\n\r\n")
    }

    @Test("A client cannot name itself, by names with underscores neither") func forwardingFields() throws {
        let upstream = try ScriptedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let app = try app(upstream.port)
        let names = [
            "X_Forwarded_For", "x-forwarded_host", "X_FORWARDED_PROTO", "X-Forwarded-Server", "X-Forwarded-Ssl",
            "X-Real_IP", "Forwarded", "X-Forwarded-Prefix", "X-Client-IP", "True-Client-IP",
        ]
        let raw = try RawSocket(port: app.server.address.port)
        let fields = names.map { "\($0): 8.8.8.8\r\n" }.joined()
        try raw.send("GET /api HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n\(fields)\r\n")
        _ = try raw.receiveAll()
        let text = try #require(upstream.received.first)
        #expect(!text.contains("8.8.8.8") && !text.contains("Expect"), "\(text)")
    }

    // MARK: Paths

    @Test(
        "A path that some server could take for one outside the prefix is refused",
        arguments: [
            "/api/%2e%2e/admin", "/api/%2E./admin", "/api/x%2f..%2f..%2fadmin", "/api/%2e%2e%2fadmin",
            "/api/..%5Cadmin", "/api/%2e%2e%5c", "/api/%2e%2e/%ff", "/api/%2e%2e/100%", "/api/..%2F%CC%81x",
            "/api/%252e%252e/admin", "/api/x%252f..", "/api/%25252e%25252e/", "/api/..;a=b/admin", "/api/..%3b/admin",
            "/api/.;/..;/admin", "/api/..%00/admin", "/api//../admin", "/api/.", "/api/%2e", "/api/..?/x",
            "/api/x/%2e%2e",
        ])
    func waysOut(path: String) throws {
        let upstream = try ScriptedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let app = try app(upstream.port)
        for path in [path, path + "?a=b"] {
            let answer = try request(app, path)
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(answer)")
        }
        #expect(upstream.received.isEmpty)
    }

    @Test(
        "A path that only looks like one passes",
        arguments: [
            "/api/...", "/api/..a", "/api/a..", "/api/%2e%2ea", "/api/.well-known", "/api/100%25", "/api/%",
            "/api/a;..",
            "/api/x?/../y", "/api/x?%2e%2e/", "/api//x", "/api/%CC%81", "/api/;",
        ])
    func harmlessPaths(path: String) throws {
        let upstream = try ScriptedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(try request(app(upstream.port), path).hasPrefix("HTTP/1.1 200 OK\r\n"))
        let head = try #require(upstream.received.first)
        #expect(head.hasPrefix("GET \(path) HTTP/1.1\r\n"), "\(head)")
    }

    @Test(
        "The sandbox's own paths are passed on to nobody, in whatever spelling",
        arguments: [
            "/.hippo", "/.hippo/", "/.hippo/events", "/.hippo/none?a", "/.hippo?a", "/%2ehippo/events", "/.%68ippo/x",
            "/%2E%68%69%70%70%6F/x", "/.hippo%2fevents", "//.hippo/events", "/.HIPPO/events", "/.Hippo",
            "/%252ehippo/x", "/.hippo;a=b/events", "/.hippo%3b/x", "/.hippo%5cevents", "/\\.hippo/x", "/%5c.hippo",
            "/.hippo%00/x", "/%2f.hippo/x", "/./.hippo/x", "/%2e/.hippo",
        ])
    func ownPaths(path: String) throws {
        let upstream = try ScriptedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let app = try app(upstream.port, prefix: "/")
        let answer = try request(app, path)
        #expect(!answer.hasPrefix("HTTP/1.1 2"), "\(answer)")
        #expect(upstream.received.isEmpty)
        // It is a matter of the first segment.
        #expect(try request(app, "/x/.hippo/events").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test(
        "No rule may have them",
        arguments: ["/%2ehippo", "//.hippo", "/.HIPPO/x", "/.hippo;a", "/%2e%2e/x", "/a/..;/b"])
    func ownPrefixes(prefix: String) {
        #expect(throws: ProxyRule.Malformed.self) {
            try ProxyRule(prefix: prefix, url: "http://127.0.0.1:1", strips: false)
        }
    }

    private func request(_ app: ServedApplication, _ path: String, _ fields: String = "") throws -> String {
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)\r\n")
        return try raw.receiveAll()
    }

    // MARK: Responses

    private static let own = "GET /own HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    private static let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

    /// What a client gets that asks twice on one connection: first the other server, with or without a body, then the app.
    private func answers(to first: String, from answer: String) throws -> String {
        let upstream = try ScriptedServer(answer: answer)
        let app = try app(upstream.port)
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send(first + Self.own)
        return try raw.receiveAll()
    }

    private static let get = "GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let post = "POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    private static let upgrade =
        "GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    @Test(
        "A response whose end is in doubt is a 502, and the next one is its own request's",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\r\n\tb: c\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 4\r\n\r\nevil",
            "HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nevil", "HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nevil",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\nX: a\r\n\r\nevil", "HTTP/1.1 200 OK\r\nX: a\rY: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\u{0}b\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nX Y: a\r\n\r\n",
            "HTTP/1.1 200 O\rK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 No\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nevil",
            "HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20) + evil, "evil\r\n\r\n", "",
        ])
    func doubtfulResponses(answer: String) throws {
        for request in [Self.get, Self.post, Self.upgrade] {
            let answers = try answers(to: request, from: answer)
            #expect(answers.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"), "\(request)\(answers)")
            #expect(!answers.contains("evil"), "\(answers)")
            // A body that has not been taken may cost the connection.
            #expect(answers.contains("\r\nown") || request == Self.post, "\(request)\(answers)")
        }
    }

    @Test(
        "What a response has beyond its end is nobody's",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok"),
            ("HTTP/1.1 204 No Content\r\n\r\n", ""), ("HTTP/1.1 204 No Content\r\nContent-Length: 500\r\n\r\n", ""),
            ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", ""),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                ""
            ),
        ])
    func beyondTheEnd(answer: String, body: String) throws {
        for request in [Self.get, Self.post, Self.upgrade] {
            let answers = try answers(to: request, from: answer + Self.evil)
            let parts = answers.components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(parts.count == 2 && parts.first?.hasPrefix("50") == false, "\(answers)")
            #expect(parts.last?.contains("\r\nown") == true && !answers.contains("evil"), "\(answers)")
            #expect(body.isEmpty || answers.contains("ok"), "\(answers)")
        }
        let head = try answers(to: Self.get.replacing("GET", with: "HEAD"), from: answer + Self.evil)
        #expect(head.contains("\r\nown") && !head.contains("evil"), "\(head)")
    }

    @Test(
        "A response that breaks off looks so: its connection ends, and no other response follows on it",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
        ])
    func brokenResponses(answer: String) throws {
        for request in [Self.get, Self.post] {
            let answers = try answers(to: request, from: answer)
            #expect(!answers.contains("\r\nown") || answers.hasPrefix("HTTP/1.1 502 "), "\(answers)")
            #expect(!answers.contains("\r\n0\r\n\r\n"), "\(answers)")
        }
    }

    @Test("What concerns the other server's connection stays there") func connectionFields() throws {
        let answers = try answers(
            to: Self.get,
            from: "HTTP/1.1 200 OK\r\nConnection: close, X-Secret, Set-Cookie\r\nX-Secret: a\r\nSet-Cookie: b\r\n"
                + "Keep-Alive: timeout=1\r\nProxy-Connection: close\r\nUpgrade: h2c\r\nTrailer: X\r\nX-Kept: c\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: d\r\n\r\n")
        #expect(answers.contains("X-Kept: c\r\n") && answers.contains("\r\nown"), "\(answers)")
        for name in ["X-Secret", "Set-Cookie", "Keep-Alive", "Proxy-Connection", "Upgrade", "Trailer"] {
            #expect(!answers.contains(name), "\(name) in \(answers)")
        }
    }

    // MARK: Other protocols

    @Test(
        "Nothing but a WebSocket gets a connection of its own to the other server, past all rules",
        arguments: [
            "GET /api HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
            "GET /api HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: TLS/1.2\r\n\r\n",
            "GET /api HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket, h2c\r\n\r\n",
            "GET /api HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n",
            "GET /api HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
            "POST /api HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nab",
            "GET /api HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nab",
        ])
    func otherProtocols(request: String) throws {
        let upstream = try ScriptedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let app = try app(upstream.port)
        let raw = try RawSocket(port: app.server.address.port)
        try raw.send(request + Self.own)
        #expect(try raw.receiveAll().contains("\r\nown"))
        let head = try #require(upstream.received.first).lowercased()
        #expect(!head.contains("upgrade") && !head.contains("http2-settings"), "\(head)")
    }

    @Test("A server that switches to another protocol than the client has asked for is not believed")
    func otherSwitch() throws {
        for fields in ["Connection: Upgrade\r\nUpgrade: h2c", "Connection: Upgrade", "Upgrade: x-websocket"] {
            let answers = try answers(
                to: Self.upgrade, from: "HTTP/1.1 101 Switching Protocols\r\n\(fields)\r\n\r\nevil")
            #expect(answers.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n") && !answers.contains("evil"), "\(answers)")
        }
    }
}
