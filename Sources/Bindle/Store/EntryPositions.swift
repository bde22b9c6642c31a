/// The keys by which the entries of an invoice are in order. They have gaps, so that entries can come between others
/// without moving them.
struct EntryPositions: Sendable {
    private(set) var values: [Int64]

    /// The gap between neighbours at first. Positions of 500,000 entries take four bytes in a row then; where a gap is used
    /// up, the neighbours move a little.
    private static let spacing: Int64 = 1 << 12
    /// The gap that entries have at least after they were moved, so that the next ones find room.
    private static let roomAfterMoving: Int64 = 1 << 6

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
        var full = 0
        return applying(changes, respacing: [], full: &full)
    }

    /// The positions after these changes, and the changes with which they are reached: where there is no room between two
    /// entries that stay, some of their neighbours are written anew at other positions.
    func makingRoom(for changes: ParcelChanges) -> (changes: ParcelChanges, positions: EntryPositions) {
        var edits = changes
        var respaced: Set<Int> = []
        var reach = 8
        while true {
            var full = 0
            if let positions = applying(edits, respacing: respaced, full: &full) { return (edits, positions) }
            // Indices shift when replacements grow together; these are few, and found again by their old ranges.
            let marked =
                respaced.map { edits.replacements[$0].old.lowerBound } + [edits.replacements[full].old.lowerBound]
            edits = edits.widening(full, by: reach, oldCount: values.count)
            respaced = Set(
                edits.replacements.indices.filter { index in
                    let old = edits.replacements[index].old
                    return marked.contains { old.contains($0) || old.lowerBound == $0 || old.upperBound == $0 }
                })
            reach *= 4
        }
    }

    /// - Parameters:
    ///   - respacing: The replacements whose entries all get new positions.
    ///   - full: Is set to the replacement that has no room.
    private func applying(
        _ changes: ParcelChanges, respacing: Set<Int>, full: inout Int
    ) -> EntryPositions? {
        var result: [Int64] = []
        result.reserveCapacity(values.count)
        var next = 0
        for (index, replacement) in changes.replacements.enumerated() {
            result += values[next..<replacement.old.lowerBound]
            next = replacement.old.upperBound
            if replacement.old.count == replacement.new.count && !respacing.contains(index) {
                result += values[replacement.old]
            } else {
                let upper = next < values.count ? values[next] : nil
                let room = respacing.contains(index) ? Self.roomAfterMoving : 1
                guard Self.append(replacement.new.count, before: upper, room: room, to: &result) else {
                    full = index
                    return nil
                }
            }
        }
        result += values[next...]
        return EntryPositions(values: result)
    }

    /// Adds `count` positions, all below `upper`, if there is room.
    private static func append(
        _ count: Int, before upper: Int64?, room: Int64, to positions: inout [Int64]
    ) -> Bool {
        guard count > 0 else { return true }
        let count = Int64(count)
        switch (positions.last, upper) {
        case (let lower?, let upper?):
            // Both are far from the ends of the range; see `spacing`.
            let step = (upper - lower) / (count + 1)
            guard step >= room else { return false }
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
