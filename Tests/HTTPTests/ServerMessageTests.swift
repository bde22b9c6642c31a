import HTTP
import TestSupport
import Testing

@Suite("The server's messages")
struct ServerMessageTests {
    @Test("a response has status line, date, length, and the connection stays open")
    func simple() throws {
        let server = try TestServer(handler: echo)
        let connection = try server.connect()
        for _ in 0..<3 {
            try connection.send("GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try connection.response()
            #expect(response.statusLine == "HTTP/1.1 200 OK")
            #expect(response.headers["X-Path"] == "/a")
            #expect(response.headers["Content-Length"] == "0")
            #expect(response.headers["Date"]?.hasSuffix(" GMT") == true)
            #expect(response.headers["Connection"] == nil)
        }
    }

    @Test("pipelined requests are answered in order, slow ones before fast ones")
    func pipelining() throws {
        let server = try TestServer { request, body, writer in
            if request.path == "/slow" { pause(milliseconds: 50) }
            try writer.respond(Response(text: request.path + String(decoding: body.readAll(limit: 99), as: UTF8.self)))
        }
        let connection = try server.connect()
        try connection.send(
            "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
                + "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                + "POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
                + "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(
            try (0..<4).map { _ in try connection.response().text } == ["/slow", "/postabc", "/chunkedde", "/last"])
        #expect(try connection.isAtEnd())
    }

    @Test("a thousand pipelined requests answered on the event loop come back whole")
    func pipeliningInline() throws {
        let server = try TestServer {
            $0.inlineHandler = { .response(Response(text: $0.path)) }
        } handler: { _, _, _ in
        }
        let connection = try server.connect()
        try connection.send((0..<1000).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        for index in 0..<1000 { #expect(try connection.response().text == "/\(index)") }
    }

    @Test("a response to HEAD has the headers of GET, and no body")
    func head() throws {
        let server = try TestServer { request, _, writer in
            if request.path == "/stream" {
                try writer.writeHead(.ok, ["Content-Type": "text/plain"])
                try writer.write("dropped")
            } else {
                try writer.respond(Response(text: "twelve bytes"))
            }
        }
        let connection = try server.connect()
        for path in ["/", "/stream", "/"] {
            try connection.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try connection.response(toHead: true)
            #expect(response.status == 200)
            #expect(response.headers["Content-Length"] == (path == "/" ? "12" : "7"))
        }
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try connection.readToEnd().hasSuffix("\r\n\r\ntwelve bytes"))
    }

    @Test("HTTP/1.0: closed after the response, unless the client asks to keep it")
    func version10() throws {
        let server = try TestServer(handler: echo)
        let closing = try server.connect()
        try closing.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try closing.response().headers["Connection"] == "close")
        #expect(try closing.isAtEnd())
        let kept = try server.connect()
        for _ in 0..<2 {
            try kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try kept.response().headers["Connection"] == "keep-alive")
        }
    }

    @Test("a stream is chunked for HTTP/1.1, and ended by the connection's end for HTTP/1.0")
    func streams() throws {
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok)
            for piece in ["one ", "", "two ", "three"] {
                try writer.write(piece)
                try writer.flush()
            }
        }
        let new = try server.connect()
        for _ in 0..<2 {
            try new.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try new.response()
            #expect(response.headers["Transfer-Encoding"] == "chunked")
            #expect(response.text == "one two three")
        }
        let old = try server.connect()
        try old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let text = try old.readToEnd()
        #expect(text.contains("Connection: close\r\n") && !text.contains("Transfer-Encoding"))
        #expect(text.hasSuffix("\r\n\r\none two three"))
    }

    @Test("the first bytes leave when they are written")
    func firstByte() throws {
        let gate = Gate()
        let server = try TestServer { _, _, writer in
            try writer.writeHead(.ok, ["Content-Length": "6"])
            try writer.flush()
            #expect(gate.wait())
            try writer.write("abc")
            try writer.write("def")
        }
        let connection = try server.connect()
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.read(through: "\r\n\r\n").contains("Content-Length: 6"))
        gate.open()
        #expect(try connection.read(6) == Array("abcdef".utf8))
    }

    @Test("a body is handed to the handler while it arrives, and trailers after it")
    func bodyStreams() throws {
        let server = try TestServer { _, body, writer in
            try writer.writeHead(.ok)
            #expect(body.contentLength == nil)
            while case let piece = try body.read(upTo: 100), !piece.isEmpty { try writer.write(piece) }
            try writer.write("|" + (body.trailers["X-Sum"] ?? "none"))
        }
        let connection = try server.connect()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        #expect(try connection.read(through: "3\r\nabc\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        try connection.send("2\r\nde\r\n")
        #expect(try connection.read(through: "2\r\nde\r\n") == "2\r\nde\r\n")
        try connection.send("0\r\nX-Sum: 5\r\n\r\n")
        #expect(try connection.read(through: "0\r\n\r\n") == "2\r\n|5\r\n0\r\n\r\n")
    }

    @Test("a large body goes in and out whole, chunked and not", arguments: [false, true])
    func largeBody(isChunked: Bool) throws {
        let server = try TestServer { _, body, writer in
            try writer.writeHead(.ok)
            while case let piece = try body.read(upTo: 64 << 10), !piece.isEmpty { try writer.write(piece) }
        }
        var generator = SeededGenerator(seed: 3)
        let data = (0..<700_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let client = Client()
        let source = ByteSource(data)
        let response = try client.send(
            ClientRequest(
                .post, server.url("/"), body: .stream(length: isChunked ? nil : Int64(data.count), source.read)))
        #expect(try response.readAll(limit: 1 << 20) == data)
    }

    @Test("100 Continue is sent when the body is first read, and only then")
    func expectContinue() throws {
        let server = try TestServer { request, body, writer in
            if request.path == "/refuse" { return try writer.respond(Response(status: .forbidden, text: "no")) }
            try writer.respond(Response(text: String(decoding: body.readAll(limit: 99), as: UTF8.self)))
        }
        let connection = try server.connect()
        let head = "HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        try connection.send("POST / " + head)
        #expect(try connection.read(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("abc")
        #expect(try connection.response().text == "abc")
        // A client that does not wait needs no invitation.
        try connection.send("POST / " + head + "abc")
        #expect(try connection.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 "))
        let refused = try server.connect()
        try refused.send("POST /refuse " + head)
        let response = try refused.response()
        #expect(response.status == 403)
        #expect(response.headers["Connection"] == "close")
    }

    @Test("a body that the handler leaves unread does not disturb the next request")
    func unreadBody() throws {
        let server = try TestServer { request, _, writer in try writer.respond(Response(text: request.path)) }
        let connection = try server.connect()
        let body = String(repeating: "x", count: 100_000)
        try connection.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + body)
        try connection.send("POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n")
        try connection.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try (0..<3).map { _ in try connection.response().text } == ["/1", "/2", "/3"])
    }

    @Test("a body too large to be skipped closes the connection, after the response has been delivered")
    func hugeUnreadBody() throws {
        let server = try TestServer { _, _, writer in try writer.respond(Response(text: "enough")) }
        let connection = try server.connect()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
        try? connection.send([UInt8](repeating: 0x78, count: 900_000))
        let response = try connection.response()
        #expect(response.text == "enough")
        #expect(response.headers["Connection"] == "close")
        #expect(try connection.isAtEnd())
    }

    @Test("who goes on sending after a refusal is not cut off before having read it")
    func refusalWhileSending() throws {
        let server = try TestServer(handler: echo)
        let connection = try server.connect()
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        #expect(try connection.response().status == 400)
        // Were the connection closed, the first of these would have the system answer with a reset, and a later one fail.
        for _ in 0..<4 {
            try connection.send([UInt8](repeating: 0x78, count: 1_000))
            pause(milliseconds: 5)
        }
        #expect(try connection.isAtEnd())
    }

    @Test("a handler that throws, or answers nothing, is a 500, and the connection goes on")
    func failures() throws {
        struct Failure: Error {}
        let server = try TestServer { request, _, _ in
            if request.path == "/throw" { throw Failure() }
        }
        let connection = try server.connect()
        for path in ["/throw", "/nothing"] {
            try connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try connection.response().status == 500)
        }
        #expect(server.problems.withLock { $0.count } == 2)
        #expect(server.problems.withLock { $0[0].contains("/throw") && $0[0].contains("Failure") })
    }

    @Test("a handler that fails in the middle of a body cuts the connection, so that the client notices")
    func failureInTheMiddle() throws {
        struct Failure: Error {}
        let server = try TestServer { request, _, writer in
            try writer.writeHead(.ok, request.path == "/length" ? ["Content-Length": "100"] : [:])
            try writer.write("partial")
            try writer.flush()
            if request.path == "/throw" { throw Failure() }
        }
        for path in ["/throw", "/length"] {
            let connection = try server.connect()
            try connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try connection.readToEnd()
            #expect(!text.hasSuffix("0\r\n\r\n"))
        }
        #expect(eventually { server.records.withLock { $0.count } == 2 })
        #expect(server.records.withLock { $0.allSatisfy { $0.failure != nil } })
    }

    @Test("headers that could split a response, or lie about its length, are refused before anything is sent")
    func responseSplitting() throws {
        let bad: [Headers] = [
            ["X": "a\r\nSet-Cookie: b"], ["X": "a\nb"], ["X": "a\u{0}b"], ["X\r\nY": "a"], ["X ": "a"], ["": "a"],
            ["X:": "a"], ["Content-Length": "abc"], ["Content-Length": "-1"], ["Content-Length": "+1"],
            ["Content-Length": "1", "content-length": "2"],
        ]
        let server = try TestServer { request, _, writer in
            let headers = bad[Int(request.path.dropFirst())!]
            #expect(throws: ResponseError.self) { try writer.writeHead(.ok, headers) }
            #expect(throws: ResponseError.self) { try writer.respond(Response(headers: headers)) }
            #expect(!writer.hasHead)
            try writer.respond(Response(status: .badGateway, text: "bad headers"))
        }
        for index in bad.indices {
            let response = try server.exchange("GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(response.status == 502)
            #expect(response.headers["Set-Cookie"] == nil)
        }
    }

    @Test("fields about the connection are the server's affair; repeated fields of the handler's are kept in order")
    func ownedFields() throws {
        let server = try TestServer { _, _, writer in
            try writer.respond(
                Response(
                    headers: [
                        "Transfer-Encoding": "chunked", "Connection": "close", "Set-Cookie": "a=1",
                        "Content-Length": "99",
                        "set-cookie": "b=2", "Date": "mine",
                    ], body: .bytes(Array("abc".utf8))))
        }
        let response = try server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.headers.all("Set-Cookie") == ["a=1", "b=2"])
        #expect(response.headers.all("Content-Length") == ["3"])
        #expect(response.headers.all("Connection") == ["close"])
        #expect(response.headers["Transfer-Encoding"] == nil)
        #expect(response.headers.all("Date") == ["mine"])
    }

    @Test("more body than was declared is refused; statuses without a body have none")
    func lengths() throws {
        let server = try TestServer { request, _, writer in
            if request.path == "/more" {
                try writer.writeHead(.ok, ["Content-Length": "3"])
                #expect(throws: ResponseError.bodyExceedsContentLength(3)) { try writer.write("abcd") }
            } else {
                try writer.writeHead(.noContent)
                try writer.write("dropped")
            }
        }
        let connection = try server.connect()
        try connection.send("GET /empty HTTP/1.1\r\nHost: a\r\n\r\nGET /more HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try connection.response()
        #expect(response.status == 204)
        #expect(response.headers["Content-Length"] == nil && response.headers["Transfer-Encoding"] == nil)
        #expect(try connection.response().status == 500)
    }

    @Test("the observer is told of each request")
    func records() throws {
        let server = try TestServer { request, _, writer in
            try writer.writeHead(.created)
            try writer.write("12345")
        }
        _ = try server.exchange("POST /x?y HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try server.exchange("BAD\r\n\r\n")
        #expect(eventually { server.records.withLock { $0.count } == 2 })
        let records = server.records.withLock { $0 }.sorted { $0.id < $1.id }
        #expect(records[0].method == .post && records[0].target == "/x?y" && records[0].status == .created)
        #expect(records[0].bodyBytes == 5 && records[0].failure == nil)
        #expect(records[0].remoteAddress?.host == "127.0.0.1")
        #expect(records[1].method == nil && records[1].target == nil && records[1].status == .badRequest)
        #expect(records[1].id == 2)
    }

    @Test("a malformed request is answered with its status, and the connection closes")
    func malformed() throws {
        let server = try TestServer(handler: echo)
        let requests = [
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
            ("\u{16}\u{3}\u{1}", 400),
        ]
        for (request, status) in requests {
            let connection = try server.connect()
            try connection.send(request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try connection.response()
            #expect(response.status == status)
            #expect(response.headers["Connection"] == "close")
            #expect(try connection.isAtEnd())
        }
    }

    @Test("a chunked body that is malformed is a 400 for the client, if the handler lets the error out")
    func malformedChunks() throws {
        let server = try TestServer(handler: echo)
        let connection = try server.connect()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        #expect(try connection.response().status == 400)
        #expect(try connection.isAtEnd())
    }

    @Test("random bytes on a connection never harm the server")
    func garbage() throws {
        let server = try TestServer(handler: echo)
        var generator = SeededGenerator(seed: 4)
        let valid = Array(
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8)
        for _ in 0..<100 {
            var bytes = valid + valid
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let connection = try server.connect()
            try? connection.send(bytes)
            connection.endSending()
            #expect(try connection.readToEnd().hasPrefix("HTTP/1.1 "))
        }
        #expect(try server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
    }
}
