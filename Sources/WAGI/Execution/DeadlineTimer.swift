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

    // All state is used under the condition's lock only.
    private let condition = NSCondition()
    /// Ordered by deadline. Cancelled entries stay until their time comes.
    private var queue: [Entry] = []
    private var stores: [UInt64: Store] = [:]
    private var nextNumber: UInt64 = 0
    private var isRunning = false

    /// Interrupts `store` at `deadline` unless the ticket is cancelled before.
    func schedule(_ store: Store, at deadline: ContinuousClock.Instant) -> Ticket {
        condition.lock()
        defer { condition.unlock() }
        let number = nextNumber
        nextNumber += 1
        stores[number] = store
        // Deadlines mostly come in order, all limits of time being the same.
        let place = queue.lastIndex { $0.deadline <= deadline }.map { $0 + 1 } ?? 0
        queue.insert(Entry(number: number, deadline: deadline), at: place)
        if !isRunning {
            isRunning = true
            let thread = Thread { [self] in run() }
            thread.name = "deadlines"
            thread.stackSize = 256 << 10
            thread.start()
        } else if place == 0 {
            condition.signal()
        }
        return Ticket(number: number)
    }

    func cancel(_ ticket: Ticket) {
        condition.lock()
        defer { condition.unlock() }
        stores[ticket.number] = nil
        if let first = queue.first, stores[first.number] == nil {
            // Whatever was cancelled at the front goes at once: the queue holds what is running, and little else.
            let living = queue.firstIndex { stores[$0.number] != nil } ?? queue.count
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
                _ = condition.wait(until: Date(timeIntervalSinceNow: remaining.seconds))
                continue
            }
            queue.removeFirst()
            stores.removeValue(forKey: first.number)?.interrupt()
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
