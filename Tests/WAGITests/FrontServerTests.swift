import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing
import WebGuard

@testable import WAGI

/// What a server in front says of requests, and who else says it.
@Suite("The server in front") struct FrontServerTests {
    /// At 10.0.0.9, as everybody knows.
    private static func front(_ url: String) -> FrontServer {
        FrontServer(url: try! HTTPURL(url), addresses: FrontAddresses([SocketAddress.parse("10.0.0.9:1")!]))
    }

    private static func request(_ headers: Headers, from sender: String? = "10.0.0.9:40000") -> Request {
        Request(
            method: .post, target: "/a?b", headers: headers, remoteAddress: sender.flatMap(SocketAddress.parse), id: 7)
    }

    private static let claim: Headers = [
        "Host": "127.0.0.1:3000", "X-Forwarded-For": "192.168.0.7", "X-Forwarded-Host": "app.example:5173",
        "X-Forwarded-Proto": "http",
    ]

    private static func claim(_ changes: (String, String?)...) -> Headers {
        var headers = claim
        for (name, value) in changes { headers[name] = value }
        return headers
    }

    private let front = Self.front("http://App.Example:5173/start")

    @Test("is believed: the request is as it has received it") func belief() {
        var headers = Self.claim
        headers.add("X-Real-IP", "1.2.3.4")
        headers.add("Forwarded", "for=1.2.3.4")
        headers.add("X-Forwarded-Port", "5173")
        headers.add("Cookie", "a=b")
        let adopted = front.adopt(Self.request(headers))
        #expect(adopted.remoteAddress?.host == "192.168.0.7")
        #expect(adopted.headers == ["Cookie": "a=b", "Host": "app.example:5173"])
        #expect(!adopted.isSecured && adopted.method == .post && adopted.target == "/a?b" && adopted.id == 7)
    }

    @Test(
        "may write what it says in several ways",
        arguments: [
            ("http://app.example:5173", "ws", "APP.example:5173", "192.168.0.7"),
            ("http://app.example", "HTTP", "app.example", "192.168.0.7"),
            ("http://app.example", "http", "app.example:80", "192.168.0.7:81"),
            ("https://app.example", "https", "app.example:443", "1.2.3.4, 5.6.7.8,192.168.0.7"),
            ("https://app.example", "wss", "app.example", "unknown,\t192.168.0.7 "),
            ("http://[fd00::1]:5173", "http", "[fd00::1]:5173", "::ffff:192.168.0.7"),
            ("http://[fd00::1]", "http", "[fd00::1]", "[::ffff:192.168.0.7]:9"),
        ])
    func spellings(url: String, scheme: String, host: String, client: String) throws {
        let adopted = Self.front(url).adopt(
            Self.request(
                Self.claim(
                    ("X-Forwarded-Proto", scheme), ("X-Forwarded-Host", host), ("X-Forwarded-For", client))))
        #expect(adopted.remoteAddress?.host == "192.168.0.7")
        #expect(adopted.headers["Host"] == (try HTTPURL(url)).authority)
        #expect(adopted.isSecured == url.hasPrefix("https:"))
    }

    @Test("need not say whom a request is from, nor say the host twice") func omissions() {
        let withoutClient = front.adopt(Self.request(Self.claim(("X-Forwarded-For", nil))))
        #expect(withoutClient.remoteAddress?.host == "10.0.0.9" && withoutClient.headers["Host"] == "app.example:5173")
        let withoutHost = front.adopt(
            Self.request(Self.claim(("X-Forwarded-Host", nil), ("Host", "app.example:5173"))))
        #expect(withoutHost.remoteAddress?.host == "192.168.0.7")
    }

    @Test(
        "is not believed if it says anything else than this URL's scheme and host, once",
        arguments: [
            ("X-Forwarded-Proto", nil), ("X-Forwarded-Proto", ""), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Proto", "wss"), ("X-Forwarded-Proto", "http,http"), ("X-Forwarded-Proto", "https, http"),
            ("X-Forwarded-Proto", "http\u{0}"), ("X-Forwarded-Host", nil), ("X-Forwarded-Host", ""),
            ("X-Forwarded-Host", "app.example"), ("X-Forwarded-Host", "app.example:80"),
            ("X-Forwarded-Host", "app.example:5173,evil.example"),
            ("X-Forwarded-Host", "evil.example, app.example:5173"),
            ("X-Forwarded-Host", "app.example:5173/"), ("X-Forwarded-Host", "x@app.example:5173"),
            ("X-Forwarded-Host", "app.example:05173"), ("X-Forwarded-For", ""), ("X-Forwarded-For", "unknown"),
            ("X-Forwarded-For", "192.168.0.7,"), ("X-Forwarded-For", "127.0.0.1, _hidden"),
            ("X-Forwarded-For", "127.0.0.1.5"), ("X-Forwarded-For", "[127.0.0.1]"), ("X-Forwarded-For", "::1]:5"),
            ("X-Forwarded-For", "for=127.0.0.1"), ("X-Forwarded-For", "\u{FF11}27.0.0.1"),
        ] as [(String, String?)])
    func disbelief(name: String, value: String?) {
        let request = Self.request(Self.claim((name, value)))
        let adopted = front.adopt(request)
        #expect(adopted.headers == request.headers && adopted.remoteAddress == request.remoteAddress)
    }

    @Test("is not believed if there are two fields of a kind", arguments: ["X-Forwarded-Proto", "X-Forwarded-Host"])
    func contradictions(name: String) throws {
        var headers = Self.claim
        headers.add(name, try #require(headers[name]))
        #expect(front.adopt(Self.request(headers)).headers == headers)
    }

    @Test("of two fields with the client, the last is its own") func lastField() {
        var headers = Self.claim(("X-Forwarded-For", "127.0.0.1"))
        headers.add("X-Forwarded-For", "192.168.0.7")
        #expect(front.adopt(Self.request(headers)).remoteAddress?.host == "192.168.0.7")
    }

    @Test(
        "nobody else is believed", arguments: ["10.0.0.8:1", "127.0.0.1:3000", "[::1]:1", "[fd00::a00:9]:1", nil])
    func others(sender: String?) {
        let request = Self.request(Self.claim, from: sender)
        #expect(front.adopt(request).headers == Self.claim)
        #expect(front.adopt(request).remoteAddress == request.remoteAddress)
    }

    @Test("at localhost is this machine, by either version, and not the rest of loopback") func localhost() throws {
        for name in ["localhost", "app.localhost"] {
            let front = FrontServer(url: try HTTPURL("http://\(name)"))
            func isBelieved(_ sender: String) -> Bool {
                let claim = Self.claim(("X-Forwarded-Host", name))
                return front.adopt(Self.request(claim, from: sender)).headers["X-Forwarded-Host"] == nil
            }
            #expect(isBelieved("127.0.0.1:1") && isBelieved("[::1]:1") && isBelieved("[::ffff:127.0.0.1]:1"))
            #expect(!isBelieved("127.0.0.2:1") && !isBelieved("[::ffff:127.0.0.2]:1") && !isBelieved("[::2]:1"))
        }
    }

    // MARK: Names

    /// Answers as it is told, and counts how often it is asked.
    private final class NameServer: Sendable {
        struct Unknown: Error {}

        private let state = Mutex<(answer: [String]?, count: Int)>((nil, 0))

        var count: Int { state.withLock { $0.count } }

        func answer(_ addresses: [String]?) { state.withLock { $0.answer = addresses } }

        func lookUp() throws -> [SocketAddress] {
            try state.withLock { state in
                state.count += 1
                guard let answer = state.answer else { throw Unknown() }
                return answer.map { SocketAddress.parse("\($0):0")! }
            }
        }
    }

    @Test("has the addresses that its name has now: one that is not known yet is asked for again, not too often")
    func lateName() throws {
        let (clock, names) = (TestClock(), NameServer())
        let addresses = FrontAddresses(time: clock) { try names.lookUp() }
        let (first, second) = (SocketAddress.IP.v4(0x0A00_0001), SocketAddress.IP.v4(0x0A00_0002))
        addresses.lookUp(within: .seconds(30))
        #expect(names.count == 1 && !addresses.contains(first))
        names.answer(["10.0.0.1"])
        // Strangers may ask as often as they like.
        for _ in 0..<100 { #expect(!addresses.contains(first)) }
        #expect(names.count == 1)
        clock.advance(by: FrontAddresses.pause)
        // Asking does not wait for the answer.
        _ = addresses.contains(first)
        #expect(eventually { addresses.contains(first) })
        #expect(names.count == 2)
        // It moves.
        names.answer(["10.0.0.2"])
        clock.advance(by: FrontAddresses.pause)
        _ = addresses.contains(second)
        #expect(eventually { addresses.contains(second) })
        #expect(!addresses.contains(first) && names.count == 3)
        // A name server that does not answer has not said that it has moved again.
        names.answer(nil)
        clock.advance(by: FrontAddresses.lifetime)
        #expect(addresses.contains(second))
        #expect(eventually { names.count == 4 } && addresses.contains(second))
    }

    @Test("A name server that does not answer keeps nobody waiting") func slowName() {
        let (isAsked, answer) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let addresses = FrontAddresses {
            isAsked.signal()
            answer.wait()
            return [.loopback(port: 0)]
        }
        addresses.lookUp(within: .milliseconds(1))
        isAsked.wait()
        #expect(!addresses.contains(.v4(0x7F00_0001)))
        answer.signal()
        #expect(eventually { addresses.contains(.v4(0x7F00_0001)) })
    }

    // MARK: With a server in front

    private static let environment = Guest.text(
        "\(Guest.data("content-type: text/plain\n\n", at: 65536))"
            + "(func (export \"_start\") (call $print (i32.const 65536)) (call $print-environment))")

    /// The application, served behind a server at this URL.
    private func app(_ url: String, _ configure: (inout WAGIConfiguration) -> Void = { _ in }) throws
        -> ServedApplication
    {
        try ServedApplication(Self.environment, route: "/hello/...") {
            let url = try! HTTPURL(url)
            $0.front = FrontServer(url: url)
            $0.webGuard = WebGuard(names: HostNames(allowing: [url.host]), origins: [url.origin])
            $0.errorAudience = .thisMachine
            configure(&$0)
        }
    }

    private func ask(
        _ port: UInt16, from source: UInt8? = nil, _ head: String
    ) throws -> String {
        let raw = try RawSocket(port: port, from: source)
        try raw.send(head.replacingOccurrences(of: "\n", with: "\r\n") + "\r\n\r\n")
        return try raw.receiveAll()
    }

    @Test("Handlers see the address in front, however it is set up", arguments: [false, true])
    func handlers(changeOrigin: Bool) throws {
        let proxy = try FrontProxy(.init(changeOrigin: changeOrigin))
        let app = try app(proxy.origin)
        proxy.target.port = app.server.address.port
        let answer = try ask(proxy.port, "GET /hello/a?b HTTP/1.1\nHost: localhost:\(proxy.port)")
        let lines = Set(answer.split(separator: "\n"))
        #expect(lines.contains("X_FULL_URL=http://localhost:\(proxy.port)/hello/a?b"), "\(answer)")
        #expect(lines.contains("HTTP_HOST=localhost:\(proxy.port)") && lines.contains("REMOTE_ADDR=127.0.0.1"))
        #expect(lines.contains("SERVER_PORT=\(proxy.port)") && !answer.contains("FORWARDED"))
    }

    @Test(
        "What others claim changes nothing",
        arguments: [
            (2, "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: HOST\nX-Forwarded-Proto: http"),
            (1, "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: HOST\nX-Forwarded-Proto: https"),
            (1, "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: evil.example\nX-Forwarded-Proto: http"),
            (1, "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: HOST, HOST\nX-Forwarded-Proto: http"),
            (1, "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: HOST\nX-Forwarded-Proto: http\nX-Forwarded-Proto: http"),
            (1, "X-Forwarded-For: 127.0.0.1, evil\nX-Forwarded-Host: HOST\nX-Forwarded-Proto: http"),
            (1, "Forwarded: for=127.0.0.1;host=HOST;proto=http"),
        ])
    func hostility(source: UInt8, claim: String) throws {
        let app = try app("http://localhost:5173")
        let port = app.server.address.port
        let fields = claim.replacingOccurrences(of: "HOST", with: "localhost:5173")
        let answer = try ask(
            port, from: source, "GET /hello HTTP/1.1\nHost: 127.0.0.1:\(port)\nConnection: close\n\(fields)")
        let lines = Set(answer.split(separator: "\n"))
        #expect(lines.contains("X_FULL_URL=http://127.0.0.1:\(port)/hello"), "\(answer)")
        #expect(lines.contains("REMOTE_ADDR=127.0.0.\(source)"))
        // Nor does it show what is for the developer's eyes.
        let missing = try ask(
            port, from: source,
            "GET /missing HTTP/1.1\nHost: 127.0.0.1:\(port)\nAccept: text/html\nConnection: close\n\(fields)")
        #expect(missing.hasSuffix("404 Not Found: nothing is served at /missing\n"), "\(missing)")
    }

    @Test("A client's own claims do not get past the server in front") func spoofedChain() throws {
        let proxy = try FrontProxy()
        let app = try app(proxy.origin)
        proxy.target.port = app.server.address.port
        func answer(_ fields: String) throws -> Set<Substring> {
            let head = "GET /hello HTTP/1.1\nHost: localhost:\(proxy.port)\n\(fields)"
            return Set(try ask(proxy.port, head).split(separator: "\n"))
        }
        // The server in front adds whom it has the request from.
        #expect(try answer("X-Forwarded-For: 8.8.8.8").contains("REMOTE_ADDR=127.0.0.1"))
        #expect(try answer("X-Real-IP: 8.8.8.8").allSatisfy { !$0.contains("8.8.8.8") })
        let other = try answer("X-Forwarded-Host: evil.example")
        #expect(other.allSatisfy { !$0.hasPrefix("X_FULL_URL=http://evil") })
        let scheme = try answer("X-Forwarded-Proto: https")
        #expect(scheme.contains("X_FULL_URL=http://localhost:\(proxy.port)/hello"))
    }

    @Test("What fails is shown to its clients on this machine, and not to others") func audience() throws {
        let app = try app("http://localhost:5173")
        func answer(from client: String) throws -> String {
            try ask(
                app.server.address.port,
                """
                GET /missing HTTP/1.1
                Host: 127.0.0.1
                Accept: text/html
                Connection: close
                X-Forwarded-For: \(client)
                X-Forwarded-Host: localhost:5173
                X-Forwarded-Proto: http
                """)
        }
        #expect(try answer(from: "::1").contains("Routes, in the order in which they are tried"))
        #expect(try answer(from: "192.168.0.7").hasSuffix("404 Not Found: nothing is served at /missing\n"))
        #expect(try answer(from: "127.0.0.1, 192.168.0.7").hasSuffix("404 Not Found: nothing is served at /missing\n"))
    }

    @Test("A WebSocket of a server beside the app passes through both") func webSocket() throws {
        let echo = try RawEcho(
            answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello")
        let proxy = try FrontProxy()
        let app = try app(proxy.origin) {
            $0.proxies = [try! ProxyRule(prefix: "/ws", url: "http://127.0.0.1:\(echo.port)", strips: false)]
        }
        proxy.target.port = app.server.address.port
        let raw = try RawSocket(port: proxy.port)
        try raw.send(
            "GET /ws HTTP/1.1\r\nHost: localhost:\(proxy.port)\r\nOrigin: \(proxy.origin)\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n\r\n")
        _ = try raw.receive(until: "\r\n\r\nhello")
        try raw.send("\u{1}there and back")
        _ = try raw.receive(until: "\u{1}there and back")
        raw.endSending()
        #expect(try raw.receiveAll() == "")
    }

    @Test("A server beside the app learns of the address in front") func proxied() throws {
        let seen = Mutex<Headers>([:])
        let beside = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, _, writer in
            seen.withLock { $0 = request.headers }
            try writer.respond(Response(text: "ok"))
        }
        try beside.start()
        defer { beside.stop() }
        let app = try app("https://localhost:5173") {
            $0.proxies = [try! ProxyRule(prefix: "/api", url: "http://\(beside.address)", strips: false)]
        }
        let answer = try ask(
            app.server.address.port,
            """
            GET /api HTTP/1.1
            Host: 127.0.0.1
            Connection: close
            X-Forwarded-For: 8.8.8.8, 192.168.0.7
            X-Forwarded-Host: localhost:5173
            X-Forwarded-Proto: https
            """)
        #expect(answer.hasSuffix("\r\n\r\nok"), "\(answer)")
        let headers = seen.withLock { $0 }
        #expect(headers.all("X-Forwarded-For") == ["192.168.0.7"])
        #expect(headers.all("X-Forwarded-Host") == ["localhost:5173"])
        #expect(headers.all("X-Forwarded-Proto") == ["https"])
    }
}
