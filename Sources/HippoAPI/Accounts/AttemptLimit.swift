import Platform
import Synchronization

/// Slows down who guesses passwords.
///
/// A few wrong attempts are free. From then on each of them doubles the time for which the address has to wait, up to a minute.
/// The right password is refused too while the wait lasts: otherwise the wait would tell which one is right.
final class AttemptLimit: Sendable {
    private struct Client {
        var failures = 0
        /// Until when it has to wait.
        var end: MonotonicTime
    }

    private static let freeFailures = 5
    private static let longestWait = Duration.seconds(60)
    private static let clientLimit = 1000

    private let time: any TimeSource
    private let clients = Mutex<[String: Client]>([:])

    init(time: any TimeSource) {
        self.time = time
    }

    /// How long a client has to wait yet; `nil` if it may try.
    func wait(of client: String) -> Duration? {
        clients.withLock { clients in
            guard let end = clients[client]?.end, end > time.now else { return nil }
            return end - time.now
        }
    }

    func noteFailure(of client: String) {
        clients.withLock { clients in
            var known = clients[client] ?? Client(end: time.now)
            known.failures += 1
            let excess = known.failures - Self.freeFailures
            if excess >= 0 {
                known.end = time.now + min(Self.longestWait, .seconds(1 << min(excess, 6)))
            }
            clients[client] = known
            guard clients.count > Self.clientLimit else { return }
            // The one whose wait has been over for longest.
            if let oldest = clients.min(by: { $0.value.end < $1.value.end }) { clients[oldest.key] = nil }
        }
    }

    func noteSuccess(of client: String) {
        clients.withLock { $0[client] = nil }
    }
}
