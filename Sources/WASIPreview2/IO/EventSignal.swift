import CLinux
package import Platform
import Synchronization

/// Something that other threads make ready, and that a component waits for beside sockets and clocks.
package final class EventSignal: Sendable {
    /// Can be read from while it is raised.
    package let descriptor: Int32

    package init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last("eventfd") }
    }

    deinit {
        close(descriptor)
    }

    /// What has to happen before it is raised.
    package var readiness: Readiness { .readable(descriptor) }

    package func raise() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    package func lower() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}

/// The outcome of work on another thread.
package final class Completion<Outcome: Sendable>: Sendable {
    private let signal: EventSignal
    private let state = Mutex<Outcome?>(nil)

    package init() throws(SystemError) {
        signal = try EventSignal()
    }

    /// Sets the outcome. Called once.
    package func complete(_ outcome: Outcome) {
        state.withLock { $0 = outcome }
        signal.raise()
    }

    /// The outcome; `nil` while the work goes on.
    package var outcome: Outcome? { state.withLock { $0 } }

    package var readiness: Readiness { outcome == nil ? signal.readiness : .ready }
}
