import Bindle
import Foundation
import HTTP
import TestSupport
import WAGI
import WebAssemblyText

/// Modules for tests, written as text around a few helpers in WebAssembly.
enum Guest {
    /// A module with `print` (a NUL-terminated text), `print-arguments`, `print-environment` and `copy-input`, and
    /// memory whose addresses from 65536 on are free for `body`'s data, at most 64 KiB of it.
    /// - Parameter imports: imports beyond those of WASI.
    static func text(_ body: String, imports: String = "") -> String {
        """
        (module
          \(imports)
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_open"
            (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
          (memory (export "memory") 4)

          (func $length (param $text i32) (result i32) (local $end i32)
            (local.set $end (local.get $text))
            (block $done
              (loop $next
                (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
                (local.set $end (i32.add (local.get $end) (i32.const 1)))
                (br $next)))
            (i32.sub (local.get $end) (local.get $text)))

          (func $write (param $fd i32) (param $address i32) (param $count i32)
            (i32.store (i32.const 0) (local.get $address))
            (i32.store (i32.const 4) (local.get $count))
            (if (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable))))

          (func $print (param $text i32)
            (call $write (i32.const 1) (local.get $text) (call $length (local.get $text))))
          (func $log (param $text i32)
            (call $write (i32.const 2) (local.get $text) (call $length (local.get $text))))

          ;; Prints the block of texts at 16384, one on each line.
          (func $print-block (param $count i32) (local $text i32)
            (local.set $text (i32.const 16384))
            (block $done
              (loop $next
                (br_if $done (i32.eqz (local.get $count)))
                (call $print (local.get $text))
                (i32.store8 (i32.const 12) (i32.const 10))
                (call $write (i32.const 1) (i32.const 12) (i32.const 1))
                (local.set $text (i32.add (i32.add (local.get $text) (call $length (local.get $text))) (i32.const 1)))
                (local.set $count (i32.sub (local.get $count) (i32.const 1)))
                (br $next))))

          (func $print-arguments
            (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
            (drop (call $args_get (i32.const 8192) (i32.const 16384)))
            (call $print-block (i32.load (i32.const 16))))
          (func $print-environment
            (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
            (drop (call $environ_get (i32.const 8192) (i32.const 16384)))
            (call $print-block (i32.load (i32.const 16))))

          ;; Copies a descriptor to the standard output, to its end.
          (func $copy (param $fd i32)
            (block $done
              (loop $next
                (i32.store (i32.const 0) (i32.const 131072))
                (i32.store (i32.const 4) (i32.const 65536))
                (if (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
                (br_if $done (i32.eqz (i32.load (i32.const 8))))
                (call $write (i32.const 1) (i32.const 131072) (i32.load (i32.const 8)))
                (br $next))))

          ;; Opens a path below descriptor 3, with flags as `path_open` has them; gives the error.
          (func $open (param $path i32) (param $flags i32) (param $rights i64) (result i32)
            (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (call $length (local.get $path))
              (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 24)))
        \(body)
        )
        """
    }

    /// A module whose `_start` prints a text.
    static func printing(_ output: String) -> String {
        text("\(data(output, at: 65536)) (func (export \"_start\") (call $print (i32.const 65536)))")
    }

    /// A data segment with a text and its NUL.
    static func data(_ text: String, at address: Int) -> String {
        let escaped = text.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return "\\" + (digits.count == 1 ? "0" : "") + digits
        }
        return "(data (i32.const \(address)) \"\(escaped.joined())\\00\")"
    }
}

/// Modules served over real HTTP for the length of a test.
final class ServedApplication: Sendable {
    let server: WAGIServer
    let lines = Lines()
    private let directory: TemporaryDirectory
    private let client = Client()

    /// Lines that were logged.
    final class Lines: @unchecked Sendable {
        private let lock = NSLock()
        private var lines: [LogLine] = []

        func append(_ line: LogLine) { lock.withLock { lines.append(line) } }
        var all: [LogLine] { lock.withLock { lines } }
        var texts: [String] { all.map(\.text) }
    }

    /// Serves modules from a `modules.toml`.
    /// - Parameter modules: the text of each module by its name.
    convenience init(
        _ modules: [String: String], _ toml: String, server: ServerConfiguration = ServerConfiguration(),
        configure: (inout WAGIConfiguration) -> Void = { _ in }
    ) throws {
        let directory = try TemporaryDirectory()
        for (name, text) in modules { try directory.write(text, to: name) }
        let file = try directory.write(toml.replacingOccurrences(of: "DIR", with: directory.path), to: "modules.toml")
        try self.init(directory, configure, server: server) { configuration in
            try Application(handlers: ModulesFile(file: file.path).handlers, configuration: configuration)
        }
    }

    /// Serves one module at one route.
    convenience init(
        _ module: String, route: String = "/...", server: ServerConfiguration = ServerConfiguration(),
        configure: (inout WAGIConfiguration) -> Void = { _ in }
    ) throws {
        try self.init(
            ["module.wat": module], "[[module]]\nroute = \"\(route)\"\nmodule = \"DIR/module.wat\"", server: server,
            configure: configure)
    }

    init(
        _ directory: TemporaryDirectory, _ configure: (inout WAGIConfiguration) -> Void,
        server serverConfiguration: ServerConfiguration = ServerConfiguration(),
        _ load: (WAGIConfiguration) throws -> Application
    ) throws {
        self.directory = directory
        var configuration = WAGIConfiguration()
        configuration.cacheDirectory = "\(directory.path)/cache"
        let lines = lines
        configuration.logObserver = { lines.append($0) }
        configure(&configuration)
        let socket = try ListeningSocket(binding: .loopback(port: 0))
        server = WAGIServer(
            application: try load(configuration), socket: socket, configuration: serverConfiguration)
        try server.start()
    }

    deinit {
        server.stop()
        server.application.removeFiles()
    }

    struct Answer {
        let status: Int
        let headers: Headers
        let body: String
    }

    func get(_ target: String, headers: Headers = [:]) throws -> Answer { try send(.get, target, headers: headers) }

    func send(
        _ method: HTTP.Method, _ target: String, headers: Headers = [:], body: ClientRequest.Body = .empty
    ) throws -> Answer {
        let response = try open(method, target, headers: headers, body: body)
        let bytes = try response.readAll(limit: 64 << 20)
        return Answer(
            status: response.status.code, headers: response.headers, body: String(decoding: bytes, as: UTF8.self))
    }

    /// The response as soon as its head is there.
    func open(
        _ method: HTTP.Method, _ target: String, headers: Headers = [:], body: ClientRequest.Body = .empty
    ) throws -> ClientResponse {
        try client.send(
            ClientRequest(method, HTTPURL("http://\(server.address)\(target)"), headers: headers, body: body))
    }
}
