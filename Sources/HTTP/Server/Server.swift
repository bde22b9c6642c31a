/// Answers a request: reads the body as far as it wants, writes the response. It runs on a worker thread and may block.
/// What it throws before it has written a head becomes the response: `RequestBodyError` its status, anything else 500.
public typealias RequestHandler = @Sendable (Request, RequestBody, ResponseWriter) throws -> Void

/// An HTTP/1.1 server: one thread that owns the connections and waits for requests, and workers that run the handler.
public final class Server: Sendable {
    public let address: SocketAddress

    public init(
        socket: ListeningSocket, configuration: ServerConfiguration = ServerConfiguration(),
        handler: @escaping RequestHandler
    ) { address = socket.address }

    /// Starts to accept connections, and returns.
    public func start() throws(ServerError) { fatalError() }

    /// Stops accepting, finishes the requests that have arrived, closes the connections that are idle, and returns when
    /// none is left, or when `deadline` has passed, closing the rest.
    ///
    /// - Parameter idleGrace: how long a kept-alive connection may still bring a request (which is answered with
    ///   `Connection: close`) before it is closed.
    /// - Returns: whether all requests were finished.
    @discardableResult
    public func drain(deadline: Duration, idleGrace: Duration = .milliseconds(200)) -> Bool { fatalError() }

    /// Closes everything at once, and returns when handlers have returned.
    public func stop() { fatalError() }

    /// Returns when the server has stopped.
    public func waitUntilStopped() { fatalError() }
}
