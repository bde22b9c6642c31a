import Platform
import Synchronization

/// A lock for each key, for work that may take long: who comes second waits.
final class KeyedLock<Key: Hashable & Sendable>: Sendable {
    private let monitor = Monitor()
    private let held = Mutex<Set<Key>>([])

    /// - Parameter patience: Who has waited for so long goes on without the lock; `nil` waits for as long as it takes.
    func withLock<Result>(
        _ key: Key, patience: Duration? = nil, _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let deadline = patience.map { MonotonicTime.now + $0 } ?? .distantFuture
        let isHeld = monitor.withLock {
            while !held.withLock({ $0.insert(key).inserted }) {
                guard monitor.wait(until: deadline) else { return false }
            }
            return true
        }
        guard isHeld else { return try body() }
        defer {
            monitor.withLock {
                held.withLock { _ = $0.remove(key) }
                monitor.broadcast()
            }
        }
        return try body()
    }
}
