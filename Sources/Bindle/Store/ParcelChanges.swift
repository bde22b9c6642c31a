/// How one invoice's list of parcels comes out of another's: stretches of it are replaced, the rest stays.
package struct ParcelChanges: Hashable, Sendable {
    /// The parcels at `old`, in the list before, make way for those at `new`, in the list after. Either may be empty.
    package struct Replacement: Hashable, Sendable {
        package var old: Range<Int>
        package var new: Range<Int>

        package init(old: Range<Int>, new: Range<Int>) {
            self.old = old
            self.new = new
        }
    }

    /// In ascending order, and disjoint.
    package var replacements: [Replacement]

    package init(_ replacements: [Replacement] = []) {
        self.replacements = replacements
    }

    package var isEmpty: Bool { replacements.isEmpty }

    /// Finds out what has changed. What has only moved counts as removed and added, the fewest of such.
    ///
    /// Lists that share most of their elements are compared quickly: equal ends are passed over before anything is
    /// hashed.
    package init<Element: Hashable>(from old: [Element], to new: [Element]) {
        self.init(from: old, to: new, equalPrefix: 0, equalSuffix: 0)
    }

    /// Finds out what has changed, as between arrays; what both lists share is not looked at.
    package init(from old: ParcelList, to new: ParcelList) {
        let prefix = old.sharedPrefix(with: new)
        let rest = min(old.count, new.count) - prefix
        self.init(from: old, to: new, equalPrefix: prefix, equalSuffix: min(rest, old.sharedSuffix(with: new)))
    }

    /// - Parameters:
    ///   - equalPrefix: how many elements are known to be equal at the beginning.
    ///   - equalSuffix: how many are at the end, those of the beginning left out.
    private init<List: RandomAccessCollection>(
        from old: List, to new: List, equalPrefix: Int, equalSuffix: Int
    ) where List.Index == Int, List.Element: Hashable {
        let shorter = min(old.count, new.count)
        var prefix = equalPrefix
        while prefix < shorter - equalSuffix, old[prefix] == new[prefix] { prefix += 1 }
        var suffix = equalSuffix
        while suffix < shorter - prefix, old[old.count - 1 - suffix] == new[new.count - 1 - suffix] { suffix += 1 }
        let oldMiddle = prefix..<(old.count - suffix)
        let newMiddle = prefix..<(new.count - suffix)
        var builder = Builder(old: oldMiddle.lowerBound, new: newMiddle.lowerBound)
        if !oldMiddle.isEmpty && !newMiddle.isEmpty {
            for match in Self.matches(old[oldMiddle], new[newMiddle]) { builder.keep(match.old, match.new) }
        }
        builder.end(old: oldMiddle.upperBound, new: newMiddle.upperBound)
        replacements = builder.replacements
    }

    /// Whether these changes lead from a list of `oldCount` elements to one of `newCount`.
    func fit(oldCount: Int, newCount: Int) -> Bool {
        var old = 0
        var new = 0
        for replacement in replacements {
            guard replacement.old.lowerBound >= old, replacement.new.lowerBound >= new,
                replacement.old.lowerBound - old == replacement.new.lowerBound - new
            else { return false }
            old = replacement.old.upperBound
            new = replacement.new.upperBound
        }
        return old <= oldCount && oldCount - old == newCount - new
    }

    /// The same changes, where one takes in that many elements on both sides that stay. What meets grows together.
    /// - Parameter oldCount: The length of the list before.
    func widening(_ index: Int, by reach: Int, oldCount: Int) -> ParcelChanges {
        var result = replacements
        var first = index
        var last = index
        var wide = result[index]
        let lower = max(0, wide.old.lowerBound - reach)
        let upper = min(oldCount, wide.old.upperBound + reach)
        while first > 0, result[first - 1].old.upperBound >= lower { first -= 1 }
        while last + 1 < result.count, result[last + 1].old.lowerBound <= upper { last += 1 }
        // Elements that stay are as far from each other in both lists.
        let start = result[first]
        let end = result[last]
        let before = max(0, start.old.lowerBound - lower)
        let after = max(0, upper - end.old.upperBound)
        wide.old = (start.old.lowerBound - before)..<(end.old.upperBound + after)
        wide.new = (start.new.lowerBound - before)..<(end.new.upperBound + after)
        result.replaceSubrange(first...last, with: [wide])
        return ParcelChanges(result)
    }

    /// Collects replacements from the pairs of elements that stay.
    private struct Builder {
        var old: Int
        var new: Int
        var replacements: [Replacement] = []

        mutating func keep(_ oldIndex: Int, _ newIndex: Int) {
            end(old: oldIndex, new: newIndex)
            old = oldIndex + 1
            new = newIndex + 1
        }

        mutating func end(old oldEnd: Int, new newEnd: Int) {
            guard old < oldEnd || new < newEnd else { return }
            replacements.append(Replacement(old: old..<oldEnd, new: new..<newEnd))
        }
    }

    private typealias Match = (old: Int, new: Int)

    /// Equal elements of both lists, ascending in both: the longest such sequence when equal elements are paired in
    /// their order. Takes n log n steps, whatever the lists hold.
    private static func matches<Elements: RandomAccessCollection>(
        _ old: Elements, _ new: Elements
    ) -> [Match] where Elements.Index == Int, Elements.Element: Hashable {
        var places: [Elements.Element: ArraySlice<Int>] = [:]
        for index in old.indices { places[old[index], default: []].append(index) }
        var pairs: [Match] = []
        for index in new.indices {
            if let place = places[new[index]]?.popFirst() { pairs.append((place, index)) }
        }
        // The longest ascending sequence: `tails[n]` is the pair that ends the best sequence of n + 1 pairs so far.
        var tails: [Int] = []
        var previous = Array(repeating: -1, count: pairs.count)
        for index in pairs.indices {
            var low = 0
            var high = tails.count
            while low < high {
                let middle = (low + high) / 2
                if pairs[tails[middle]].old < pairs[index].old { low = middle + 1 } else { high = middle }
            }
            if low > 0 { previous[index] = tails[low - 1] }
            if low == tails.count { tails.append(index) } else { tails[low] = index }
        }
        var sequence: [Match] = []
        var next = tails.last ?? -1
        while next >= 0 {
            sequence.append(pairs[next])
            next = previous[next]
        }
        return sequence.reversed()
    }
}
