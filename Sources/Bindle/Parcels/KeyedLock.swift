import Platform
import Synchronization

/// A lock for each key, for work that may take long: who comes second waits.
final class KeyedLock<Key: Hashable & Sendable>: Sendable {
    private let monitor = Monitor()
    private let held = Mutex<Set<Key>>([])

    func withLock<Result>(_ key: Key, _ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        monitor.withLock {
            while !held.withLock({ $0.insert(key).inserted }) { monitor.wait() }
        }
        defer {
            monitor.withLock {
                held.withLock { _ = $0.remove(key) }
                monitor.broadcast()
            }
        }
        return try body()
    }
}
