import Foundation
import Testing

/// The page of promises names the tests that hold them. It must not name any that are not there.
struct PromisesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL

    @Test("each test that the page of promises names is in the tree, and each promise names one")
    func namedTests() throws {
        let page = try String(
            contentsOf: Self.root.appendingPathComponent("Sources/Sandbox/Sandbox.docc/Promises.md"), encoding: .utf8)
        let tests = try Self.tests()
        var named = 0
        for row in page.split(separator: "\n") where row.hasPrefix("| ") && !row.hasPrefix("| ---") {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 2, cells[1] != "tests" else { continue }
            let names = cells[1].split(separator: "`").map(String.init).filter { $0.contains("Tests.") }
            #expect(!names.isEmpty, "no test holds this promise: \(cells[0])")
            let missing = names.filter { !tests.contains($0) }
            #expect(missing == [], "they are not in the tree")
            named += names.count
        }
        #expect(named > 60)
    }

    /// All tests, each as `SUITE.FUNCTION`.
    private static func tests() throws -> Set<String> {
        let folder = root.appendingPathComponent("Tests")
        let types = /\b(?:struct|class|enum|extension) (\w+)/
        let functions = /\bfunc (\w+)/
        var names: Set<String> = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            var suite = ""
            var isTest = false
            for line in text.split(separator: "\n") {
                // What begins at the margin is no part of another type.
                if line.first != " ", let type = line.firstMatch(of: types) { suite = String(type.1) }
                if line.contains("@Test") { isTest = true }
                if isTest, let function = line.firstMatch(of: functions) {
                    names.insert("\(suite).\(function.1)")
                    isTest = false
                }
            }
        }
        return names
    }
}
