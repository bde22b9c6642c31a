import CommandLineInterface
import ControlPage
import HTTP
import Hippofacts
import JSON
import Platform
import Sandbox

/// The channels of a project, through its sandbox or in its store.
struct ProjectChannels {
    private let control: SandboxControl
    /// The project, as for `hippo-dev up`; `nil` where a sandbox was named by its URL.
    private let project: String?

    init(_ arguments: ParsedArguments) throws {
        control = try HistoryOptions.control(arguments)
        project = HistoryOptions.projectPath(arguments)
    }

    init(_ control: SandboxControl) {
        (self.control, project) = (control, nil)
    }

    /// The name of the project's own app.
    func app() throws -> String {
        guard let project else { throw UsageError("'--sandbox-url' names no project: name the app by --app") }
        return try (Hippofacts.isSite(project) ? Hippofacts(site: project) : Hippofacts(at: project)).name
    }

    /// All channels as objects, as the API gives them out. Without a sandbox, none of them has a `url` or a `state`.
    func list() throws -> [JSONObject] {
        try control.send(.get, "channels")["channels"]?.array?.compactMap(\.object) ?? []
    }

    /// Makes a channel that is not there.
    func add(_ key: ChannelKey, _ change: ChannelChange) throws -> JSONObject {
        guard try !exists(key) else {
            throw CommandFailure(
                "there is a channel \(key.name) of \(key.app) already: change it with hippo-dev channel set \(key.name)"
            )
        }
        return try put(key, change)
    }

    /// Changes a channel that is there.
    func set(_ key: ChannelKey, _ change: ChannelChange) throws -> JSONObject {
        guard try exists(key) else {
            throw CommandFailure(
                "there is no channel \(key.name) of \(key.app): hippo-dev channel list shows those that there are")
        }
        return try put(key, change)
    }

    func remove(_ key: ChannelKey) throws {
        _ = try control.send(.delete, "channel", ["app": key.app, "name": key.name])
    }

    private func exists(_ key: ChannelKey) throws -> Bool {
        try list().contains { $0["app"]?.string == key.app && $0["name"]?.string == key.name }
    }

    private func put(_ key: ChannelKey, _ change: ChannelChange) throws -> JSONObject {
        let answer = try control.send(.put, "channel", ["app": key.app, "name": key.name], body: change.json)
        return answer["channel"]?.object ?? JSONObject()
    }
}
