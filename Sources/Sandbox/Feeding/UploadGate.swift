import Archive
import Bindle
import ControlPage
import HTTP
import HippoAPI
import Hippofacts
import JSON
import Platform
import WebGuard

/// Where those hand projects in who may do nothing else: `POST /api/v1/upload`.
///
/// Whoever asks shows an upload token, and not the one of the control page. What may be handed in is checked before the body
/// is read. See Feeding.md in Sandbox.docc.
final class UploadGate: Sendable {
    private let feed: Feed
    private let store: BindleStore
    private let storage: HippoStorage
    private let channels: any ChannelControl
    private let webGuard: WebGuard
    private let time: any TimeSource

    init(
        feed: Feed, store: BindleStore, storage: HippoStorage, channels: any ChannelControl, webGuard: WebGuard,
        time: any TimeSource = .system
    ) {
        self.feed = feed
        self.store = store
        self.storage = storage
        self.channels = channels
        self.webGuard = webGuard
        self.time = time
    }

    /// Answers a request for the gate; `nil` for any other path.
    func respond(to request: Request, _ body: RequestBody) -> Response? {
        guard request.path == "/api/v1/upload" else { return nil }
        if let refusal = webGuard.developerRefusal(of: request) { return refusal.response }
        do throws(ControlFailure) { return try answer(ControlRequest(request, path: ["upload"], body: body)) } catch {
            return error.response
        }
    }

    private func answer(_ request: ControlRequest) throws(ControlFailure) -> Response {
        let record: HippoRecord?
        do throws(PrivateFileError) { record = try storage.load() } catch {
            throw ControlFailure(.internalServerError, "\(error)")
        }
        let now = time.nanosecondsSince1970 / 1_000_000_000
        guard let token = record?.token(ofField: request.request.headers["Authorization"], now: now) else {
            throw ControlFailure(.unauthorized, "this needs an upload token: 'hippo-dev token add' makes one")
        }
        try request.allow(.post)
        let parameters = try request.parameters(["name", "version", "channel"])
        let id = try Self.id(parameters)
        guard token.isGood(forName: id.name) else {
            throw ControlFailure(.forbidden, "the token is not good for bindles of the name '\(id.name)'")
        }
        let channel = parameters.text("channel")
        if let channel {
            guard token.isGood(forChannel: channel) else {
                throw ControlFailure(.forbidden, "the token is not good for the channel '\(channel)'")
            }
            guard ChannelChange.isName(channel) else {
                throw ControlFailure(.badRequest, "'\(channel)' is no name of a channel")
            }
        }
        let type = request.request.headers["Content-Type"]?.split(separator: ";").first?.lowercased()
        guard let type, ["application/x-tar", "application/gzip"].contains(type) else {
            throw ControlFailure(
                .unsupportedMediaType, "the Content-Type has to be application/x-tar or application/gzip")
        }
        let (release, effect) = try feed.release(id, of: request.body, isPacked: type == "application/gzip")
        var answer: JSONObject = [
            "release": .string(release.id.description), "digest": .string(release.digest),
            "effect": .string(effect == .created ? "created" : "unchanged"), "parcels": .integer(release.parcelCount),
            "size": .integer(release.size),
        ]
        if let channel { answer["channel"] = .object(try use(release, on: channel)) }
        return Response(json: answer, status: effect == .created ? .created : .ok)
    }

    private static func id(_ parameters: ControlParameters) throws(ControlFailure) -> BindleID {
        let (name, version) = (try parameters.required("name"), try parameters.required("version"))
        guard let version = SemanticVersion(version) else {
            throw ControlFailure(.badRequest, "'version' is a semantic version, such as 1.2.3, not '\(version)'")
        }
        do { return try BindleID(name: name, version: version) } catch {
            throw ControlFailure(.badRequest, "'\(name)' cannot be the name of a bindle")
        }
    }

    /// Has a channel serve a release: one that follows a range does so by itself, if the release is in it; one that pins
    /// another goes on to it; a new one follows all releases.
    private func use(_ release: Release, on name: String) throws(ControlFailure) -> JSONObject {
        let key = ChannelKey(app: release.id.name, name: name)
        do {
            let before = try store.channels().first { ChannelKey($0) == key }
            var change = ChannelChange()
            if case .pin? = before?.selection { change.selection = .pin(release.id.version) }
            let status = try channels.change(key, change).status
            return [
                "name": .string(name), "url": status.url.map { .string($0) } ?? .null,
                "release": status.release.map { .string($0.id.description) } ?? .null,
            ]
        } catch let problem as ChannelProblem {
            throw ControlFailure(.conflict, problem.description)
        } catch {
            throw ControlFailure(.internalServerError, "\(error)")
        }
    }
}
