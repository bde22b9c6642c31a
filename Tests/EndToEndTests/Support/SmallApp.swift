import Foundation
import TestSupport

/// A project of one handler in WAT, at `/hello`, and two assets.
struct SmallApp {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try writeHandler("hello 1")
        try directory.write("<h1>page 1</h1>", to: "assets/index.html")
        try directory.write("h1 { color: red }", to: "assets/style.css")
        try writeHippofacts()
    }

    var path: String { directory.path }

    func writeHippofacts(route: String = "/hello", extra: String = "") throws {
        try save(
            """
            [bindle]
            name = "small"
            version = "1.2.3"

            [[handler]]
            name = "hello.wat"
            route = "\(route)"
            files = ["assets/*"]
            \(extra)
            """, to: "HIPPOFACTS")
    }

    func writeHandler(_ text: String, to file: String = "hello.wat") throws {
        try save(Self.handler(answering: text), to: file)
    }

    /// Saves a file as editors do: under another name first, then renamed.
    func save(_ text: String, to file: String) throws {
        try FileManager.default.createDirectory(
            at: directory.url.appendingPathComponent(file).deletingLastPathComponent(),
            withIntermediateDirectories: true)
        let temporary = try directory.write(text, to: "unsaved~")
        guard rename(temporary.path, directory.path + "/" + file) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    func remove(_ file: String) throws {
        try FileManager.default.removeItem(atPath: directory.path + "/" + file)
    }

    /// A WASI program in the text format that answers every request in the same way.
    static func handler(answering text: String) -> String {
        let head = "content-type: text/plain\\n\\n"
        let length = head.utf8.count - 2 + text.utf8.count
        return """
            (module
              (import "wasi_snapshot_preview1" "fd_write"
                (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\\10\\00\\00\\00")
              (data (i32.const 16) "\(head)\(text)")
              (func (export "_start")
                (i32.store (i32.const 4) (i32.const \(length)))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
            """
    }
}
