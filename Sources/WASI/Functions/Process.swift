import Glibc

extension WASIFunction {
    static let random: [WASIFunction] = [
        WASIFunction("random_get", [.i32, .i32]) { call throws(ErrorNumber) in
            var rest = try call.memory.bytes(at: call.u32(0), count: call.u32(1))[...]
            // The host gives at most 256 bytes at a time; for gigabytes that takes longer than a guest may have.
            while !rest.isEmpty {
                guard !call.isInterrupted else { throw .interrupted }
                let part = UnsafeMutableRawBufferPointer(rebasing: rest.prefix(256))
                guard let start = part.baseAddress, getentropy(start, part.count) == 0 else { throw .current }
                rest = rest.dropFirst(part.count)
            }
        }
    ]

    static let process: [WASIFunction] = [
        WASIFunction("proc_exit", [.i32], ending: { call in ProcessExit(code: call.u32(0)) }),
        // A guest has no handlers of signals, so there is nothing that a signal to itself could mean.
        WASIFunction("proc_raise", [.i32]) { _ throws(ErrorNumber) in throw .notSupported },
    ]

    static let scheduling: [WASIFunction] = [
        WASIFunction("sched_yield", []) { _ throws(ErrorNumber) in
            guard Glibc.sched_yield() == 0 else { throw .current }
        }
    ]
}
