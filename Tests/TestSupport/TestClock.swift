package import Platform
import Synchronization

/// A clock that stands still but for what a test does to it.
package final class TestClock: TimeSource {
    private let time: Mutex<(now: MonotonicTime, date: Int64)>

    /// - Parameters:
    ///   - now: nanoseconds, for deadlines.
    ///   - date: nanoseconds since 1970.
    package init(now: Int64 = 1_000_000_000_000, date: Int64 = 1_750_000_000_123_456_789) {
        time = Mutex((MonotonicTime(nanoseconds: now), date))
    }

    package var now: MonotonicTime { time.withLock { $0.now } }
    package var nanosecondsSince1970: Int64 { time.withLock { $0.date } }

    /// Lets time pass, on both clocks.
    package func advance(by duration: Duration) {
        time.withLock { time in
            time.now = time.now + duration
            time.date += duration.nanoseconds
        }
    }
}
