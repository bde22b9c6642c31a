import HTTP
import Synchronization
import TestSupport
import Testing

/// When requests come into an access log that must not miss one.
struct RequestLogTests {
    /// Remembers what it is told.
    private final class Recorder: RequestLog {
        private struct State {
            var begun: [RequestRecord] = []
            var withdrawn: Set<UInt64> = []
            var ended: [(record: RequestRecord, place: RequestLogPlace?)] = []
        }

        private let state = Mutex(State())

        func begin(_ record: RequestRecord) -> RequestLogPlace? {
            state.withLock { state in
                state.begun.append(record)
                return RequestLogPlace(UInt64(state.begun.count - 1))
            }
        }

        func end(_ record: RequestRecord, at place: RequestLogPlace?) {
            state.withLock { $0.ended.append((record, place)) }
        }

        func withdraw(_ place: RequestLogPlace) { state.withLock { _ = $0.withdrawn.insert(place.value) } }

        var begun: [RequestRecord] { state.withLock { $0.begun } }
        var ended: [(record: RequestRecord, place: RequestLogPlace?)] { state.withLock { $0.ended } }
        /// Those that were begun, and nothing more has been told.
        var openCount: Int {
            state.withLock { $0.begun.count - $0.withdrawn.count - $0.ended.count { $0.place != nil } }
        }
    }

    private static func request(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }

    @Test("A request is in the log before the end of its response can be with the client", arguments: [true, false])
    func before(isInline: Bool) throws {
        let log = Recorder()
        let server = try TestServer {
            $0.requestLog = log
            if isInline { $0.inlineHandler = { InlineAnswer(Response(text: $0.target)) } }
        } handler: { request, _, writer in
            try writer.writeHead(.created)
            try writer.write(request.target)
        }
        let connection = try server.connect()
        for number in 1...20 {
            try connection.send(Self.request("/\(number)"))
            _ = try connection.response()
            #expect(log.begun.count == number)
            #expect(log.begun.last?.target == "/\(number)")
            #expect(log.begun.last?.status?.code == (isInline ? 200 : 201))
            #expect(log.begun.last?.bodyBytes == Int64("/\(number)".utf8.count))
        }
        #expect(eventually { log.ended.count == 20 && log.openCount == 0 })
        for (ended, begun) in zip(log.ended, log.begun) {
            #expect(ended.place != nil && ended.record.id == begun.id && ended.record.bodyBytes == begun.bodyBytes)
        }
    }

    @Test("A response that the client does not take at once is in the log once, with what it has taken")
    func slowly() throws {
        let log = Recorder()
        let body = [UInt8](repeating: 0x61, count: 200 << 10)
        let server = try TestServer {
            $0.requestLog = log
        } handler: { _, _, writer in
            try writer.respond(Response(body: .bytes(body)))
        }
        // Less room than the response takes: it is begun, and withdrawn.
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send(Self.request("/"))
        #expect(eventually { !log.begun.isEmpty })
        let response = try connection.response()
        #expect(response.body.count == body.count)
        #expect(eventually { log.ended.count == 1 && log.openCount == 0 })
        #expect(log.ended.first?.record.bodyBytes == Int64(body.count))
        #expect(log.ended.first?.record.failure == nil)
    }

    @Test("A client that goes away before its response is one that did not get it")
    func gone() throws {
        let log = Recorder()
        let gate = Gate()
        let server = try TestServer {
            $0.requestLog = log
        } handler: { _, _, writer in
            _ = gate.wait()
            // More than goes into the socket's buffers.
            try writer.respond(Response(body: .bytes([UInt8](repeating: 0x61, count: 32 << 20))))
        }
        do {
            let connection = try server.connect()
            try connection.send(Self.request("/"))
        }
        gate.open()
        #expect(eventually { log.ended.count == 1 && log.openCount == 0 })
        #expect(log.ended.first?.record.failure != nil)
    }
}
