import Platform
import Synchronization

/// Idle connections, by destination, for the next requests.
final class ConnectionPool: Sendable {
    private let connections = Mutex<[ClientConnection.Destination: [ClientConnection]]>([:])
    private let maximumIdlePerHost: Int
    private let timeout: Duration

    init(maximumIdlePerHost: Int, timeout: Duration) {
        self.maximumIdlePerHost = maximumIdlePerHost
        self.timeout = timeout
    }

    /// The connection to `destination` that was used last, if there is one that still works.
    func take(_ destination: ClientConnection.Destination) -> ClientConnection? {
        while true {
            let candidate = connections.withLock { $0[destination]?.popLast() }
            guard let candidate else { return nil }
            if candidate.isUsable { return candidate }
        }
    }

    /// - Parameter serverTimeout: how long the server says it keeps the connection. A second less is counted on.
    func put(_ connection: ClientConnection, serverTimeout: Duration?) {
        let kept = min(timeout, serverTimeout.map { $0 - .seconds(1) } ?? timeout)
        guard kept > .zero else { return }
        connection.abort = nil
        connection.isReused = true
        connection.idleDeadline = .now + kept
        let now = MonotonicTime.now
        connections.withLock { connections in
            var idle = connections[connection.destination, default: []].filter { now < $0.idleDeadline }
            idle.append(connection)
            if idle.count > maximumIdlePerHost { idle.removeFirst(idle.count - maximumIdlePerHost) }
            connections[connection.destination] = idle
        }
    }

    func removeAll() {
        connections.withLock { $0.removeAll() }
    }
}
