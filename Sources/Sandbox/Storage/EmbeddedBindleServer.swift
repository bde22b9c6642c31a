import Bindle
import HTTP
import WebGuard

/// The Bindle server of a sandbox: any Bindle client, the WAGI processes among them, gets at its store through it.
final class EmbeddedBindleServer: Sendable {
    private let server: Server

    /// Serves the store in development mode from now on.
    /// - Parameters:
    ///   - webGuard: By which names the server may be addressed.
    ///   - rollBack: Brings back a revision, and waits until it serves.
    init(
        store: BindleStore, socket: ListeningSocket, version: String, webGuard: WebGuard,
        rollBack: @escaping BindleServer.RollBack
    ) throws(ServerError) {
        var configuration = BindleServer.configuration()
        configuration.maximumWorkers = 8
        let bindles = BindleServer(
            store: store, mode: .development, version: version, webGuard: webGuard, rollBack: rollBack)
        server = Server(socket: socket, configuration: configuration, handler: bindles.handler)
        try server.start()
    }

    /// Closes all connections.
    func stop() {
        server.stop()
    }
}
