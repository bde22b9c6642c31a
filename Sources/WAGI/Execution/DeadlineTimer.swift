import Foundation
import WebAssemblyRuntime

/// Interrupts guests whose time is up, from a thread of its own.
final class DeadlineTimer: @unchecked Sendable {
    /// A guest that is watched. To be cancelled when it has ended.
    struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Entry {
        let number: UInt64
        let deadline: ContinuousClock.Instant
    }

    private struct Guest {
        let store: Store
        /// When its time would be up if it never waited.
        let deadline: ContinuousClock.Instant
        let waiting: WaitingTime
    }

    // All state is used under the condition's lock only.
    private let condition = NSCondition()
    /// Ordered by deadline. Cancelled entries stay until their time comes.
    private var queue: [Entry] = []
    private var guests: [UInt64: Guest] = [:]
    private var nextNumber: UInt64 = 0
    private var isRunning = false
    /// When the thread looks next, whether or not there is something to do by then.
    private var wakeTime = ContinuousClock.now

    /// Interrupts `store` when it has run for `limit`, the time that it waits for its client not counted, unless the
    /// ticket is cancelled before.
    func schedule(_ store: Store, limit: Duration, waiting: WaitingTime = WaitingTime()) -> Ticket {
        condition.lock()
        defer { condition.unlock() }
        let number = nextNumber
        nextNumber += 1
        let deadline = ContinuousClock.now + limit
        guests[number] = Guest(store: store, deadline: deadline, waiting: waiting)
        enqueue(Entry(number: number, deadline: deadline))
        if !isRunning {
            isRunning = true
            let thread = Thread { [self] in run() }
            thread.name = "deadlines"
            thread.stackSize = 256 << 10
            thread.start()
        } else if deadline < wakeTime {
            condition.signal()
        }
        return Ticket(number: number)
    }

    /// Deadlines mostly come in order, all limits of time being the same.
    private func enqueue(_ entry: Entry) {
        let place = queue.lastIndex { $0.deadline <= entry.deadline }.map { $0 + 1 } ?? 0
        queue.insert(entry, at: place)
    }

    func cancel(_ ticket: Ticket) {
        condition.lock()
        defer { condition.unlock() }
        guests[ticket.number] = nil
        if let first = queue.first, guests[first.number] == nil {
            // Whatever was cancelled at the front goes at once: the queue holds what is running, and little else.
            let living = queue.firstIndex { guests[$0.number] != nil } ?? queue.count
            queue.removeFirst(living)
        }
    }

    /// Runs for as long as there is something to wait for.
    private func run() {
        condition.lock()
        defer { condition.unlock() }
        while let first = queue.first {
            let remaining = first.deadline - .now
            if remaining > .zero {
                // A guest that has ended is not worth a wake-up of its own: most end long before their time.
                wakeTime = first.deadline
                _ = condition.wait(until: Date(timeIntervalSinceNow: remaining.seconds))
                continue
            }
            queue.removeFirst()
            guard let guest = guests[first.number] else { continue }
            let extended = guest.deadline + guest.waiting.total
            if extended > .now {
                enqueue(Entry(number: first.number, deadline: extended))
            } else {
                guests[first.number] = nil
                guest.store.interrupt()
            }
        }
        isRunning = false
    }
}

extension Duration {
    /// In seconds, fractions included.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    var milliseconds: Double { seconds * 1000 }
}
