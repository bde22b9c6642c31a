import Platform

/// Answers a request: reads the body as far as it wants, writes the response. It runs on a worker thread and may block.
/// What it throws before it has written a head becomes the response: `RequestBodyError` its status, anything else 500.
package typealias RequestHandler = @Sendable (Request, RequestBody, ResponseWriter) throws -> Void

/// An HTTP/1.1 server: one thread that owns the connections and waits for requests, and workers that run the handler.
///
/// Sendable because its phase is used under the monitor's lock only.
package final class Server: @unchecked Sendable {
    private enum Phase {
        case created
        case running
        case stopped(finishedAll: Bool)
    }

    /// Where it listens; port 0 if it does not.
    package let address: SocketAddress
    private let loop: EventLoop?
    private let loopError: SystemError?
    private let monitor = Monitor()
    private var phase = Phase.created

    package convenience init(
        socket: ListeningSocket, configuration: ServerConfiguration = ServerConfiguration(),
        handler: @escaping RequestHandler
    ) {
        self.init(listeningOn: socket, configuration: configuration, handler: handler)
    }

    /// A server that only this process can reach: it listens at no address, and gets what `connections` has.
    package convenience init(
        connections: ConnectionQueue, configuration: ServerConfiguration = ServerConfiguration(),
        handler: @escaping RequestHandler
    ) {
        var configuration = configuration
        configuration.connectionQueue = connections
        self.init(listeningOn: nil, configuration: configuration, handler: handler)
    }

    private init(
        listeningOn socket: ListeningSocket?, configuration: ServerConfiguration, handler: @escaping RequestHandler
    ) {
        address = socket?.address ?? .loopback(port: 0)
        do throws(SystemError) {
            loop = try EventLoop(
                socket: socket, context: ServerContext(configuration: configuration, handler: handler))
            loopError = nil
        } catch {
            loop = nil
            loopError = error
        }
    }

    /// Starts to accept connections, and returns. A server starts once.
    package func start() throws(ServerError) {
        guard let loop else { throw .system(loopError!) }
        let mayStart = monitor.withLock {
            guard case .created = phase else { return false }
            phase = .running
            return true
        }
        precondition(mayStart, "a server starts once")
        let started = SystemThread.start(stackSize: 1 << 20) { [self] in
            let finishedAll = loop.run()
            monitor.withLock {
                phase = .stopped(finishedAll: finishedAll)
                monitor.broadcast()
            }
        }
        guard started else {
            monitor.withLock { phase = .stopped(finishedAll: true) }
            throw .system(SystemError(operation: "pthread_create", code: 11))
        }
    }

    /// Stops accepting, finishes the requests that have arrived, closes the connections that are idle, and returns when
    /// none is left, or when `deadline` has passed, closing the rest.
    ///
    /// Connections that wait to be accepted stay in the listening socket, for another process that has it.
    ///
    /// - Parameter idleGrace: how long a kept-alive connection may still bring a request (which is answered with
    ///   `Connection: close`) before it is closed.
    /// - Returns: whether all requests were finished.
    @discardableResult
    package func drain(deadline: Duration, idleGrace: Duration = .milliseconds(200)) -> Bool {
        loop?.drain(until: .now + deadline, idleGrace: idleGrace, handsOver: false)
        return waitUntilStopped()
    }

    /// Stops accepting, finishes the requests that have been admitted, passes all other connections on through the
    /// configuration's `connectionQueue`, which it must have, and returns when none is left, or when `deadline` has
    /// passed, closing the rest.
    ///
    /// - Returns: whether all requests were finished or passed on.
    @discardableResult
    package func handOver(deadline: Duration) -> Bool {
        loop?.drain(until: .now + deadline, idleGrace: .milliseconds(200), handsOver: true)
        return waitUntilStopped()
    }

    /// Closes everything at once, and returns when handlers have returned.
    package func stop() {
        loop?.stop()
        waitUntilStopped()
    }

    /// Returns when the server has stopped (at once if it was never started).
    ///
    /// - Returns: whether all requests were finished.
    @discardableResult
    package func waitUntilStopped() -> Bool {
        monitor.withLock {
            while true {
                switch phase {
                case .created: return true
                case .running: monitor.wait()
                case .stopped(let finishedAll): return finishedAll
                }
            }
        }
    }
}
