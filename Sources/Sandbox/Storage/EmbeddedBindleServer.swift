import Bindle
import HTTP
import WebGuard

/// The Bindle server of a sandbox: any Bindle client, the WAGI processes among them, gets at its store through it.
final class EmbeddedBindleServer: Sendable {
    private let server: Server

    /// Serves the store in development mode from now on.
    /// - Parameters:
    ///   - identity: As whom it speaks TLS; `nil` for plain HTTP.
    ///   - webGuard: By which names the server may be addressed.
    ///   - hostKey: Signs what is given out, which is no part of a save.
    ///   - token: What clients have to say; nil if they need not say anything.
    ///   - rollBack: Brings back a revision, and waits until it serves.
    init(
        store: BindleStore, socket: ListeningSocket, identity: TLSIdentity?, version: String, webGuard: WebGuard,
        hostKey: HostKey?, token: AccessToken?, rollBack: @escaping BindleServer.RollBack
    ) throws(ServerError) {
        let bindles = BindleServer(
            store: store, mode: .development, version: version, trust: ServerTrust(hostKey: hostKey),
            webGuard: webGuard, authentication: token.map { ServerAuthentication(tokens: [$0.value]) },
            rollBack: rollBack)
        var configuration = bindles.configuration()
        configuration.tls = identity
        server = Server(socket: socket, configuration: configuration, handler: bindles.handler)
        try server.start()
    }

    /// Closes all connections.
    func stop() {
        server.stop()
    }
}
