import Foundation
import HTTP
import TestSupport
import Testing
import WebAssemblyText

/// What names and texts of others can do to the terminal of who reads the messages that show them: nothing.
@Suite("Control characters of others", .timeLimit(.minutes(15)))
struct ControlCharacterTests {
    /// Clears the screen, sets the title, and turns the direction of what follows.
    private static let hostile = "x\u{1B}[2J\u{1B}]0;owned\u{7}\u{9B}1m\u{202E}\r"

    private func expectHarmless(
        _ text: String, contains word: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(text.contains(word), "\(text)", sourceLocation: sourceLocation)
        let controls = text.unicodeScalars.filter {
            $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t" || $0 == "\u{202E}"
        }
        #expect(controls.isEmpty, "\(text.debugDescription)", sourceLocation: sourceLocation)
    }

    @Test("in a file's name do not reach the messages of check")
    func fileNames() throws {
        let app = try SmallApp()
        let (first, second) = ("assets/\(Self.hostile).txt", "assets/\(Self.hostile).css")
        for name in [first, second] { try app.directory.write("x", to: name) }
        // Files of 1 TiB and more are refused by name.
        truncate(app.path + "/" + second, 2 << 40)
        let result = try Program.run(["check", app.path])
        expectHarmless(result.output + result.errors, contains: "owned")
    }

    @Test("in the name of a module or of its functions do not reach the messages of run")
    func functionNames() throws {
        let directory = try TemporaryDirectory()
        let name = "\\1b[2J\\1b]0;owned\\07\\c2\\9b"
        try directory.write(
            "(module (func $f (export \"\(name)\") unreachable) (func (export \"_start\") (call $f)))", to: "trap.wat")
        // A name section, which is what a stack is told by.
        var module = try assemble(Array("(module (func unreachable) (func (export \"_start\") (call 0)))".utf8))
        let bytes = Array("\u{1B}[2J owned \u{9B}".utf8)
        let names: [UInt8] = [1, UInt8(bytes.count + 3), 1, 0, UInt8(bytes.count)] + bytes
        let section = [4] + Array("name".utf8) + names
        module += [0, UInt8(section.count)] + section
        try directory.write(Data(module), to: "trap.wasm")
        let trap = try Program.run(["run", directory.path + "/trap.wasm"])
        #expect(trap.status == 134)
        expectHarmless(trap.errors, contains: "owned")
        let traced = try Program.run(["run", "--trace", directory.path + "/trap.wasm"])
        expectHarmless(traced.errors, contains: "owned")
        let missing = try Program.run(["run", directory.path + "/\(Self.hostile).wasm"])
        expectHarmless(missing.errors, contains: "owned")
    }

    @Test("in a guest's log, and in what its routes are called, do not reach the terminal of wagi")
    func guests() async throws {
        let directory = try TemporaryDirectory()
        let text = "\\1b[2J owned \\1b]0;t\\07\\n"
        try directory.write(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 16) "content-type: text/plain\\n\\n\(text)")
              (func (export "_start")
                (i32.store (i32.const 0) (i32.const 42)) (i32.store (i32.const 4) (i32.const 17))
                (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
                (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 26))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
            """, to: "guest.wat")
        try directory.write(
            "[[module]]\nroute = \"/a\\u001b[2J/...\"\nmodule = \"\(directory.path)/guest.wat\"\n[[module]]\nroute = \"/\"\nmodule = \"\(directory.path)/guest.wat\"\n",
            to: "modules.toml")
        let wagi = try TextProcess(
            Program.path, ["wagi", "-c", directory.path + "/modules.toml", "-l", "127.0.0.1:0"])
        let line = try await wagi.next("address") { $0.hasPrefix("Serving at ") }
        #expect(try get(String(line.dropFirst("Serving at ".count))).status == 200)
        try await wagi.next("log line") { $0.contains("owned") }
        expectHarmless(wagi.lines.joined(separator: "\n"), contains: "/a\u{FFFD}[2J")
    }

    @Test("in HIPPOFACTS and in a bindle's names do not reach the messages of check and of the server's clients")
    func names() async throws {
        let app = try SmallApp()
        try app.writeHippofacts(extra: "[oops\u{1B}[2J]\nowned = \u{9B}")
        let result = try Program.run(["check", app.path])
        #expect(result.status == 1)
        expectHarmless(result.errors, contains: "HIPPOFACTS")

        // A server that says what it likes.
        let server = try LyingServer(answering: "error = \"owned \\u001b[2J\"\n")
        let search = try Program.run(["bindle", "search", "x", "-s", server.url])
        #expect(search.status == 1)
        expectHarmless(search.errors, contains: "owned")
    }

    @Test("in paths and failures do not reach the terminal of up")
    func failures() async throws {
        let app = try SmallApp()
        let sandbox = try TextProcess(
            Program.path, ["up", app.path, "--listen", "127.0.0.1:0", "--bindle-listen", "127.0.0.1:0"])
        defer { kill(sandbox.id, SIGKILL) }
        try await sandbox.next("ready") { $0.contains("serving") }
        try app.writeHippofacts(extra: "[[handler]]\nname = \"owned\\u001b[2J.wasm\"\nroute = \"/x\"")
        try await sandbox.next("failure") { $0.contains("owned") }
        expectHarmless(sandbox.lines.joined(separator: "\n"), contains: "owned")
    }
}

/// A server that answers every request with 500 and the same text.
private final class LyingServer: Sendable {
    private let server: Server
    var url: String { "http://\(server.address)/v1" }

    init(answering text: String) throws {
        server = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: ServerConfiguration()
        ) { _, _, writer in
            try writer.respond(Response(status: .internalServerError, text: text, contentType: "application/toml"))
        }
        try server.start()
    }

    deinit { server.stop() }
}
