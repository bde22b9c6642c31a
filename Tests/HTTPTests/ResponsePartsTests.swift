import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("What comes before and after a response, and requests that are given up")
struct ResponsePartsTests {
    private func serve(
        _ request: String, _ handler: @escaping @Sendable (Request, RequestBody, ResponseWriter) throws -> Void
    ) throws -> String {
        let server = Server(socket: try ListeningSocket(binding: .loopback(port: 0)), handler: handler)
        try server.start()
        defer { server.stop() }
        let socket = try RawSocket(port: server.address.port)
        try socket.send(request)
        return try socket.receiveAll()
    }

    private let get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test("trailers follow a body that is chunked, without those that say how a message is framed")
    func trailers() throws {
        let text = try serve(get) { _, _, writer in
            try writer.writeHead(.ok, ["Trailer": "Checksum"])
            try writer.write("body")
            try writer.setTrailers(["Checksum": "7", "Content-Length": "9", "Host": "b"])
        }
        #expect(text.contains("Transfer-Encoding: chunked") && text.contains("Trailer: Checksum\r\n"))
        #expect(text.hasSuffix("\r\n\r\n4\r\nbody\r\n0\r\nChecksum: 7\r\n\r\n"))
    }

    @Test(
        "there is no place for trailers where the body is not chunked",
        arguments: [("GET / HTTP/1.1", true), ("GET / HTTP/1.0", false), ("HEAD / HTTP/1.1", false)])
    func noTrailers(_ line: String, hasLength: Bool) throws {
        let text = try serve("\(line)\r\nHost: a\r\nConnection: close\r\n\r\n") { _, _, writer in
            var headers: Headers = ["Trailer": "Checksum"]
            if hasLength { headers.add("Content-Length", "4") }
            try writer.writeHead(.ok, headers)
            try writer.write("body")
            try writer.setTrailers(["Checksum": "7"])
        }
        #expect(!text.contains("Checksum"))
        #expect(text.hasSuffix(line.hasPrefix("HEAD") ? "\r\n\r\n" : "\r\n\r\nbody"))
    }

    @Test("trailers that could be read as anything else are refused, and so are those of nothing")
    func invalidTrailers() throws {
        let errors = Errors()
        _ = try serve(get) { _, _, writer in
            errors.note { try writer.setTrailers([:]) }
            try writer.writeHead(.ok)
            errors.note { try writer.setTrailers(["a": "b\r\nc: d"]) }
        }
        #expect(errors.all == [.headNotWritten, .invalidHeader(name: "a", value: "b\r\nc: d")])
    }

    private final class Errors: Sendable {
        private let errors = Mutex<[ResponseError]>([])
        var all: [ResponseError] { errors.withLock { $0 } }

        func note(_ body: () throws -> Void) {
            do { try body() } catch let error as ResponseError { errors.withLock { $0.append(error) } } catch {}
        }
    }

    @Test("interim responses come before the response, which is still free")
    func interim() throws {
        let errors = Errors()
        let text = try serve(get) { _, _, writer in
            try writer.writeInterim(Status(103), ["Link": "</a.css>"])
            errors.note { try writer.writeInterim(.ok, [:]) }
            errors.note { try writer.writeInterim(Status(101), [:]) }
            try writer.writeHead(.notFound)
            errors.note { try writer.writeInterim(Status(103), [:]) }
        }
        #expect(text.hasPrefix("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 404 Not Found\r\n"))
        #expect(errors.all == [.interimStatus(.ok), .interimStatus(Status(101)), .headAlreadyWritten])
    }

    @Test("a client of HTTP/1.0 gets no interim response")
    func interimForOldClients() throws {
        let text = try serve("GET / HTTP/1.0\r\n\r\n") { _, _, writer in
            try writer.writeInterim(Status(103), [:])
            try writer.writeHead(.ok)
        }
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("whether a body has to be waited for is known")
    func awaitedDescriptor() throws {
        let box = Box()
        _ = try serve("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody") {
            _, body, writer in
            var states = [body.awaitedDescriptor != nil]
            _ = try body.read(upTo: 4)
            states.append(body.awaitedDescriptor != nil)
            box.add(states)
            try writer.writeHead(.ok)
        }
        #expect(box.all == [false, false])
        // A short body is there before its handler begins.
        let length = 1 << 20
        let server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { _, body, writer in
            box.add([body.awaitedDescriptor != nil])
            _ = try body.readAll(limit: length)
            try writer.writeHead(.ok)
        }
        try server.start()
        defer { server.stop() }
        let socket = try RawSocket(port: server.address.port)
        try socket.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(length)\r\n\r\n")
        #expect(eventually { box.all.count == 3 })
        try socket.send(bytes: [UInt8](repeating: 65, count: length))
        #expect(try socket.receiveAll().hasPrefix("HTTP/1.1 200"))
        #expect(box.all.last == true)
    }

    private final class Box: Sendable {
        private let states = Mutex<[Bool]>([])
        var all: [Bool] { states.withLock { $0 } }
        func add(_ more: [Bool]) { states.withLock { $0 += more } }
    }

    // MARK: The client

    @Test("another thread gives a request up, whatever it waits for")
    func abort() throws {
        let server = try ScriptedServer(answer: nil)
        let abort = RequestAbort()
        var request = ClientRequest(.get, try HTTPURL("http://127.0.0.1:\(server.port)/"))
        request.abort = abort
        Thread.detachNewThread {
            _ = eventually { !server.received.isEmpty && !server.received[0].isEmpty }
            abort.abort()
        }
        let client = Client()
        #expect(throws: ClientError.self) { try client.send(request) }
        #expect(abort.isAborted)
        // One that was given up before it began ends as soon.
        #expect(throws: ClientError.self) { try client.send(request) }
    }

    @Test("an aborted request does no harm to one that has its connection after it")
    func abortAfterwards() throws {
        let server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { _, _, writer in
            try writer.respond(Response(status: .ok, body: .bytes(Array("body".utf8))))
        }
        try server.start()
        defer { server.stop() }
        let client = Client()
        let url = try HTTPURL("http://\(server.address)/")
        var first = ClientRequest(.get, url)
        let abort = RequestAbort()
        first.abort = abort
        #expect(try client.send(first).readAll(limit: 10) == Array("body".utf8))
        let second = try client.send(ClientRequest(.get, url))
        abort.abort()
        #expect(try second.readAll(limit: 10) == Array("body".utf8))
    }

    @Test("a request's own limits of time hold, and its redirects are left to it")
    func limits() throws {
        let silent = try ScriptedServer(answer: nil)
        var request = ClientRequest(.get, try HTTPURL("http://127.0.0.1:\(silent.port)/"))
        request.timeouts.firstByte = .milliseconds(20)
        let error = #expect(throws: ClientError.self) { try Client().send(request) }
        #expect(error?.reason == .timedOut)
        let moved = try ScriptedServer(
            answer: "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        var configuration = ClientConfiguration()
        configuration.maximumRedirects = 5
        var other = ClientRequest(.get, try HTTPURL("http://127.0.0.1:\(moved.port)/"))
        other.followsRedirects = false
        #expect(try Client(configuration: configuration).send(other).status == .found)
    }
}
