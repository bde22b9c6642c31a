import HTTP
import Platform
import Synchronization
import WebGuard

/// Takes connections from WAGI processes whose next request is for a host of another process, and passes them on to that
/// one. It reads a request's head for that, and is in nobody's way afterwards.
///
/// It never sends a connection back to where it came from: what it knows of hosts, the working copy's processes learn later,
/// and nothing that it has known does it forget. See Channels.md in Sandbox.docc.
final class Switchboard: Sendable {
    private struct State {
        var queues: [String: Place] = [:]
        /// All hosts that channels have had since the sandbox began.
        var hosts: Set<String> = []
    }

    /// Where connections for a host go.
    struct Place: Sendable {
        let queue: ConnectionQueue
        /// Called when one is about to go there, on the switchboard's thread.
        let onRequest: @Sendable () -> Void
    }

    /// Connections that it has open at a time: they are those of hosts that nobody has, and such as wait for room.
    private static let maximumConnections = 512
    /// How long somebody who has asked for a host that nobody has may keep a connection.
    private static let keepAliveTime = Duration.seconds(5)

    /// Through which processes pass connections to it.
    let incoming: ConnectionQueue
    private let app: ConnectionQueue
    private let state = Mutex(State())
    private let routing = HostRouting()
    private let server: Server

    /// - Parameter app: through which connections come to the process that serves the working copy.
    init(app: ConnectionQueue) throws {
        self.app = app
        incoming = try ConnectionQueue()
        var configuration = ServerConfiguration()
        configuration.maximumWorkers = 1
        configuration.maximumConnections = Self.maximumConnections
        configuration.keepAliveTimeout = Self.keepAliveTime
        configuration.hostRouting = routing
        configuration.inlineHandler = { .response(Self.answer(to: $0)) }
        server = Server(connections: incoming, configuration: configuration) { request, _, writer in
            try writer.respond(Self.answer(to: request))
        }
        route(State())
        try server.start()
    }

    /// Passes connections for these hosts on, and all others to the working copy, from now on.
    ///
    /// - Returns: all hosts that the working copy does not answer for: those of channels that are gone, too.
    func use(_ queues: [String: Place]) -> Set<String> {
        let state = state.withLock { state in
            state.queues = queues
            state.hosts.formUnion(queues.keys)
            return state
        }
        route(state)
        return state.hosts
    }

    /// Closes all connections that are here.
    func stop() { server.stop() }

    private func route(_ state: State) {
        routing.use { [app] field in
            guard let host = field.flatMap({ HostNames.name(inHostField: $0) }) else { return app }
            guard let place = state.queues[host] else { return state.hosts.contains(host) ? nil : app }
            place.onRequest()
            return place.queue
        }
    }

    /// The channel at this host is gone.
    private static func answer(to request: Request) -> Response {
        var response = Response(
            status: .misdirectedRequest,
            text: "421 Misdirected Request: no channel is served at this host any more. 'hippo-dev channel list' shows "
                + "those that there are.\n")
        response.headers.set("Cache-Control", "no-store")
        return response
    }
}
