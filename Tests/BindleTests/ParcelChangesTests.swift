import TestSupport
import Testing

@testable import Bindle

@Suite("Changes between lists of parcels")
struct ParcelChangesTests {
    typealias Replacement = ParcelChanges.Replacement

    @Test(
        "are the fewest",
        arguments: [
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
    func areTheFewest(old: String, new: String, expected: [Replacement]) {
        let changes = ParcelChanges(from: Array(old), to: Array(new))
        #expect(changes.replacements == expected)
        #expect(changes.fit(oldCount: old.count, newCount: new.count))
    }

    @Test("lead from any list to any other") func leadFromAnyListToAnyOther() {
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

    @Test("that do not fit are known") func thatDoNotFitAreKnown() {
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

    @Test("stay for what stays, and ascend") func stayForWhatStaysAndAscend() throws {
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

    @Test("run out when one place is halved for ever") func runOutWhenOnePlaceIsHalvedForEver() throws {
        var positions: EntryPositions? = EntryPositions(count: 2)
        var rounds = 0
        while let current = positions {
            positions = apply(current, 1..<1, 1..<2)
            rounds += 1
            try #require(rounds < 100)
        }
        #expect(rounds > 10)
    }

    @Test("A gap that is used up is widened by moving few neighbours")
    func makingRoom() throws {
        var positions = EntryPositions(count: 1000)
        var written = 0
        for round in 0..<2000 {
            // Always in one place, as files are that are named by the time.
            let index = 500 + round
            let (changes, next) = positions.makingRoom(
                for: ParcelChanges([.init(old: index..<index, new: index..<index + 1)]))
            #expect(changes.fit(oldCount: positions.values.count, newCount: next.values.count))
            #expect(zip(next.values, next.values.dropFirst()).allSatisfy(<), "round \(round)")
            written += changes.replacements.reduce(0) { $0 + $1.new.count }
            positions = next
        }
        #expect(positions.values.count == 3000)
        #expect(written < 2000 * 20, "\(written) entries were written for 2000 that are new")
    }

    @Test("Changes that make room lead to the same list", arguments: [1, 2, 3])
    func respacing(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var names = (0..<60).map { "\($0)" }
        var positions = EntryPositions(values: (0..<60).map { Int64($0) })
        for round in 0..<40 {
            var new = names
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                new.insert("r\(round).\(new.count)", at: Int.random(in: 0...new.count, using: &random))
            }
            new.remove(at: Int.random(in: 0..<new.count, using: &random))
            let (changes, next) = positions.makingRoom(for: ParcelChanges(from: names, to: new))
            try #require(changes.fit(oldCount: names.count, newCount: new.count) && next.values.count == new.count)
            #expect(zip(next.values, next.values.dropFirst()).allSatisfy(<))
            // What the changes do not touch has the position that it had.
            var table = Dictionary(uniqueKeysWithValues: zip(positions.values, names))
            for index in changes.replacements.flatMap(\.old) { table[positions.values[index]] = nil }
            for index in changes.replacements.flatMap(\.new) { table[next.values[index]] = new[index] }
            #expect(table.sorted { $0.key < $1.key }.map(\.value) == new)
            (names, positions) = (new, next)
        }
    }
}
