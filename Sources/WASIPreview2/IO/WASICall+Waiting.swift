import Platform
import WASI
import WebAssemblyRuntime

extension WASICall {
    /// How long the host is waited for at a time, in milliseconds, so that an interruption is noticed that comes without a
    /// signal to the thread.
    private static var slice: UInt64 { 50 }

    /// Waits until one of these is ready, and returns the positions of all that are.
    ///
    /// Others may have their turn meanwhile; see `WASIConfiguration.whileWaiting`.
    ///
    /// - Throws: a trap when the component is interrupted.
    package func wait(for subjects: [Readiness]) throws -> [Int] {
        let now = Self.ready(subjects, timeout: 0)
        if !now.isEmpty { return now }
        var result: Result<[Int], Trap> = .success([])
        let wait = { result = Result { () throws(Trap) in try waitHere(for: subjects) } }
        if let whileWaiting = context.configuration.whileWaiting { whileWaiting(wait) } else { wait() }
        return try result.get()
    }

    /// Waits until this is ready.
    package func wait(for subject: Readiness) throws {
        if subject != .ready { _ = try wait(for: [subject]) }
    }

    /// Whether this is ready now.
    package static func isReady(_ subject: Readiness) -> Bool { !ready([subject], timeout: 0).isEmpty }

    private func waitHere(for subjects: [Readiness]) throws(Trap) -> [Int] {
        while true {
            try endIfInterrupted()
            let ready = Self.ready(subjects, timeout: Self.slice)
            if !ready.isEmpty { return ready }
        }
    }

    /// The positions of what is ready, after a wait of at most `timeout` milliseconds for the first.
    static func ready(_ subjects: [Readiness], timeout: UInt64) -> [Int] {
        var requests: [pollfd] = []
        var deadline = UInt64.max
        var mayWait = true
        for subject in subjects {
            switch subject {
            case .ready: mayWait = false
            case .readable(let descriptor):
                requests.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            case .writable(let descriptor):
                requests.append(pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0))
            case .time(let time): deadline = min(deadline, time)
            case .never: break
            }
        }
        var pause: UInt64 = 0
        if mayWait, timeout > 0 {
            let now = monotonicTime
            let left = deadline > now ? deadline - now : 0
            // Rounded up: a clock must not be told of before its time.
            pause = min(left / 1_000_000 + (left % 1_000_000 == 0 ? 0 : 1), timeout)
        }
        if pause > 0 || !requests.isEmpty { _ = poll(&requests, nfds_t(requests.count), Int32(pause)) }
        let now = monotonicTime
        var answers = requests.makeIterator()
        return subjects.indices.filter { index in
            switch subjects[index] {
            case .ready: true
            case .readable, .writable: answers.next()?.revents != 0
            case .time(let time): now >= time
            case .never: false
            }
        }
    }

    /// Nanoseconds, as the monotonic clock of components tells them.
    static var monotonicTime: UInt64 { (try? Clock.monotonic.time) ?? 0 }
}
