import Content
import Hippofacts
import Testing

/// What patterns match.
struct GlobPatternTests {
    @Test(
        "Takes",
        arguments: [
            ("a.txt", "a.txt"), ("*.txt", "a.txt"), ("*.txt", ".txt"), ("?.txt", "ä.txt"), ("[abc]", "b"),
            ("[!a-c]", "d"),
            ("[]]", "]"), ("[a-]", "-"), ("a*b*c", "aXbYbZc"), ("a/**/b", "a/b"), ("a/**/b", "a/x/y/b"), ("**/b", "b"),
            ("**/b", "x/b"), ("a/**", "a/b"), ("a/**", "a/b/c"), ("**", "a"), ("**/*", "a/b"), ("./a", "a"),
            ("a//b", "a/b"), ("**/a/**/b", "x/a/y/a/b"), ("*", ".hidden"),
        ])
    func takes(pattern: String, path: String) throws {
        #expect(try GlobPattern(pattern).matches(RelativePath(path)))
    }

    @Test(
        "Refuses",
        arguments: [
            ("a.txt", "A.txt"), ("*.txt", "a/b.txt"), ("?", "ab"), ("[abc]", "d"), ("[!a-c]", "b"),
            ("a/**/b", "a"), ("a/**/b", "b"), ("a/**/b", "ab"), ("a/**", "a"), ("**/b", "bb"), ("a/*", "a/b/c"),
            ("a*b", "a"),
        ])
    func refuses(pattern: String, path: String) throws {
        #expect(try !GlobPattern(pattern).matches(RelativePath(path)))
    }

    @Test("Means nothing", arguments: ["", "/a", "../a", "a/../b", "a**", "[a", "[z-a]", "./"])
    func meansNothing(pattern: String) {
        #expect(throws: GlobPattern.Invalid.self) { try GlobPattern(pattern) }
    }

    @Test(
        "May match below", arguments: [("a/*", "a"), ("a/*", ""), ("**/x", "a/b"), ("a/**", "a/b/c"), ("*/b/c", "x/b")])
    func mayMatchBelow(pattern: String, directory: String) throws {
        #expect(try GlobPattern(pattern).mayMatch(below: RelativePath(validating: directory)))
    }

    @Test("Cannot match below", arguments: [("a/*", "b"), ("a/*", "a/b"), ("*.txt", "a"), ("a/**/b", "b")])
    func cannotMatchBelow(pattern: String, directory: String) throws {
        #expect(try !GlobPattern(pattern).mayMatch(below: RelativePath(validating: directory)))
    }

    @Test("Many stars take no exponential time") func manyStarsTakeNoExponentialTime() throws {
        let pattern = try GlobPattern(String(repeating: "*a", count: 30) + "b")
        #expect(try !pattern.matches(RelativePath(String(repeating: "a", count: 255))))
    }

    @Test("Names are bytes: an accent is a letter of its own or not, and a mark after a slash leaves it a slash")
    func bytes() throws {
        #expect(try GlobPattern("caf\u{E9}").matches(RelativePath("caf\u{E9}")))
        #expect(try !GlobPattern("caf\u{E9}").matches(RelativePath("cafe\u{301}")))
        #expect(try GlobPattern("caf\u{E9}") != GlobPattern("cafe\u{301}"))
        #expect(try GlobPattern("caf??").matches(RelativePath("cafe\u{301}")))
        #expect(try GlobPattern("a/\u{301}*").matches(RelativePath("a/\u{301}b")))
        #expect(try GlobPattern("a*b").matches(RelativePath("a\n\\\u{1}b")))
    }
}
