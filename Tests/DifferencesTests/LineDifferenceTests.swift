import TestSupport
import Testing

@testable import Differences

@Suite("A difference of two texts")
struct LineDifferenceTests {
    private func difference(_ old: String, _ new: String, context: Int = 3) -> LineDifference {
        LineDifference(from: Array(old.utf8), to: Array(new.utf8), context: context)
    }

    /// What a difference makes of the first text: the second one.
    private func apply(_ difference: LineDifference, to old: String) -> String {
        var lines = old.split(separator: "\n", omittingEmptySubsequences: false).map { $0 + "\n" }
        if lines.last == "\n" { lines.removeLast() } else { lines[lines.count - 1].removeLast() }
        var result = ""
        var next = 0
        for hunk in difference.hunks {
            let hasOld = hunk.lines.contains { $0.change != .added }
            let start = hasOld ? hunk.oldStart - 1 : hunk.oldStart
            result += lines[next..<start].joined()
            next = start
            for line in hunk.lines {
                let text = line.text + (line.isEnded ? "\n" : "")
                if line.change != .added {
                    #expect(lines[next] == text)
                    next += 1
                }
                if line.change != .removed { result += text }
            }
        }
        return result + lines[next...].joined()
    }

    @Test(
        "is what diff -u writes",
        arguments: [
            ("a\nb\nc\n", "a\nx\nc\n", "--- 1\n+++ 2\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"),
            ("", "a\n", "--- 1\n+++ 2\n@@ -0,0 +1 @@\n+a\n"),
            ("a\n", "", "--- 1\n+++ 2\n@@ -1 +0,0 @@\n-a\n"),
            ("a", "a\n", "--- 1\n+++ 2\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"),
            ("a\n", "a\n", ""), ("", "", ""),
            (
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n5\n6\n7\n8\n9\n",
                "--- 1\n+++ 2\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n"
            ),
        ])
    func unified(old: String, new: String, text: String) {
        #expect(difference(old, new).text(from: "1", to: "2") == text)
    }

    @Test("has hunks of their own where changes are far from each other, and one where they are near")
    func hunks() {
        let old = (1...30).map { "\($0)\n" }.joined()
        func changed(_ numbers: Set<Int>) -> String {
            (1...30).map { numbers.contains($0) ? "x\n" : "\($0)\n" }.joined()
        }
        #expect(difference(old, changed([5, 12])).hunks.count == 1)
        #expect(difference(old, changed([5, 13])).hunks.count == 2)
        #expect(difference(old, changed([5, 7]), context: 0).hunks.map(\.oldStart) == [5, 7])
        let hunk = difference(old, changed([20])).hunks[0]
        #expect(hunk.oldStart == 17 && hunk.newStart == 17 && hunk.lines.count == 8)
    }

    @Test("leads from the first text to the second, and is as short as can be")
    func random() {
        var random = SeededGenerator()
        for _ in 0..<400 {
            let alphabet = Int.random(in: 1...6, using: &random)
            func text(_ limit: Int) -> String {
                let count = Int.random(in: 0...limit, using: &random)
                let lines = (0..<count).map { _ in "\(Int.random(in: 0..<alphabet, using: &random))\n" }
                return lines.joined() + (Bool.random(using: &random) ? "end" : "")
            }
            let (old, new) = (text(20), text(20))
            let difference = difference(old, new, context: .random(in: 0...4, using: &random))
            #expect(difference.isMinimal && !difference.isCut)
            #expect(apply(difference, to: old) == new, "\(old.debugDescription), \(new.debugDescription)")
            let edits = difference.hunks.reduce(0) { $0 + $1.lines.count { $0.change != .same } }
            #expect(edits == shortest(old, new), "\(old.debugDescription), \(new.debugDescription)")
        }
    }

    /// The number of lines that are removed and added at least, by the table of all prefixes.
    private func shortest(_ old: String, _ new: String) -> Int {
        func lines(_ text: String) -> [Substring] {
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.last == "" { lines.removeLast() } else { lines[lines.count - 1] += "!" }
            return lines
        }
        let (left, right) = (lines(old), lines(new))
        var row = Array(0...right.count)
        for (index, line) in left.enumerated() {
            var next = [index + 1]
            for (other, text) in right.enumerated() {
                next.append(line == text ? row[other] : min(row[other + 1], next[other]) + 1)
            }
            row = next
        }
        return row[right.count]
    }

    @Test("ends in time where there is much to compare, and is right even so") func bounded() {
        var random = SeededGenerator()
        func text() -> String { (0..<20_000).map { _ in "\(Int.random(in: 0..<50, using: &random))\n" }.joined() }
        let (old, new) = (text(), text())
        let time = ContinuousClock().measure {
            let difference = LineDifference(from: Array(old.utf8), to: Array(new.utf8), limit: .max)
            #expect(!difference.isMinimal)
            #expect(apply(difference, to: old) == new)
        }
        print("20,000 random lines: \(time)")
        #expect(time < .seconds(30))
        // Nothing in common costs nothing.
        let other = (0..<200_000).map { "\(-$0)\n" }.joined()
        #expect(LineDifference(from: Array(old.utf8), to: Array(other.utf8), effort: 0).isMinimal)
    }

    @Test("is cut where it has more lines than are wanted") func cut() {
        let old = (1...30).map { "\($0)\n" }.joined()
        let difference = LineDifference(from: Array(old.utf8), to: [], limit: 10)
        #expect(difference.isCut && difference.hunks.map(\.lines.count) == [10])
        #expect(!LineDifference(from: Array(old.utf8), to: [], limit: 30).isCut)
    }

    @Test("is of texts, not of bytes") func isText() {
        #expect(LineDifference.isText(Array("é\r\n".utf8)) && LineDifference.isText([]))
        #expect(!LineDifference.isText([0x61, 0]) && !LineDifference.isText([0xC3]))
    }
}
