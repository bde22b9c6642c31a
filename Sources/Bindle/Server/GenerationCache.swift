/// Values that hold for one generation of something that changes, by their keys: with the next generation, all of them are
/// let go. What they cost together is bounded, as in `BoundedCache`.
///
/// Generations are numbers that only grow.
struct GenerationCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let empty: BoundedCache<Key, Value>
    private var values: BoundedCache<Key, Value>
    private var generation = Int.min

    /// - Parameters:
    ///   - costLimit: What all values together may cost.
    ///   - largest: What costs more is not kept.
    init(costLimit: Int, largest: Int) {
        empty = BoundedCache(costLimit: costLimit, largest: largest)
        values = empty
    }

    /// How many values are kept.
    var count: Int { values.count }

    /// - Parameter generation: The one that the value has to hold for.
    mutating func value(of key: Key, generation: Int) -> Value? {
        advance(to: generation)
        return generation == self.generation ? values.value(of: key) : nil
    }

    /// Keeps a value, unless it is of a generation that is over.
    mutating func insert(_ value: Value, at key: Key, cost: Int, generation: Int) {
        advance(to: generation)
        guard generation == self.generation else { return }
        values.insert(value, at: key, cost: cost)
    }

    private mutating func advance(to generation: Int) {
        guard generation > self.generation else { return }
        self.generation = generation
        if values.count > 0 { values = empty }
    }
}
