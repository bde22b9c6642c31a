import Foundation
import TestSupport
import Testing

/// Files whatever they are called, and however deep they lie.
@Suite(.timeLimit(.minutes(3)))
struct NameTests {
    private func encoded(_ path: String) -> String {
        path.utf8.map { byte in
            let isPlain = byte == UInt8(ascii: "/") || byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A
            return isPlain ? String(UnicodeScalar(byte)) : "%" + String(format: "%02X", byte)
        }.joined()
    }

    @Test(
        "A name may have any characters; two Unicode spellings are two files, and a rename from one to the other counts"
    )
    func names() async throws {
        let app = try SmallApp()
        let names = ["\u{E9}.txt", "e\u{301}.txt", "back\\slash.txt", "new\nline.txt", "\u{1}\u{7F}.txt"]
        for name in names { try app.save("first \(Array(name.utf8))", to: "assets/\(name)") }
        let scene = try await UpTests.Scene(app)
        for name in names {
            try await scene.wait(for: "first \(Array(name.utf8))", at: encoded("assets/\(name)"))
            try app.save("second \(Array(name.utf8))", to: "assets/\(name)")
            try await scene.wait(for: "second \(Array(name.utf8))", at: encoded("assets/\(name)"))
        }
        let assets = app.path + "/assets/"
        #expect(unlink(assets + names[1]) == 0 && rename(assets + names[0], assets + names[1]) == 0)
        try await scene.wait(for: "second \(Array(names[0].utf8))", at: encoded("assets/\(names[1])"))
        #expect(try get(scene.url + encoded("assets/\(names[0])")).status == 404)
    }

    @Test("What lies deeper than 63 directories is served, and again after each change")
    func depth() async throws {
        let app = try SmallApp()
        let path = "assets/" + String(repeating: "d/", count: 100) + "page.html"
        try app.writeHippofacts(extra: "[[handler]]\nname = \"hello.wat\"\nroute = \"/other\"\nfiles = [\"assets/**\"]")
        try app.save("first", to: path)
        let scene = try await UpTests.Scene(app)
        try await scene.wait(for: "first", at: path)
        for text in ["second", "third"] {
            try app.save(text, to: path)
            try await scene.wait(for: text, at: path)
        }
    }

    @Test("A name that is not UTF-8 is refused by name, and everything else is served")
    func namesThatAreNotUTF8() async throws {
        let app = try SmallApp()
        let bytes = Array("\(app.path)/assets/caf".utf8) + [0xE9] + Array(".txt".utf8) + [0]
        let descriptor = bytes.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o644) }
        }
        try #require(descriptor >= 0)
        close(descriptor)
        let scene = try await UpTests.Scene(app)
        try app.save("served", to: "assets/other.txt")
        try await scene.wait(for: "served", at: "assets/other.txt")
        let logs = scene.sandbox.events("log").compactMap { $0["text"]?.string }
        #expect(logs.contains { $0.contains("assets/caf\\xE9.txt") && $0.contains("not UTF-8") })
    }
}
