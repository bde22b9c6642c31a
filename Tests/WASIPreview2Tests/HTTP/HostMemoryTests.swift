import ComponentModel
import HTTP
import TestSupport
import Testing
import WASIHTTP
import WASIPreview2

/// What a component can have the host keep for it outside of its memory.
@Suite("Memory of the host's for a component")
struct HostMemoryTests {
    private let component = Component()

    private func type(_ name: String) -> String { "http/types \(name)" }

    /// Calls until the component is ended, at most 2,000 times.
    ///
    /// - Returns: how often that went well.
    private func repeatUntilEnded(_ body: () throws -> Void) throws -> Int {
        for count in 0..<2_000 {
            do {
                try body()
            } catch let error as ResourceError {
                #expect(error.description.contains("exceed 64 MiB"), "\(error)")
                return count
            }
        }
        Issue.record("nothing ended it")
        return 2_000
    }

    private func newFields() throws -> Value { try component.call(type("[constructor]fields")) }

    private func newRequest() throws -> Value { try component.call(type("[constructor]outgoing-request"), newFields()) }

    @Test("bodies of responses that are never set end a component when they are 64 MiB")
    func unsetResponses() throws {
        let bytes = Value.bytes([UInt8](repeating: 65, count: 1 << 20))
        let count = try repeatUntilEnded {
            let response = try component.call(type("[constructor]outgoing-response"), newFields())
            let body = try component.ok(type("[method]outgoing-response.body"), response)
            let stream = try component.ok(type("[method]outgoing-body.write"), body)
            try component.ok("io/streams [method]output-stream.check-write", stream)
            try component.ok("io/streams [method]output-stream.write", stream, bytes)
        }
        #expect(count == 64)
    }

    @Test("header fields end a component when they are 64 MiB; those that are dropped, deleted or sent make room")
    func fieldsOfMessages() throws {
        let value = Value.text(String(repeating: "v", count: 100_000))
        for _ in 0..<2_000 {
            let fields = try newFields()
            try component.ok(type("[method]fields.append"), fields, .string("x"), value)
            try component.drop("http/types", "fields", fields)
        }
        let kept = try newFields()
        for _ in 0..<2_000 {
            try component.ok(type("[method]fields.set"), kept, .string("x"), .list([value]))
            try component.ok(type("[method]fields.delete"), kept, .string("x"))
        }
        try component.ok(type("[method]fields.append"), kept, .string("x"), value)
        let count = try repeatUntilEnded { _ = try component.call(type("[method]fields.clone"), kept) }
        #expect((600...700).contains(count))
    }

    @Test("URLs end a component when they are 64 MiB, and none is longer than servers take")
    func urls() throws {
        func text(_ count: Int) -> Value { .string(String(repeating: "a", count: count)) }
        let path = Value.some(.string("/" + String(repeating: "a", count: 60_000)))
        let count = try repeatUntilEnded {
            try component.ok(type("[method]outgoing-request.set-path-with-query"), newRequest(), path)
        }
        #expect((1_000...1_200).contains(count))

        let other = Component()
        let fields = try other.call(type("[constructor]fields"))
        let request = try other.call(type("[constructor]outgoing-request"), fields)
        func set(_ name: String, _ value: Value) throws -> Bool {
            try other.call(type("[method]outgoing-request.set-\(name)"), request, value) == .ok()
        }
        #expect(try !set("path-with-query", .some(.string("/" + String(repeating: "a", count: 1 << 16)))))
        #expect(try set("method", .variant(9, text(256))))
        #expect(try !set("method", .variant(9, text(257))))
        #expect(try !set("scheme", .some(.variant(2, text(257)))))
        #expect(try !set("authority", .some(text(513))))
        #expect(try other.call(type("[method]outgoing-request.path-with-query"), request) == Value.none)
    }

    @Test("what a response had waiting makes room when it is set")
    func setResponses() throws {
        let bytes = Value.bytes([UInt8](repeating: 65, count: 1 << 20))
        for _ in 0..<100 {
            let handles = try component.http.begin(FakeExchange(), in: component.context)
            let response = try component.call(type("[constructor]outgoing-response"), newFields())
            let body = try component.ok(type("[method]outgoing-response.body"), response)
            let stream = try component.ok(type("[method]outgoing-body.write"), body)
            try component.ok("io/streams [method]output-stream.check-write", stream)
            try component.ok("io/streams [method]output-stream.write", stream, bytes)
            try component.call(
                type("[static]response-outparam.set"), .resource(handles.outparam), .ok(response))
            // Body and stream are kept.
        }
    }

    @Test("the text of an error that a component gives is cut, and has no line of its own in a log")
    func errorText() throws {
        let handles = try component.http.begin(FakeExchange(), in: component.context)
        let text = "a\n12:00 forged\u{1B}[31m" + String(repeating: "é", count: 1 << 20)
        try component.call(
            type("[static]response-outparam.set"), .resource(handles.outparam),
            .error(.variant(38, Value.some(.string(text)))))
        guard case .error(let code) = component.http.outcome else {
            Issue.record("\(component.http.outcome)")
            return
        }
        #expect(code.description.utf8.count < 1_200)
        #expect(code.description.hasPrefix("internal-error (a\u{FFFD}12:00 forged\u{FFFD}[31m"))
    }
}
