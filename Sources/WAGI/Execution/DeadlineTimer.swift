#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Platform
package import WebAssemblyRuntime

/// Ends guests whose time is up, from a thread of its own, whether they compute or wait for something outside.
///
/// A guest that computes notices that its store was interrupted. One that waits in a call of the system is woken by a
/// signal to its thread, whose handler does nothing: the call fails with `EINTR`, and whoever made it looks at the store.
/// The signal may come just before the call, so that it is sent again until the guest has ended. So waiting needs no
/// other calls than usual, and costs nothing until a time is up.
///
/// Sendable because all state is used under the monitor's lock only.
package final class DeadlineTimer: @unchecked Sendable {
    /// A guest that is watched. To be cancelled when it has ended.
    package struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Entry {
        let number: UInt64
        let time: MonotonicTime
    }

    private struct Guest {
        let store: Store
        let thread: pthread_t
        let unresponsive: (@Sendable () -> Void)?
        var signalCount = 0
    }

    /// One that programs ignore, unless they expect it.
    private static let signal = SIGURG
    private static let signalInterval = Duration.milliseconds(2)
    /// After how many signals a guest is called unresponsive, and woken less often: it is in a call of the system that
    /// signals do not end, or in host code that does not look.
    private static let patience = 500
    private static let longSignalInterval = Duration.milliseconds(100)

    // All state is used under the monitor's lock only.
    private let monitor = Monitor()
    /// What is to be done next, ordered by time. Cancelled entries stay until their time comes.
    private var queue: [Entry] = []
    private var guests: [UInt64: Guest] = [:]
    private var nextNumber: UInt64 = 0
    private var isRunning = false
    /// When the thread looks next, whether or not there is something to do by then.
    private var wakeTime = MonotonicTime.now

    package init() {
        _ = Self.installation
    }

    /// Whether a thread has been seen to by `unblockSignal`.
    private static let isUnblocked: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Who started this thread may have left the signal blocked.
    private static func unblockSignal() {
        guard pthread_getspecific(isUnblocked) == nil else { return }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, signal)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        pthread_setspecific(isUnblocked, UnsafeRawPointer(bitPattern: 1))
    }

    /// A handler that does nothing, and does not have calls of the system taken up again.
    private static let installation: Void = {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(signal, &action, nil)
    }()

    /// Ends the guest of `store`, which is about to run on this thread, when `limit` has passed, unless the ticket is
    /// cancelled before.
    ///
    /// - Parameter unresponsive: called, on the timer's thread, if the guest has not ended a second after that.
    package func schedule(
        _ store: Store, limit: Duration, unresponsive: (@Sendable () -> Void)? = nil
    ) -> Ticket {
        Self.unblockSignal()
        return monitor.withLock {
            let number = nextNumber
            nextNumber += 1
            guests[number] = Guest(store: store, thread: pthread_self(), unresponsive: unresponsive)
            enqueue(Entry(number: number, time: .now + limit))
            return Ticket(number: number)
        }
    }

    /// Ends a guest now. May be called on any thread.
    package func interrupt(_ ticket: Ticket) {
        monitor.withLock {
            guard let guest = guests[ticket.number], guest.signalCount == 0 else { return }
            queue.removeAll { $0.number == ticket.number }
            enqueue(Entry(number: ticket.number, time: .now))
        }
    }

    /// To be called on the guest's thread when it has ended: no signal is sent after that.
    package func cancel(_ ticket: Ticket) {
        monitor.withLock {
            guests[ticket.number] = nil
            if let first = queue.first, guests[first.number] == nil {
                // Whatever was cancelled at the front goes at once: the queue holds what is running, and little else.
                let living = queue.firstIndex { guests[$0.number] != nil } ?? queue.count
                queue.removeFirst(living)
            }
        }
    }

    /// Deadlines mostly come in order, all limits of time being the same.
    private func enqueue(_ entry: Entry) {
        let place = queue.lastIndex { $0.time <= entry.time }.map { $0 + 1 } ?? 0
        queue.insert(entry, at: place)
        if !isRunning {
            isRunning = true
            SystemThread.detach(name: "deadlines", stackSize: 256 << 10) { [self] in run() }
        } else if entry.time < wakeTime {
            monitor.signal()
        }
    }

    /// Runs for as long as there is something to wait for.
    private func run() {
        while true {
            switch monitor.withLock({ step() }) {
            case .goOn: continue
            case .tell(let unresponsive): unresponsive()
            case .end: return
            }
        }
    }

    private enum Step {
        case goOn
        case tell(@Sendable () -> Void)
        case end
    }

    private func step() -> Step {
        guard let first = queue.first else {
            isRunning = false
            return .end
        }
        guard first.time <= .now else {
            // A guest that has ended is not worth a wake-up of its own: most end long before their time.
            wakeTime = first.time
            _ = monitor.wait(until: first.time)
            return .goOn
        }
        queue.removeFirst()
        return wake(first.number)
    }

    private func wake(_ number: UInt64) -> Step {
        guard var guest = guests[number] else { return .goOn }
        guest.store.interrupt()
        pthread_kill(guest.thread, Self.signal)
        guest.signalCount += 1
        guests[number] = guest
        let isPatient = guest.signalCount < Self.patience
        enqueue(Entry(number: number, time: .now + (isPatient ? Self.signalInterval : Self.longSignalInterval)))
        return guest.signalCount == Self.patience ? guest.unresponsive.map(Step.tell) ?? .goOn : .goOn
    }
}
