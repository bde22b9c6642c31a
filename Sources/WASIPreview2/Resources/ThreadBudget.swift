import Platform
import Synchronization

/// The threads that work for one component, on what it may have dropped long ago: they are counted until they have ended.
///
/// A look-up of a name cannot be broken off, so that a thread may outlive its component. A budget around those of several
/// components bounds what they have in all, also when each of them lives for one request only.
package final class ThreadBudget: Sendable {
    /// How many threads one component may have.
    package static let componentLimit = 256
    /// How many all instances of a handler may have.
    package static let handlerLimit = 1024

    /// What all components of the process have together.
    package static let process = ThreadBudget(limit: 2048)

    private let limit: Int
    private let outer: ThreadBudget?
    private let count = Atomic(0)

    /// - Parameter outer: one that each thread has to have room in, too.
    package init(limit: Int = ThreadBudget.componentLimit, within outer: ThreadBudget? = nil) {
        self.limit = limit
        self.outer = outer
    }

    /// Whether there is room for one more, unless others that share the budget take it.
    package var hasRoom: Bool { count.load(ordering: .relaxed) < limit && outer?.hasRoom ?? true }

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
        guard count.add(1, ordering: .relaxed).oldValue < limit, outer?.take() ?? true else {
            count.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    private func giveBack() {
        count.subtract(1, ordering: .relaxed)
        outer?.giveBack()
    }
}
