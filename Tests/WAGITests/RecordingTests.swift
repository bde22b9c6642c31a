import HTTP
import SandboxProtocol
import Synchronization
import TestSupport
import Testing

@testable import WAGI

/// What is kept of requests that modules, and the server itself, answer.
@Suite("What is kept of requests") struct RecordingTests {
    /// An application whose requests are kept.
    private final class Scene: Sendable {
        let app: ServedApplication
        private let reader: RecordingReader
        private let places = Places()

        private final class Places: Sendable {
            let all = Mutex<[UInt64?]>([])
        }

        init(_ module: String, limits: RequestLimits = RequestLimits()) throws {
            reader = try RecordingReader()
            var server = ServerConfiguration()
            server.recorder = ServedRequestRecorder(RecordingWriter(reader.memory), revision: 5)
            server.requestObserver = { [places] record in places.all.withLock { $0.append(record.recording) } }
            app = try ServedApplication(module, route: "/a/...", server: server) { configuration in
                configuration.environment = [("COLOUR", "blue")]
                configuration.limits = limits
                configuration.errorAudience = .thisMachine
            }
        }

        /// The recording of the request that ended as number `number`, from 1.
        func recording(_ number: Int) throws -> SandboxProtocol.RequestRecording {
            #expect(eventually { places.all.withLock { $0.count >= number } })
            let place = try #require(places.all.withLock { $0[number - 1] })
            return try #require(reader.recording(at: place))
        }

        func text(_ body: SandboxProtocol.RequestRecording.Body) -> String? {
            reader.bytes(of: body).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static let echo = Guest.text(
        """
        \(Guest.data("Content-Type: text/plain\nX-A: 1\n\n", at: 65536))
        \(Guest.data("noted\n", at: 66000))
        (func (export "_start")
          (call $log (i32.const 66000)) (call $print (i32.const 65536)) (call $copy (i32.const 0)))
        """)

    @Test("Of a module's request are kept: heads, bodies, environment, arguments, standard error, memory and times")
    func moduleRequest() throws {
        let scene = try Scene(Self.echo)
        _ = try scene.app.send(.post, "/a/b?x=1&y", headers: ["Cookie": "c=1"], body: .bytes(Array("body".utf8)))
        let recording = try scene.recording(1)
        #expect(recording.method == "POST" && recording.targetText == "/a/b?x=1&y" && recording.revision == 5)
        #expect(recording.field("cookie") == "c=1" && recording.field("host") == "\(scene.app.server.address)")
        #expect(scene.text(recording.requestBody) == "body" && scene.text(recording.responseBody) == "body")
        #expect(recording.statusLine == "HTTP/1.1 200 OK" && recording.responseField("X-A") == "1")
        let run = try #require(recording.handler)
        #expect(run.route == "/a/..." && run.module.hasSuffix("module.wat") && run.function == "_start")
        #expect(
            run.environment.contains(.init("COLOUR", "blue")) && run.environment.contains(.init("HTTP_COOKIE", "c=1")))
        #expect(run.arguments.map { String(decoding: $0, as: UTF8.self) } == ["/a/b", "x=1", "y"])
        #expect(scene.text(run.errorOutput) == "noted\n" && run.memoryBytes == 4 * 65536 && run.failure == nil)
        #expect(recording.instantiate > 0 && recording.run > 0 && recording.queue >= 0)
    }

    @Test("Of long bodies the beginnings are kept, and of chunked ones what is in the chunks") func long() throws {
        let scene = try Scene(Self.echo)
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
        _ = try scene.app.send(.post, "/a", body: .bytes(body))
        var recording = try scene.recording(1)
        #expect(recording.requestBody.total == 300_000 && recording.requestBody.count == 65536)
        #expect(recording.responseBody.total == 300_000 && scene.text(recording.responseBody)?.utf8.count == 65536)
        #expect(scene.text(recording.responseBody)?.allSatisfy { $0 == "x" } == true)
        let left = Mutable(3)
        _ = try scene.app.send(
            .post, "/a",
            body: .stream(length: nil) { buffer in
                guard left.value > 0 else { return 0 }
                left.value -= 1
                buffer.copyBytes(from: Array("abc".utf8))
                return 3
            })
        recording = try scene.recording(2)
        #expect(scene.text(recording.requestBody) == "abcabcabc" && recording.requestBody.isWhole)
    }

    @Test("A body that the module does not read is kept all the same") func unread() throws {
        let scene = try Scene(Guest.printing("status: 204\n\n"))
        _ = try scene.app.send(.post, "/a", body: .bytes(Array("unread".utf8)))
        let recording = try scene.recording(1)
        #expect(scene.text(recording.requestBody) == "unread" && recording.status == 204)
        #expect(recording.responseBody.total == 0)
    }

    @Test("What the event loop answers is kept, without a handler") func inline() throws {
        let scene = try Scene(Self.echo)
        _ = try scene.app.get("/healthz")
        _ = try scene.app.get("/none")
        let first = try scene.recording(1)
        #expect(first.handler == nil && scene.text(first.responseBody) == "OK" && first.status == 200)
        #expect(try scene.recording(2).status == 404)
    }

    @Test("A trap is kept with its stack, and a response that was cut off with what was sent of it") func failures()
        throws
    {
        let scene = try Scene(
            Guest.text(
                """
                \(Guest.data("oh\n", at: 66000))
                (func $inner unreachable)
                (func (export "_start") (call $log (i32.const 66000)) (call $inner))
                """))
        #expect(try scene.app.get("/a").status == 500)
        let recording = try scene.recording(1)
        let failure = try #require(recording.handler?.failure)
        #expect(failure.problem.contains("unreachable") && failure.calls.first?.function == "inner")
        #expect(scene.text(recording.handler!.errorOutput) == "oh\n" && recording.status == 500)
    }

    @Test("Nothing is kept where nobody has asked for it, and of the sandbox's own requests") func nothing() throws {
        let records = Mutable<[UInt64?]>([])
        var server = ServerConfiguration()
        server.requestObserver = { records.value.append($0.recording) }
        let app = try ServedApplication(Self.echo, server: server)
        _ = try app.get("/")
        #expect(eventually { records.value.count == 1 })
        #expect(records.value == [nil])
        let recorder = ServedRequestRecorder(RecordingWriter(try RecordingReader().memory), revision: 1)
        #expect(!recorder.records("/.hippo/reload.js") && recorder.records("/"))
    }
}
