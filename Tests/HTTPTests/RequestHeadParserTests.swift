import TestSupport
import Testing

@testable import HTTP

@Suite("Parsing a request's head")
struct RequestHeadParserTests {
    private static let limits = HeadLimits(maximumStartLine: 200, maximumHead: 500, maximumFields: 10)

    /// Parses `text`, which arrives in pieces of `pieceSize` bytes.
    static func parse(
        _ text: String, pieceSize: Int = .max, limits: HeadLimits = limits
    ) throws(MessageError) -> RequestHead? {
        try parse(Array(text.utf8), pieceSize: pieceSize, limits: limits)?.0
    }

    static func parse(
        _ bytes: [UInt8], pieceSize: Int, limits: HeadLimits = limits
    ) throws(MessageError) -> (RequestHead, byteCount: Int)? {
        var parser = RequestHeadParser(limits: limits)
        var arrived = 0
        while arrived < bytes.count {
            arrived += min(pieceSize, bytes.count - arrived)
            let result = bytes[..<arrived].withUnsafeBytes { head in
                Result { () throws(MessageError) in try parser.parse(head) }
            }
            if let parsed = try result.get() { return parsed }
        }
        return nil
    }

    private static func status(of text: String) -> Int? {
        do throws(MessageError) {
            _ = try parse(text)
            return nil
        } catch {
            return error.status.code
        }
    }

    @Test("a request's parts are found, however it is cut into packets", arguments: 1...60)
    func pieces(pieceSize: Int) throws {
        let text =
            "POST /a%20b?c=d&e HTTP/1.1\r\nHost: example.com:8080\r\nX-Empty:\r\nContent-Length:  12 \t\r\n\r\nbody"
        let (head, byteCount) = try #require(try Self.parse(Array(text.utf8), pieceSize: pieceSize))
        #expect(head.method == .post)
        #expect(head.target == "/a%20b?c=d&e")
        #expect(head.version == .http11)
        #expect(Array(head.headers).map(\.name) == ["Host", "X-Empty", "Content-Length"])
        #expect(Array(head.headers).map(\.value) == ["example.com:8080", "", "12"])
        #expect(head.framing == .length(12))
        #expect(byteCount == text.utf8.count - 4)
    }

    @Test("one empty line before a request is ignored")
    func leadingEmptyLine() throws {
        #expect(try Self.parse("\r\nGET / HTTP/1.0\r\n\r\n")?.target == "/")
    }

    @Test(
        "what is ambiguous or malformed is refused",
        arguments: [
            "GET /\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
            "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
            " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / http/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/11\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.x\r\nHost: a\r\n\r\n",
            "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /ä HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http:///path HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: [zz]\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n X: 1\r\n\r\n",
            "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\tfolded\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX(: 1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX\u{0}: 1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{B}b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7F}b\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        ])
    func malformed(text: String) {
        #expect(Self.status(of: text) == 400, "\(text.debugDescription)")
    }

    @Test("what is valid but not served has a status of its own")
    func unserved() {
        #expect(Self.status(of: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n") == 501)
        #expect(Self.status(of: "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n") == 501)
        #expect(Self.status(of: "GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505)
        #expect(Self.status(of: "PRI * HTTP/2.0\r\n\r\n") == 505)
        #expect(Self.status(of: "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n") == 417)
        #expect(
            Self.status(of: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n") == 413)
    }

    @Test("what cannot become a request is refused before its line ends")
    func earlyRefusal() {
        #expect(Self.status(of: "\u{16}\u{3}\u{1}") == 400)
        #expect(Self.status(of: "(") == 400)
    }

    @Test("limits hold to the byte, whether the line has ended or not")
    func limits() throws {
        let fits = "GET /" + String(repeating: "a", count: 200 - 14) + " HTTP/1.1"
        #expect(fits.utf8.count == 200)
        #expect(try Self.parse(fits + "\r\nHost: a\r\n\r\n") != nil)
        #expect(Self.status(of: "GET /" + String(repeating: "a", count: 187) + " HTTP/1.1\r\nHost: a\r\n\r\n") == 414)
        #expect(Self.status(of: "GET /" + String(repeating: "a", count: 300)) == 414)
        let field = "X: " + String(repeating: "a", count: 497)
        #expect(Self.status(of: "GET / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n") == 431)
        #expect(Self.status(of: "GET / HTTP/1.1\r\nHost: a\r\n" + field) == 431)
        let nine = String(repeating: "X: 1\r\n", count: 9)
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n" + nine + "\r\n") != nil)
        #expect(Self.status(of: "GET / HTTP/1.1\r\nHost: a\r\n" + nine + "X: 1\r\n\r\n") == 431)
    }

    @Test("limits hold to the byte, however the head is cut into packets", arguments: [1, 2, 3, 7, 100, .max])
    func limitsInPieces(pieceSize: Int) throws {
        let limits = HeadLimits(maximumStartLine: 20, maximumHead: 60, maximumFields: 10)
        for excess in 0...1 {
            let line = "GET /" + String(repeating: "a", count: 6 + excess) + " HTTP/1.1\r\nHost: a\r\n\r\n"
            let head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 30 + excess) + "\r\n\r\n"
            for text in [line, head] {
                let result = Result { () throws(MessageError) in
                    try Self.parse(text, pieceSize: pieceSize, limits: limits)
                }
                #expect(((try? result.get()) != nil) == (excess == 0), "\(text)")
            }
        }
    }

    @Test("a target in absolute form is reduced, and its authority replaces the Host field")
    func absoluteForm() throws {
        let head = try #require(try Self.parse("GET http://b.example:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(head.target == "/p?q")
        #expect(head.headers.all("Host") == ["b.example:81"])
        #expect(try Self.parse("GET http://b?q HTTP/1.1\r\nHost:\r\n\r\n")?.target == "/?q")
        #expect(try Self.parse("GET HTTP://[::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")?.target == "/")
        #expect(try Self.parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")?.target == "*")
    }

    @Test("the connection persists as version and Connection field say")
    func persistence() throws {
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n")?.keepsAlive == true)
        #expect(try Self.parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n")?.keepsAlive == false)
        #expect(try Self.parse("GET / HTTP/1.0\r\n\r\n")?.keepsAlive == false)
        #expect(try Self.parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")?.keepsAlive == true)
        #expect(try Self.parse("GET / HTTP/1.2\r\nHost: a\r\n\r\n")?.version == .http11)
    }

    @Test("equal Content-Length fields are one")
    func repeatedContentLength() throws {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n"
        #expect(try Self.parse(text)?.framing == .length(3))
    }

    @Test("random bytes, and requests with random bytes in them, never crash the parser")
    func garbage() {
        var generator = SeededGenerator(seed: 1)
        let valid = Array(
            "POST /a?b HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".utf8)
        for _ in 0..<3000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let pieceSize = Int.random(in: 1...40, using: &generator)
            let whole = Result { () throws(MessageError) in try Self.parse(bytes, pieceSize: .max)?.0.target }
            let cut = Result { () throws(MessageError) in try Self.parse(bytes, pieceSize: pieceSize)?.0.target }
            #expect((try? whole.get()) == (try? cut.get()))
            let noise = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = try? Self.parse(noise, pieceSize: pieceSize)
        }
    }
}
