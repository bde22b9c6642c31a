/// Values by their keys. Those that were used last stay. What they cost together is bounded.
struct BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let value: Value
        let cost: Int
        var lastUse: UInt64
    }

    private let costLimit: Int
    private let largest: Int
    private var entries: [Key: Entry] = [:]
    private var cost = 0
    private var time: UInt64 = 0

    /// - Parameters:
    ///   - costLimit: What all values together may cost.
    ///   - largest: What costs more is not kept.
    init(costLimit: Int, largest: Int) {
        self.costLimit = costLimit
        self.largest = largest
    }

    /// How many values are kept.
    var count: Int { entries.count }

    mutating func value(of key: Key) -> Value? {
        guard let index = entries.index(forKey: key) else { return nil }
        time += 1
        entries.values[index].lastUse = time
        return entries.values[index].value
    }

    mutating func insert(_ value: Value, at key: Key, cost newCost: Int) {
        remove(key)
        guard newCost <= largest else { return }
        time += 1
        entries[key] = Entry(value: value, cost: newCost, lastUse: time)
        cost += newCost
        if cost > costLimit { shrink() }
    }

    mutating func remove(_ key: Key) {
        if let old = entries.removeValue(forKey: key) { cost -= old.cost }
    }

    /// Removes what was not used for the longest time, down to half of what is allowed, so that this is seldom done.
    private mutating func shrink() {
        for (key, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard cost > costLimit / 2 else { return }
            entries[key] = nil
            cost -= entry.cost
        }
    }
}
