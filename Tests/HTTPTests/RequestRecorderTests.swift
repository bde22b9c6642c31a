import HTTP
import Synchronization
import TestSupport
import Testing

/// What a recorder gets of requests and responses, however these come and go.
struct RequestRecorderTests {
    /// What is told of an exchange.
    private struct Told: Sendable {
        let target: String
        let requestBody: String
        let head: String
        let body: String
        let bodyCount: Int64
        let isStored: Bool
    }

    /// Remembers what it is told.
    private final class Recorder: RequestRecorder {
        let all = Mutex<[Told]>([])

        func records(_ target: String) -> Bool { target != "/own" }

        func record(_ exchange: RecordedExchange) -> UInt64? {
            all.withLock { all in
                all.append(
                    Told(
                        target: exchange.target,
                        requestBody: String(decoding: exchange.requestBody, as: UTF8.self),
                        head: String(decoding: exchange.responseHead, as: UTF8.self),
                        body: String(decoding: exchange.responseBody, as: UTF8.self),
                        bodyCount: exchange.responseBodyCount, isStored: exchange.isStored))
                return UInt64(all.count) * 8
            }
        }

        /// The one for a target, once it is there.
        func told(_ target: String) throws -> Told {
            #expect(eventually { all.withLock { $0.contains { $0.target == target } } })
            let told = all.withLock { $0.filter { $0.target == target } }
            #expect(told.count == 1)
            return try #require(told.first)
        }
    }

    private static func request(_ target: String, method: String = "GET", body: String = "") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("The head is told as it was sent, and the body without its framing, whoever answers")
    func responses() throws {
        let recorder = Recorder()
        let server = try TestServer {
            $0.recorder = recorder
            $0.inlineHandler = {
                $0.path == "/inline" || $0.path == "/own" ? .response(Response(text: "inline")) : .handle(nil)
            }
        } handler: { request, body, writer in
            switch request.path {
            case "/long":
                try writer.writeHead(.ok)
                for _ in 0..<10 { try writer.write(String(repeating: "x", count: 20_000)) }
            case "/chunks":
                try writer.writeHead(.ok)
                try writer.write("one ")
                try writer.flush()
                try writer.write("two")
            case "/changed":
                try writer.writeHead(.ok, ["X-Old": "1"])
                try writer.write("old")
                writer.discard()
                try writer.respond(Response(status: .notFound, text: "new"))
            default:
                _ = try body.readAll(limit: 1 << 20)
                try writer.writeHead(.created)
                try writer.write("whole")
            }
        }
        for target in ["/whole", "/chunks", "/long", "/changed", "/inline", "/own"] {
            let connection = try server.connect()
            try connection.send(Self.request(target, method: "POST", body: "sent to \(target)"))
            _ = try connection.response()
        }
        let connection = try server.connect()
        try connection.send("GET /inline?get HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try connection.response()
        let whole = try recorder.told("/whole")
        #expect(whole.body == "whole" && whole.head.hasPrefix("HTTP/1.1 201 Created\r\n") && whole.bodyCount == 5)
        #expect(whole.head.hasSuffix("Content-Length: 5\r\n\r\n") && whole.requestBody == "sent to /whole")
        let chunks = try recorder.told("/chunks")
        #expect(chunks.body == "one two" && chunks.head.contains("Transfer-Encoding: chunked") && chunks.bodyCount == 7)
        let long = try recorder.told("/long")
        #expect(long.bodyCount == 200_000 && long.body.utf8.count == 65536 && long.body.allSatisfy { $0 == "x" })
        let changed = try recorder.told("/changed")
        #expect(changed.body == "new" && !changed.head.contains("X-Old") && changed.head.hasPrefix("HTTP/1.1 404"))
        // Neither handler has read it.
        #expect(changed.requestBody == "sent to /changed" && long.requestBody == "sent to /long")
        #expect(try recorder.told("/inline?get").body == "inline")
        #expect(eventually { server.records.withLock { $0.count == 7 } })
        #expect(server.records.withLock { $0.filter { $0.recording == nil }.map(\.target) } == ["/own"])
        #expect(recorder.all.withLock { !$0.contains { $0.target == "/own" } })
    }

    @Test("Of a stream of events the head and the beginning are told when it ends") func events() throws {
        let recorder = Recorder()
        let stream = EventStream()
        let server = try TestServer {
            $0.recorder = recorder
            $0.inlineHandler = { _ in
                .response(Response(body: .events(stream, first: { [ServerSentEvent(data: "1")] })))
            }
        } handler: { _, _, _ in
        }
        do {
            let connection = try server.connect()
            try connection.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try connection.read(through: "data: 1\n\n\r\n")
            for _ in 0..<20 { stream.send(ServerSentEvent(data: String(repeating: "x", count: 10_000))) }
            for _ in 0..<20 { _ = try connection.read(through: "x\n\n\r\n") }
            #expect(recorder.all.withLock { $0.isEmpty })
        }
        let told = try recorder.told("/events")
        #expect(told.head.contains("text/event-stream") && told.body.hasPrefix("data: 1\n\n"))
        #expect(told.body.utf8.count == 65536 && told.bodyCount > 200_000)
    }

    @Test("A request that breaks the rules is not told, and the next one is") func malformed() throws {
        let recorder = Recorder()
        let server = try TestServer {
            $0.recorder = recorder
        } handler: { _, _, writer in
            try writer.respond(Response(text: "x"))
        }
        let broken = try server.connect()
        try broken.send("GET nothing HTTP/1.1\r\n\r\n")
        _ = try broken.readToEnd()
        let connection = try server.connect()
        try connection.send("HEAD /next HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { recorder.all.withLock { $0.count == 1 } })
        let next = try recorder.told("/next")
        #expect(next.body.isEmpty && next.bodyCount == 0 && next.head.contains("Content-Length: 1\r\n"))
    }
}
