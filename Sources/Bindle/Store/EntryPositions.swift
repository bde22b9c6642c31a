/// The keys by which the entries of an invoice are in order. They have gaps, so that entries can come between others
/// without moving them.
struct EntryPositions: Sendable {
    private(set) var values: [Int64]

    /// The gap between neighbours at first: room for halving it 32 times in one place, and for 2³⁰ entries.
    private static let spacing: Int64 = 1 << 32

    init(values: [Int64]) {
        self.values = values
    }

    /// Positions for a new list.
    init(count: Int) {
        values = (0..<Int64(count)).map { $0 * Self.spacing }
    }

    /// The positions after these changes. An entry that replaces another takes its place.
    /// - Returns: `nil` where there is no room left between two entries that stay.
    func applying(_ changes: ParcelChanges) -> EntryPositions? {
        var result: [Int64] = []
        result.reserveCapacity(values.count)
        var next = 0
        for replacement in changes.replacements {
            result += values[next..<replacement.old.lowerBound]
            next = replacement.old.upperBound
            if replacement.old.count == replacement.new.count {
                result += values[replacement.old]
            } else {
                let upper = next < values.count ? values[next] : nil
                guard Self.append(replacement.new.count, before: upper, to: &result) else { return nil }
            }
        }
        result += values[next...]
        return EntryPositions(values: result)
    }

    /// Adds `count` positions, all below `upper`, if there is room.
    private static func append(_ count: Int, before upper: Int64?, to positions: inout [Int64]) -> Bool {
        guard count > 0 else { return true }
        let count = Int64(count)
        switch (positions.last, upper) {
        case (let lower?, let upper?):
            // Both are far from the ends of the range; see `spacing`.
            let step = (upper - lower) / (count + 1)
            guard step > 0 else { return false }
            for index in 1...count { positions.append(lower + index * step) }
        case (let lower?, nil):
            guard lower < Int64.max / 2 - count * spacing else { return false }
            for index in 1...count { positions.append(lower + index * spacing) }
        case (nil, let upper?):
            guard upper > Int64.min / 2 + count * spacing else { return false }
            for index in (1...count).reversed() { positions.append(upper - index * spacing) }
        case (nil, nil):
            for index in 0..<count { positions.append(index * spacing) }
        }
        return true
    }
}
