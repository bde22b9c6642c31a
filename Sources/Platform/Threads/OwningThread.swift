import Synchronization

/// The thread that a piece of state belongs to, for assertions: in place of a comment that says "on the loop's thread only".
///
/// Whoever has such a state calls `assert(thread.isCurrent)` where it is touched, which release builds leave out.
package struct OwningThread: ~Copyable, Sendable {
    /// 0 while no thread has it.
    private let owner = Atomic<UInt>(0)

    package init() {}

    /// Makes the calling thread the owner, until `release`.
    package func claim() { owner.store(Self.current, ordering: .releasing) }

    /// Leaves the state to whoever holds it.
    package func release() { owner.store(0, ordering: .releasing) }

    /// Whether the calling thread may touch the state. While it has no owner, because it is still being made or has come
    /// to its end, any thread may.
    package var isCurrent: Bool {
        let owner = owner.load(ordering: .acquiring)
        return owner == 0 || owner == Self.current
    }

    #if os(Linux)
        private static var current: UInt { UInt(pthread_self()) }
    #else
        private static var current: UInt { UInt(bitPattern: pthread_self()) }
    #endif
}
