/// What tells the time: the system's clocks in the program, one that is set by hand in tests.
///
/// Whoever decides by time takes one and never asks a clock itself, so that a test decides what time it is.
package protocol TimeSource: Sendable {
    /// For deadlines and durations.
    var now: MonotonicTime { get }
    /// The time of day, as files are stamped with it and people are shown it: nanoseconds since 1970. It may be set.
    var nanosecondsSince1970: Int64 { get }
}

/// The system's clocks.
package struct SystemTime: TimeSource {
    package init() {}

    package var now: MonotonicTime { .now }

    package var nanosecondsSince1970: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.nanoseconds
    }
}

extension TimeSource where Self == SystemTime {
    /// The system's clocks.
    package static var system: SystemTime { SystemTime() }
}
