import Foundation
import SandboxProtocol

/// A sandbox that runs, as another process finds it.
public struct RunningSandbox: Hashable, Sendable {
    public let process: Int
    /// The URL of the app.
    public let app: String
    /// The URL of its Bindle server, `/v1` included.
    public let bindle: String

    /// The sandbox that runs on a project's store, if one does.
    ///
    /// - Parameter path: the project, as for `hippo-dev up`.
    public static func find(project path: String, store: String?) throws -> RunningSandbox? {
        guard let file = try ProjectStore.file(ofProject: path, store: store) else { return nil }
        return SandboxLock.isHeld(store: file) ? SandboxLock.holder(ofStore: file) : nil
    }

    /// The sandbox as an object for tools.
    public var json: String {
        let object: JSONObject = [
            "running": .boolean(true), "process": .integer(process), "app": .string(app), "bindle": .string(bindle),
        ]
        return object.serialized
    }

    /// Opens its page in the user's browser; false if there is none to be had.
    public func openPage() -> Bool { Browser.open(app) }
}

/// The files that a sandbox keeps for a project.
public enum ProjectStore {
    /// The store; `nil` if the project's settings say that nothing is kept.
    public static func file(ofProject path: String, store: String?) throws -> String? {
        if let store { return store }
        let project = try Project(at: path)
        let settings = try SettingsFile.read(inProject: project.directory)
        return Storage.file(settings.storage, projectDirectory: project.directory)
    }

    /// The log of what the sandbox with this store has told.
    public static func log(ofStore file: String) -> String {
        let url = URL(fileURLWithPath: file)
        // In the project's own directory for it, the name need not tell whose it is.
        return url.deletingLastPathComponent().lastPathComponent == ".hippo"
            && url.lastPathComponent == "bindles.sqlite"
            ? url.deletingLastPathComponent().path + "/up.log" : file + ".log"
    }
}

/// Another sandbox has the store.
public struct SandboxInUse: Error, CustomStringConvertible {
    public let store: String
    public let holder: RunningSandbox?

    public var description: String {
        guard let holder else {
            return "the store \(store) is in use by another hippo-dev. Stop it, or use --ephemeral."
        }
        return """
            hippo-dev up already runs here, as process \(holder.process).
              app      \(holder.app)
              bindle   \(holder.bindle)
            Use that one ('hippo-dev up --open' opens its page, 'hippo-dev logs -f' shows what it tells), stop it, or \
            start another with --ephemeral --port auto.
            """
    }
}
