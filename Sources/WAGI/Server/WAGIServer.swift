package import HTTP

/// An application behind an HTTP server.
package final class WAGIServer: Sendable {
    package let application: Application
    let server: Server

    /// Where it listens.
    package var address: SocketAddress { server.address }

    /// - Parameters:
    ///   - socket: bound for the purpose, or inherited from another process.
    ///   - configuration: the HTTP server's limits and observers. Its inline handler, and how many requests
    ///     may wait, are the application's.
    package init(
        application: Application, socket: ListeningSocket, configuration: ServerConfiguration = ServerConfiguration()
    ) {
        self.application = application
        server = Server(socket: socket, configuration: Self.completed(configuration, application)) {
            try application.respond(to: $0, $1, $2)
        }
    }

    /// A server that only this process can reach, by a client that has the same queue.
    package init(
        application: Application, connections: ConnectionQueue,
        configuration: ServerConfiguration = ServerConfiguration()
    ) {
        self.application = application
        server = Server(connections: connections, configuration: Self.completed(configuration, application)) {
            try application.respond(to: $0, $1, $2)
        }
    }

    /// A server of either kind: with a socket, it passes connections on through the queue, if there is one.
    init(
        application: Application, socket: ListeningSocket?, connections: ConnectionQueue?,
        configuration: ServerConfiguration
    ) {
        self.application = application
        server = Server(
            socket: socket, connections: connections, configuration: Self.completed(configuration, application)
        ) {
            try application.respond(to: $0, $1, $2)
        }
    }

    private static func completed(
        _ configuration: ServerConfiguration, _ application: Application
    ) -> ServerConfiguration {
        var configuration = configuration
        if let front = application.configuration.front { configuration.adoption = { front.adopt($0) } }
        // Whatever needs no module is answered without a change of threads.
        configuration.inlineHandler = { application.inlineAnswer(to: $0) }
        configuration.maximumWaiting = application.configuration.maximumWaiting
        configuration.waitingRemedy = "--max-waiting sets another"
        configuration.bodyTimeout = application.configuration.limits.time
        return configuration
    }

    /// Starts to accept connections, and returns.
    package func start() throws(ServerError) {
        try server.start()
    }

    /// Accepts no more connections, and returns when the requests that have begun are answered.
    /// - Returns: whether all were, before the deadline.
    @discardableResult
    package func drain(deadline: Duration) -> Bool {
        server.drain(deadline: deadline)
    }

    /// As `drain`, but passes connections on through the configuration's queue.
    @discardableResult
    package func handOver(deadline: Duration) -> Bool {
        server.handOver(deadline: deadline)
    }

    /// Closes everything at once, and returns when no module runs any more.
    package func stop() {
        server.stop()
    }

    /// Returns when the server has stopped.
    package func waitUntilStopped() {
        server.waitUntilStopped()
    }
}
