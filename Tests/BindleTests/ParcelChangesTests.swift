import TestSupport
import Testing

@testable import Bindle

@Suite("Changes between lists of parcels")
struct ParcelChangesTests {
    typealias Replacement = ParcelChanges.Replacement

    @Test(arguments: [
        ("abc", "abc", []),
        ("", "ab", [Replacement(old: 0..<0, new: 0..<2)]),
        ("ab", "", [Replacement(old: 0..<2, new: 0..<0)]),
        ("abcde", "abXde", [Replacement(old: 2..<3, new: 2..<3)]),
        ("abcde", "abde", [Replacement(old: 2..<3, new: 2..<2)]),
        ("abde", "abcde", [Replacement(old: 2..<2, new: 2..<3)]),
        ("aaa", "aa", [Replacement(old: 2..<3, new: 2..<2)]),
        ("abcdef", "aXcdYYf", [Replacement(old: 1..<2, new: 1..<2), Replacement(old: 4..<5, new: 4..<6)]),
        // What is moved to the front is the one that is removed and added, not all that it has passed.
        ("abcdef", "fabcde", [Replacement(old: 0..<0, new: 0..<1), Replacement(old: 5..<6, new: 6..<6)]),
    ])
    func `are the fewest`(old: String, new: String, expected: [Replacement]) {
        let changes = ParcelChanges(from: Array(old), to: Array(new))
        #expect(changes.replacements == expected)
        #expect(changes.fit(oldCount: old.count, newCount: new.count))
    }

    @Test func `lead from any list to any other`() {
        var random = SeededGenerator()
        for _ in 0..<500 {
            let old = (0..<Int.random(in: 0...12, using: &random)).map { _ in Int.random(in: 0...5, using: &random) }
            let new = (0..<Int.random(in: 0...12, using: &random)).map { _ in Int.random(in: 0...5, using: &random) }
            let changes = ParcelChanges(from: old, to: new)
            #expect(changes.fit(oldCount: old.count, newCount: new.count))
            var result: [Int] = []
            var next = 0
            for replacement in changes.replacements {
                result += old[next..<replacement.old.lowerBound] + new[replacement.new]
                next = replacement.old.upperBound
            }
            result += old[next...]
            #expect(result == new, "from \(old) by \(changes)")
        }
    }

    @Test func `that do not fit are known`() {
        let one = ParcelChanges([Replacement(old: 1..<2, new: 1..<3)])
        #expect(one.fit(oldCount: 4, newCount: 5))
        #expect(!one.fit(oldCount: 4, newCount: 4))
        #expect(!one.fit(oldCount: 1, newCount: 2))
        #expect(!ParcelChanges([Replacement(old: 1..<2, new: 2..<3)]).fit(oldCount: 4, newCount: 4))
    }
}

@Suite("Positions of entries")
struct EntryPositionsTests {
    private func apply(_ positions: EntryPositions, _ old: Range<Int>, _ new: Range<Int>) -> EntryPositions? {
        positions.applying(ParcelChanges([.init(old: old, new: new)]))
    }

    @Test func `stay for what stays, and ascend`() throws {
        let positions = EntryPositions(count: 5)
        let added = try #require(apply(positions, 2..<2, 2..<5))
        #expect(added.values.count == 8)
        #expect(added.values == added.values.sorted() && Set(added.values).count == 8)
        #expect(added.values[..<2] == positions.values[..<2] && added.values[5...] == positions.values[2...])
        let first = try #require(apply(positions, 0..<0, 0..<2))
        #expect(first.values[2...] == positions.values[...] && first.values[0] < first.values[1])
        #expect(try #require(apply(positions, 5..<5, 5..<6)).values.last! > positions.values.last!)
        #expect(try #require(apply(positions, 1..<3, 1..<3)).values == positions.values)
        #expect(try #require(apply(positions, 0..<5, 0..<0)).values == [])
    }

    @Test func `run out when one place is halved for ever`() throws {
        var positions: EntryPositions? = EntryPositions(count: 2)
        var rounds = 0
        while let current = positions {
            positions = apply(current, 1..<1, 1..<2)
            rounds += 1
            try #require(rounds < 100)
        }
        #expect(rounds > 30)
    }
}
