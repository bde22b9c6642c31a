import Content
import Testing

@Suite("Relative paths")
struct RelativePathTests {
    @Test("A path is components joined by slashes")
    func parts() throws {
        let path = try RelativePath("a/bc/d.txt")
        #expect(path.string == "a/bc/d.txt")
        #expect(path.name == "d.txt")
        #expect(path.parent == (try RelativePath("a/bc")))
        #expect(path.components == ["a", "bc", "d.txt"])
        let single = try RelativePath("x")
        #expect(single.name == "x")
        #expect(single.parent == nil)
    }

    @Test(
        "What would lead out of the root, or name nothing, is no path",
        arguments: [
            ("", RelativePathError.Problem.empty), ("/", .absolute), ("/a", .absolute), ("a/", .emptyComponent),
            ("a//b", .emptyComponent), (".", .dots), ("..", .dots), ("a/../b", .dots), ("a/.", .dots),
            ("./a", .dots), ("a\0b", .nul), ("a/" + String(repeating: "x", count: 256), .tooLong),
        ])
    func refused(text: String, problem: RelativePathError.Problem) {
        #expect(throws: RelativePathError(path: text, problem: problem)) { try RelativePath(text) }
        #expect(RelativePath(validating: text) == nil)
    }

    @Test(
        "Backslashes, newlines, control characters and dots within names are names",
        arguments: ["a\\b", "a\nb", "\u{1}", "...", ".a", "a..", "\u{7F}", String(repeating: "é", count: 127)])
    func accepted(text: String) throws {
        #expect(try RelativePath(text).string == text)
        #expect(RelativePath(validating: text) != nil)
    }

    @Test("The two Unicode spellings of a letter are two paths")
    func spellings() throws {
        let (composed, decomposed) = (try RelativePath("\u{E9}"), try RelativePath("e\u{301}"))
        #expect(composed.string == decomposed.string)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
    }

    @Test("Paths are ordered by their bytes")
    func order() throws {
        let texts = ["B", "a", "a/b", "a0", "é", "\u{10000}", "\u{FFFF}"]
        let sorted = try texts.map { try RelativePath($0) }.sorted()
        #expect(sorted.map(\.string) == ["B", "a", "a/b", "a0", "é", "\u{FFFF}", "\u{10000}"])
    }

    @Test("Bytes that are not UTF-8 are no path")
    func notUTF8() {
        let bytes: [UInt8] = [0x61, 0xFF]
        #expect(bytes.withUnsafeBufferPointer { RelativePath(utf8: $0) } == nil)
        #expect("a/b".utf8.map { $0 }.withUnsafeBufferPointer { RelativePath(utf8: $0)?.string } == "a/b")
    }
}
