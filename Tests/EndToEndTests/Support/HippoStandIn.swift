import Foundation
import HTTP
import JSON
import Synchronization
import TestSupport

/// A Hippo that others would run, as far as publishing needs it: of 0.20, or of 0.18. It is as strict as those are, and breaks on
/// what breaks those.
final class HippoStandIn: Sendable {
    enum Version { case hippo18, hippo20 }

    struct App { let id, name, storage: String }
    struct Revision: Hashable { let id, app, number: String }
    struct Channel {
        let id, app, name: String
        var revision: String?
    }

    struct State {
        var apps: [App] = []
        var revisions: [Revision] = []
        var channels: [Channel] = []
        var requests: [String] = []
        /// The names of the bindles that the Bindle server has, and their versions.
        var bindles: [String: [String]] = [:]
    }

    private let server: Server
    private let shared: Shared

    fileprivate final class Shared: Sendable {
        let version: Version
        let state = Mutex(State())

        init(_ version: Version) { self.version = version }
    }

    var url: String { "http://\(server.address)" }
    var state: State { shared.state.withLock { $0 } }
    func change(_ body: (inout sending State) -> Void) { shared.state.withLock { body(&$0) } }

    init(_ version: Version) throws {
        let shared = Shared(version)
        self.shared = shared
        server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, body, writer in
            let bytes = try body.readAll(limit: 1 << 20)
            let fields = (try? JSONValue(parsing: bytes).object) ?? [:]
            try writer.respond(shared.answer(request, fields))
        }
        try server.start()
    }

    deinit { server.stop() }
}

extension HippoStandIn.Shared {
    fileprivate func answer(_ request: Request, _ fields: JSONObject) -> Response {
        state.withLock { state in
            state.requests.append("\(request.method) \(request.path)")
            let isPlural = version == .hippo20
            let login = isPlural ? "/api/auth-tokens" : "/api/account/createtoken"
            if request.path == login, request.method == .post {
                guard fields["userName"] == "admin", fields["password"] == "Passw0rd!" else {
                    return json(["title": "Login failed.", "status": .integer(400)], .badRequest)
                }
                return json(["token": "t0ken", "expiration": "2999-01-01T00:00:00.1234567Z"])
            }
            let parts = request.path.split(separator: "/").map(String.init)
            let names = isPlural ? ["apps", "revisions", "channels"] : ["app", "revision", "channel"]
            guard parts.count >= 2, parts[0] == "api", let kind = names.firstIndex(of: parts[1]) else {
                return Response(status: .notFound)
            }
            guard request.headers["Authorization"] == "Bearer t0ken" else { return Response(status: .unauthorized) }
            return answer(request, kind, parts, fields, &state)
        }
    }

    private func answer(
        _ request: Request, _ kind: Int, _ parts: [String], _ fields: JSONObject, _ state: inout HippoStandIn.State
    ) -> Response {
        let id = UUID().uuidString.lowercased()
        switch (kind, request.method) {
        case (0, .get):
            return page(
                state.apps.map { ["id": .string($0.id), "name": .string($0.name), "storageId": .string($0.storage)] },
                request)
        case (1, .get):
            return page(
                state.revisions.map {
                    ["id": .string($0.id), "appId": .string($0.app), "revisionNumber": .string($0.number)]
                }, request)
        case (2, .get): return page(state.channels.map { channel($0, state) }, request)
        case (0, .post):
            let storage = fields["storageId"]?.string ?? ""
            guard let versions = state.bindles[storage] else {
                return json(["errors": ["Storage ID not found in bindle server"]], .badRequest)
            }
            state.apps.append(.init(id: id, name: fields["name"]?.string ?? "", storage: storage))
            // All versions are imported.
            state.revisions += versions.map { .init(id: UUID().uuidString, app: id, number: $0) }
            return Response(text: "\"\(id)\"", contentType: "application/json")
        case (1, .post):
            let apps = state.apps.filter { $0.storage == fields["appStorageId"]?.string }
            guard !apps.isEmpty, let number = fields["revisionNumber"]?.string else {
                return Response(status: .notFound)
            }
            state.revisions += apps.map { .init(id: id, app: $0.id, number: number) }
            // What 0.20 says from then on.
            let numbers = state.revisions.map { $0.app + $0.number }
            return Response(status: Set(numbers).count < numbers.count ? .internalServerError : .created)
        case (2, .post):
            let isPinned = fields["revisionSelectionStrategy"] == "UseSpecifiedRevision"
            guard isPinned == (fields["activeRevisionId"] != nil) else { return Response(status: .badRequest) }
            state.channels.append(
                .init(
                    id: id, app: fields["appId"]?.string ?? "", name: fields["name"]?.string ?? "",
                    revision: fields["activeRevisionId"]?.string))
            // As text, which ASP.NET may send.
            return Response(text: id)
        case (2, .patch):
            guard let index = state.channels.firstIndex(where: { $0.id == parts.last }),
                let change = fields["activeRevisionId"],
                let revision = version == .hippo18 ? change.object?["value"]?.string : change.string
            else { return Response(status: .badRequest) }
            state.channels[index].revision = revision
            return Response(status: .noContent)
        default: return Response(status: .methodNotAllowed)
        }
    }

    private func channel(_ channel: HippoStandIn.Channel, _ state: HippoStandIn.State) -> JSONObject {
        [
            "id": .string(channel.id), "appId": .string(channel.app), "name": .string(channel.name),
            "revisionSelectionStrategy": .string(channel.revision == nil ? "UseRangeRule" : "UseSpecifiedRevision"),
            "activeRevision": channel.revision.map { .object(["id": .string($0)]) } ?? .null,
        ]
    }

    private func page(_ items: [JSONObject], _ request: Request) -> Response {
        func number(_ name: String, _ usual: Int) -> Int {
            request.queryValues(name).first.flatMap { Int($0) } ?? usual
        }
        // Of any size that is asked for, but not more than three here: so that a client has to turn pages.
        let (index, size) = (number("pageIndex", 0), min(3, number("pageSize", 50)))
        let shown = items.dropFirst(index * size).prefix(size)
        return json([
            "items": .array(shown.map { .object($0) }), "totalItems": .integer(items.count),
            "pageIndex": .integer(index), "pageSize": .integer(size),
            "isLastPage": .boolean(items.count == index * size + shown.count),
        ])
    }

    private func json(_ object: JSONObject, _ status: Status = .ok) -> Response {
        var response = Response(text: object.serialized, contentType: "application/json")
        response.status = status
        return response
    }
}
