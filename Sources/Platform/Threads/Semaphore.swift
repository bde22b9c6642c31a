/// A count that threads wait for: `signal` lets one of them go on, now or later.
package final class Semaphore: Sendable {
    private let monitor = Monitor()
    // Under the monitor's lock only.
    private nonisolated(unsafe) var count: Int

    package init(_ count: Int = 0) {
        self.count = count
    }

    package func signal() {
        monitor.withLock {
            count += 1
            monitor.signal()
        }
    }

    package func wait() {
        _ = wait(until: .distantFuture)
    }

    /// Waits until there is a signal to take, at most until `deadline`; false if that has passed.
    package func wait(until deadline: MonotonicTime) -> Bool {
        monitor.withLock {
            while count == 0 {
                if !monitor.wait(until: deadline), count == 0 { return false }
            }
            count -= 1
            return true
        }
    }
}
