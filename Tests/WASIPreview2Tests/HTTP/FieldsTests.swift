import ComponentModel
import HTTP
import Testing
import WASIHTTP
import WASIPreview2

@Suite("Fields of HTTP")
struct FieldsTests {
    private let component = Component()

    private func name(_ function: String) -> String { "http/types [method]fields.\(function)" }

    private func fields(_ list: KeyValuePairs<String, String>) throws -> Value {
        try component.ok(
            "http/types [static]fields.from-list", .list(list.map { .record([.string($0.key), .text($0.value)]) }))
    }

    private enum Problem: Int { case invalidSyntax, forbidden, immutable }

    private func expect(
        _ problem: Problem, _ failure: Value, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(Problem(rawValue: failure.caseNumber) == problem, sourceLocation: sourceLocation)
    }

    @Test("fields are kept in order and in their case, and found without regard to it")
    func contents() throws {
        let fields = try fields(["X-A": "1", "b": "2", "x-a": "3"])
        #expect(try component.call(name("get"), fields, .string("X-a")) == .list([.text("1"), .text("3")]))
        #expect(try component.call(name("get"), fields, .string("none")) == .list([]))
        #expect(try component.call(name("get"), fields, .string("no name")) == .list([]))
        #expect(try component.call(name("has"), fields, .string("B")) == .bool(true))
        #expect(try component.call(name("has"), fields, .string("no name")) == .bool(false))
        #expect(
            try component.call(name("entries"), fields)
                == .list([("X-A", "1"), ("b", "2"), ("x-a", "3")].map { .record([.string($0.0), .text($0.1)]) }))
        try component.ok(name("append"), fields, .string("b"), .bytes([0xFF]))
        #expect(try component.call(name("get"), fields, .string("b")) == .list([.text("2"), .bytes([0xFF])]))
        try component.ok(name("set"), fields, .string("x-a"), .list([.text("4")]))
        #expect(try component.call(name("get"), fields, .string("x-a")) == .list([.text("4")]))
        try component.ok(name("set"), fields, .string("x-a"), .list([]))
        #expect(try component.call(name("has"), fields, .string("x-a")) == .bool(false))
        try component.ok(name("delete"), fields, .string("B"))
        try component.ok(name("delete"), fields, .string("none"))
        #expect(try component.call(name("entries"), fields) == .list([]))
    }

    @Test("a clone is a copy that can be changed")
    func clone() throws {
        let first = try component.call("http/types [constructor]fields")
        try component.ok(name("append"), first, .string("a"), .text("1"))
        let second = try component.call(name("clone"), first)
        try component.ok(name("append"), second, .string("a"), .text("2"))
        #expect(try component.call(name("get"), first, .string("a")) == .list([.text("1")]))
        try component.drop("http/types", "fields", first)
        #expect(try component.call(name("get"), second, .string("a")) == .list([.text("1"), .text("2")]))
    }

    @Test("names and values that could not be sent are refused")
    func syntax() throws {
        let fields = try component.call("http/types [constructor]fields")
        for bad in ["", "a b", "a:b", "é"] {
            expect(.invalidSyntax, try component.failure(name("append"), fields, .string(bad), .text("x")))
            expect(.invalidSyntax, try component.failure(name("set"), fields, .string(bad), .list([])))
            expect(.invalidSyntax, try component.failure(name("delete"), fields, .string(bad)))
        }
        for bad in ["a\r\nb", "a\0", "\u{7F}"] {
            expect(.invalidSyntax, try component.failure(name("append"), fields, .string("a"), .text(bad)))
            expect(.invalidSyntax, try component.failure(name("set"), fields, .string("a"), .list([.text(bad)])))
        }
        for bad in ["", "x", "-1", "+1", "1.5", "99999999999999999999"] {
            expect(
                .invalidSyntax,
                try component.failure(name("set"), fields, .string("Content-Length"), .list([.text(bad)])))
        }
        try component.ok(name("set"), fields, .string("Content-Length"), .list([.text("007")]))
        #expect(try component.call(name("get"), fields, .string("content-length")) == .list([.text("7")]))
        let list = Value.list([.record([.string("a b"), .text("x")])])
        expect(.invalidSyntax, try component.failure("http/types [static]fields.from-list", list))
    }

    @Test(
        "what concerns the connection is the host's affair",
        arguments: [
            "Connection", "keep-alive", "Proxy-Authenticate", "proxy-authorization", "proxy-connection",
            "Transfer-Encoding", "UPGRADE", "Host", "http2-settings",
        ])
    func forbidden(_ field: String) throws {
        let fields = try component.call("http/types [constructor]fields")
        expect(.forbidden, try component.failure(name("append"), fields, .string(field), .text("x")))
        expect(.forbidden, try component.failure(name("set"), fields, .string(field), .list([.text("x")])))
        expect(.forbidden, try component.failure(name("delete"), fields, .string(field)))
        let list = Value.list([.record([.string(field), .text("x")])])
        expect(.forbidden, try component.failure("http/types [static]fields.from-list", list))
    }

    @Test("those of a message cannot be changed")
    func immutable() throws {
        let request = try component.call(
            "http/types [constructor]outgoing-request", try fields(["a": "1"]))
        let fields = try component.call("http/types [method]outgoing-request.headers", request)
        expect(.immutable, try component.failure(name("append"), fields, .string("a"), .text("x")))
        expect(.immutable, try component.failure(name("set"), fields, .string("a"), .list([.text("x")])))
        expect(.immutable, try component.failure(name("delete"), fields, .string("a")))
        #expect(try component.call(name("get"), fields, .string("a")) == .list([.text("1")]))
        let clone = try component.call(name("clone"), fields)
        try component.ok(name("delete"), clone, .string("a"))
    }

    @Test("fields without end are a trap")
    func limit() throws {
        let fields = try component.call("http/types [constructor]fields")
        let value = Value.bytes([UInt8](repeating: 65, count: 60_000))
        for _ in 0..<2 { try component.ok(name("append"), fields, .string("a"), value) }
        #expect(try component.trap(name("append"), fields, .string("a"), value).contains("131072"))
    }
}
