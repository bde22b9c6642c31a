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

@Suite("Components of C", .enabled(if: CComponent.isAvailable, Comment(rawValue: CComponent.absence)))
struct GuestTests {
    private static let command = Result {
        try GuestProgram(
            """
            IMPORT("wasi:cli/stdin@0.2.0", "get-stdin") u32 get_stdin(void);
            IMPORT("wasi:cli/stdout@0.2.0", "get-stdout") u32 get_stdout(void);
            IMPORT("wasi:cli/environment@0.2.0", "get-arguments") void get_arguments(bytes *list);
            IMPORT("wasi:cli/exit@0.2.0", "exit") void leave(u32 status);
            IMPORT(IO0, "[method]input-stream.blocking-read") void read0(u32 stream, u64 count, result *to);
            IMPORT(IO6, "[method]input-stream.blocking-read") void read6(u32 stream, u64 count, result *to);
            IMPORT(IO0, "[method]output-stream.blocking-write-and-flush") void write0(u32, u8 *, u32, result *);
            IMPORT(IO6, "[resource-drop]input-stream") void drop_input(u32);
            IMPORT("wasi:filesystem/preopens@0.2.9", "get-directories") void get_directories(bytes *list);
            IMPORT(FILES, "[method]descriptor.open-at") void open_at(u32, u32, u8 *, u32, u32, u32, result *);
            IMPORT(FILES, "[method]descriptor.read-via-stream") void read_via_stream(u32, u64, result *);

            static result r;
            static u32 out;
            static void put(u8 *start, u32 count) { write0(out, start, count, &r); if (r.tag & 255) leave(1); }

            EXPORT("wasi:cli/run@0.2.0#run") u32 run(void) {
                out = get_stdout();
                bytes list;
                get_arguments(&list);
                bytes *arguments = (bytes *)list.start;
                for (u32 i = 0; i < list.count; i++) { put(arguments[i].start, arguments[i].count); put((u8 *)"\\n", 1); }
                u32 in = get_stdin();
                for (;;) {
                    read0(in, 5, &r);
                    if (r.tag & 255) break;
                    put((u8 *)r.first, r.second);
                }
                get_directories(&list);
                if (!list.count) return 1;
                open_at(*(u32 *)list.start, 1, (u8 *)"a.txt", 5, 0, 1, &r);
                if (r.tag & 255) return 1;
                read_via_stream(r.first, 1, &r);
                if (r.tag & 255) return 1;
                // Reads by the newer version what a function of the older one could have made.
                u32 file = r.first;
                read6(file, 100, &r);
                if (r.tag & 255) return 1;
                put((u8 *)r.first, r.second);
                drop_input(file);
                return 0;
            }
            """,
            wit: """
                package test:guest;
                world guest {
                    import wasi:cli/stdin@0.2.0;
                    import wasi:cli/stdout@0.2.0;
                    import wasi:cli/environment@0.2.0;
                    import wasi:cli/exit@0.2.0;
                    import wasi:io/streams@0.2.0;
                    import wasi:io/streams@0.2.6;
                    import wasi:filesystem/types@0.2.9;
                    import wasi:filesystem/preopens@0.2.9;
                    export wasi:cli/run@0.2.0;
                }
                """)
    }

    private static let handler = Result {
        try GuestProgram(
            """
            IMPORT(HTTP, "[constructor]fields") u32 make_fields(void);
            IMPORT(HTTP, "[method]incoming-request.method") void method(u32, result *);
            IMPORT(HTTP, "[method]incoming-request.path-with-query") void path(u32, result *);
            IMPORT(HTTP, "[method]incoming-request.consume") void consume(u32, result *);
            IMPORT(HTTP, "[method]incoming-body.stream") void body_stream(u32, result *);
            IMPORT(HTTP, "[constructor]outgoing-response") u32 make_response(u32 fields);
            IMPORT(HTTP, "[method]outgoing-response.body") void response_body(u32, result *);
            IMPORT(HTTP, "[static]response-outparam.set") void set(u32, u32, u32, u32, u64, u32, u32, u32, u32);
            IMPORT(HTTP, "[method]outgoing-body.write") void body_write(u32, result *);
            IMPORT(HTTP, "[static]outgoing-body.finish") void finish(u32, u32, u32, u8 *);
            IMPORT(IO6, "[method]input-stream.blocking-read") void read6(u32 stream, u64 count, result *to);
            IMPORT(IO6, "[method]output-stream.blocking-write-and-flush") void write6(u32, u8 *, u32, result *);
            IMPORT(IO6, "[resource-drop]output-stream") void drop_output(u32);

            EXPORT("wasi:http/incoming-handler@0.2.4#handle") void handle(u32 request, u32 outparam) {
                result r;
                u8 end[64];
                method(request, &r);
                u32 is_post = (r.tag & 255) == 2;
                path(request, &r);
                u8 *text = (u8 *)r.first;
                u32 count = r.second;
                if (count > 4 && text[1] == 'n') return;
                if (count > 4 && text[1] == 't') __builtin_trap();
                u32 response = make_response(make_fields());
                response_body(response, &r);
                u32 body = r.first;
                set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
                body_write(body, &r);
                u32 out = r.first;
                write6(out, text, count, &r);
                if (is_post) {
                    consume(request, &r);
                    body_stream(r.first, &r);
                    u32 in = r.first;
                    for (;;) {
                        read6(in, 4096, &r);
                        if (r.tag & 255) break;
                        write6(out, (u8 *)r.first, r.second, &r);
                    }
                }
                drop_output(out);
                if (count > 4 && text[1] == 'u') return;
                finish(body, 0, 0, end);
            }
            """,
            wit: """
                package test:guest;
                world guest {
                    import wasi:io/streams@0.2.6;
                    import wasi:http/types@0.2.4;
                    export wasi:http/incoming-handler@0.2.4;
                }
                """)
    }

    private static let run = ExportName("run", in: "wasi:cli/run@0.2.0")
    private static let handle = ExportName("handle", in: "wasi:http/incoming-handler@0.2.4")

    @Test("a command reads arguments, input and a file by streams of two versions, and writes all of it")
    func command() throws {
        let program = try Self.command.get()
        let directory = try TemporaryDirectory()
        try directory.write("alpha", to: "a.txt")
        let (input, output) = (Box("some input\n"), Box(""))
        let configuration = WASIConfiguration(
            arguments: ["app", "é"], preopens: [Preopen(hostPath: directory.path, guestPath: "/", access: .readOnly)],
            standardInput: .input { buffer in
                input.bytes.withLock { bytes in
                    let count = min(buffer.count, bytes.count)
                    buffer.copyBytes(from: bytes[..<count])
                    bytes.removeFirst(count)
                    return count
                }
            }, standardOutput: .output { bytes in output.bytes.withLock { $0 += bytes } })
        let store = Store(hostState: WASIPreview2Context(configuration))
        let instance = try program.linked.instantiate(in: store)
        #expect(try instance.function(Self.run)?.call() == .ok())
        #expect(output.bytes.withLock { String(decoding: $0, as: UTF8.self) } == "app\né\nsome input\nlpha")
    }

    private final class Box: Sendable {
        let bytes: Mutex<[UInt8]>
        init(_ text: String) { bytes = Mutex(Array(text.utf8)) }
    }

    @Test("a command without a file says that it failed")
    func failingCommand() throws {
        let store = Store(hostState: WASIPreview2Context(WASIConfiguration()))
        let instance = try Self.command.get().linked.instantiate(in: store)
        #expect(try instance.function(Self.run)?.call() == .error())
    }

    /// Has the handler answer a request, in an instance of its own.
    private func answer(_ exchange: FakeExchange) throws -> HTTPContext.Outcome {
        let context = WASIPreview2Context(WASIConfiguration())
        let http = HTTPContext(context, policy: nil)
        let store = Store(hostState: context)
        let instance = try Self.handler.get().linked.instantiate(in: store)
        let handles = try http.begin(exchange, in: context)
        let function = try #require(instance.function(Self.handle))
        try function.call([.resource(handles.request), .resource(handles.outparam)])
        return http.outcome
    }

    @Test("a handler answers a request, and streams its body back")
    func handler() throws {
        let exchange = FakeExchange()
        exchange.method = .post
        exchange.pathWithQuery = "/a?b "
        exchange.parts = ["one ", "two"].map { Array($0.utf8) }
        #expect(try answer(exchange) == .finished)
        #expect(exchange.status == .ok && exchange.text == "/a?b one two" && exchange.trailers == [:])
    }

    @Test("a handler that never says what the response is, or leaves the body unfinished, is told of as that")
    func incomplete() throws {
        let exchange = FakeExchange()
        exchange.pathWithQuery = "/nothing"
        #expect(try answer(exchange) == .notSet)
        exchange.pathWithQuery = "/unfinished"
        #expect(try answer(exchange) == .unfinished(nil))
        exchange.pathWithQuery = "/trap"
        #expect(throws: Trap.self) { try answer(exchange) }
    }

    /// Components that were made elsewhere, by hand: of all interfaces, or by other toolchains.
    private static let folder = ProcessInfo.processInfo.environment["HIPPO_WASI_COMPONENTS"]

    @Test(
        "components of real toolchains link and run",
        .enabled(if: folder != nil, "set HIPPO_WASI_COMPONENTS to a folder of components"))
    func toolchains() throws {
        let folder = URL(fileURLWithPath: try #require(Self.folder))
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "wasm" }
        #expect(!files.isEmpty)
        for file in files {
            #expect(throws: Never.self, "\(file.lastPathComponent)") {
                try run(GuestProgram(contentsOf: file), file.lastPathComponent)
            }
        }
    }

    /// Runs a command, or has a handler answer a request, and shows what comes of it.
    private func run(_ program: GuestProgram, _ name: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write("alpha", to: "a.txt")
        let output = Box("")
        let server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, body, writer in
            let text = "\(request.method) \(request.target): "
            try writer.respond(
                Response(status: .created, body: .bytes(Array(text.utf8) + body.readAll(limit: 1 << 20))))
        }
        try server.start()
        defer { server.stop() }
        let exchange = FakeExchange()
        exchange.method = .post
        exchange.parts = [Array("some input".utf8)]
        let configuration = WASIConfiguration(
            arguments: ["app", "one"], environment: [("A", "1"), ("SERVER", server.address.description)],
            preopens: [Preopen(hostPath: directory.path, guestPath: "/", access: .readWrite)],
            standardInput: .empty,
            standardOutput: .output { bytes in output.bytes.withLock { $0 += bytes } },
            standardError: .output { bytes in output.bytes.withLock { $0 += bytes } })
        let policy = try OutboundHTTPPolicy(allowedHosts: ["http://\(server.address)"])
        let context = WASIPreview2Context(configuration, socketPolicy: SocketPolicy(policy))
        let http = HTTPContext(context, policy: policy)
        let store = Store(hostState: context)
        for export in program.linked.exports where !name.hasPrefix("all-") {
            let start = ContinuousClock.now
            defer {
                let text = output.bytes.withLock { String(decoding: $0, as: UTF8.self) }
                print(name, export.name, ContinuousClock.now - start, http.outcome, exchange.text, text)
            }
            if export.name.hasPrefix("wasi:cli/run@") {
                let instance = try program.linked.instantiate(in: store)
                let function = try #require(instance.function(ExportName("run", in: export.name)))
                let result = try Self.result(of: function)
                #expect(result == .ok())
            } else if export.name.hasPrefix(HostInterface.httpIncomingHandlerName) {
                let instance = try program.linked.instantiate(in: store)
                let handles = try http.begin(exchange, in: context)
                let function = try #require(instance.function(ExportName("handle", in: export.name)))
                try function.call([.resource(handles.request), .resource(handles.outparam)])
                #expect(http.outcome == .finished)
            }
        }
    }

    /// What a command returns; one that ends itself with the code 0 is as good.
    private static func result(of function: ComponentFunction) throws -> Value? {
        do {
            return try function.call()
        } catch {
            guard error.hostError as? ProcessExit == ProcessExit(code: 0) else { throw error }
            return .ok()
        }
    }
}
