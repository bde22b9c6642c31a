import HTTP
import TestSupport
import Testing

@Suite("The server's limits")
struct ServerLimitTests {
    @Test("a target that is too long is 414, a head 431, a body 413")
    func sizes() throws {
        let server = try TestServer {
            $0.maximumRequestLine = 1000
            $0.maximumHead = 4000
            $0.maximumBody = 10
        } handler: { request, body, writer in
            try echo(request, body, writer)
        }
        let long = String(repeating: "a", count: 5000)
        #expect(try server.exchange("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n").status == 414)
        #expect(try server.exchange("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n").status == 431)
        let many = String(repeating: "X: 1\r\n", count: 201)
        #expect(try server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n").status == 431)
        #expect(try server.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789").status == 200)
        #expect(
            try server.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789a").status == 413)
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(try server.exchange(chunked + "a\r\n0123456789\r\n0\r\n\r\n").status == 200)
        #expect(try server.exchange(chunked + "a\r\n0123456789\r\n1\r\na\r\n0\r\n\r\n").status == 413)
        #expect(try server.exchange(chunked + "fffffffffffffff\r\n0123456789abc").status == 413)
    }

    @Test("the reader's own limit on a body is a 413 too")
    func readerLimit() throws {
        let server = try TestServer { _, body, writer in
            _ = try body.readAll(limit: 3)
            try writer.respond(Response())
        }
        #expect(try server.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd").status == 413)
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(try server.exchange(chunked + "4\r\nabcd\r\n0\r\n\r\n").status == 413)
        #expect(try server.exchange(chunked + "3\r\nabc\r\n0\r\n\r\n").status == 200)
    }

    @Test("a head that does not come in time is 408, even if it trickles; a connection without any is closed")
    func headTimeout() throws {
        let server = try TestServer {
            $0.headTimeout = .milliseconds(150)
        } handler: { request, body, writer in
            try echo(request, body, writer)
        }
        let silent = try server.connect()
        let trickling = try server.connect()
        for byte in "GET / HTTP/1.1\r\nHost" {
            guard (try? trickling.send(String(byte))) != nil else { break }
            pause(milliseconds: 15)
        }
        #expect(try trickling.response().status == 408)
        #expect(try trickling.isAtEnd())
        #expect(try silent.isAtEnd())
    }

    @Test("an idle connection is closed after its time, silently")
    func keepAliveTimeout() throws {
        let server = try TestServer {
            $0.keepAliveTimeout = .milliseconds(50)
        } handler: { request, body, writer in
            try echo(request, body, writer)
        }
        let connection = try server.connect()
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.response().status == 200)
        #expect(try connection.isAtEnd())
    }

    @Test("a body that stops coming is 408")
    func stalledBody() throws {
        let server = try TestServer {
            $0.stallTimeout = .milliseconds(100)
        } handler: { request, body, writer in
            try echo(request, body, writer)
        }
        let short = try server.connect()
        try short.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        let long = try server.connect()
        try long.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\nab")
        #expect(try short.response().status == 408)
        #expect(try long.response().status == 408)
    }

    @Test("a body that trickles below the minimal rate is 408")
    func slowBody() throws {
        let server = try TestServer {
            $0.minimumRate = 10_000
            $0.minimumRateGrace = .milliseconds(100)
        } handler: { request, body, writer in
            try echo(request, body, writer)
        }
        let connection = try server.connect()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
        for _ in 0..<200 {
            guard (try? connection.send("x")) != nil else { break }
            pause(milliseconds: 5)
        }
        #expect(try connection.response().status == 408)
    }

    @Test("a client that does not take its response is cut off", arguments: ["/bytes", "/stream"])
    func slowReader(path: String) throws {
        let server = try TestServer {
            $0.stallTimeout = .milliseconds(100)
            $0.minimumRate = 0
        } handler: { request, _, writer in
            let large = [UInt8](repeating: 0x61, count: 16 << 20)
            if request.path == "/bytes" { return try writer.respond(Response(body: .bytes(large))) }
            try writer.writeHead(.ok)
            #expect(throws: ResponseError.timedOut) { try writer.write(large) }
        }
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.records.withLock { $0.count } == 1 })
        #expect(server.records.withLock { $0[0].failure?.contains("slowly") } == true)
    }

    @Test("a slow reader of a whole response does not occupy a worker")
    func slowReaderFreesWorker() throws {
        let server = try TestServer {
            $0.maximumWorkers = 1
        } handler: { request, _, writer in
            let size = request.path == "/large" ? 16 << 20 : 1
            try writer.respond(Response(body: .bytes([UInt8](repeating: 0x61, count: size))))
        }
        let slow = try server.connect(receiveBuffer: 4096)
        try slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try slow.read(through: "\r\n\r\n")
        for _ in 0..<3 { #expect(try server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "a") }
        #expect(try slow.read(16 << 20).count == 16 << 20)
    }

    @Test("clients that send slowly, or read a stream slowly, do not keep others from the workers")
    func slowClientsFreeWorkers() throws {
        let server = try TestServer {
            $0.maximumWorkers = 1
        } handler: { request, body, writer in
            if request.path == "/stream" {
                try writer.writeHead(.ok)
                try writer.write([UInt8](repeating: 0x61, count: 16 << 20))
            } else {
                try writer.respond(Response(text: "\(body.readAll(limit: 1 << 20).count)"))
            }
        }
        let reader = try server.connect(receiveBuffer: 4096)
        try reader.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try reader.read(through: "\r\n\r\n")
        let sender = try server.connect()
        try sender.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome")
        for _ in 0..<3 { #expect(try server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "0") }
        try sender.send([UInt8](repeating: 0x61, count: 99_996))
        #expect(try sender.response().text == "100000")
        reader.close()
        for _ in 0..<20 { #expect(try server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "0") }
    }

    @Test("connections beyond the limit wait until one closes")
    func connectionLimit() throws {
        let server = try TestServer {
            $0.maximumConnections = 2
        } handler: { request, body, writer in
            try echo(request, body, writer)
        }
        let first = try server.connect()
        let second = try server.connect()
        for connection in [first, second] {
            try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try connection.response().status == 200)
        }
        let third = try server.connect()
        try third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        pause(milliseconds: 50)
        #expect(server.records.withLock { $0.count } == 2)
        first.close()
        #expect(try third.response().status == 200)
    }

    @Test("more requests than workers are answered one after the other")
    func fewWorkers() throws {
        let server = try TestServer {
            $0.maximumWorkers = 2
        } handler: { request, _, writer in
            pause(milliseconds: 5)
            try writer.respond(Response(text: request.path))
        }
        let connections = try (0..<20).map { _ in try server.connect() }
        for (index, connection) in connections.enumerated() {
            try connection.send("GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        for (index, connection) in connections.enumerated() {
            #expect(try connection.response().text == "/\(index)")
        }
    }
}
