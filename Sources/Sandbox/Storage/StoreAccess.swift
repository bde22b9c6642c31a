import Bindle
import Platform

/// How another process gets at what a project's sandbox keeps: through the sandbox while it runs, which has the store for
/// itself, and in the store otherwise.
enum StoreAccess {
    case running(RunningSandbox, BindleClient.Credentials)
    case stopped(BindleStore)

    /// - Parameters:
    ///   - path: The project, as for `hippo-dev up`.
    ///   - store: The store's file, where it is not the one of the project's settings.
    init(path: String, store: String?) throws {
        guard let file = try ProjectStore.file(ofProject: path, store: store) else {
            throw StoreAccessError.ephemeral
        }
        guard FileStatus(path: file) != nil else { throw StoreAccessError.noStore(file) }
        try PrivateFiles.checkStore(file)
        do {
            self = .stopped(try BindleStore(path: file))
        } catch .inUse(let path, let holder) {
            guard let sandbox = SandboxLock.holder(ofStore: file) else {
                throw StoreError.inUse(path: path, holder: holder)
            }
            let credentials = try AccessToken.credentials(forStore: file, environment: ProcessEnvironment.all)
            self = .running(sandbox, credentials)
        }
    }
}

/// Why there is nothing to get at.
enum StoreAccessError: Error, CustomStringConvertible {
    case ephemeral
    case noStore(String)

    var description: String {
        switch self {
        case .ephemeral:
            "this project's sandbox keeps nothing (ephemeral). While it runs, name its Bindle server with --sandbox-url"
        case .noStore(let path): "there are no revisions yet: hippo-dev up has not made the store \(path)"
        }
    }
}
