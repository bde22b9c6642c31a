/// How much there is in a revision.
struct RevisionMeasure: Hashable {
    var parcelCount = 0
    /// The bytes of all parcels, each digest once.
    var size = 0
}

/// Counts the entries of a bindle for several of its states at once.
struct EntryTally {
    /// Ascending.
    private let states: [Int64]
    /// What each state has more than the one before it; the last is of no state.
    private var countSteps: [Int]
    /// Wider than sizes are, since these may be anything that an invoice says.
    private var sizeSteps: [Int128]
    /// The states, by their indexes, in which a content has been counted.
    private var counted: [Int64: [Range<Int>]] = [:]

    /// - Parameter states: Ascending, each once.
    init(states: [Int64]) {
        self.states = states
        countSteps = Array(repeating: 0, count: states.count + 1)
        sizeSteps = Array(repeating: 0, count: states.count + 1)
    }

    /// Counts an entry that belongs to the states from `since` on, before `until`; 0 is no end.
    mutating func add(content: Int64, size: Int, since: Int64, until: Int64) {
        let range = index(of: since)..<(until == 0 ? states.count : max(index(of: until), index(of: since)))
        guard !range.isEmpty else { return }
        countSteps[range.lowerBound] += 1
        countSteps[range.upperBound] -= 1
        // A content is mostly in one entry.
        guard let before = counted.updateValue([range], forKey: content) else { return addSize(size, range) }
        counted[content] = before + [range]
        var isNew = Array(repeating: true, count: range.count)
        for other in before {
            for index in other.clamped(to: range) { isNew[index - range.lowerBound] = false }
        }
        for (index, isNew) in zip(range, isNew) where isNew { addSize(size, index..<index + 1) }
    }

    private mutating func addSize(_ size: Int, _ range: Range<Int>) {
        sizeSteps[range.lowerBound] += Int128(size)
        sizeSteps[range.upperBound] -= Int128(size)
    }

    /// The index of the first state from a number on.
    private func index(of number: Int64) -> Int {
        var (low, high) = (0, states.count)
        while low < high {
            let middle = (low + high) / 2
            if states[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What each of the states has.
    var measures: [RevisionMeasure] {
        var count = 0
        var size: Int128 = 0
        return states.indices.map { index in
            count += countSteps[index]
            size += sizeSteps[index]
            return RevisionMeasure(parcelCount: count, size: Int(clamping: size))
        }
    }
}
