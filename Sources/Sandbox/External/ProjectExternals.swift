package import Bindle
package import Hippofacts
import Platform
import Synchronization

/// Where the external bindles of a project are found when no sandbox expands it: in the projects that `hippo-dev.toml`
/// names as its libraries, in its store (through the sandbox that runs on it, if one does), and on other servers.
///
/// Nothing is written. Libraries are expanded once, so that invoices and parcels fit each other.
package final class ProjectExternals: Sendable {
    /// What `hippo-dev.toml` says of an upstream.
    package struct UpstreamSettings: Sendable {
        package let url: String?
        package let strategy: String?
    }

    private let storePath: String?
    private let upstreams: [ExternalBindles.Upstream]
    private let libraries: [String]
    /// What libraries have been expanded to, by their paths.
    private let expansions = Mutex<[String: Expansion]>([:])

    /// - Parameters:
    ///   - path: The project.
    ///   - store: The store's file, where it is not the one of the project's settings.
    ///   - upstreams: Makes the servers that are asked, in this order, from what the project's settings say.
    package init(
        path: String, store: String?, upstreams: (UpstreamSettings) throws -> [ExternalBindles.Upstream]
    ) throws {
        let project = try Project(at: path)
        let settings = try SettingsFile.read(inProject: project.directory)
        storePath = store ?? Storage.file(settings.storage, projectDirectory: project.directory)
        self.upstreams = try upstreams(
            UpstreamSettings(url: settings.upstream, strategy: settings.upstreamStrategy))
        libraries = settings.libraries ?? []
    }

    // MARK: - Invoices

    /// The invoice of a bindle.
    package func invoice(_ id: BindleID) throws -> Invoice { try invoice(id, for: []) }

    /// - Parameter pending: The libraries that are being expanded: they are not looked at for what they need.
    private func invoice(_ id: BindleID, for pending: Set<String>) throws -> Invoice {
        if let expansion = try expansion(id, for: pending) { return expansion.invoice }
        if let invoice = try storedInvoice(id) { return invoice }
        return try firstOfUpstreams(id) { (upstream) throws(ExternalBindleError) in try upstream.invoice(id) }
    }

    /// A library's expansion to this bindle.
    private func expansion(_ id: BindleID, for pending: Set<String> = []) throws -> Expansion? {
        for path in libraries where !pending.contains(path) {
            if let known = expansions.withLock({ $0[path] }) {
                if known.invoice.id == id { return known }
                continue
            }
            let facts = try Hippofacts(at: Project(at: path).path)
            guard facts.name == id.name else { continue }
            var cache = DigestCache()
            var options = ExpansionOptions(externalInvoice: { try self.invoice($0, for: pending.union([path])) })
            try BundleSettings(ofProjectAt: path).apply(to: &options)
            let expansion = try facts.expanded(options, cache: &cache)
            expansions.withLock { $0[path] = expansion }
            if expansion.invoice.id == id { return expansion }
        }
        return nil
    }

    private func storedInvoice(_ id: BindleID) throws -> Invoice? {
        switch try place() {
        case nil: return nil
        case .file(let store):
            do { return try store.invoice(id, includingYanked: true) } catch .noSuchBindle { return nil }
        case .sandbox(let server):
            do { return try server.invoice(id) } catch .notFound { return nil }
        }
    }

    // MARK: - Parcels

    /// Where the bytes of a parcel of an external bindle are.
    /// - Parameter directory: Takes those that are in no file, under the parcel's digest.
    /// - Throws: `ExternalBindleError` if nobody has them.
    package func content(
        of parcel: Expansion.ExternalParcel, in directory: String
    ) throws -> ParcelContent {
        let (id, label) = (parcel.bindle, parcel.label)
        switch try expansion(id)?.sources[label] {
        case .file(let path, _): return .file(path: path)
        case .bytes(let bytes): return .bytes(bytes)
        case nil: break
        }
        let path = "\(directory)/\(label.sha256)"
        if try copyStored(label, of: id, to: path) { return .file(path: path) }
        try firstOfUpstreams(id) { (upstream) throws(ExternalBindleError) in
            try Self.fetch(label, of: id, from: upstream, to: path)
        }
        return .file(path: path)
    }

    /// - Returns: Whether the store has it.
    private func copyStored(_ label: Label, of id: BindleID, to path: String) throws -> Bool {
        switch try place() {
        case nil: return false
        case .file(let store):
            do throws(StoreError) {
                let reader = try store.parcel(label.sha256, of: id, includingYanked: true)
                defer { reader.close() }
                let failure = StoreError.notWritable(path: path, detail: "a parcel cannot be put there")
                guard let file = Self.makeFile(path) else { throw failure }
                defer { close(file) }
                while let piece = try reader.next() {
                    do { try piece.withUnsafeBytes { try FileWriter.write($0, to: file, path: path) } } catch {
                        throw failure
                    }
                }
                return true
            } catch .noSuchBindle, .notInInvoice, .parcelNotUploaded {
                return false
            }
        case .sandbox(let server):
            do {
                try Self.fetch(label, of: id, from: server, to: path)
                return true
            } catch .notFound {
                return false
            }
        }
    }

    private static func fetch(
        _ label: Label, of id: BindleID, from server: ExternalBindles.Upstream, to path: String
    ) throws(ExternalBindleError) {
        guard let file = makeFile(path) else {
            throw .store(.notWritable(path: path, detail: "a parcel cannot be put there"))
        }
        defer { close(file) }
        try server.parcel(label, of: id) { try FileWriter.write($0, to: file, path: path) }
    }

    /// Makes an empty file.
    private static func makeFile(_ path: String) -> Int32? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        return descriptor >= 0 ? descriptor : nil
    }

    // MARK: - Places

    private enum Place {
        case file(BindleStore)
        /// The sandbox that has the store open.
        case sandbox(ExternalBindles.Upstream)
    }

    /// Who has the project's store, if there is one. The file is open, and locked, as long as the result lives.
    private func place() throws -> Place? {
        guard let storePath, FileStatus(path: storePath) != nil else { return nil }
        try PrivateFiles.checkStore(storePath)
        do {
            return .file(try BindleStore(path: storePath))
        } catch .inUse(let path, let holder) {
            guard let sandbox = SandboxLock.holder(ofStore: storePath) else {
                throw StoreError.inUse(path: path, holder: holder)
            }
            let credentials = try AccessToken.credentials(
                forStore: storePath, environment: ProcessEnvironment.all)
            return .sandbox(
                ExternalBindles.Upstream(
                    client: try BindleClient(
                        baseURL: sandbox.bindle, credentials: credentials,
                        configuration: sandbox.clientConfiguration)))
        }
    }

    /// What the first server gives that has something. One that cannot be reached is as one that lacks it, as long as
    /// another has it.
    private func firstOfUpstreams<Result>(
        _ id: BindleID, _ ask: (ExternalBindles.Upstream) throws(ExternalBindleError) -> Result
    ) throws(ExternalBindleError) -> Result {
        var failure: ExternalBindleError?
        for upstream in upstreams {
            do {
                return try ask(upstream)
            } catch {
                switch error {
                case .notFound, .unreachable: failure = failure ?? error
                default: throw error
                }
            }
        }
        throw failure ?? .noUpstream(id)
    }
}
