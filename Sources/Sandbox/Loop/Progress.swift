import Platform
import Synchronization

/// Tells how far something has come that takes more than a second, and then every five seconds.
final class Progress: Sendable {
    /// Runs an action after some time, on another thread.
    typealias Timer = @Sendable (_ delay: Duration, _ action: @escaping @Sendable () -> Void) -> Void

    static let firstDelay = Duration.seconds(1)
    static let interval = Duration.seconds(5)

    private let timer: Timer
    private let text: @Sendable () -> String
    private let tell: @Sendable (String) -> Void
    private let isOver = Atomic(false)

    /// Begins to tell.
    ///
    /// - Parameters:
    ///   - timer: what lets time pass.
    ///   - text: how far it has come, in a sentence. Called on the timer's thread.
    ///   - tell: takes the sentence.
    init(
        timer: @escaping Timer = systemTimer, _ text: @escaping @Sendable () -> String,
        tell: @escaping @Sendable (String) -> Void
    ) {
        self.timer = timer
        self.text = text
        self.tell = tell
        schedule(after: Self.firstDelay)
    }

    /// It has come to its end: nothing more is told.
    func end() {
        isOver.store(true, ordering: .releasing)
    }

    private func schedule(after delay: Duration) {
        timer(delay) { [weak self] in
            guard let self, !isOver.load(ordering: .acquiring) else { return }
            tell(text())
            schedule(after: Self.interval)
        }
    }

    static let systemTimer: Timer = { delay, action in
        SystemThread.detach(name: "progress", after: delay, action)
    }

    /// A number of bytes as people say it, in megabytes.
    static func megabytes(_ bytes: Int) -> String { "\((bytes + 500_000) / 1_000_000) MB" }
}
