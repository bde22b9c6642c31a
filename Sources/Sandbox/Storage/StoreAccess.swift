import Bindle
import Platform

/// How another process gets at what a project's sandbox keeps: through the sandbox while it runs, which has the store for
/// itself, and in the store otherwise. Where there is no store, a sandbox is meant that keeps nothing, if one runs.
enum StoreAccess {
    case running(RunningSandbox, BindleClient.Credentials)
    case stopped(BindleStore)

    /// - Parameters:
    ///   - path: The project, as for `hippo-dev up`.
    ///   - store: The store's file, where it is not the one of the project's settings.
    static func find(path: String, store: String?) throws -> StoreAccess {
        guard let file = try ProjectStore.file(ofProject: path, store: store) else {
            guard let sandbox = try ephemeralSandbox(path) else { throw StoreAccessError.ephemeral }
            return sandbox
        }
        guard FileStatus(path: file) != nil else {
            guard store == nil, let sandbox = try ephemeralSandbox(path) else { throw StoreAccessError.noStore(file) }
            return sandbox
        }
        try PrivateFiles.checkStore(file)
        do {
            return .stopped(try BindleStore(path: file))
        } catch .inUse(let path, let holder) {
            guard let sandbox = SandboxLock.holder(ofStore: file) else {
                throw StoreError.inUse(path: path, holder: holder)
            }
            return .running(sandbox, try credentials(forStore: file))
        }
    }

    private static func ephemeralSandbox(_ path: String) throws -> StoreAccess? {
        guard let sandbox = try RunningSandbox.all(project: path, store: nil).first else { return nil }
        return .running(sandbox, try credentials(forStore: try ProjectStore.directory(ofProject: path)))
    }

    private static func credentials(forStore store: String) throws -> BindleClient.Credentials {
        try AccessToken.credentials(forStore: store, environment: ProcessEnvironment.all)
    }
}

/// Why there is nothing to get at.
enum StoreAccessError: Error, CustomStringConvertible {
    case ephemeral
    case noStore(String)

    var description: String {
        switch self {
        case .ephemeral: "this project's sandbox keeps nothing (ephemeral), and none runs"
        case .noStore(let path): "there are no revisions yet: hippo-dev up has not made the store \(path)"
        }
    }
}
