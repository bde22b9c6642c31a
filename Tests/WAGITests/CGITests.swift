import Bindle
import HTTP
import Testing

@testable import WAGI

/// The request as a module sees it.
struct CGIRequestTests {
    @Test("The environment is that of CGI") func theEnvironmentIsThatOfCGI() {
        let request = Request(
            method: .post, target: "/foo/b%C3%A4r/baz?a=1&b=%20",
            headers: [
                "Host": "example.com:8000", "Content-Type": "text/x", "X-Thing": "1", "x-thing": "2", "Cookie": "a=1",
                "Cookie": "b=2", "Authorization": "secret", "Connection": "close",
                // It would be the variable of `X-Thing`.
                "X_Thing": "3",
            ],
            remoteAddress: SocketAddress.parse("192.0.2.7:4711"))
        let environment = CGIEnvironment(
            request: request, route: Route("/foo/..."),
            userVariables: [("SERVER_NAME", "mine"), ("COLOUR", "blue"), ("HTTP_X_THING", "mine")],
            defaultHost: "localhost:3000", bodyLength: 12)
        let variables = Dictionary(uniqueKeysWithValues: environment.variables)
        #expect(
            variables == [
                "COLOUR": "blue", "AUTH_TYPE": "", "CONTENT_LENGTH": "12", "CONTENT_TYPE": "text/x",
                "X_FULL_URL": "http://example.com:8000/foo/b%C3%A4r/baz?a=1&b=%20", "GATEWAY_INTERFACE": "CGI/1.1",
                "X_MATCHED_ROUTE": "/foo/...", "QUERY_STRING": "a=1&b=%20", "REMOTE_ADDR": "192.0.2.7",
                "REMOTE_HOST": "192.0.2.7", "REMOTE_USER": "", "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/foo",
                "X_RAW_PATH_INFO": "/b%C3%A4r/baz", "PATH_INFO": "/bär/baz", "PATH_TRANSLATED": "/bär/baz",
                "SERVER_NAME": "example.com", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
                "SERVER_SOFTWARE": "WAGI/1", "HTTP_HOST": "example.com:8000", "HTTP_CONTENT_TYPE": "text/x",
                "HTTP_X_THING": "1, 2", "HTTP_COOKIE": "a=1; b=2",
            ])
    }

    @Test("Without a host the default is taken") func withoutAHostTheDefaultIsTaken() {
        let environment = CGIEnvironment(
            request: Request(target: "/"), route: Route("/..."), userVariables: [], defaultHost: "hippo:81",
            bodyLength: 0)
        let variables = Dictionary(uniqueKeysWithValues: environment.variables)
        #expect(variables["SERVER_NAME"] == "hippo")
        #expect(variables["SERVER_PORT"] == "81")
        #expect(variables["X_FULL_URL"] == "http://hippo:81/")
        let secured = CGIEnvironment(
            request: Request(target: "/a", headers: ["Host": "hippo"], isSecured: true), route: Route("/..."),
            userVariables: [], defaultHost: "x", bodyLength: 0)
        let securedVariables = Dictionary(uniqueKeysWithValues: secured.variables)
        #expect(securedVariables["X_FULL_URL"] == "https://hippo:443/a")
        #expect(securedVariables["SERVER_PORT"] == "443")
        #expect(variables["CONTENT_LENGTH"] == "0")
        #expect(variables["SCRIPT_NAME"] == "/")
        #expect(variables["REMOTE_ADDR"] == "")
    }

    @Test(
        "Host and port",
        arguments: [
            ("a", "a", "80"), ("a:1", "a", "1"), ("[::1]:80", "[::1]", "80"), ("[::1]", "[::1]", "80"),
            ("a:", "a", "80"),
        ])
    func hostAndPort(text: String, name: String, port: String) {
        #expect(HostField(text).name == name)
        #expect(HostField(text).port == port)
    }

    @Test(
        "a path's escapes are decoded one by one: a bad one stays, and what is not text becomes U+FFFD",
        arguments: [
            ("/a%00b", "/a\u{FFFD}b"), ("/a%ffb", "/a\u{FFFD}b"), ("/a%zzb%41", "/a%zzbA"), ("/%", "/%"),
            ("/%4", "/%4"),
            ("/%C3%A4%", "/ä%"),
        ])
    func pathInfo(path: String, decoded: String) {
        let environment = CGIEnvironment(
            request: Request(target: path), route: Route("/..."), userVariables: [], defaultHost: "x", bodyLength: 0)
        let variables = Dictionary(uniqueKeysWithValues: environment.variables)
        #expect(variables["PATH_INFO"] == decoded)
        #expect(variables["X_RAW_PATH_INFO"] == path)
    }

    @Test("a field with underscores counts where there is none with hyphens; Proxy never becomes HTTP_PROXY")
    func fieldNames() {
        let environment = CGIEnvironment(
            request: Request(
                target: "/",
                headers: [
                    "X_Test": "a", "X_Test": "b", "X_Other": "c", "X-Other": "d", "x_other": "e",
                    "Proxy": "http://evil",
                    "pRoXy": "x",
                ]), route: Route("/..."),
            userVariables: [("HTTP_X_TEST", "mine"), ("HTTP_MINE", "yes"), ("A", "1"), ("A", "2")], defaultHost: "x",
            bodyLength: 0)
        let variables = Dictionary(uniqueKeysWithValues: environment.variables)
        #expect(variables["HTTP_X_TEST"] == "a, b")
        #expect(variables["HTTP_X_OTHER"] == "d")
        #expect(variables["HTTP_PROXY"] == nil)
        #expect(variables["HTTP_MINE"] == "yes" && variables["A"] == "2")
    }

    @Test(
        "Arguments",
        arguments: [
            ("/a/b", nil, ["/a/b"]), ("/a?x=1&y=%20&&z", nil, ["/a", "x=1", "y=%20", "", "z"]),
            ("/a?", nil, ["/a", ""]),
            ("/a?x=1&y=2", "${SCRIPT_NAME} ${ARGS}", ["/a", "x=1", "y=2"]),
            ("/a", "program --path=${SCRIPT_NAME}  ${ARGS} end", ["program", "--path=/a", "end"]),
            ("/a?1&2", "${ARGS}${ARGS}", ["1", "21", "2"]), ("/a", "", []),
        ])
    func arguments(target: String, template: String?, arguments: [String]) {
        #expect(CGIArguments.arguments(for: Request(target: target), template: template) == arguments)
    }
}

/// The response as a module writes it.
struct CGIResponseTests {
    @Test("Headers then the body") func headersThenTheBody() throws {
        let (head, rest) = try parse("Content-Type: text/plain\nX-Other:  two words \n\nbody\n\nmore")
        #expect(head.status.code == 200)
        #expect(head.headers == ["Content-Type": "text/plain", "X-Other": "two words"])
        #expect(rest == "body\n\nmore")
    }

    @Test("Carriage returns are ignored") func carriageReturnsAreIgnored() throws {
        let (head, rest) = try parse("Content-Type: text/plain\r\n\r\nbody\r\n")
        #expect(head.headers == ["Content-Type": "text/plain"])
        #expect(rest == "body\r\n")
    }

    @Test("How long the block may be does not depend on the pieces that it comes in")
    func theLimitDoesNotDependOnPieces() throws {
        let field = Array("content-type: a/b\nx: ".utf8)
        let text =
            field + [UInt8](repeating: 0x61, count: CGIResponseParser.maximumLength - field.count - 2) + [10, 10]
        var parser = CGIResponseParser()
        for start in stride(from: 0, to: text.count - 1, by: 3) {
            let piece = Array(text[start..<min(start + 3, text.count - 1)])
            #expect(try withBytes(piece) { bytes in try parser.parse(bytes) == nil })
        }
        #expect(try withBytes([10]) { bytes in try parser.parse(bytes) }?.head.headers.count == 2)
    }

    @Test("The block may come in pieces") func theBlockMayComeInPieces() throws {
        var parser = CGIResponseParser()
        for byte in Array("status: 201 Made\nset-cookie: a=1\nset-cookie: b=2\n".utf8) {
            #expect(try withBytes([byte]) { bytes in try parser.parse(bytes) == nil })
        }
        let result = try withBytes(Array("\nx".utf8)) { bytes in try parser.parse(bytes) }
        let head = try #require(result?.head)
        #expect(result?.consumed == 1)
        #expect(head.status.code == 201)
        #expect(head.status.reason == "Made")
        #expect(head.headers.all("Set-Cookie") == ["a=1", "b=2"])
    }

    @Test(
        "The status",
        arguments: [
            ("status: 404\n\n", 404), ("status: 404 Not Here\n\n", 404), ("location: http://example.com/\n\n", 302),
            ("location: http://example.com/\nstatus: 301\n\n", 301), ("content-type: a/b\n\n", 200),
            ("location: /x\nstatus: 303\n\n", 303), ("location: /x\nset-cookie: a=1\n\n", 302),
            ("location: /x\n\n", 302),
            ("HTTP/1.1 404 Not Found\ncontent-type: a/b\n\n", 404), ("HTTP/1.0 201\n\n", 201),
            ("HTTP/1.1 404\nstatus: 410\n\n", 410),
        ])
    func theStatus(text: String, code: Int) throws {
        let head = try parse(text).head
        #expect(head.status.code == code)
        #expect(!head.headers.contains("status"))
    }

    @Test(
        "what the originals read is read, and told",
        arguments: [
            ("\n\r\ncontent-type: a/b\n\n", "empty line"), ("nonsense\ncontent-type: a/b\n\n", "not a field"),
            ("content-type: a/b\n   \n\n", "not a field"), (" content-type : a/b\n\n", "blanks around"),
            ("HTTP/1.1 200 OK\ncontent-type: a/b\n\n", "a line of HTTP"),
        ])
    func leniency(text: String, warning: String) throws {
        var parser = CGIResponseParser()
        let result = try withBytes(Array(text.utf8)) { try parser.parse($0) }
        #expect(result?.head.headers == ["content-type": "a/b"])
        #expect(parser.warnings.count == 1 && parser.warnings[0].contains(warning))
    }

    @Test("a header block may have a megabyte")
    func largeBlock() throws {
        let value = String(repeating: "y", count: 1_000_000)
        #expect(try parse("content-type: a/b\nx: \(value)\n\nbody").head.headers["x"] == value)
    }

    @Test(
        "A bad block is refused",
        arguments: [
            ("x-only: 1\n\n", 500), ("no field\n\n", 500), ("content-type: a/b\nbad name: x\n\n", 502),
            (": x\n\n", 502), ("content-type: a\u{1}b\n\n", 502), ("content-type: a\u{0}b\n\n", 502),
            ("status: 99\n\n", 502),
            ("status: 100\n\n", 502), ("status: abc\n\n", 502), ("status:\n\n", 502), ("status: 600\n\n", 502),
            ("content-type: a/b\ncontent-length: x\n\n", 502), ("content-type: a/b\ncontent-length: -1\n\n", 502),
            ("content-type: a/b\ncontent-length: +1\n\n", 502), ("content-type: a/b\ncontent-length:\n\n", 502),
            ("content-type: a/b\ncontent-length: 1\ncontent-length: 2\n\n", 502),
        ])
    func aBadBlockIsRefused(text: String, status: Int) throws {
        let error = try #require(throws: CGIResponseParser.Malformed.self) { try parse(text) }
        #expect(error.status == status)
    }

    @Test("A block without end is refused") func aBlockWithoutEndIsRefused() {
        #expect(throws: CGIResponseParser.Malformed.self) {
            try parse("x: " + String(repeating: "y", count: CGIResponseParser.maximumLength))
        }
    }

    @Test("Fields of the connection are dropped") func fieldsOfTheConnectionAreDropped() throws {
        let head = try parse("content-type: a/b\nConnection: close\nTransfer-Encoding: chunked\n\n").head
        #expect(head.headers == ["content-type": "a/b"])
    }

    private func parse(_ text: String) throws -> (head: CGIResponseParser.Head, rest: String) {
        var parser = CGIResponseParser()
        let bytes = Array(text.utf8)
        let result = try withBytes(bytes) { try parser.parse($0) }
        let (head, consumed) = try #require(result)
        return (head, String(decoding: bytes[consumed...], as: UTF8.self))
    }

    private func withBytes<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
        -> Result
    {
        try bytes.withUnsafeBytes(body)
    }
}
