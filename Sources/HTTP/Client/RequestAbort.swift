import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lets another thread give a request up, its response included: the connection is shut down, which ends every wait for it.
/// A host's name that is being looked up, and a handshake of TLS, are waited for.
package final class RequestAbort: Sendable {
    private struct State {
        var isAborted = false
        /// Of the connection, while it belongs to the request.
        var descriptor: Int32?
    }

    private let state = Mutex(State())

    package init() {}

    package var isAborted: Bool { state.withLock { $0.isAborted } }

    /// Gives the request up, now or as soon as it has a connection. May be called on any thread.
    package func abort() {
        state.withLock { state in
            state.isAborted = true
            if let descriptor = state.descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// The request has a connection, or is about to have it.
    func begin(_ descriptor: Int32) {
        state.withLock { state in
            state.descriptor = descriptor
            if state.isAborted { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// The connection is another's from now on, or is about to be closed.
    func end(_ descriptor: Int32) {
        state.withLock { state in
            // It may have another one already.
            if state.descriptor == descriptor { state.descriptor = nil }
        }
    }
}
