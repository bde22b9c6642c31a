package import HTTP
import Hippofacts
import JSON
import Platform
import SandboxProtocol

/// A sandbox that runs, as another process finds it.
package struct RunningSandbox: Hashable, Sendable {
    package let process: Int
    /// The URL at which people find the app.
    package let app: String
    /// The URL of the sandbox's own server for the app, where another one stands in front; `nil` where it is `app`.
    package let server: String?
    /// The URL of its Bindle server, `/v1` included.
    package let bindle: String
    /// The URL of its control page, which that server has, too.
    package var control: String { bindle.hasSuffix("/v1") ? String(bindle.dropLast("v1".count)) : bindle }
    /// By which key its Bindle server is known, if that speaks TLS.
    package let bindleKeyPin: String?
    /// Whether it keeps nothing.
    package let isEphemeral: Bool
    /// What its handlers keep; `nil` for nothing.
    package let data: KeptData?

    /// - Parameter process: by default this one.
    init(
        process: Int = Int(getpid()), app: String, server: String? = nil, bindle: String,
        bindleKeyPin: String? = nil, isEphemeral: Bool, data: KeptData?
    ) {
        self.process = process
        self.app = app
        self.server = server
        self.bindle = bindle
        self.bindleKeyPin = bindleKeyPin
        self.isEphemeral = isEphemeral
        self.data = data
    }

    /// The sandboxes that run on a project: first the one on the project's store, then those that keep nothing.
    ///
    /// - Parameters:
    ///   - path: the project, as for `hippo-dev up`.
    ///   - store: a store's file, if only the sandbox on that one is meant.
    package static func all(project path: String, store: String?) throws -> [RunningSandbox] {
        try ProjectStore.inUse(ofProject: path, store: store).compactMap { SandboxLock.holder(ofStore: $0) }
    }

    /// The sandbox as an object.
    var object: JSONObject {
        var object: JSONObject = [
            "running": .boolean(true), "process": .integer(process), "app": .string(app), "bindle": .string(bindle),
            "control": .string(control), "ephemeral": .boolean(isEphemeral),
        ]
        object["server"] = server.map { .string($0) }
        object["bindleKey"] = bindleKeyPin.map { .string($0) }
        object["data"] = data.map { .object($0.json) }
        return object
    }

    /// The sandbox as an object for tools, with what the data directory holds now.
    package var json: String {
        var object = object
        object["data"] = data.map { .object($0.measured) }
        return object.serialized
    }

    /// How its Bindle server is known.
    package var tls: TLSPolicy {
        var policy = TLSPolicy()
        policy.publicKeyPin = bindleKeyPin
        return policy
    }

    /// How its Bindle server is asked.
    package var clientConfiguration: ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.tls = tls
        return configuration
    }

    /// Opens its page in the user's browser; false if there is no browser that it can open.
    package func openPage() -> Bool { Browser.open(app) }
}

/// The files that a sandbox keeps for a project.
package enum ProjectStore {
    /// The store; `nil` if the project's settings say that nothing is kept.
    package static func file(ofProject path: String, store: String?) throws -> String? {
        if let store { return store }
        let directory = try directory(ofProject: path)
        let settings = try SettingsFile.read(inProject: directory)
        return Storage.file(settings.storage, projectDirectory: directory)
    }

    /// The path by which secrets about a store are kept: its own, or, where nothing is kept, which has another path each time,
    /// the project's.
    package static func pathForSecrets(ofProject path: String, store: String?, isEphemeral: Bool) throws -> String {
        if !isEphemeral, let file = try file(ofProject: path, store: store) { return file }
        return try directory(ofProject: path)
    }

    /// The directory of a project, which keeps what its sandboxes do. A directory without HIPPOFACTS is one, too, if a sandbox
    /// serves or has served a single module in it.
    static func directory(ofProject path: String) throws(HippofactsError) -> String {
        do throws(HippofactsError) { return try Project(at: path).directory } catch {
            let directory = FilePath.absolute(path)
            guard FileStatus(path: directory)?.isDirectory == true,
                !Hippofacts.fileNames.contains(where: { FileStatus(path: "\(directory)/\($0)") != nil }),
                FileStatus(path: Storage.directory(ofProject: directory))?.isDirectory == true
                    || !EphemeralDirectory.stores(ofProject: directory).isEmpty
            else { throw error }
            return directory
        }
    }

    /// The stores of a project on which sandboxes run; first the one that is kept.
    static func inUse(ofProject path: String, store: String?) throws -> [String] {
        let kept = try file(ofProject: path, store: store).map { [$0] } ?? []
        let ephemeral = store == nil ? EphemeralDirectory.stores(ofProject: try directory(ofProject: path)) : []
        return kept.filter { SandboxLock.isHeld(store: $0) } + ephemeral
    }

    /// The log of the sandbox that runs on a project, or of the last one that did; `nil` if there is none.
    static func log(ofProject path: String, store: String?) throws -> String? {
        if let running = try runningLogs(ofProject: path, store: store).first { return running }
        guard let log = try file(ofProject: path, store: store).map(log(ofStore:)) else { return nil }
        return FileStatus(path: log) != nil ? log : nil
    }

    /// The logs of the sandboxes that run on a project.
    static func runningLogs(ofProject path: String, store: String?) throws -> [String] {
        try inUse(ofProject: path, store: store).map(log(ofStore:))
    }

    /// The log of what the sandbox with this store has told.
    static func log(ofStore file: String) -> String {
        let directory = FilePath.parent(file)
        // In the project's own directory for it, the name need not tell whose it is.
        return FilePath.name(directory) == ".hippo" && FilePath.name(file) == "bindles.sqlite"
            ? directory + "/up.log" : file + ".log"
    }
}

/// Another sandbox has the store.
package struct SandboxInUse: Error, CustomStringConvertible {
    package let store: String
    package let holder: RunningSandbox?

    package var description: String {
        guard let holder else {
            return "the store \(store) is in use by another hippo-dev. Stop it, or use --ephemeral."
        }
        return """
            hippo-dev up already runs here, as process \(holder.process).
              app      \(holder.app)
              bindle   \(holder.bindle)
              control  \(holder.control)
            Use that one ('hippo-dev up --open' opens its page, 'hippo-dev logs -f' shows what it tells), stop it, or \
            start another with --ephemeral --port auto.
            """
    }
}
