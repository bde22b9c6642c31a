import Platform

/// Has all clients rest, so that what the server needs of its own can be measured.
///
/// Sendable because its state is used under the monitor's lock only.
final class SoakGate: @unchecked Sendable {
    private let monitor = Monitor()
    private var isClosed = false
    private var isOver = false
    private var inside = 0

    /// Waits until there is something to do.
    ///
    /// - Returns: false at the end.
    func enter() -> Bool {
        monitor.withLock {
            while isClosed, !isOver { monitor.wait() }
            guard !isOver else { return false }
            inside += 1
            return true
        }
    }

    func leave() {
        monitor.withLock {
            inside -= 1
            monitor.broadcast()
        }
    }

    /// Returns when all have left.
    func close() {
        monitor.withLock {
            isClosed = true
            while inside > 0 { monitor.wait() }
        }
    }

    func open() {
        monitor.withLock {
            isClosed = false
            monitor.broadcast()
        }
    }

    /// Whether they have to leave.
    var isClosing: Bool { monitor.withLock { isClosed || isOver } }

    /// Has all end.
    func end() {
        monitor.withLock {
            isOver = true
            monitor.broadcast()
        }
    }
}
