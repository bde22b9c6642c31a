import Foundation

/// A project of a handler in WAT, at `/hello`, and asset files below `files`, in a temporary directory.
struct GeneratedProject {
    let directory: URL

    /// - Parameters:
    ///   - fileCount: how many assets there are, `0.txt` and so on.
    ///   - byteCount: how many bytes they have together.
    init(fileCount: Int, byteCount: Int) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("project-\(UUID().uuidString)")
        let files = directory.appendingPathComponent("files")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        let size = max(64, byteCount / fileCount)
        for number in 0..<fileCount {
            let line = "file \(number), one of many that do not change\n"
            let text = String(repeating: line, count: size / line.utf8.count + 1)
            try Data(text.utf8.prefix(size)).write(to: files.appendingPathComponent("\(number).txt"))
        }
        try saveHandler(greeting: "hello")
        let hippofacts = """
            [bindle]
            name = "benchmark"
            version = "1.0.0"

            [[handler]]
            name = "hello.wat"
            route = "/hello"
            files = ["files/*"]
            """
        try Data(hippofacts.utf8).write(to: directory.appendingPathComponent("HIPPOFACTS"))
    }

    func remove() {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Saves an asset in place, as a shell does: the first one if no other is named.
    func saveAsset(_ text: String, named name: String = "0.txt") throws {
        try Data(text.utf8).write(to: asset(name))
    }

    func removeAsset(_ name: String) throws {
        try FileManager.default.removeItem(at: asset(name))
    }

    func renameAsset(_ name: String, to newName: String) throws {
        guard rename(asset(name).path, asset(newName).path) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno)!)
        }
    }

    private func asset(_ name: String) -> URL { directory.appendingPathComponent("files/\(name)") }

    /// Saves a handler that answers with the greeting and a line end.
    func saveHandler(greeting: String) throws {
        try Data(Self.handlerText(greeting: greeting).utf8).write(to: directory.appendingPathComponent("hello.wat"))
    }

    /// A handler in WAT that answers with the greeting and a line end.
    static func handlerText(greeting: String) -> String {
        let response = "content-type: text/plain\\n\\n\(greeting)\\n"
        let count = 26 + greeting.utf8.count + 1
        return """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 16) "\(response)")
              (func (export "_start")
                (i32.store (i32.const 0) (i32.const 16))
                (i32.store (i32.const 4) (i32.const \(count)))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
            """
    }
}
