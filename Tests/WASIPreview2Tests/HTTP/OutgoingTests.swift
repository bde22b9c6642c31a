import ComponentModel
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing
import WASI
import WASIExperimentalHTTP
import WASIHTTP
import WASIPreview2
import WebAssemblyRuntime

@Suite("Requests that a component sends")
final class OutgoingTests {
    /// Requests that the server has got.
    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private let log = Log()
    private let server: Server

    init() throws {
        server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { [log] request, body, writer in
            log.requests.withLock { $0.append(request) }
            switch request.path {
            case "/redirect": try writer.respond(Response(status: .found, headers: ["Location": "/"]))
            case "/echo":
                try writer.writeHead(.ok, ["X-Method": request.method.rawValue])
                try writer.flush()
                while case let piece = try body.read(upTo: 1 << 16), !piece.isEmpty {
                    try writer.write(piece)
                    try writer.flush()
                }
                try writer.setTrailers(body.trailers)
            case "/slow":
                try writer.writeHead(.ok)
                try writer.flush()
                while !writer.isClientDisconnected {
                    try writer.write("x")
                    try writer.flush()
                    usleep(5_000)
                }
            case "/stalls":
                try writer.writeHead(.ok, ["Content-Length": "10"])
                try writer.write("begin")
                try writer.flush()
                while !writer.isClientDisconnected { usleep(2_000) }
            case "/silent": while !writer.isClientDisconnected { usleep(2_000) }
            default:
                try writer.respond(
                    Response(
                        status: .created, headers: ["X-One": "1", "Keep-Alive": "timeout=5"],
                        body: .bytes(Array("\(request.method) ".utf8) + body.readAll(limit: 1 << 20))))
            }
        }
        try server.start()
    }

    deinit { server.stop() }

    private var authority: String { server.address.description }

    private func component(_ maximum: Int? = nil, observer: Problems? = nil) throws -> Component {
        let policy = try OutboundHTTPPolicy(
            allowedHosts: ["http://\(authority)"], maximumResponses: maximum, problemObserver: { observer?.add($0) })
        return Component(policy: policy)
    }

    private func type(_ name: String) -> String { "http/types \(name)" }
    private let handle = "http/outgoing-handler handle"

    private func request(
        _ component: Component, _ path: String?, _ headers: KeyValuePairs<String, String> = [:], method: Int = 0,
        authority: String? = nil
    ) throws -> Value {
        let fields = try component.ok(
            type("[static]fields.from-list"), .list(headers.map { .record([.string($0.key), .text($0.value)]) }))
        let request = try component.call(type("[constructor]outgoing-request"), fields)
        func set(_ name: String, _ value: Value) throws {
            try component.ok(type("[method]outgoing-request.set-\(name)"), request, value)
        }
        try set("method", .variant(method, nil))
        try set("path-with-query", .option(path.map { .string($0) }))
        try set("scheme", .some(.variant(0, nil)))
        try set("authority", .some(.string(authority ?? self.authority)))
        return request
    }

    /// Waits for the response, or the error.
    private func answer(_ component: Component, _ future: Value) throws -> Value {
        let pollable = try component.call(type("[method]future-incoming-response.subscribe"), future)
        try component.call("io/poll [method]pollable.block", pollable)
        try component.drop("io/poll", "pollable", pollable)
        let answer = try component.call(type("[method]future-incoming-response.get"), future)
        return try #require(answer.optional?.payload)
    }

    private func response(_ component: Component, _ future: Value) throws -> Value {
        let answer = try answer(component, future)
        try #require(answer.caseNumber == 0, "\(answer)")
        return try #require(answer.payload)
    }

    private func body(_ component: Component, _ response: Value) throws -> (body: Value, stream: Value) {
        let body = try component.ok(type("[method]incoming-response.consume"), response)
        return (body, try component.ok(type("[method]incoming-body.stream"), body))
    }

    private func text(_ component: Component, _ response: Value) throws -> String {
        String(decoding: try component.readAll(body(component, response).stream), as: UTF8.self)
    }

    @Test("a request without a body is sent, and its response read")
    func simple() throws {
        let component = try component()
        let future = try component.ok(handle, request(component, "/path?query", ["X-A": "1"]), Value.none)
        let response = try response(component, future)
        #expect(try component.call(type("[method]future-incoming-response.get"), future) == .some(.error()))
        #expect(try component.call(type("[method]incoming-response.status"), response) == .u16(201))
        let headers = try component.call(type("[method]incoming-response.headers"), response)
        #expect(try component.call(type("[method]fields.get"), headers, .string("x-one")) == .list([.text("1")]))
        #expect(try component.call(type("[method]fields.has"), headers, .string("keep-alive")) == .bool(false))
        #expect(try text(component, response) == "GET ")
        try component.failure(type("[method]incoming-response.consume"), response)
        let got = try #require(log.requests.withLock { $0.first })
        #expect(got.target == "/path?query" && got.headers["x-a"] == "1" && got.headers["Host"] == authority)
    }

    @Test("what a request says is read back, and what cannot be sent is refused")
    func parts() throws {
        let component = try component()
        let fields = try component.call(type("[constructor]fields"))
        let request = try component.call(type("[constructor]outgoing-request"), fields)
        func get(_ name: String) throws -> Value {
            try component.call(type("[method]outgoing-request.\(name)"), request)
        }
        func set(_ name: String, _ value: Value) throws -> Bool {
            try component.call(type("[method]outgoing-request.set-\(name)"), request, value).caseNumber == 0
        }
        #expect(try get("method") == .variant(0, nil))
        for name in ["path-with-query", "scheme", "authority"] { #expect(try get(name) == Value.none) }
        for value: Value in [.variant(3, nil), .variant(9, .string("BREW"))] {
            #expect(try set("method", value))
            #expect(try get("method") == value)
        }
        #expect(try !set("method", .variant(9, .string("NO METHOD"))))
        for path in ["/", "/a?b", "?b", ""] {
            #expect(try set("path-with-query", .some(.string(path))))
            #expect(try get("path-with-query") == .some(.string(path)))
        }
        for path in ["a b", "/a b", "/é", "no-slash", "/a#b"] {
            #expect(try !set("path-with-query", .some(.string(path))), "\(path)")
        }
        for scheme: Value in [.variant(1, nil), .variant(2, .string("ftp"))] {
            #expect(try set("scheme", .some(scheme)))
            #expect(try get("scheme") == .some(scheme))
        }
        #expect(try !set("scheme", .some(.variant(2, .string("1 2")))))
        for authority in ["example.org", "example.org:80", "[::1]", "[::1]:443", "127.0.0.1:80"] {
            #expect(try set("authority", .some(.string(authority))))
            #expect(try get("authority") == .some(.string(authority)))
        }
        for authority in ["", "a b", "example.org:", "example.org:abc", "example.org:65536", "[::1]:abc", "u@host"] {
            #expect(try !set("authority", .some(.string(authority))), "\(authority)")
        }
        #expect(try set("authority", Value.none) && get("authority") == Value.none)
    }

    @Test("a body is streamed up while the answer is streamed down, with trailers both ways")
    func bothWays() throws {
        let component = try component()
        let request = try request(component, "/echo", method: 2)
        let outgoing = try component.ok(type("[method]outgoing-request.body"), request)
        try component.failure(type("[method]outgoing-request.body"), request)
        let future = try component.ok(handle, request, Value.none)
        let output = try component.ok(type("[method]outgoing-body.write"), outgoing)
        let response = try response(component, future)
        let (body, input) = try body(component, response)
        for word in ["one", "two", "three"] {
            try component.write(word, to: output)
            #expect(try component.ok("io/streams [method]input-stream.blocking-read", input, .u64(100)) == .text(word))
        }
        #expect(try component.ok("io/streams [method]input-stream.read", input, .u64(100)) == .bytes([]))
        try component.drop("io/streams", "output-stream", output)
        let trailers = try component.ok(
            type("[static]fields.from-list"), .list([.record([.string("Checksum"), .text("7")])]))
        try component.ok(type("[static]outgoing-body.finish"), outgoing, .some(trailers))
        #expect(try component.readAll(input).isEmpty)
        try component.drop("io/streams", "input-stream", input)
        let end = try component.call(type("[static]incoming-body.finish"), body)
        let pollable = try component.call(type("[method]future-trailers.subscribe"), end)
        try component.call("io/poll [method]pollable.block", pollable)
        let answer = try component.call(type("[method]future-trailers.get"), end)
        let received = try #require(answer.optional?.payload?.payload?.optional)
        #expect(try component.call(type("[method]fields.get"), received, .string("checksum")) == .list([.text("7")]))
    }

    @Test("trailers that say how a message is framed are not sent")
    func framingTrailers() throws {
        let server = try ScriptedServer(
            answer: "HTTP/1.1 204 No Content\r\n\r\n", toRequestsEndingWith: "\r\nChecksum: 7\r\n\r\n")
        let policy = try OutboundHTTPPolicy(allowedHosts: ["http://127.0.0.1:\(server.port)"])
        let component = Component(policy: policy)
        let request = try request(component, "/", method: 2, authority: "127.0.0.1:\(server.port)")
        let outgoing = try component.ok(type("[method]outgoing-request.body"), request)
        let future = try component.ok(handle, request, Value.none)
        let trailers = try component.ok(
            type("[static]fields.from-list"),
            .list(["Content-Length", "Trailer", "Checksum"].map { .record([.string($0), .text("7")]) }))
        try component.ok(type("[static]outgoing-body.finish"), outgoing, .some(trailers))
        _ = try response(component, future)
        #expect(server.received[0].hasSuffix("\r\n\r\n0\r\nChecksum: 7\r\n\r\n"), "\(server.received)")
    }

    @Test("more than anybody holds goes up and comes down at once")
    func large() throws {
        let component = try component()
        let request = try request(component, "/echo", method: 2)
        let outgoing = try component.ok(type("[method]outgoing-request.body"), request)
        let future = try component.ok(handle, request, Value.none)
        let output = try component.ok(type("[method]outgoing-body.write"), outgoing)
        let (_, input) = try body(component, response(component, future))
        var (sent, received, isFinished) = (0, 0, false)
        let length = 8 << 20
        let writable = try component.call("io/streams [method]output-stream.subscribe", output)
        let readable = try component.call("io/streams [method]input-stream.subscribe", input)
        while received < length {
            try component.call("io/poll poll", .list(isFinished ? [readable] : [writable, readable]))
            received += try component.ok("io/streams [method]input-stream.read", input, .u64(.max)).bytes.count
            guard !isFinished else { continue }
            let permit = Int(try component.ok("io/streams [method]output-stream.check-write", output).u64)
            let count = min(permit, length - sent)
            try component.ok(
                "io/streams [method]output-stream.write", output, .bytes([UInt8](repeating: 65, count: count)))
            sent += count
            if sent == length {
                isFinished = true
                try component.drop("io/poll", "pollable", writable)
                try component.drop("io/streams", "output-stream", output)
                try component.ok(type("[static]outgoing-body.finish"), outgoing, Value.none)
            }
        }
        #expect(try component.readAll(input).isEmpty)
    }

    @Test("a body that is whole before the request is sent has a length")
    func wholeBody() throws {
        let component = try component()
        for (content, length) in [("hello", "5"), ("", nil)] {
            let request = try request(component, "/", method: content.isEmpty ? 0 : 2)
            let outgoing = try component.ok(type("[method]outgoing-request.body"), request)
            let output = try component.ok(type("[method]outgoing-body.write"), outgoing)
            try component.write(content, to: output)
            try component.drop("io/streams", "output-stream", output)
            try component.ok(type("[static]outgoing-body.finish"), outgoing, Value.none)
            let future = try component.ok(handle, request, Value.none)
            #expect(try text(component, response(component, future)) == (content.isEmpty ? "GET " : "POST hello"))
            let got = try #require(log.requests.withLock { $0.last })
            #expect(got.headers["Content-Length"] == length && got.headers["Transfer-Encoding"] == nil)
        }
    }

    @Test("a body that is not as long as its Content-Length is an error, and the request fails", arguments: [2, 9])
    func wrongLength(_ length: Int) throws {
        let component = try component()
        let request = try request(component, "/", ["Content-Length": "\(length)"], method: 2)
        let outgoing = try component.ok(type("[method]outgoing-request.body"), request)
        let future = try component.ok(handle, request, Value.none)
        let output = try component.ok(type("[method]outgoing-body.write"), outgoing)
        let expected = HTTPErrorCode.requestBodySize(5).value
        if length < 5 {
            let failure = try component.failure(
                "io/streams [method]output-stream.blocking-write-and-flush", output, .text("hello"))
            #expect(try component.call(type("http-error-code"), component.error(of: failure)) == .some(expected))
        } else {
            try component.write("hello", to: output)
            try component.drop("io/streams", "output-stream", output)
            #expect(try component.failure(type("[static]outgoing-body.finish"), outgoing, Value.none) == expected)
        }
        #expect(try answer(component, future) == .error(expected))
    }

    @Test("a body that is dropped, and not finished, fails the request")
    func droppedBody() throws {
        let component = try component()
        let request = try request(component, "/", method: 2)
        let outgoing = try component.ok(type("[method]outgoing-request.body"), request)
        let future = try component.ok(handle, request, Value.none)
        try component.drop("http/types", "outgoing-body", outgoing)
        #expect(try answer(component, future) == .error(HTTPErrorCode.protocolError.value))
    }

    @Test("hosts that are not allowed are denied, with what to do")
    func denied() throws {
        let problems = Problems()
        let component = try component(observer: problems)
        let other = try request(component, "/", authority: "example.org")
        #expect(try component.failure(handle, other, Value.none) == HTTPErrorCode.requestDenied.value)
        #expect(problems.all.count == 1 && problems.all[0].contains("'--allow-outbound http://example.org'"))
        let without = Component()
        #expect(
            try without.failure(handle, request(without, "/"), Value.none) == HTTPErrorCode.requestDenied.value)
    }

    @Test("requests that are not valid are refused before anything is sent")
    func invalid() throws {
        let component = try component()
        func refused(_ change: (Value) throws -> Void, _ headers: KeyValuePairs<String, String> = [:]) throws -> Value {
            let sent = try request(component, "/", headers)
            try change(sent)
            return try component.failure(handle, sent, Value.none)
        }
        func set(_ name: String, _ value: Value) -> (Value) throws -> Void {
            { try component.ok(self.type("[method]outgoing-request.set-\(name)"), $0, value) }
        }
        #expect(try refused(set("method", .variant(5, nil))) == HTTPErrorCode.requestMethodInvalid.value)
        #expect(
            try refused(set("scheme", .some(.variant(2, .string("ftp"))))) == HTTPErrorCode.protocolError.value)
        #expect(try refused(set("authority", Value.none)) == HTTPErrorCode.requestURIInvalid.value)
        #expect(try refused({ _ in }, ["Content-Length": "5"]) == HTTPErrorCode.requestBodySize(0).value)
        #expect(
            try refused({ _ in }, ["Content-Length": "5", "content-length": "6"]) == HTTPErrorCode.protocolError.value)
        // Without a scheme, it is that of secured connections.
        let plain = try request(component, nil)
        try set("scheme", Value.none)(plain)
        let future = try component.ok(handle, plain, Value.none)
        #expect(try answer(component, future).caseNumber == 1)
        #expect(log.requests.withLock { $0.isEmpty })
    }

    @Test("redirects are the component's affair")
    func redirects() throws {
        let component = try component()
        let future = try component.ok(handle, request(component, "/redirect"), Value.none)
        #expect(
            try component.call(type("[method]incoming-response.status"), response(component, future)) == .u16(302))
    }

    @Test("one instance has no more requests under way than are allowed, and may have more when some are over")
    func concurrency() throws {
        let component = try component(1)
        let first = try component.ok(handle, request(component, "/slow"), Value.none)
        let refusal = HTTPErrorCode.connectionLimitReached.value
        #expect(try component.failure(handle, request(component, "/"), Value.none) == refusal)
        let response = try response(component, first)
        #expect(try component.failure(handle, request(component, "/"), Value.none) == refusal)
        try component.drop("http/types", "future-incoming-response", first)
        try component.drop("http/types", "incoming-response", response)
        _ = try component.ok(handle, request(component, "/"), Value.none)
    }

    @Test("of ten thousand requests at once, those that would need too many threads are refused, and the others go on")
    func manyRequests() throws {
        let component = try component(0)
        let refusal = HTTPErrorCode.connectionLimitReached.value
        var futures: [Value] = []
        for number in 0..<10_000 {
            let request = try request(component, "/silent")
            if number < ThreadBudget.componentLimit {
                futures.append(try component.ok(handle, request, Value.none))
            } else {
                #expect(try component.failure(handle, request, Value.none) == refusal)
            }
        }
        for future in futures {
            #expect(try component.call(type("[method]future-incoming-response.get"), future) == Value.none)
            try component.drop("http/types", "future-incoming-response", future)
        }
        // What it drops makes room for others, once their threads have ended.
        #expect(
            try eventually {
                guard component.context.threads.hasRoom else { return false }
                let future = try component.ok(handle, request(component, "/"), Value.none)
                return try answer(component, future).caseNumber == 0
            })
    }

    @Test("a component has so many bodies of requests at once, and more when some are gone")
    func manyBodies() throws {
        let component = try component()
        var requests: [Value] = []
        for _ in 0..<256 {
            requests.append(try request(component, "/"))
            try component.drop(
                "http/types", "outgoing-body", component.ok(type("[method]outgoing-request.body"), requests.last!))
        }
        let next = try request(component, "/")
        try component.failure(type("[method]outgoing-request.body"), next)
        try component.drop("http/types", "outgoing-request", requests[0])
        try component.ok(type("[method]outgoing-request.body"), next)
    }

    @Test("a request that nobody waits for any more is given up", arguments: ["/silent", "/slow", "/stalls"])
    func dropped(_ path: String) throws {
        let component = try component()
        let future = try component.ok(handle, request(component, path), Value.none)
        #expect(eventually { self.log.requests.withLock { !$0.isEmpty } })
        try component.drop("http/types", "future-incoming-response", future)
        // The server's handlers end when the client is gone; otherwise stopping it would wait for them.
        server.stop()
    }

    @Test("a server that does not answer in time, or pauses, is told of as that")
    func timeouts() throws {
        let component = try component()
        let options = try component.call(type("[constructor]request-options"))
        for name in ["connect-timeout", "first-byte-timeout", "between-bytes-timeout"] {
            #expect(try component.call(type("[method]request-options.\(name)"), options) == Value.none)
            let set = type("[method]request-options.set-\(name)")
            try component.ok(set, options, .some(.u64(30_000_000)))
            #expect(try component.call(type("[method]request-options.\(name)"), options) == .some(.u64(30_000_000)))
        }
        let silent = try component.ok(handle, request(component, "/silent"), .some(options))
        let expected = HTTPErrorCode.connectionReadTimeout.value
        #expect(try answer(component, silent) == .error(expected))
        for method in [0, 2] {
            let options = try component.call(type("[constructor]request-options"))
            try component.ok(
                type("[method]request-options.set-between-bytes-timeout"), options, .some(.u64(30_000_000)))
            let stalling = try request(component, "/stalls", method: method)
            let outgoing = method == 2 ? try component.ok(type("[method]outgoing-request.body"), stalling) : nil
            let future = try component.ok(handle, stalling, .some(options))
            if let outgoing { try component.ok(type("[static]outgoing-body.finish"), outgoing, Value.none) }
            let (_, stream) = try body(component, response(component, future))
            #expect(
                try component.ok("io/streams [method]input-stream.blocking-read", stream, .u64(9)) == .text("begin"))
            let failure = try component.failure("io/streams [method]input-stream.blocking-read", stream, .u64(9))
            #expect(try component.call(type("http-error-code"), component.error(of: failure)) == .some(expected))
        }
    }

    @Test(
        "a server that is not there, breaks off or talks nonsense is an error of HTTP",
        arguments: [
            (nil, HTTPErrorCode.connectionRefused),
            ("", .connectionTerminated),
            ("HTTP/1.1 200 OK\r\nContent-Le", .connectionTerminated),
            ("nonsense\r\n\r\n", .protocolError),
        ])
    func brokenServers(_ answer: String?, _ code: HTTPErrorCode) throws {
        let scripted: ScriptedServer? = try answer.map { try ScriptedServer(answer: $0) }
        let port = try scripted?.port ?? ScriptedServer(answer: nil).port
        if scripted == nil { #expect(eventually { RawPort.isFree(port) }) }
        let problems = Problems()
        let policy = try OutboundHTTPPolicy(
            allowedHosts: ["http://127.0.0.1:\(port)"], problemObserver: { problems.add($0) })
        let component = Component(policy: policy)
        let future = try component.ok(handle, request(component, "/", authority: "127.0.0.1:\(port)"), Value.none)
        #expect(try self.answer(component, future) == .error(code.value))
        #expect(problems.all.count == 1)
    }

    @Test("this program's own ports cannot be reached")
    func forbiddenPorts() throws {
        let policy = try OutboundHTTPPolicy(
            allowedHosts: ["http://\(authority)"], forbiddenLocalPorts: [server.address.port])
        let component = Component(policy: policy)
        let future = try component.ok(handle, request(component, "/"), Value.none)
        #expect(try answer(component, future) == .error(HTTPErrorCode.destinationIPProhibited.value))
        // Nor by sockets, which may lead to the ports of the allowed URLs only.
        let sockets = SocketPolicy(policy)
        let other = Component(sockets: sockets)
        let socket = try other.ok("sockets/tcp-create-socket create-tcp-socket", .enumeration(0))
        let network = try other.call("sockets/instance-network instance-network")
        let address = Value.variant(
            0, .record([.u16(server.address.port &+ 1), .record([127, 0, 0, 1].map { .u8($0) })]))
        let failure = try other.failure("sockets/tcp [method]tcp-socket.start-connect", socket, network, address)
        #expect(failure == NetworkErrorCode.accessDenied.value)
    }

    @Test("all codes are values of their type, and come back as they were")
    func codes() throws {
        let size = HTTPErrorCode.FieldSize(name: "a", size: 5)
        let codes: [HTTPErrorCode] = [
            .dnsTimeout, .dnsError(rcode: "x", infoCode: 3), .destinationNotFound, .destinationUnavailable,
            .destinationIPProhibited, .destinationIPUnroutable, .connectionRefused, .connectionTerminated,
            .connectionTimeout, .connectionReadTimeout, .connectionWriteTimeout, .connectionLimitReached,
            .tlsProtocolError, .tlsCertificateError, .tlsAlertReceived(id: 1, message: nil), .requestDenied,
            .requestLengthRequired, .requestBodySize(1), .requestMethodInvalid, .requestURIInvalid, .requestURITooLong,
            .requestHeaderSectionSize(1), .requestHeaderSize(size), .requestTrailerSectionSize(nil),
            .requestTrailerSize(size), .responseIncomplete, .responseHeaderSectionSize(2), .responseHeaderSize(size),
            .responseBodySize(nil), .responseTrailerSectionSize(3), .responseTrailerSize(size),
            .responseTransferCoding("x"), .responseContentCoding(nil), .responseTimeout, .upgradeFailed, .protocolError,
            .loopDetected, .configurationError, .internalError("x"),
        ]
        let function = try #require(HostInterface.httpTypes.functions["http-error-code"])
        guard case .option(let type)? = function.type.result?.kind else {
            Issue.record("no option")
            return
        }
        for (number, code) in codes.enumerated() {
            #expect(code.value.caseNumber == number && code.value.conforms(to: type))
            #expect(HTTPErrorCode(code.value) == code)
        }
        #expect(HTTPErrorCode.requestBodySize(5).description == "HTTP-request-body-size (5 bytes)")
        #expect(HTTPErrorCode.connectionRefused.description == "connection-refused")
    }
}
