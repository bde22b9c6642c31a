import Bindle
import Platform
import Sandbox

/// A sandbox that runs, and what it asks of who exports what it has.
struct ExportingSandbox {
    let sandbox: RunningSandbox
    let credentials: BindleClient.Credentials

    /// - Parameters:
    ///   - path: The project.
    ///   - store: The store's file, where it is not the one of the project's settings.
    /// - Returns: `nil` if none runs.
    init?(project path: String, store: String?) throws {
        guard let running = try RunningSandbox.all(project: path, store: store).first else { return nil }
        sandbox = running
        let file = try ProjectStore.file(ofProject: path, store: store)
        credentials =
            try file.map { try AccessToken.credentials(forStore: $0, environment: ProcessEnvironment.all) } ?? .none
    }

    var artifacts: ArtifactClient { get throws { try ArtifactClient(sandbox, credentials: credentials) } }

    var revisions: RevisionClient {
        get throws {
            try RevisionClient(bindleURL: sandbox.bindle, credentials: credentials, tls: sandbox.tls)
        }
    }

    /// A client of the sandbox's Bindle server.
    ///
    /// - Parameter revision: whose content it has; `nil` for what bindles are now.
    func bindles(revision: Int? = nil) throws -> BindleClient {
        let root = sandbox.bindle.hasSuffix("/v1") ? String(sandbox.bindle.dropLast(3)) : sandbox.bindle
        let url = revision.map { "\(root)/revisions/\($0)/v1" } ?? sandbox.bindle
        return try BindleClient(
            baseURL: url, credentials: credentials, configuration: sandbox.clientConfiguration)
    }
}
