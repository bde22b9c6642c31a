import Synchronization

/// How long a module has waited for its client, to send or to receive: time that is not the module's own.
///
/// One thread waits; any may ask.
final class WaitingTime: Sendable {
    private static let origin = ContinuousClock.now
    /// Nanoseconds, of the waits that are over.
    private let finished = Atomic<Int64>(0)
    /// When the present wait began, in nanoseconds since `origin`; 0 when there is none.
    private let start = Atomic<Int64>(0)

    /// Runs something that waits.
    func measure<Result>(_ body: () throws -> Result) rethrows -> Result {
        let begin = Self.now
        start.store(begin, ordering: .relaxed)
        defer {
            start.store(0, ordering: .relaxed)
            finished.add(Self.now - begin, ordering: .relaxed)
        }
        return try body()
    }

    /// All waits so far, the present one included.
    var total: Duration {
        let begin = start.load(ordering: .relaxed)
        return .nanoseconds(finished.load(ordering: .relaxed) + (begin == 0 ? 0 : Self.now - begin))
    }

    private static var now: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - origin).components
        return max(1, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
