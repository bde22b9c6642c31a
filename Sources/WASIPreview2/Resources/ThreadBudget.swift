import Platform
import Synchronization

/// The threads that work for one component, on what it may have dropped long ago: they are counted until they have ended.
///
/// They outlive the component, and each request may have a new one. So there is a limit for all together, too.
package final class ThreadBudget: Sendable {
    private let limit: Int
    private let whole: ThreadBudget?
    private let count = Atomic(0)

    /// What all components of the process have together.
    package static let process = ThreadBudget(limit: 1024, of: nil)

    /// - Parameter whole: what these threads count among, too.
    package init(limit: Int = 256, of whole: ThreadBudget? = .process) {
        self.limit = limit
        self.whole = whole
    }

    /// Runs `body` on a new thread; false if there are too many, or the system has none to give.
    package func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        guard take() else { return false }
        let isStarted = SystemThread.start(name: name, stackSize: 512 << 10) {
            body()
            self.giveBack()
        }
        if !isStarted { giveBack() }
        return isStarted
    }

    private func take() -> Bool {
        let isWithin = count.add(1, ordering: .relaxed).oldValue < limit
        if isWithin, whole?.take() ?? true { return true }
        count.subtract(1, ordering: .relaxed)
        return false
    }

    private func giveBack() {
        count.subtract(1, ordering: .relaxed)
        whole?.giveBack()
    }
}
