import Foundation
import Testing

@testable import Scaffolding

/// VS Code's matcher for AssemblyScript, tried on what its compiler writes.
struct ProblemMatcherTests {
    /// As VS Code does it: each line has to match the expression in its turn.
    private static func match(_ patterns: [String], _ lines: [String]) throws -> [String]? {
        for start in lines.indices where start + patterns.count <= lines.count {
            var groups: [[String]] = []
            for (pattern, line) in zip(patterns, lines[start...]) {
                let expression = try NSRegularExpression(pattern: pattern)
                let text = line as NSString
                guard let found = expression.firstMatch(in: line, range: NSRange(location: 0, length: text.length))
                else { break }
                groups.append((1..<max(1, found.numberOfRanges)).map { text.substring(with: found.range(at: $0)) })
            }
            if groups.count == patterns.count { return groups[0] + (groups.last ?? []) }
        }
        return nil
    }

    @Test("A test that has failed or was not run has a place") func tests() throws {
        let failed = try Self.match([ProblemMatcher.test], ["  ✗ it is (so) (0.4 ms) tests/a.toml:12"])
        #expect(failed?.prefix(3) == ["it is (so)", "tests/a.toml", "12"])
        let skipped = try Self.match([ProblemMatcher.test], ["  - GET /a:1 tests/a.toml:3"])
        #expect(skipped?.prefix(3) == ["GET /a:1", "tests/a.toml", "3"])
        for line in ["  ✓ good (0.4 ms)", "      body: no", "        - a b:3", "1 passed in 1 file (1.0 ms)"] {
            #expect(try Self.match([ProblemMatcher.test], [line]) == nil, "\(line)")
        }
    }

    @Test(
        "An error of asc has a place, however many lines of source it shows",
        arguments: [
            ["ERROR TS2304: Cannot find name 'foo'.", " foo();", " in assembly/index.ts(12,1)"],
            ["ERROR TS2304: Cannot find name 'foo'.", "", " foo();", " ~~~", " in assembly/index.ts(12,1)"],
            [
                "ERROR TS2304: Cannot find name 'foo'.", "    :", " 12 │ foo();", "    │ ~~~",
                "    └─ in assembly/index.ts(12,1)",
            ],
        ])
    func assemblyScript(_ lines: [String]) throws {
        for (prefix, shown) in [("", ""), (ProblemMatcher.buildPrefix, "         build │ ")] {
            let found = try ProblemMatcher.assemblyScript(prefix: prefix).compactMap {
                try Self.match($0, ["noise", "x"].map { shown + $0 } + lines.map { shown + $0 } + [shown])
            }
            #expect(found == [["ERROR", "TS2304", "Cannot find name 'foo'.", "assembly/index.ts", "12", "1"]])
        }
    }
}
