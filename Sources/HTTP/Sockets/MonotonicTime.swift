#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A point in time for deadlines, in nanoseconds: an integer, because the event loop compares many. Nobody sets its
/// clock, which stands still while the machine sleeps.
package struct MonotonicTime: Comparable, Sendable {
    var nanoseconds: Int64

    package static let distantFuture = MonotonicTime(nanoseconds: .max)

    package static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return overflow ? .distantFuture : MonotonicTime(nanoseconds: sum)
    }

    /// The milliseconds from `start` until this time, rounded up, as `poll` takes them: -1 means for ever.
    func pollMilliseconds(since start: MonotonicTime) -> Int32 {
        guard self < .distantFuture else { return -1 }
        guard self > start else { return 0 }
        return Int32(clamping: (nanoseconds - start.nanoseconds + 999_999) / 1_000_000)
    }
}

extension Duration {
    /// Clamped to what 64 bits hold: 292 years.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }
}
