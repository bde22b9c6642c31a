import ComponentModel
import HTTP
import Foundation
import Testing
import WASIHTTP
import WASIPreview2
import WebAssemblyRuntime

@Suite("Requests that a component answers")
struct IncomingTests {
    private let component = Component()
    private let exchange = FakeExchange()

    private func type(_ name: String) -> String { "http/types \(name)" }

    private func begin() throws -> (request: Value, outparam: Value) {
        let handles = try component.http.begin(exchange, in: component.context)
        return (.resource(handles.request), .resource(handles.outparam))
    }

    private func response(_ headers: KeyValuePairs<String, String> = [:]) throws -> Value {
        let fields = try component.ok(
            type("[static]fields.from-list"), .list(headers.map { .record([.string($0.key), .text($0.value)]) }))
        return try component.call(type("[constructor]outgoing-response"), fields)
    }

    private func set(_ outparam: Value, _ response: Value) throws {
        try component.call(type("[static]response-outparam.set"), outparam, .ok(response))
    }

    private func stream(_ body: Value) throws -> Value { try component.ok(type("[method]outgoing-body.write"), body) }

    private func finish(_ body: Value, _ trailers: Value? = nil) throws {
        try component.ok(type("[static]outgoing-body.finish"), body, .option(trailers))
    }

    // MARK: The request

    @Test("method, path, scheme, authority and headers are told, without those of the connection")
    func head() throws {
        let (request, _) = try begin()
        func get(_ name: String) throws -> Value {
            try component.call(type("[method]incoming-request.\(name)"), request)
        }
        #expect(try get("method") == .variant(0, nil))
        #expect(try get("path-with-query") == .some(.string("/path?query")))
        #expect(try get("scheme") == .some(.variant(0, nil)))
        #expect(try get("authority") == .some(.string("example.org:8080")))
        let headers = try get("headers")
        #expect(
            try component.call(type("[method]fields.entries"), headers)
                == .list(
                    [("X-One", "1"), ("x-two", "a"), ("X-Two", "b")].map { .record([.string($0.0), .text($0.1)]) }))
        let failure = try component.failure(type("[method]fields.delete"), headers, .string("x-one"))
        #expect(failure == .variant(2, nil))
        // Headers are a copy: guests drop the request before them.
        try component.drop("http/types", "incoming-request", request)
        #expect(try component.call(type("[method]fields.has"), headers, .string("x-one")) == .bool(true))
    }

    @Test(
        "all methods are told",
        arguments: [(Method.patch, Value.variant(8, nil)), (Method(rawValue: "BREW"), .variant(9, .string("BREW")))])
    func methods(_ method: Method, _ value: Value) throws {
        exchange.method = method
        exchange.scheme = "https"
        let (request, _) = try begin()
        #expect(try component.call(type("[method]incoming-request.method"), request) == value)
        #expect(try component.call(type("[method]incoming-request.scheme"), request) == .some(.variant(1, nil)))
    }

    @Test("the body is read as it comes, once, and its trailers after it")
    func body() throws {
        exchange.parts = [Array("one".utf8), Array("two".utf8)]
        exchange.requestTrailers = ["Checksum": "5"]
        let (request, _) = try begin()
        let body = try component.ok(type("[method]incoming-request.consume"), request)
        try component.failure(type("[method]incoming-request.consume"), request)
        let stream = try component.ok(type("[method]incoming-body.stream"), body)
        try component.failure(type("[method]incoming-body.stream"), body)
        #expect(try component.ok("io/streams [method]input-stream.read", stream, .u64(2)) == .text("on"))
        #expect(try component.readAll(stream) == Array("etwo".utf8))
        // The stream is a child of the body.
        #expect(try component.trap(type("[static]incoming-body.finish"), body).contains("child"))
        try component.drop("io/streams", "input-stream", stream)
        let future = try component.call(type("[static]incoming-body.finish"), body)
        let pollable = try component.call(type("[method]future-trailers.subscribe"), future)
        #expect(try component.call("io/poll [method]pollable.ready", pollable) == .bool(true))
        let answer = try component.call(type("[method]future-trailers.get"), future)
        let trailers = try #require(answer.optional?.payload?.payload?.optional)
        #expect(try component.call(type("[method]fields.get"), trailers, .string("checksum")) == .list([.text("5")]))
        #expect(try component.call(type("[method]future-trailers.get"), future) == .some(.error()))
    }

    @Test("a body that nobody reads is passed over for its trailers, and there may be none")
    func unreadBody() throws {
        exchange.parts = [Array("one".utf8)]
        let (request, _) = try begin()
        let body = try component.ok(type("[method]incoming-request.consume"), request)
        let future = try component.call(type("[static]incoming-body.finish"), body)
        #expect(try component.call(type("[method]future-trailers.get"), future) == .some(.ok(.ok(Value.none))))
        #expect(exchange.parts.isEmpty)
    }

    @Test(
        "a body that does not come whole is an error of HTTP, for who reads and for who wants trailers",
        arguments: [
            (RequestBodyError.disconnected, 7), (.timedOut, 9), (.malformed("x"), 35), (.tooLarge(limit: 5), 17),
        ])
    func brokenBody(_ error: RequestBodyError, _ code: Int) throws {
        exchange.parts = [Array("one".utf8)]
        exchange.readError = error
        let (request, _) = try begin()
        let body = try component.ok(type("[method]incoming-request.consume"), request)
        let stream = try component.ok(type("[method]incoming-body.stream"), body)
        #expect(try component.ok("io/streams [method]input-stream.read", stream, .u64(9)) == .text("one"))
        let failure = try component.failure("io/streams [method]input-stream.blocking-read", stream, .u64(9))
        let found = try component.call(type("http-error-code"), component.error(of: failure))
        #expect(found.optional?.caseNumber == code)
        try component.drop("io/streams", "input-stream", stream)
        let future = try component.call(type("[static]incoming-body.finish"), body)
        let answer = try component.call(type("[method]future-trailers.get"), future)
        #expect(answer.optional?.payload?.payload?.caseNumber == code)
    }

    @Test("who waits for a body whose descriptor is known waits for that")
    func awaitedBody() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        exchange.awaitedDescriptor = ends[0]
        exchange.parts = [Array("late".utf8)]
        let (request, _) = try begin()
        let body = try component.ok(type("[method]incoming-request.consume"), request)
        let stream = try component.ok(type("[method]incoming-body.stream"), body)
        let pollable = try component.call("io/streams [method]input-stream.subscribe", stream)
        #expect(try component.call("io/poll [method]pollable.ready", pollable) == .bool(false))
        #expect(try component.ok("io/streams [method]input-stream.read", stream, .u64(9)) == .bytes([]))
        #expect(write(ends[1], "x", 1) == 1)
        #expect(try component.call("io/poll [method]pollable.ready", pollable) == .bool(true))
        #expect(try component.ok("io/streams [method]input-stream.read", stream, .u64(9)) == .text("late"))
    }

    // MARK: The response

    @Test("a response is streamed: head, body, trailers")
    func streaming() throws {
        let (_, outparam) = try begin()
        #expect(component.http.outcome == .notSet)
        let response = try response(["X-A": "1"])
        try component.ok(type("[method]outgoing-response.set-status-code"), response, .u16(201))
        #expect(try component.call(type("[method]outgoing-response.status-code"), response) == .u16(201))
        let body = try component.ok(type("[method]outgoing-response.body"), response)
        try component.failure(type("[method]outgoing-response.body"), response)
        try set(outparam, response)
        #expect(exchange.status == .created && exchange.responseHeaders == ["X-A": "1"])
        #expect(component.http.outcome == .unfinished(nil))
        let stream = try stream(body)
        try component.failure(type("[method]outgoing-body.write"), body)
        try component.write("hello ", to: stream)
        #expect(exchange.text == "hello " && exchange.flushes == 1)
        try component.write("world", to: stream)
        #expect(try component.trap(type("[static]outgoing-body.finish"), body, Value.none).contains("child"))
        try component.drop("io/streams", "output-stream", stream)
        let trailers = try component.ok(
            type("[static]fields.from-list"), .list([.record([.string("Checksum"), .text("7")])]))
        try finish(body, trailers)
        #expect(exchange.text == "hello world" && exchange.trailers == ["Checksum": "7"])
        #expect(component.http.outcome == .finished)
    }

    @Test("what is written before the response is set waits, up to a limit")
    func early() throws {
        let (_, outparam) = try begin()
        let response = try response()
        let body = try component.ok(type("[method]outgoing-response.body"), response)
        let stream = try stream(body)
        try component.write("early", to: stream)
        #expect(exchange.text.isEmpty)
        var count = 5
        while case let permit = try component.ok("io/streams [method]output-stream.check-write", stream).u64, permit > 0
        {
            try component.ok(
                "io/streams [method]output-stream.write", stream, .bytes([UInt8](repeating: 65, count: Int(permit))))
            count += Int(permit)
        }
        #expect(count == 1 << 20)
        let pollable = try component.call("io/streams [method]output-stream.subscribe", stream)
        #expect(try component.call("io/poll [method]pollable.ready", pollable) == .bool(false))
        try set(outparam, response)
        #expect(try component.call("io/poll [method]pollable.ready", pollable) == .bool(true))
        #expect(exchange.body.count == count)
    }

    @Test("a body may be finished before the response is set, and one that nobody asked for is empty")
    func finishedEarly() throws {
        let (_, first) = try begin()
        let whole = try response()
        let body = try component.ok(type("[method]outgoing-response.body"), whole)
        let stream = try stream(body)
        try component.write("all", to: stream)
        try component.drop("io/streams", "output-stream", stream)
        try finish(body)
        #expect(exchange.trailers == nil)
        try set(first, whole)
        #expect(exchange.text == "all" && exchange.trailers == [:] && component.http.outcome == .finished)
        let (_, second) = try begin()
        #expect(component.http.outcome == .notSet)
        try set(second, response())
        #expect(component.http.outcome == .finished)
    }

    @Test("a component may say that it cannot answer, once")
    func errors() throws {
        let (_, outparam) = try begin()
        let code = HTTPErrorCode.internalError("why")
        try component.call(type("[static]response-outparam.set"), outparam, .error(code.value))
        #expect(component.http.outcome == .error(code))
        #expect(throws: ResourceError.self) { try set(outparam, response()) }
        let (_, dropped) = try begin()
        try component.drop("http/types", "response-outparam", dropped)
        #expect(component.http.outcome == .notSet && exchange.status == nil)
    }

    @Test("a body that is dropped, and not finished, is not whole")
    func droppedBody() throws {
        let (_, outparam) = try begin()
        let response = try response()
        let body = try component.ok(type("[method]outgoing-response.body"), response)
        try set(outparam, response)
        try component.drop("http/types", "outgoing-body", body)
        #expect(component.http.outcome == .unfinished(nil) && exchange.trailers == nil)
        // Also before the response is set.
        let (_, second) = try begin()
        let other = try self.response()
        try component.drop("http/types", "outgoing-body", component.ok(type("[method]outgoing-response.body"), other))
        try set(second, other)
        #expect(component.http.outcome == .unfinished(nil))
    }

    @Test("nobody takes what is written to a response that was dropped")
    func droppedResponse() throws {
        let response = try response()
        let body = try component.ok(type("[method]outgoing-response.body"), response)
        let stream = try stream(body)
        try component.drop("http/types", "outgoing-response", response)
        let failure = try component.failure("io/streams [method]output-stream.check-write", stream)
        #expect(failure == .variant(1, nil))
    }

    @Test("a body that is not as long as its Content-Length is an error", arguments: [2, 9])
    func wrongLength(_ length: Int) throws {
        let (_, outparam) = try begin()
        let response = try response(["Content-Length": "\(length)"])
        let body = try component.ok(type("[method]outgoing-response.body"), response)
        try set(outparam, response)
        let stream = try stream(body)
        if length < 5 {
            let failure = try component.failure(
                "io/streams [method]output-stream.blocking-write-and-flush", stream, .text("hello"))
            let code = try component.call(type("http-error-code"), component.error(of: failure))
            #expect(code == .some(HTTPErrorCode.responseBodySize(5).value))
            #expect(exchange.text.isEmpty)
        } else {
            try component.write("hello", to: stream)
            try component.drop("io/streams", "output-stream", stream)
            let failure = try component.failure(type("[static]outgoing-body.finish"), body, Value.none)
            #expect(failure == HTTPErrorCode.responseBodySize(5).value)
        }
        #expect(component.http.outcome == .unfinished(.responseBodySize(5)))
        #expect(exchange.trailers == nil)
    }

    @Test("an answer to HEAD may declare a length that it has not", arguments: [true, false])
    func headRequest(hasBody: Bool) throws {
        exchange.method = .head
        let (_, outparam) = try begin()
        let response = try response(["Content-Length": "5"])
        let body = try component.ok(type("[method]outgoing-response.body"), response)
        try set(outparam, response)
        if hasBody {
            let stream = try stream(body)
            try component.write("hello", to: stream)
            try component.drop("io/streams", "output-stream", stream)
        }
        try finish(body)
        #expect(component.http.outcome == .finished)
    }

    @Test("lengths that contradict each other leave no body, and an interim status no response")
    func contradictions() throws {
        let (_, outparam) = try begin()
        let response = try response(["Content-Length": "5", "content-length": "6"])
        try component.failure(type("[method]outgoing-response.body"), response)
        for status: UInt16 in [0, 99, 600, .max] {
            try component.failure(type("[method]outgoing-response.set-status-code"), response, .u16(status))
        }
        try component.ok(type("[method]outgoing-response.set-status-code"), response, .u16(101))
        try set(outparam, response)
        #expect(component.http.outcome == .error(.protocolError) && exchange.status == nil)
    }

    @Test("a client that is gone is an error of HTTP for the component, and another error ends it")
    func goneClient() throws {
        let (_, outparam) = try begin()
        let response = try response()
        let body = try component.ok(type("[method]outgoing-response.body"), response)
        try set(outparam, response)
        let stream = try stream(body)
        exchange.writeError = ResponseError.clientDisconnected
        let failure = try component.failure(
            "io/streams [method]output-stream.blocking-write-and-flush", stream, .text("hello"))
        let code = try component.call(type("http-error-code"), component.error(of: failure))
        #expect(code == .some(HTTPErrorCode.connectionTerminated.value))
        #expect(component.http.outcome == .unfinished(.connectionTerminated))
        struct Other: Error {}
        exchange.writeError = Other()
        try component.drop("io/streams", "output-stream", stream)
        #expect(throws: Other.self) { try finish(body) }
    }

    @Test("what an instance has left of one request says nothing about the next")
    func reuse() throws {
        let (_, first) = try begin()
        let early = try response()
        let body = try component.ok(type("[method]outgoing-response.body"), early)
        try set(first, early)
        let stream = try stream(body)
        #expect(component.http.end() == .unfinished(nil))
        let (_, second) = try begin()
        try set(second, response())
        #expect(component.http.outcome == .finished)
        let failure = try component.failure(
            "io/streams [method]output-stream.blocking-write-and-flush", stream, .text("late"))
        #expect(failure == .variant(1, nil))
        try component.drop("io/streams", "output-stream", stream)
        try component.drop("http/types", "outgoing-body", body)
        #expect(component.http.end() == .finished && exchange.text.isEmpty)
    }

    @Test("interim responses are sent, and only those")
    func interim() throws {
        let (_, outparam) = try begin()
        let send = type("[method]response-outparam.send-informational")
        let fields = try component.ok(
            type("[static]fields.from-list"), .list([.record([.string("Link"), .text("x")])]))
        try component.ok(send, outparam, .u16(103), fields)
        #expect(exchange.interim.map(\.0.code) == [103] && exchange.interim[0].1 == ["Link": "x"])
        for status: UInt16 in [99, 200] {
            let empty = try component.call(type("[constructor]fields"))
            #expect(try component.failure(send, outparam, .u16(status), empty) == HTTPErrorCode.protocolError.value)
        }
        exchange.writeError = ResponseError.headAlreadyWritten
        let empty = try component.call(type("[constructor]fields"))
        #expect(try component.failure(send, outparam, .u16(103), empty).caseNumber == 38)
        // A client that is gone ends no component.
        try set(outparam, response())
        #expect(component.http.outcome == .unfinished(.internalError("the response's head was written before")))
    }
}
