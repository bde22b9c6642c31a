import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("The client")
struct ClientTests {
    /// A server that answers each connection's requests with fixed bytes, well-formed or not.
    private final class ScriptedServer: @unchecked Sendable {
        let socket: ListeningSocket
        let connections = Atomic<Int>(0)
        let received = Mutex<[String]>([])

        /// - Parameter answers: for each connection in turn, what is sent after each request's head; `nil` closes.
        init(_ answers: [[String?]]) throws {
            socket = try ListeningSocket(binding: .loopback(port: 0))
            let listener = socket.fileDescriptor
            _ = fcntl(listener, F_SETFL, 0)
            Thread {
                for script in answers {
                    let descriptor = accept(listener, nil, nil)
                    guard descriptor >= 0 else { return }
                    self.connections.add(1, ordering: .relaxed)
                    for answer in script {
                        var head = ""
                        while !head.hasSuffix("\r\n\r\n") {
                            var byte: UInt8 = 0
                            guard recv(descriptor, &byte, 1, 0) == 1 else { break }
                            head.unicodeScalars.append(Unicode.Scalar(byte))
                        }
                        self.received.withLock { $0.append(head) }
                        guard let answer, !head.isEmpty else { break }
                        _ = send(descriptor, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
                    }
                    close(descriptor)
                }
            }.start()
        }

        func url(_ target: String = "/") throws -> HTTPURL { try HTTPURL("http://\(socket.address)\(target)") }
    }

    private func failure(_ answer: String, _ configure: (inout ClientConfiguration) -> Void = { _ in }) throws
        -> ClientError.Reason?
    {
        let server = try ScriptedServer([[answer]])
        var configuration = ClientConfiguration()
        configuration.stallTimeout = .seconds(5)
        configure(&configuration)
        do throws(ClientError) {
            _ = try Client(configuration: configuration).send(ClientRequest(.get, try! server.url())).readAll(
                limit: 1000)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("values of header fields are sent as they are, in whatever encoding")
    func fieldEncoding() throws {
        let server = try ScriptedServer([["HTTP/1.1 204 No Content\r\n\r\n"]])
        var headers = Headers()
        headers.add("X-Latin", bytes: [0xE9, 0xFF])
        _ = try Client().send(ClientRequest(.get, try server.url(), headers: headers))
        #expect(server.received.withLock { $0[0] }.contains("\r\nX-Latin: \u{E9}\u{FF}\r\n"))
    }

    @Test("requests and responses of every kind of body arrive whole, on one connection")
    func bodies() throws {
        let connections = Mutex<Set<SocketAddress>>([])
        let server = try TestServer { request, body, writer in
            connections.withLock { _ = $0.insert(request.remoteAddress!) }
            let bytes = try body.readAll(limit: 1 << 24)
            if request.query == "stream" {
                try writer.writeHead(.ok, ["X-Length": request.headers["Content-Length"] ?? "none"])
                try writer.write(bytes)
            } else {
                try writer.respond(
                    Response(headers: ["X-Length": request.headers["Content-Length"] ?? "none"], body: .bytes(bytes)))
            }
        }
        let client = Client()
        let data = [UInt8](repeating: 0x61, count: 300_000) + Array("end".utf8)
        let directory = try TemporaryDirectory()
        let file = try OpenFile(path: directory.write(Data(data), to: "data").path)
        let cases: [(ClientRequest.Body, [UInt8], String)] = [
            (.empty, [], "0"), (.bytes(Array("abc".utf8)), Array("abc".utf8), "3"), (.bytes(data), data, "300003"),
            (.file(file, 0..<file.size), data, "300003"), (.file(file, 300_000..<300_003), Array("end".utf8), "3"),
            (.stream(length: nil, ByteSource(data).read), data, "none"),
            (.stream(length: 300_003, ByteSource(data).read), data, "300003"),
        ]
        for target in ["/", "/?stream"] {
            for (body, expected, length) in cases {
                if case .stream = body, target == "/?stream" { continue }
                let response = try client.send(ClientRequest(.post, server.url(target), body: body))
                #expect(response.status == .ok)
                #expect(response.headers["X-Length"] == length)
                #expect(try response.readAll(limit: 1 << 20) == expected)
            }
        }
        #expect(connections.withLock { $0.count } == 1)
    }

    @Test("threads share a client, each with connections of its own")
    func concurrency() throws {
        let server = try TestServer { request, _, writer in try writer.respond(Response(text: request.path)) }
        let client = Client()
        let wrong = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        for thread in 0..<4 {
            let url = try server.url("/\(thread)")
            Thread {
                for _ in 0..<50 {
                    let text = try? client.send(ClientRequest(.get, url)).readAll(limit: 10)
                    if text != Array("/\(thread)".utf8) { wrong.add(1, ordering: .relaxed) }
                }
                done.add(1, ordering: .relaxed)
            }.start()
        }
        #expect(eventually { done.load(ordering: .relaxed) == 4 })
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test("a kept connection that the server has closed is replaced")
    func staleConnection() throws {
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let server = try ScriptedServer([[ok, nil], [ok]])
        let client = Client()
        for _ in 0..<2 {
            #expect(try client.send(ClientRequest(.get, server.url())).readAll(limit: 10) == Array("ok".utf8))
        }
        #expect(server.connections.load(ordering: .relaxed) == 2)
    }

    @Test("a POST whose connection breaks is not sent twice")
    func noRepeatedPost() throws {
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let server = try ScriptedServer([[ok, nil], [ok]])
        let client = Client()
        _ = try client.send(ClientRequest(.post, server.url())).readAll(limit: 10)
        #expect(throws: ClientError.self) { try client.send(ClientRequest(.post, server.url())) }
        #expect(server.received.withLock { $0.count } == 2)
    }

    @Test("a response that ends with its connection, or has neither length nor body, is understood")
    func framings() throws {
        let server = try ScriptedServer([
            ["HTTP/1.1 200 OK\r\n\r\nuntil the end"], ["HTTP/1.0 200 OK\r\n\r\nold"],
            ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204\r\n\r\n"],
            ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n"],
        ])
        let client = Client()
        for (status, text) in [(200, "until the end"), (200, "old"), (204, ""), (200, "abc")] {
            client.closeIdleConnections()
            let response = try client.send(ClientRequest(.get, server.url()))
            #expect(response.status.code == status)
            #expect(try response.readAll(limit: 100) == Array(text.utf8))
        }
    }

    @Test("malformed answers are errors")
    func malformed() throws {
        for answer in [
            "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 200 OK\nX: 1\n\n",
            "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
        ] {
            guard case .malformedResponse? = try failure(answer) else {
                Issue.record("\(answer.debugDescription) was taken")
                continue
            }
        }
        #expect(try failure("") == .disconnected)
        #expect(try failure("HTTP/1.1 200 OK\r\nContent-Le") == .disconnected)
        #expect(try failure("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort") == .disconnected)
        #expect(try failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab") == .disconnected)
    }

    @Test("heads and bodies beyond the limits are errors")
    func limits() throws {
        let long = String(repeating: "a", count: 2000)
        #expect(
            try failure("HTTP/1.1 200 OK\r\nX: \(long)\r\n\r\n") { $0.maximumHead = 1000 } == .tooLarge(limit: 1000))
        #expect(try failure("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n\(long)") == .tooLarge(limit: 1000))
        #expect(try failure("HTTP/1.1 200 OK\r\n\r\n\(long)") == .tooLarge(limit: 1000))
    }

    @Test("a server that does not answer, or not on, is a timeout")
    func timeouts() throws {
        let release = Gate()
        let server = try TestServer { request, _, writer in
            try writer.writeHead(.ok)
            if request.path == "/started" { try writer.write("some") }
            #expect(release.wait())
            if !writer.isClientDisconnected { try? writer.write("late") }
        }
        var configuration = ClientConfiguration()
        configuration.stallTimeout = .milliseconds(50)
        for path in ["/silent", "/started"] {
            do throws(ClientError) {
                _ = try Client(configuration: configuration)
                    .send(ClientRequest(.get, try! server.url(path))).readAll(limit: 100)
                Issue.record("no timeout")
            } catch {
                #expect(error.reason == .timedOut)
                #expect("\(error)".contains(path))
            }
        }
        var total = ClientConfiguration()
        total.totalTimeout = .milliseconds(50)
        #expect(throws: ClientError.self) {
            try Client(configuration: total).send(ClientRequest(.get, server.url("/silent")))
        }
        release.open()
    }

    @Test("no server, no host and invalid requests are errors that say so")
    func refusals() throws {
        let unused = try ListeningSocket(binding: .loopback(port: 0)).address
        let client = Client()
        func reason(_ request: ClientRequest) -> (ClientError.Reason?, String) {
            do throws(ClientError) {
                _ = try client.send(request)
                return (nil, "")
            } catch {
                return (error.reason, "\(error)")
            }
        }
        let refused = reason(ClientRequest(.get, try HTTPURL("http://\(unused)/")))
        if case .cannotConnect? = refused.0 {} else { Issue.record("connected to \(unused)") }
        #expect(refused.1.contains("\(unused)"))
        let url = try HTTPURL("http://\(unused)/")
        for request in [
            ClientRequest(Method(rawValue: "A B"), url), ClientRequest(Method(rawValue: ""), url),
            ClientRequest(.get, url, headers: ["X": "a\r\nY: b"]), ClientRequest(.get, url, headers: ["X Y": "a"]),
            ClientRequest(.post, url, body: .stream(length: -1) { _ in 0 }),
        ] {
            guard case .invalidRequest? = reason(request).0 else {
                Issue.record("sent \(request)")
                continue
            }
        }
    }

    @Test("an answer to an upload that comes before its end is received")
    func earlyAnswer() throws {
        let server = try TestServer {
            $0.maximumBody = 1000
        } handler: { _, body, writer in
            _ = try body.readAll(limit: 1000)
            try writer.respond(Response())
        }
        for length: Int64? in [nil, 100 << 20] {
            let response = try Client().send(
                ClientRequest(
                    .post, server.url("/"),
                    body: .stream(length: length) { buffer in
                        buffer.initializeMemory(as: UInt8.self, repeating: 0x61)
                        return buffer.count
                    }))
            #expect(response.status == .contentTooLarge)
        }
    }

    @Test("a source that fails, or ends before its length, is an error and no request")
    func failingSource() throws {
        struct Failure: Error {}
        let server = try TestServer(handler: echo)
        for body: ClientRequest.Body in [.stream(length: nil) { _ in throw Failure() }, .stream(length: 10) { _ in 0 }]
        {
            do throws(ClientError) {
                _ = try Client().send(ClientRequest(.post, try! server.url("/"), body: body))
                Issue.record("sent")
            } catch {
                if case .bodySource = error.reason {} else { Issue.record(error) }
            }
        }
    }

    @Test("redirects are handed to the caller, unless they are asked to be followed")
    func redirects() throws {
        let server = try TestServer { request, _, writer in
            switch request.path {
            case "/a/start": try writer.respond(Response(status: .found, headers: ["Location": "../end?x"]))
            case "/loop": try writer.respond(Response(status: .found, headers: ["Location": "/loop"]))
            default: try writer.respond(Response(text: request.target))
            }
        }
        #expect(try Client().send(ClientRequest(.get, server.url("/a/start"))).status == .found)
        var configuration = ClientConfiguration()
        configuration.maximumRedirects = 3
        let client = Client(configuration: configuration)
        let response = try client.send(ClientRequest(.get, server.url("/a/start")))
        #expect(try response.url == server.url("/end?x"))
        #expect(try response.readAll(limit: 100) == Array("/end?x".utf8))
        #expect(throws: ClientError.self) { try client.send(ClientRequest(.get, server.url("/loop"))) }
        configuration.allowsRedirect = { _ in false }
        #expect(
            try Client(configuration: configuration).send(ClientRequest(.get, server.url("/loop"))).status == .found)
    }
}
