import Foundation
import HTTP
import TestSupport
import Testing
import WAGI

/// A directory of files beside a `modules.toml`.
struct StaticDirectoryTests {
    private static let module = Guest.printing("Content-Type: text/plain\n\nmodule\n")

    private static func serve(
        _ directory: TemporaryDirectory, _ toml: String = "", _ configure: (inout WAGIConfiguration) -> Void = { _ in }
    ) throws -> ServedApplication {
        try ServedApplication(
            ["module.wat": module], "[[module]]\nroute = \"/taken.txt\"\nmodule = \"DIR/module.wat\"\n\(toml)"
        ) { configuration in
            configuration.staticDirectory = directory.path
            configure(&configuration)
        }
    }

    @Test("Files are served where no module takes the path, links and what is beside the directory are not")
    func served() throws {
        let directory = try TemporaryDirectory()
        try directory.write("<h1>", to: "index.html")
        try directory.write("file", to: "taken.txt")
        try directory.write("deep", to: "a/b/c.css")
        try FileManager.default.createSymbolicLink(atPath: directory.path + "/link", withDestinationPath: "/etc/passwd")
        let app = try Self.serve(directory)
        #expect(try app.get("/").body == "<h1>" && app.get("/taken.txt").body == "module\n")
        let style = try app.get("/a/b/c.css")
        #expect(style.body == "deep" && style.headers["Content-Type"] == "text/css; charset=utf-8")
        let tag = try #require(style.headers["ETag"])
        #expect(try app.get("/a/b/c.css", headers: ["If-None-Match": tag]).status == 304)
        for path in ["/link", "/../etc/passwd", "/%2e%2e/index.html", "/a/b"] {
            #expect(try app.get(path).status == 404, "\(path)")
        }
        #expect(app.server.application.warnings.contains { $0.contains("link") })
        #expect(try Self.serve(directory) { $0.servesStaticFiles = false }.get("/index.html").status == 404)
    }

    @Test("A directory that is not there is told at the start")
    func missing() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: LoadError.self) {
            try Self.serve(directory) { $0.staticDirectory = directory.path + "/none" }
        }
        #expect(error?.description.contains("/none") == true)
    }

    @Test("A module that has the directory as a volume reads it, and cannot write to it; another one it can")
    func volumes() throws {
        // Makes a directory of its own in what it has as its first volume, and prints the error's number.
        let guest = """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "path_create_directory"
                (func $make (param i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\10\\00\\00\\00\\1b\\00\\00\\00")
              (data (i32.const 16) "content-type: text/plain\\0a\\0a?")
              (data (i32.const 64) "made")
              (func (export "_start")
                (i32.store8 (i32.const 42)
                  (i32.add (i32.const 48) (i32.ne (call $make (i32.const 3) (i32.const 64) (i32.const 4)) (i32.const 0))))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
            """
        let directory = try TemporaryDirectory()
        try directory.write("file", to: "file")
        let other = try TemporaryDirectory()
        let app = try ServedApplication(
            ["guest.wat": guest],
            """
            [[module]]
            route = "/served"
            module = "DIR/guest.wat"
            volumes = { "/" = "\(directory.path)/" }
            [[module]]
            route = "/other"
            module = "DIR/guest.wat"
            volumes = { "/" = "\(other.path)" }
            """
        ) { $0.staticDirectory = directory.path }
        #expect(try app.get("/served").body == "1" && app.get("/other").body == "0")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["file"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path) == ["made"])
    }
}
