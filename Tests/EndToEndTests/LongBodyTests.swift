import Foundation
import TestSupport
import Testing

/// What a process takes for bodies that are longer than its buffers.
@Suite(.timeLimit(.minutes(15)))
struct LongBodyTests {
    /// Copies its standard input to its standard output, 64 KiB at a time.
    private static let echo = #"""
        (module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 2)
          (data (i32.const 16) "content-type: text/plain\n\n")
          (func (export "_start")
            (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 26))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 0) (i32.const 65536))
            (loop $next
              (i32.store (i32.const 4) (i32.const 65536))
              (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
              (i32.store (i32.const 4) (i32.load (i32.const 8)))
              (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
              (br_if $next (i32.load (i32.const 8))))))
        """#

    @Test("32 MB that go through a guest both ways take no memory for what nobody takes")
    func memory() async throws {
        let directory = try TemporaryDirectory()
        try directory.write(Self.echo, to: "echo.wat")
        try directory.write(
            "[[module]]\nroute = \"/\"\nmodule = \"\(directory.path)/echo.wat\"\n", to: "modules.toml")
        let wagi = try TextProcess(
            Program.path, ["wagi", "-c", directory.path + "/modules.toml", "-l", "127.0.0.1:0"])
        let line = try await wagi.next(containing: "Serving at ")
        let url = try #require(line.split(separator: " ").last.flatMap { URL(string: String($0)) })
        // What a first request needs, it keeps.
        #expect(try get(url.absoluteString).status == 200)
        let before = try ProcessFiles.privateMemory(of: wagi.id)

        let body = LongBody(count: 32 << 20)
        let socket = try RawSocket(port: UInt16(try #require(url.port)))
        try socket.send("POST / HTTP/1.0\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n")
        try body.send(to: socket)
        #expect(try eventually { try ProcessFiles.bytesInRemovedFiles(of: wagi.id, named: "hippo-dev-") >= 8 << 20 })
        let during = try ProcessFiles.privateMemory(of: wagi.id)
        #expect(during - before < 8 << 20)
        #expect(try socket.receive(until: "\r\n\r\n", atMost: 1).hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(try body.countReceived(from: socket) == body.count)
        #expect(try ProcessFiles.privateMemory(of: wagi.id) - before < 8 << 20)
    }
}
