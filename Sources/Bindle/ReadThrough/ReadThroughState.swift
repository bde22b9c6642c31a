import Platform
import Synchronization

/// What a read-through knows of its upstream, and what it is doing there.
final class ReadThroughState: Sendable {
    /// By what name servers know each other in `Via`: another one for each process.
    let name = "hippo-dev-" + String(UInt64.random(in: 0 ... .max), radix: 16)
    /// One at a time fetches the same thing; who comes later finds it here.
    let invoices = KeyedLock<BindleID>()
    let parcels = KeyedLock<String>()

    private let problem = Mutex<(until: MonotonicTime, detail: String)?>(nil)
    private let checks = Mutex(Checks())

    private struct Checks {
        /// When a bindle was looked at last.
        var times: [BindleID: MonotonicTime] = [:]
        var running = 0

        mutating func note(_ id: BindleID, limit: Int) {
            if times.count >= limit { times.removeAll() }
            times[id] = .now
        }
    }

    /// How long an upstream that could not be reached is not asked: otherwise each request would wait for it anew.
    private static let pause = Duration.seconds(3)
    /// How long what is here holds without a look at the upstream.
    private let freshness: Duration
    /// How many looks may be under way, and how many bindles are remembered.
    private static let (checkLimit, memory) = (4, 50_000)

    init(freshness: Duration) {
        self.freshness = freshness
    }

    /// Counts the times for which what is here holds.
    var period: Int { Int(MonotonicTime.now.nanoseconds / max(1, freshness.nanoseconds)) }

    /// Why the upstream could not be reached, if that was a moment ago.
    var outage: String? {
        problem.withLock { problem in
            guard let known = problem, MonotonicTime.now < known.until else {
                problem = nil
                return nil
            }
            return known.detail
        }
    }

    func noteOutage(_ detail: String) {
        problem.withLock { $0 = (MonotonicTime.now + Self.pause, detail) }
    }

    /// The bindle has just been fetched.
    func noteLook(at id: BindleID) {
        checks.withLock { $0.note(id, limit: Self.memory) }
    }

    /// Has a bindle that is here looked at, beside the request, if that was not done of late.
    func lookNowAndThen(at id: BindleID, check: @escaping @Sendable () -> Void) {
        let isDue = checks.withLock { checks in
            if let last = checks.times[id], MonotonicTime.now < last + freshness { return false }
            guard checks.running < Self.checkLimit else { return false }
            checks.note(id, limit: Self.memory)
            checks.running += 1
            return true
        }
        guard isDue else { return }
        SystemThread.detach(name: "upstream") {
            check()
            self.checks.withLock { $0.running -= 1 }
        }
    }
}
