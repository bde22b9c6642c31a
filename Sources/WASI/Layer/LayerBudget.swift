import Synchronization

/// How much memory a layer may take, and how much it has taken.
final class LayerBudget: Sendable {
    /// Bytes.
    private let limit: Int
    private let taken = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes.
    var used: Int { taken.load(ordering: .relaxed) }

    /// - Parameter isForced: whether the limit does not hold, as for what makes room.
    /// - Throws: `noSpace` if the limit is in the way; nothing is taken then.
    func take(_ count: Int, isForced: Bool = false) throws(ErrorNumber) {
        let before = taken.add(count, ordering: .relaxed).oldValue
        guard before <= limit - count || isForced else {
            give(count)
            throw .noSpace
        }
    }

    func give(_ count: Int) {
        taken.subtract(count, ordering: .relaxed)
    }

    /// Whether so many bytes could be taken if nothing else were.
    func couldHold(_ count: Int) -> Bool { count <= limit }
}
