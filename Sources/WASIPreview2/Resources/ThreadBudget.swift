import Platform
import Synchronization

/// The threads that work for one component, on what it may have dropped long ago: they are counted until they have ended.
package final class ThreadBudget: Sendable {
    private static let limit = 256

    private let count = Atomic(0)

    init() {}

    /// Runs `body` on a new thread; false if there are too many, or the system has none to give.
    package func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        guard count.add(1, ordering: .relaxed).oldValue < Self.limit else {
            count.subtract(1, ordering: .relaxed)
            return false
        }
        let isStarted = SystemThread.start(name: name, stackSize: 512 << 10) {
            body()
            self.count.subtract(1, ordering: .relaxed)
        }
        if !isStarted { count.subtract(1, ordering: .relaxed) }
        return isStarted
    }
}
