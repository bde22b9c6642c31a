import Bindle
import HTTP

/// The Bindle server of a sandbox: any Bindle client, the WAGI processes among them, gets at its store through it.
final class EmbeddedBindleServer: Sendable {
    private let server: Server

    /// Serves the store in development mode from now on.
    init(store: BindleStore, socket: ListeningSocket, version: String) throws(ServerError) {
        var configuration = BindleServer.configuration()
        configuration.maximumWorkers = 8
        let bindles = BindleServer(store: store, mode: .development, version: version)
        server = Server(socket: socket, configuration: configuration, handler: bindles.handler)
        try server.start()
    }

    /// Closes all connections.
    func stop() {
        server.stop()
    }
}
