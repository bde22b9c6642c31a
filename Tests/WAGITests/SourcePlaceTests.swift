import Foundation
import SandboxProtocol
import TestSupport
import Testing
import WebAssemblyRuntime

@testable import WAGI
@testable import WebAssembly

/// Which source a trap page shows.
struct SourcePlaceTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("one\ntwo\nthree\n", to: "app/src/main.c")
        try directory.write("secret\n", to: "other.c")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/app/link.c", withDestinationPath: directory.path + "/other.c")
    }

    private func frame(_ file: String?, line: Int = 2) -> Trap.Frame {
        Trap.Frame(
            moduleName: nil, functionIndex: 0, functionName: "f", codeOffset: 1,
            sourceLocation: file.map { SourceLocation(file: $0, line: line, column: 3) })
    }

    @Test("It is the innermost one in the project, whether its path is whole or not") func innermost() throws {
        let root = directory.path + "/app"
        for file in ["src/main.c", root + "/src/main.c", "./src/../src/main.c"] {
            let place = try #require(SourcePlace([frame("/rustc/x/lib.rs"), frame(nil), frame(file)], in: root))
            #expect(place.file == "src/main.c" && place.line == 2 && place.column == 3)
            #expect(place.excerpt.map(\.text) == ["one", "two", "three"])
        }
    }

    @Test(
        "What ended a handler is called from the innermost place that is not in a library",
        arguments: [
            "./libc-bottom-half/cloudlibc/src/libc/stdlib/_Exit.c", "~lib/array.ts",
            "/rustc/1/library/std/src/process.rs",
            "/opt/zig/lib/std/process.zig", "node_modules/@assemblyscript/wasi-shim/assembly/wasi_process.ts",
        ])
    func caller(_ library: String) {
        let trap = Trap(kind: .unreachable, frames: [frame(nil), frame(library), frame("src/main.c"), frame("b.c")])
        #expect(GuestFailure.exit(code: 3, trap).description.hasSuffix("exit code 3, called from src/main.c:2:3"))
    }

    @Test("Nothing outside the project is shown", arguments: ["../other.c", "link.c", "/etc/passwd", "src", "none.c"])
    func outside(_ file: String) {
        #expect(SourcePlace([frame(file, line: 1)], in: directory.path + "/app") == nil)
    }

    @Test("Editors are opened by URLs in which a path is nothing but a path") func links() throws {
        let link = EditorLink.usual.url(file: "/a b/\"<x>.c", line: 3, column: nil)
        #expect(link == "vscode://file/a%20b/%22%3Cx%3E.c:3:1")
        #expect(
            EditorLink(parsing: "idea")?.url(file: "/a.c", line: 3, column: 4)
                == "idea://open?file=/a.c&line=3&column=4")
        #expect(EditorLink(parsing: "none")?.url(file: "/a.c", line: 1, column: 1) == nil)
        #expect(EditorLink(parsing: "my://x{file}")?.url(file: "/a.c", line: 1, column: 1) == "my://x/a.c")
        for text in ["javascript:{file}", "vim", "file", "http://a", "JavaScript:x{file}"] {
            #expect(EditorLink(parsing: text) == nil, "\(text)")
        }
    }
}
