import HTTP
import JSON
import SandboxProtocol
import Synchronization
import WebGuard

/// What lets pages follow the project: a script, put into them, and a stream of events for it.
package final class LiveReload: Sendable {
    /// The revision that this process serves; 0 when it serves the status only.
    private let revision: Int
    /// For the developer's pages.
    private let events = EventStream()
    /// For pages that others have open: they follow the project, and learn nothing of its files.
    private let eventsWithoutDetails = EventStream()
    private let current = Mutex<ProjectStatus?>(nil)
    /// What has been told to single pages, the latest: they come for it when they know which request they answer.
    private let told = Mutex<[ServerSentEvent]>([])
    private static let toldLimit = 8
    /// By which names its pages may be addressed.
    private let webGuard: WebGuard
    private let errorAudience: ErrorAudience

    init(revision: Int, webGuard: WebGuard = WebGuard(), errorAudience: ErrorAudience = .thisMachine) {
        self.revision = revision
        self.webGuard = webGuard
        self.errorAudience = errorAudience
    }

    /// What the project is like, once that is known.
    var status: ProjectStatus? { current.withLock { $0 } }

    /// Tells pages what the project is like now.
    func update(_ status: ProjectStatus) {
        current.withLock { $0 = status }
        events.send(Self.event(status))
        eventsWithoutDetails.send(Self.event(status.withoutDetails))
    }

    /// Tells the page, whose response had begun already, what has ended it.
    func tell(_ report: FailureReport) {
        tell("incomplete", report.request, report.text)
    }

    /// Tells the page that answers a request what was odd about the response, which was served nevertheless.
    func warn(_ text: String, about request: Request) {
        tell("warning", request, text)
    }

    /// Tells the page that answers a request.
    private func tell(_ name: String, _ request: Request, _ message: String) {
        guard let session = status?.session else { return }
        let object: JSONObject = [
            "revision": .string("\(session)-\(revision)"), "request": .string("\(request.id)"),
            "message": .string(message),
        ]
        let event = ServerSentEvent(name: name, data: JSONValue.object(object).serialized)
        told.withLock { told in
            told.append(event)
            if told.count > Self.toldLimit { told.removeFirst() }
        }
        events.send(event)
    }

    private static func event(_ status: ProjectStatus) -> ServerSentEvent {
        ServerSentEvent(name: "status", data: JSONValue.object(status.json).serialized)
    }

    /// Whether a request's target is the sandbox's own, and not the app's.
    static func owns(_ target: String) -> Bool { target.hasPrefix(ScriptInsertion.pathPrefix) }

    /// Answers requests for what is the sandbox's own; `nil` for those that are for the app.
    func respond(to request: Request) -> Response? {
        guard Self.owns(request.target), let status, status.reloadsPages else { return nil }
        guard request.method == .get || request.method == .head else {
            return Response(status: .methodNotAllowed, headers: ["Allow": "GET, HEAD"])
        }
        guard webGuard.admits(request) else {
            return Response(
                status: .forbidden,
                text:
                    "403 Forbidden: this is for pages of this address only, under a name that is local to your network\n"
            )
        }
        switch request.path {
        case ScriptInsertion.pathPrefix + "reload.js":
            return Response(
                headers: [
                    "Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache",
                    "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
                ], body: .bytes(PackageResources.reload_js))
        case ScriptInsertion.pathPrefix + "events":
            return Response(
                headers: ["Cache-Control": "no-store", "X-Accel-Buffering": "no"],
                body: errorAudience.includes(request, webGuard)
                    ? .events(events, first: firstEvents)
                    : .events(eventsWithoutDetails, first: firstEventsWithoutDetails))
        default:
            return Response(
                status: .notFound, text: "404 Not Found: there is nothing of the sandbox's own at this path\n")
        }
    }

    @Sendable private func firstEvents() -> [ServerSentEvent] {
        (status.map { [Self.event($0)] } ?? []) + told.withLock { $0 }
    }

    @Sendable private func firstEventsWithoutDetails() -> [ServerSentEvent] {
        status.map { [Self.event($0.withoutDetails)] } ?? []
    }

    /// What to do to the response of a request for a page; `nil` for other requests.
    func insertion(for request: Request) -> ScriptInsertion? {
        // In this order, since most requests are for no page.
        guard ScriptInsertion.isNavigation(request), let status, status.reloadsPages, webGuard.names.accept(request)
        else { return nil }
        return ScriptInsertion(
            for: request, revision: "\(status.session)-\(revision)", statusSerial: revision == 0 ? status.serial : nil)
    }
}
