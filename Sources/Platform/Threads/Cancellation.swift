import Synchronization

/// Tells work on other threads that nobody wants its result any more. For good: there is no way back.
package final class Cancellation: Sendable {
    private let flag = Atomic(false)
    private let actions = Mutex<[@Sendable () -> Void]>([])

    package init() {}

    /// Whether the work is to end as soon as it can. Cheap enough to be asked for each file and each chunk.
    package var isCancelled: Bool { flag.load(ordering: .acquiring) }

    /// Cancels. Called from any thread; the first call runs the actions.
    package func cancel() {
        guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
        for action in actions.withLock({ $0 }) { action() }
    }

    /// Runs an action on the thread that cancels, at once if that has been done.
    package func onCancel(_ action: @escaping @Sendable () -> Void) {
        actions.withLock { $0.append(action) }
        if isCancelled { action() }
    }
}
