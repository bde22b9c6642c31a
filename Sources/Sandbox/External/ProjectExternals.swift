import Bindle
import Foundation
import Hippofacts

/// Where the external bindles of a project are found when no sandbox expands it: in the projects that `hippo-dev.toml`
/// names as its libraries, in its store (through the sandbox that runs on it, if one does), and on an upstream server.
///
/// Nothing is written.
public struct ProjectExternals: Sendable {
    private let project: Project
    private let storePath: String?
    private let upstream: ExternalBindles.Upstream?
    private let libraries: [String]

    /// - Parameters:
    ///   - path: The project.
    ///   - store: The store's file, where it is not the one of the project's settings.
    public init(path: String, store: String?, upstream: ExternalBindles.Upstream?) throws {
        project = try Project(at: path)
        let settings = try SettingsFile.read(inProject: project.directory)
        storePath = store ?? Storage.file(settings.storage, projectDirectory: project.directory)
        self.upstream = upstream
        libraries = settings.libraries ?? []
    }

    /// The invoice of a bindle.
    public func invoice(_ id: BindleID) throws -> Invoice {
        for path in libraries {
            let facts = try Hippofacts(at: Project(at: path).path)
            guard facts.name == id.name else { continue }
            var cache = DigestCache()
            let invoice = try facts.expanded(ExpansionOptions(externalInvoice: invoice), cache: &cache).invoice
            if invoice.id == id { return invoice }
        }
        if let invoice = try storedInvoice(id) { return invoice }
        guard let upstream else { throw ExternalBindleError.noUpstream(id) }
        return try upstream.invoice(id)
    }

    private func storedInvoice(_ id: BindleID) throws -> Invoice? {
        guard let storePath, FileManager.default.fileExists(atPath: storePath) else { return nil }
        do {
            return try BindleStore(path: storePath).invoice(id, includingYanked: true)
        } catch .noSuchBindle {
            return nil
        } catch .inUse(let path, let holder) {
            guard let sandbox = SandboxLock.holder(ofStore: storePath) else {
                throw StoreError.inUse(path: path, holder: holder)
            }
            let server = ExternalBindles.Upstream(client: try BindleClient(baseURL: sandbox.bindle))
            do { return try server.invoice(id) } catch .notFound { return nil }
        }
    }
}
