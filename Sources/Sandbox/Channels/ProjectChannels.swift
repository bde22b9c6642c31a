import Bindle
package import ControlPage
package import JSON
import Platform

/// The channels of a project's sandbox, which are reached through it while it runs, and in its store otherwise.
package struct ProjectChannels: Sendable {
    private enum Access {
        case running(ControlClient)
        case stopped(BindleStore)
    }

    private let access: Access
    private let project: Project

    /// - Parameters:
    ///   - path: the project, as for `hippo-dev up`.
    ///   - store: the store's file, where it is not the one of the project's settings.
    package init(path: String, store: String?) throws {
        let project = try Project(at: path)
        self.project = project
        let settings = try SettingsFile.read(inProject: project.directory)
        guard let file = store ?? Storage.file(settings.storage, projectDirectory: project.directory) else {
            throw SandboxHistoryError.ephemeral
        }
        guard FileStatus(path: file) != nil else { throw SandboxHistoryError.noStore(file) }
        try PrivateFiles.checkStore(file)
        access = try Self.access(toStore: file)
    }

    private static func access(toStore file: String) throws -> Access {
        do { return .stopped(try BindleStore(path: file)) } catch {
            guard case .inUse = error, let sandbox = SandboxLock.holder(ofStore: file) else { throw error }
            return .running(try ControlClient(sandbox, store: file))
        }
    }

    /// The name of the project's own app.
    package var app: String { get throws { try project.facts().name } }

    /// All channels as objects, as the API gives them out. Without a sandbox, none of them has a `url` or a `state`.
    package func list() throws -> [JSONObject] {
        switch access {
        case .running(let client): try client.send(.get, "/channels")["channels"]?.array?.compactMap(\.object) ?? []
        case .stopped(let store): try store.channels().map { channel in try Self.object(channel, in: store) }
        }
    }

    /// Makes a channel, or changes one.
    ///
    /// - Parameter mustExist: whether the channel has to be there, or must not be there.
    /// - Returns: the channel as an object.
    package func change(_ key: ChannelKey, _ change: ChannelChange, mustExist: Bool) throws -> JSONObject {
        let exists = try list().contains {
            $0["app"]?.string == key.app && $0["name"]?.string == key.name
        }
        if mustExist, !exists { throw StoreError.noSuchChannel(app: key.app, name: key.name) }
        if !mustExist, exists { throw ChannelExists(key: key) }
        switch access {
        case .running(let client):
            return try client.send(.put, Self.path(key), change.json)["channel"]?.object ?? JSONObject()
        case .stopped(let store):
            let hosts = try SettingsFile.read(inProject: project.directory).allowedHosts
            let channel = try change.apply(to: key, among: store.channels(), appHosts: hosts)
            try store.put(channel)
            return try Self.object(channel, in: store)
        }
    }

    package func remove(_ key: ChannelKey) throws {
        switch access {
        case .running(let client): try client.send(.delete, Self.path(key))
        case .stopped(let store): try store.removeChannel(app: key.app, name: key.name)
        }
    }

    private static func path(_ key: ChannelKey) -> String {
        "/channel?app=\(ControlClient.escaped(key.app))&name=\(ControlClient.escaped(key.name))"
    }

    private static func object(_ channel: Channel, in store: BindleStore) throws -> JSONObject {
        ChannelStatus(
            channel: channel, url: nil, release: try store.release(of: channel), condition: nil, data: nil
        ).json
    }

    /// The data directory of a channel of a project's own app.
    ///
    /// - Parameter directory: the working copy's.
    package static func data(ofChannel name: String, beside directory: DataDirectory) throws -> DataDirectory {
        guard ChannelChange.isName(name) else {
            throw DataDirectory.Unusable(description: "'\(name)' is no name of a channel.")
        }
        return directory.ofChannel(named: name)
    }
}

/// A channel that was to be made is there already.
package struct ChannelExists: Error, CustomStringConvertible {
    package let key: ChannelKey

    package var description: String {
        "there is a channel \(key.name) of \(key.app) already: change it with hippo-dev channel set \(key.name)"
    }
}
