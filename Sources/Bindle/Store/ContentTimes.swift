/// When the contents of an invoice's parcels first came under their names.
///
/// A time changes with the content only. A content that comes back under its name comes anew: a time that went back would
/// let a browser take what it has for newer.
struct ContentTimes {
    /// One for each parcel of the invoice, in its order; nanoseconds since 1970.
    private(set) var values: [Int64]

    init(values: [Int64]) {
        self.values = values
    }

    /// All parcels of a new invoice.
    /// - Parameter before: What another bindle had that this one goes on from, as the next version of an application does.
    init(of parcels: ParcelList, now: Int64, after before: (parcels: ParcelList, times: [Int64])? = nil) {
        guard let before else {
            self.init(values: Array(repeating: now, count: parcels.count))
            return
        }
        self.init(values: before.times)
        self = applying(
            ParcelChanges([.init(old: before.parcels.indices, new: parcels.indices)]), from: before.parcels,
            to: parcels,
            now: now)
    }

    private struct Key: Hashable {
        let name: NameBytes
        let digest: String

        init(_ label: Label) {
            name = NameBytes(label.name)
            digest = label.sha256
        }
    }

    /// The times after changes. A name that keeps its content keeps its time, wherever it has moved.
    func applying(
        _ changes: ParcelChanges, from old: ParcelList, to new: ParcelList, now: Int64
    ) -> ContentTimes {
        var kept: [Key: Int64] = [:]
        // No name's time ever goes back, even if the clock does.
        var latest = now
        for index in changes.replacements.lazy.flatMap(\.old) {
            kept[Key(old[index].label)] = values[index]
            latest = max(latest, values[index] + 1)
        }
        var result: [Int64] = []
        result.reserveCapacity(new.count)
        var next = 0
        for replacement in changes.replacements {
            result += values[next..<replacement.old.lowerBound]
            for index in replacement.new { result.append(kept[Key(new[index].label)] ?? latest) }
            next = replacement.old.upperBound
        }
        result += values[next...]
        return ContentTimes(values: result)
    }
}
