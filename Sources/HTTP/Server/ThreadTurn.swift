import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How long a thread wants to run at a time.
///
/// A low priority alone does not make a thread give way at once: Linux lets it finish its turn, of some milliseconds, even if
/// one of high priority is woken. From 6.12 on, a thread with a shorter turn need not wait for one with a longer turn. Both
/// lengths may be set without privileges. See "Why do threads take turns of different lengths?" in Server.md.
enum ThreadTurn {
    private static let shortest: UInt64 = 100_000
    private static let longest: UInt64 = 100_000_000
    private static let lowPriority: Int32 = 19

    /// Has the calling thread run as soon as it is woken.
    static func shorten() {
        #if os(Linux)
            // Who started this process may have chosen a priority, or a policy that has no turns.
            guard sched_getscheduler(0) == SCHED_OTHER else { return }
            let nice = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
            _ = clinux_set_turn(0, nice, shortest)
        #endif
    }

    /// Gives a thread of this process, by its number, the lowest priority and the longest turns.
    static func lower(_ thread: pid_t) {
        #if os(Linux)
            if clinux_set_turn(thread, lowPriority, longest) != 0 {
                // Linux knows priorities of threads: each has the number of a process.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(thread), lowPriority)
            }
        #endif
    }
}
