import Hippofacts
import Testing

/// What patterns match.
struct GlobPatternTests {
    @Test(arguments: [
        ("a.txt", "a.txt"), ("*.txt", "a.txt"), ("*.txt", ".txt"), ("?.txt", "ä.txt"), ("[abc]", "b"), ("[!a-c]", "d"),
        ("[]]", "]"), ("[a-]", "-"), ("a*b*c", "aXbYbZc"), ("a/**/b", "a/b"), ("a/**/b", "a/x/y/b"), ("**/b", "b"),
        ("**/b", "x/b"), ("a/**", "a/b"), ("a/**", "a/b/c"), ("**", "a"), ("**/*", "a/b"), ("./a", "a"),
        ("a//b", "a/b"), ("**/a/**/b", "x/a/y/a/b"), ("*", ".hidden"),
    ])
    func takes(pattern: String, path: String) throws {
        #expect(try GlobPattern(pattern).matches(path))
    }

    @Test(arguments: [
        ("a.txt", "A.txt"), ("*.txt", "a/b.txt"), ("?", ""), ("?", "ab"), ("[abc]", "d"), ("[!a-c]", "b"),
        ("a/**/b", "a"), ("a/**/b", "b"), ("a/**/b", "ab"), ("a/**", "a"), ("**/b", "bb"), ("a/*", "a/b/c"),
        ("a*b", "a"),
    ])
    func refuses(pattern: String, path: String) throws {
        #expect(try !GlobPattern(pattern).matches(path))
    }

    @Test(arguments: ["", "/a", "../a", "a/../b", "a**", "[a", "[z-a]", "./"])
    func meansNothing(pattern: String) {
        #expect(throws: GlobPattern.Invalid.self) { try GlobPattern(pattern) }
    }

    @Test(arguments: [("a/*", "a"), ("a/*", ""), ("**/x", "a/b"), ("a/**", "a/b/c"), ("*/b/c", "x/b")])
    func mayMatchBelow(pattern: String, directory: String) throws {
        #expect(try GlobPattern(pattern).mayMatch(below: directory.split(separator: "/")))
    }

    @Test(arguments: [("a/*", "b"), ("a/*", "a/b"), ("*.txt", "a"), ("a/**/b", "b")])
    func cannotMatchBelow(pattern: String, directory: String) throws {
        #expect(try !GlobPattern(pattern).mayMatch(below: directory.split(separator: "/")))
    }

    @Test func manyStarsTakeNoExponentialTime() throws {
        let pattern = try GlobPattern(String(repeating: "*a", count: 30) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 3000)))
    }
}
