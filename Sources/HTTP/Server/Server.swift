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
    /// What accepts connections in place of the loop, if they are secured.
    private let terminator: TLSTerminator?
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

    /// A server that gets connections from a socket, from a queue, or from both.
    package convenience init(
        socket: ListeningSocket?, connections: ConnectionQueue?, configuration: ServerConfiguration,
        handler: @escaping RequestHandler
    ) {
        var configuration = configuration
        configuration.connectionQueue = connections
        self.init(listeningOn: socket, configuration: configuration, handler: handler)
    }

    private init(
        listeningOn socket: ListeningSocket?, configuration: ServerConfiguration, handler: @escaping RequestHandler
    ) {
        address = socket?.address ?? .loopback(port: 0)
        do throws(SystemError) {
            (loop, terminator) = try Self.parts(listeningOn: socket, configuration, handler)
            loopError = nil
        } catch {
            (loop, terminator) = (nil, nil)
            loopError = error
        }
    }

    /// The loop, and what ends TLS before it: see <doc:TLS>.
    private static func parts(
        listeningOn socket: ListeningSocket?, _ configuration: ServerConfiguration, _ handler: @escaping RequestHandler
    ) throws(SystemError) -> (EventLoop, TLSTerminator?) {
        guard let identity = configuration.tls, let socket else {
            return (
                try EventLoop(socket: socket, context: ServerContext(configuration: configuration, handler: handler)),
                nil
            )
        }
        var configuration = configuration
        let queue = try ConnectionQueue()
        configuration.connectionQueue = queue
        let terminator = try TLSTerminator(
            socket: socket, identity: identity, connections: queue,
            maximumConnections: configuration.maximumConnections,
            onProblem: configuration.problemObserver ?? { _ in })
        return (
            try EventLoop(socket: nil, context: ServerContext(configuration: configuration, handler: handler)),
            terminator
        )
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
        try terminator?.start()
    }

    /// How long clients may take what has been sent to them when all is answered.
    private static let terminatorGrace = Duration.seconds(2)

    /// Lets the terminator deliver what the loop has left, when that has stopped.
    private func finishTerminator(within time: Duration) {
        let hasStarted = monitor.withLock { if case .created = phase { false } else { true } }
        if hasStarted { terminator?.finish(within: time) }
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
        terminator?.stopAccepting()
        loop?.drain(until: .now + deadline, idleGrace: idleGrace, handsOver: false)
        defer { finishTerminator(within: Self.terminatorGrace) }
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
        finishTerminator(within: .zero)
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
