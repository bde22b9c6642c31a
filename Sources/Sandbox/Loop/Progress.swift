import Dispatch
import Platform
import Synchronization

/// Tells how far something has come that takes more than a second.
final class Progress: Sendable {
    private static let firstDelay = DispatchTimeInterval.seconds(1)
    private static let interval = DispatchTimeInterval.seconds(5)
    private let isOver = Atomic(false)

    /// Begins to tell.
    ///
    /// - Parameters:
    ///   - text: how far it has come, in a sentence. Called on another thread.
    ///   - tell: takes the sentence.
    init(_ text: @escaping @Sendable () -> String, tell: @escaping @Sendable (String) -> Void) {
        schedule(after: Self.firstDelay, text, tell)
    }

    /// It has come to its end: nothing more is told.
    func end() {
        isOver.store(true, ordering: .releasing)
    }

    private func schedule(
        after delay: DispatchTimeInterval, _ text: @escaping @Sendable () -> String,
        _ tell: @escaping @Sendable (String) -> Void
    ) {
        DispatchQueue.global().asyncAfter(deadline: .now() + delay) { [weak self] in
            guard let self, !isOver.load(ordering: .acquiring) else { return }
            tell(text())
            schedule(after: Self.interval, text, tell)
        }
    }

    /// A number of bytes as people say it, in megabytes.
    static func megabytes(_ bytes: Int) -> String { "\((bytes + 500_000) / 1_000_000) MB" }
}
