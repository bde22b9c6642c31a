import Foundation
import Synchronization
import WebAssemblyRuntime

/// Ends a guest of this thread when its time is up, even one that waits for the host.
final class GuestDeadline: Sendable {
    private let isOver = Atomic<Bool>(false)

    /// How often a host call is woken, which may not have begun to wait when the first signal comes.
    private static let interval = 0.002
    /// After how many signals the process is ended instead: the host is in a call that signals do not end.
    private static let maximumSignals = 500

    /// - Parameter expired: called on another thread if the guest could not be ended; to end the process.
    init(_ store: Store, after timeout: Duration, expired: @escaping @Sendable () -> Void) {
        let seconds = TimeInterval(timeout.components.seconds) + TimeInterval(timeout.components.attoseconds) / 1e18
        // A handler that does nothing, so that calls the signal interrupts fail, rather than being taken up again.
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(SIGUSR1, &action, nil)
        // Who started this process may have left the signal blocked.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR1)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        let guest = pthread_self()
        Thread.detachNewThread { [self] in
            Thread.sleep(forTimeInterval: seconds)
            store.interrupt()
            for _ in 0..<Self.maximumSignals {
                Thread.sleep(forTimeInterval: Self.interval)
                guard !isOver.load(ordering: .acquiring) else { return }
                pthread_kill(guest, SIGUSR1)
            }
            expired()
        }
    }

    /// To be called when the guest has ended.
    func cancel() { isOver.store(true, ordering: .releasing) }
}
