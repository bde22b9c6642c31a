import Platform
import Synchronization

/// What a soak has seen. Any thread may add to it.
final class SoakRecord: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var violations: [String] = []
        var violationCount = 0
        var kills: [MonotonicTime] = []
    }

    private static let shownViolations = 30
    private let state = Mutex(State())

    func count(_ what: String) {
        state.withLock { $0.counts[what, default: 0] += 1 }
    }

    /// Notes what must not be.
    func violation(_ text: String) {
        state.withLock { state in
            state.violationCount += 1
            if state.violations.count < Self.shownViolations { state.violations.append(text) }
        }
    }

    /// To be called before a process is killed.
    func beginKill() {
        state.withLock { $0.kills.append(.distantFuture) }
    }

    /// To be called when it is gone: until then, it may have taken a connection.
    func endKill() {
        state.withLock { $0.kills[$0.kills.count - 1] = .now }
    }

    /// Whether a process was killed since.
    func hasKilled(since time: MonotonicTime) -> Bool {
        state.withLock { ($0.kills.last ?? .distantPast) >= time }
    }

    var counts: [(name: String, count: Int)] {
        state.withLock { $0.counts.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 } }
    }

    var killCount: Int { state.withLock { $0.kills.count } }
    var violationCount: Int { state.withLock { $0.violationCount } }
    var violations: [String] { state.withLock { $0.violations } }
}
