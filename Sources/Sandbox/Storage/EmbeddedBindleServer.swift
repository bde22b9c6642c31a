import Bindle
import ControlPage
import HTTP
import HippoAPI
import WebGuard

/// The server at a sandbox's control address: the control page, Hippo's API, artifacts, and a Bindle server, through which any
/// Bindle client, the WAGI processes among them, gets at the store.
final class EmbeddedBindleServer: Sendable {
    private let server: Server

    /// Serves the store in development mode from now on.
    /// - Parameters:
    ///   - page: What answers at the paths that are the control page's.
    ///   - hippo: What answers at Hippo's paths.
    ///   - gate: Where those hand projects in who may do nothing else.
    ///   - identity: As whom it speaks TLS; `nil` for plain HTTP.
    ///   - webGuard: By which names the server may be addressed.
    ///   - hostKey: Signs what is given out, which is no part of a save.
    ///   - authentication: Who may use the server; nil for everybody.
    ///   - rollBack: Brings back a revision, and waits until it serves.
    init(
        store: BindleStore, page: ControlPage, hippo: HippoAPI, gate: UploadGate, socket: ListeningSocket,
        identity: TLSIdentity?,
        version: String, webGuard: WebGuard,
        hostKey: HostKey?, authentication: ServerAuthentication?, rollBack: @escaping BindleServer.RollBack
    ) throws(ServerError) {
        let bindles = BindleServer(
            store: store, mode: .development, version: version, trust: ServerTrust(hostKey: hostKey),
            webGuard: webGuard, authentication: authentication, rollBack: rollBack)
        let handler = bindles.handler
        let artifacts = ArtifactServer(store: store, webGuard: webGuard, authentication: authentication)
        var configuration = bindles.configuration()
        configuration.tls = identity
        server = Server(socket: socket, configuration: configuration) { request, body, writer in
            if ArtifactServer.answers(request) {
                // Packing takes its time.
                return try writer.respond(writer.whileWaiting { artifacts.respond(to: request) })
            }
            // The gate asks for tokens of its own, and the page would ask for its.
            let own =
                gate.respond(to: request, body) ?? page.respond(to: request, body) { writer.whileWaiting($0) }
            guard let response = own ?? hippo.respond(to: request, body) else {
                return try handler(request, body, writer)
            }
            try writer.respond(response)
        }
        try server.start()
    }

    /// Closes all connections.
    func stop() {
        server.stop()
    }
}
