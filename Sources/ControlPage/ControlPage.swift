package import Bindle
import Dispatch
package import HTTP
import JSON
import Platform
package import SandboxProtocol
import Synchronization
package import WebGuard

/// The page of a sandbox at its control address, and the API behind it: what the app is like now.
///
/// It stands beside the Bindle server, and is told of everything by the sandbox. See <doc:ControlPage>.
package final class ControlPage: Sendable {
    /// So many are kept. They are read by nobody while no page is open.
    private static let lineLimit = 2000
    /// What they take, in bytes: a guest chooses how long a line is.
    private static let sizeLimit = 1 << 20
    /// A line in the log can be of any length; this much of it is kept, in characters.
    private static let lineLength = 4096
    /// Pages are told so often at most that there is something new, in milliseconds.
    private static let activityInterval: UInt32 = 200

    private struct State {
        var app: AppState
        var lines = Recent<LogLine>(count: lineLimit, size: sizeLimit)
        var contents: RevisionContents?
        /// Whether there is activity that pages have not been told of.
        var isActive = false
        var isOver = false
    }

    private let state: Mutex<State>
    private let events = EventStream()
    private let activity = DispatchSemaphore(value: 0)
    private let store: any BindleStorage
    private let webGuard: WebGuard
    private let authentication: ServerAuthentication?
    private let sections: [any ControlSection]
    private let requests: RequestList

    /// - Parameters:
    ///   - appURL: Where the app is served.
    ///   - version: The program's.
    ///   - requests: What the app has answered.
    ///   - sections: What answers below `/api/v1` besides the page itself.
    ///   - authentication: Who gets at the data; `nil` for everybody who passes the guard.
    package init(
        store: any BindleStorage, appURL: String, version: String, webGuard: WebGuard,
        authentication: ServerAuthentication?, requests: RequestList = RequestList(),
        sections: [any ControlSection] = []
    ) {
        self.requests = requests
        self.sections = sections
        self.store = store
        self.webGuard = webGuard
        self.authentication = authentication
        state = Mutex(State(app: AppState(url: appURL, version: version)))
    }

    // MARK: What the sandbox tells

    /// Takes note of what the project is like.
    package func note(_ status: ProjectStatus) {
        change { $0.status = status }
    }

    /// Takes note that a bundle serves, after a rebuild that took so long.
    package func noteServing(id: String, isUnchanged: Bool = false, timings: [StageTiming] = []) {
        change { $0.served = AppState.Served(id: id, timings: timings, isUnchanged: isUnchanged) }
    }

    /// Takes note that releases, channels or what they serve may have changed.
    package func noteChannels() {
        events.send(ServerSentEvent(name: "channels", data: "{}"))
    }

    private func change(_ change: (inout AppState) -> Void) {
        state.withLock { change(&$0.app) }
        events.send(appEvent())
    }

    /// Takes note of a line.
    package func note(_ line: LogLine) {
        note([], [line])
    }

    /// Takes note of requests that were answered and of lines, in their order.
    package func note(_ requests: [(request: ServedRequest, time: Double)], _ lines: [LogLine]) {
        self.requests.note(requests)
        let isNews = state.withLock { state in
            for line in lines {
                let line = Self.cut(line)
                state.lines.append(line, size: 128 + line.text.utf8.count)
            }
            defer { state.isActive = true }
            return !state.isActive
        }
        if isNews { activity.signal() }
    }

    private static func cut(_ line: LogLine) -> LogLine {
        guard line.text.utf8.count > lineLength, line.text.count > lineLength else { return line }
        return LogLine(
            source: line.source, route: line.route, text: line.text.prefix(lineLength) + "…", time: line.time,
            channel: line.channel)
    }

    /// Begins to tell pages when there are new requests and lines: now and then, on a thread of its own, so that thousands of
    /// requests a second cost nobody anything.
    package func start() {
        SystemThread.detach(name: "control page") { [self] in
            while true {
                activity.wait()
                let event = state.withLock { state -> ServerSentEvent? in
                    guard !state.isOver else { return nil }
                    state.isActive = false
                    return activityEvent(state)
                }
                guard let event else { return }
                events.send(event)
                usleep(Self.activityInterval * 1000)
            }
        }
    }

    /// Ends the thread.
    package func stop() {
        state.withLock { $0.isOver = true }
        activity.signal()
    }

    /// The last lines that the handlers of a channel have logged, oldest first.
    package func lines(of channel: ChannelKey) -> [String] {
        let name = channel.description
        return state.withLock { $0.lines.after(0) }.compactMap { _, line in
            line.channel?.name == name ? line.text : nil
        }
    }

    // MARK: Events

    private func appEvent() -> ServerSentEvent {
        ServerSentEvent(name: "app", data: state.withLock { $0.app }.json.serialized)
    }

    private func activityEvent(_ state: State) -> ServerSentEvent {
        let object: JSONObject = [
            "requests": .integer(requests.latest), "log": .integer(state.lines.latest),
        ]
        return ServerSentEvent(name: "activity", data: object.serialized)
    }

    @Sendable private func firstEvents() -> [ServerSentEvent] {
        [appEvent(), state.withLock { activityEvent($0) }]
    }

    // MARK: Requests

    /// Answers a request for a path that is the page's own; `nil` for the Bindle server's.
    /// - Parameter whileWaiting: Runs what waits for something but the client; see `ResponseWriter.whileWaiting`.
    package func respond(
        to request: Request, _ body: RequestBody, whileWaiting: @escaping (() -> Void) -> Void = { $0() }
    ) -> Response? {
        guard let endpoint = ControlEndpoint(path: request.path) else { return nil }
        if let refusal = webGuard.refusal(of: request) { return refusal.response }
        guard webGuard.isOwn(request) || endpoint.isPage && WebGuard.isTopLevelNavigation(request) else {
            return WebGuard.Refusal.foreignPage.response
        }
        do throws(ControlFailure) {
            guard endpoint.isPublic || authentication?.admits(request) ?? true else {
                throw ControlFailure(.unauthorized, "this needs the token that 'hippo-dev up' tells of")
            }
            if case .section(let path) = endpoint {
                return try answer(ControlRequest(request, path: path, body: body, whileWaiting: whileWaiting))
            }
            guard request.method == .get || request.method == .head else {
                throw ControlFailure(request, takesOnly: [.get, .head])
            }
            return try answer(endpoint, request)
        } catch {
            return error.response
        }
    }

    private func answer(_ request: ControlRequest) throws(ControlFailure) -> Response {
        for section in sections {
            if let response = try section.respond(to: request) { return response }
        }
        throw ControlFailure(.notFound, "there is nothing at \(request.request.path)")
    }

    private func answer(_ endpoint: ControlEndpoint, _ request: Request) throws(ControlFailure) -> Response {
        switch endpoint {
        case .file(let file): return file.response
        case .app:
            _ = try ControlParameters(request, known: [])
            return Response(json: state.withLock { $0.app }.json)
        case .routes:
            _ = try ControlParameters(request, known: [])
            return Response(json: try contents().routes)
        case .parcels:
            let parameters = try ControlParameters(request, known: ["offset", "limit", "text"])
            return Response(
                json: try contents().parcels(
                    offset: try parameters.count("offset", default: 0),
                    limit: try parameters.count("limit", default: 100, limit: 1000),
                    containing: parameters.text("text")))
        case .component:
            let parameters = try ControlParameters(request, known: ["module"])
            return Response(json: try contents().component(parameters.required("module"), in: store).json)
        case .requests:
            let parameters = try ControlParameters(request, known: ["after"])
            return Response(json: requests.json(after: try parameters.count("after", default: 0)))
        case .log:
            return Response(json: try log(ControlParameters(request, known: ["after", "source", "route", "text"])))
        case .events:
            _ = try ControlParameters(request, known: [])
            return Response(
                headers: ["Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"],
                body: .events(events, first: firstEvents))
        case .section, .nothing: throw ControlFailure(.notFound, "there is nothing at \(request.path)")
        }
    }

    /// What the revision that serves has in it: looked up once for each revision, when somebody asks.
    private func contents() throws(ControlFailure) -> RevisionContents {
        let (app, known) = state.withLock { ($0.app, $0.contents) }
        let revision = app.status?.revision ?? 0
        guard revision > 0, let id = app.served.flatMap({ try? BindleID($0.id) }) else {
            throw ControlFailure(.notFound, "nothing is served yet")
        }
        if let known, known.revision == revision { return known }
        let found: RevisionContents
        do { found = try RevisionContents(of: id, revision: revision, in: store) } catch {
            throw ControlFailure(.notFound, "revision \(revision) cannot be read: \(error)")
        }
        state.withLock { $0.contents = found }
        return found
    }

    private func log(_ parameters: ControlParameters) throws(ControlFailure) -> JSONObject {
        let after = try parameters.count("after", default: 0)
        let (source, route) = (parameters.text("source"), parameters.text("route"))
        let text = parameters.text("text")?.lowercased()
        let (latest, lines) = state.withLock { ($0.lines.latest, $0.lines.after(after)) }
        let matching = lines.filter { _, line in
            (source == nil || line.source == source) && (route == nil || line.route == route)
                && (text.map { line.text.lowercased().contains($0) } ?? true)
        }
        return [
            "latest": .integer(latest), "lines": .array(matching.map { .object($0.element.json(number: $0.number)) }),
        ]
    }
}
