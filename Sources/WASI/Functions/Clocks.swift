import Glibc

/// A clock that a guest can read: `clockid` of the specification.
package enum Clock: UInt32 {
    case realTime = 0
    case monotonic = 1
    case processTime = 2
    case threadTime = 3

    init(checking number: UInt32) throws(ErrorNumber) {
        guard let clock = Clock(rawValue: number) else { throw .invalidArgument }
        self = clock
    }

    /// The host's clock. A guest is a process of one thread to itself, while this process may run many guests: the time
    /// it has used is that of the thread which runs it.
    private var hostClock: clockid_t {
        switch self {
        case .realTime: CLOCK_REALTIME
        case .monotonic: CLOCK_MONOTONIC
        case .processTime, .threadTime: CLOCK_THREAD_CPUTIME_ID
        }
    }

    /// Nanoseconds since the clock's origin, which for the real time is 1970.
    package var time: UInt64 {
        get throws(ErrorNumber) {
            var time = timespec()
            guard clock_gettime(hostClock, &time) == 0 else { throw .current }
            return time.nanoseconds
        }
    }

    /// The clock's step, in nanoseconds.
    package var resolution: UInt64 {
        get throws(ErrorNumber) {
            var step = timespec()
            guard clock_getres(hostClock, &step) == 0 else { throw .current }
            return step.nanoseconds
        }
    }
}

extension WASIFunction {
    static let clocks: [WASIFunction] = [
        WASIFunction("clock_res_get", [.i32, .i32]) { call throws(ErrorNumber) in
            try call.memory.store(Clock(checking: call.u32(0)).resolution, at: call.u32(1))
        },
        // The second argument, how late the time may be, asks for nothing: it is always that of the call.
        WASIFunction("clock_time_get", [.i32, .i64, .i32]) { call throws(ErrorNumber) in
            try call.memory.store(Clock(checking: call.u32(0)).time, at: call.u32(2))
        },
    ]
}
