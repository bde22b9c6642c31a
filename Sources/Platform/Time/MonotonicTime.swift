/// A point in time for deadlines, in nanoseconds: an integer, because the event loop compares many. Nobody sets its
/// clock, which stands still while the machine sleeps, and which all processes share.
package struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Since some point in the past, mostly the machine's start.
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static let distantFuture = MonotonicTime(nanoseconds: .max)
    package static let distantPast = MonotonicTime(nanoseconds: .min)

    /// The time by the system's clock. What is to be tested with another clock takes a `TimeSource`.
    package static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: time.nanoseconds)
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return overflow ? (duration < .zero ? .distantPast : .distantFuture) : MonotonicTime(nanoseconds: sum)
    }

    package static func - (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (difference, overflow) = time.nanoseconds.subtractingReportingOverflow(duration.nanoseconds)
        return overflow ? (duration < .zero ? .distantFuture : .distantPast) : MonotonicTime(nanoseconds: difference)
    }

    /// How long it is from `start` to `end`, clamped to 292 years.
    package static func - (end: MonotonicTime, start: MonotonicTime) -> Duration {
        let (difference, overflow) = end.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
        return .nanoseconds(overflow ? (end < start ? .min : .max) : difference)
    }

    /// The milliseconds from `start` until this time, rounded up, as `poll` takes them: -1 means for ever.
    package func pollMilliseconds(since start: MonotonicTime) -> Int32 {
        guard self < .distantFuture else { return -1 }
        guard self > start else { return 0 }
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(start.nanoseconds)
        return overflow ? .max : Int32(clamping: difference / 1_000_000 + (difference % 1_000_000 == 0 ? 0 : 1))
    }
}
