/// Finds lines that two texts have in common, in their order: as many as there can be, which is a longest common
/// subsequence.
///
/// See E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986), section 4b: from both ends,
/// paths of one more edit at a time are drawn until they meet, in the middle of a shortest one. Then the same is done for what
/// lies before and after that point, so that the memory needed grows with the lengths and not with their product.
struct LineMatching {
    private let old: [Int]
    private let new: [Int]
    /// How many more steps are taken before lines are left without a match.
    private var effort: Int
    private var forward: Reach
    private var backward: Reach
    /// Pairs of indices, ascending.
    private(set) var matches: [(old: Int, new: Int)] = []
    /// Whether there are as many matches as there can be.
    private(set) var isLongest = true

    /// - Parameters:
    ///   - old: A number for each line; equal lines have equal ones.
    ///   - effort: How many steps to take at most, each of which compares two lines or begins at a diagonal.
    init(_ old: [Int], _ new: [Int], effort: Int) {
        self.old = old
        self.new = new
        self.effort = effort
        forward = Reach(old.count, new.count)
        backward = forward
        match(old.indices, new.indices)
    }

    private mutating func match(_ oldRange: Range<Int>, _ newRange: Range<Int>) {
        var (left, right) = (oldRange, newRange)
        while let first = left.first, let other = right.first, old[first] == new[other] {
            matches.append((first, other))
            left = left.dropFirst()
            right = right.dropFirst()
        }
        var commonEnd = 0
        while let last = left.last, let other = right.last, old[last] == new[other] {
            commonEnd += 1
            left = left.dropLast()
            right = right.dropLast()
        }
        if !left.isEmpty, !right.isEmpty {
            if let middle = middle(left, right) {
                match(left.lowerBound..<middle.old, right.lowerBound..<middle.new)
                match(middle.old..<left.upperBound, middle.new..<right.upperBound)
            } else {
                isLongest = false
            }
        }
        for index in 0..<commonEnd { matches.append((left.upperBound + index, right.upperBound + index)) }
    }

    /// A point in the middle of a shortest path; `nil` if finding it takes too long. Neither text is empty, and neither
    /// their first nor their last lines are equal: the point is no corner.
    private mutating func middle(_ left: Range<Int>, _ right: Range<Int>) -> (old: Int, new: Int)? {
        let (old, new) = (old, new)
        let difference = left.count - right.count
        forward.reset(left.count, right.count)
        backward.reset(left.count, right.count)
        for edits in 0...(left.count + right.count + 1) / 2 {
            for diagonal in forward.diagonals(edits) {
                let place = forward.advance(on: diagonal, edits, &effort) {
                    old[left.lowerBound + $0] == new[right.lowerBound + $1]
                }
                guard difference & 1 != 0, let place, let other = backward[difference - diagonal] else { continue }
                if place + other >= left.count {
                    return (left.lowerBound + place, right.lowerBound + place - diagonal)
                }
            }
            for diagonal in backward.diagonals(edits) {
                let place = backward.advance(on: diagonal, edits, &effort) {
                    old[left.upperBound - 1 - $0] == new[right.upperBound - 1 - $1]
                }
                guard difference & 1 == 0, let place, let other = forward[difference - diagonal] else { continue }
                if place + other >= left.count {
                    return (left.upperBound - place, right.upperBound - (place - diagonal))
                }
            }
            guard effort > 0 else { return nil }
        }
        return nil
    }
}

/// How far paths have come from one corner. On the diagonal `k` lie the points whose place in the old text is `k` further
/// than that in the new one; the furthest of each is kept.
private struct Reach {
    private var places: [Int]
    private var oldCount = 0
    private var newCount = 0

    private static let unreached = -1

    init(_ oldCount: Int, _ newCount: Int) {
        // With a neighbour at each end.
        places = Array(repeating: Self.unreached, count: oldCount + newCount + 3)
    }

    /// Begins anew, for texts that are no longer than the first ones.
    mutating func reset(_ oldCount: Int, _ newCount: Int) {
        self.oldCount = oldCount
        self.newCount = newCount
        for index in 0..<oldCount + newCount + 3 { places[index] = Self.unreached }
    }

    /// The diagonals that paths of so many edits can end on, within both texts.
    func diagonals(_ edits: Int) -> StrideThrough<Int> {
        let first = edits <= newCount ? -edits : -newCount + (edits - newCount) & 1
        let last = edits <= oldCount ? edits : oldCount - (edits - oldCount) & 1
        return stride(from: first, through: last, by: 2)
    }

    private func index(_ diagonal: Int) -> Int { newCount + 1 + diagonal }

    /// The furthest place in the old text; `nil` if no path has come to the diagonal.
    subscript(diagonal: Int) -> Int? {
        let place = places[index(diagonal)]
        return place == Self.unreached ? nil : place
    }

    /// Goes on by one edit, from a neighbouring diagonal, and as far as the lines are equal from there.
    mutating func advance(
        on diagonal: Int, _ edits: Int, _ effort: inout Int, isEqual: (Int, Int) -> Bool
    ) -> Int? {
        var place = edits == 0 ? 0 : Self.unreached
        if let before = self[diagonal - 1], before < oldCount { place = before + 1 }
        if let after = self[diagonal + 1], after - diagonal <= newCount { place = max(place, after) }
        guard place != Self.unreached else { return nil }
        let start = place
        while place < oldCount, place - diagonal < newCount, isEqual(place, place - diagonal) { place += 1 }
        effort -= 1 + place - start
        places[index(diagonal)] = place
        return place
    }
}
