import Archive
import Bindle
import Content
import ControlPage
import HTTP
import Hippofacts
import Platform
import Synchronization

/// Takes bindles into the store that are not made of the project: those of other servers, and those of files that somebody
/// has dropped on the control page.
///
/// Nothing is in the store before all of it is there, and nothing is left of what is refused.
final class Feed: Sendable {
    private let store: BindleStore
    /// The directory for what is on its way.
    private let scratch: String
    private let upstream: @Sendable () throws -> ExternalBindles.Upstream?
    /// Held while what was unpacked becomes a release.
    private let releasing = Mutex<Void>(())

    /// How much a bindle may have, and how long it may take to fetch one.
    static let sizeLimit = 2 << 30
    private static let parcelLimit = 100_000
    private static let patience = Duration.seconds(600)

    /// - Parameters:
    ///   - scratch: A directory for what is on its way. Only the sandbox that has the store may use it.
    ///   - upstream: The server that a bindle is fetched from of which nothing but the ID is known.
    init(store: BindleStore, scratch: String, upstream: @escaping @Sendable () throws -> ExternalBindles.Upstream?) {
        self.store = store
        self.scratch = scratch
        self.upstream = upstream
        FeedDirectory.removeRemains(in: scratch)
    }

    /// What was taken in, or would be.
    struct Meal {
        var invoice: Invoice
        /// `nil` where it was not to be taken in.
        var effect: CreationEffect?
        /// What is to be said of it.
        var notes: [String] = []
        /// Whether nothing says what its name and its handlers are.
        var isInferred = false
    }

    // MARK: - From servers

    /// Fetches a bindle that the store does not have yet.
    func take(_ id: BindleID, replacing: Bool) throws(ControlFailure) -> Meal {
        if !replacing, let invoice = try? store.invoice(id), (try? store.missingParcels(of: id)) == [] {
            return Meal(invoice: invoice, effect: .unchanged, notes: ["The store has \(id) already."])
        }
        let server: ExternalBindles.Upstream?
        do { server = try upstream() } catch { throw ControlFailure(.badGateway, "\(error)") }
        guard let server else {
            throw ControlFailure(
                .notFound,
                "the store does not have \(id), and no other server is known: give the URL of the bindle, or name a Bindle "
                    + "server with --upstream URL")
        }
        return try fetch(id, from: server, replacing: replacing)
    }

    /// Fetches what a URL leads to: a bindle of a Bindle server, or a standalone bindle that is packed.
    func take(_ url: FeedURL, replacing: Bool) throws(ControlFailure) -> Meal {
        switch url.kind {
        case .bindle(let id, let server):
            let client = BindleClient(baseURL: server, configuration: Self.configuration(for: server))
            return try fetch(id, from: ExternalBindles.Upstream(client: client), replacing: replacing)
        case .archive: return try fetchArchive(url.url, replacing: replacing)
        }
    }

    /// How servers are asked that somebody has given the URL of. They get no credentials.
    private static func configuration(for url: HTTPURL) -> ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.totalTimeout = patience
        configuration.maximumRedirects = 5
        configuration.allowsRedirect = FeedURL.allowsRedirect(from: url)
        configuration.proxies = ProxySettings(environment: ProcessEnvironment.all)
        configuration.tls.localAuthorityPath = UserFile.authority.path()
        return configuration
    }

    private func fetch(
        _ id: BindleID, from server: ExternalBindles.Upstream, replacing: Bool
    ) throws(ControlFailure) -> Meal {
        let deadline = MonotonicTime.now + Self.patience
        let directory = try FeedDirectory(in: scratch)
        let invoice: Invoice
        do {
            invoice = try server.invoice(id)
            try Self.checkSize(of: invoice)
            for label in try ExternalBindles(store: store, upstream: nil).missing(invoice.distinctLabels) {
                guard MonotonicTime.now < deadline else {
                    throw ControlFailure(.badGateway, "\(server.client.baseURL) takes too long to give \(id)")
                }
                try Self.fetch(label, of: id, from: server, into: directory)
            }
        } catch let error as ExternalBindleError {
            throw ControlFailure(fetching: error)
        } catch let error as ControlFailure {
            throw error
        } catch {
            throw ControlFailure(.internalServerError, "\(error)")
        }
        return try save(invoice, replacing: replacing) { label in .file(path: "\(directory.path)/\(label.sha256)") }
    }

    private static func fetch(
        _ label: Label, of id: BindleID, from server: ExternalBindles.Upstream, into directory: FeedDirectory
    ) throws {
        let file = try directory.makeFile(at: label.sha256)
        defer { close(file) }
        // What cannot be kept is no fault of the server's.
        var failure: ControlFailure?
        do {
            try server.parcel(label, of: id) { bytes in
                do throws(ControlFailure) { try FeedDirectory.write(bytes, to: file) } catch {
                    failure = error
                    throw error
                }
            }
        } catch {
            if let failure { throw failure }
            throw error
        }
    }

    private static func checkSize(of invoice: Invoice) throws(ControlFailure) {
        guard invoice.size <= sizeLimit, invoice.parcels.count <= parcelLimit else {
            throw ControlFailure(
                .unprocessableContent,
                "\(invoice.id) is too large to be taken in: \(invoice.parcels.count) parcels of \(invoice.size) bytes")
        }
    }

    private func fetchArchive(_ url: HTTPURL, replacing: Bool) throws(ControlFailure) -> Meal {
        let directory = try FeedDirectory(in: scratch)
        let path = directory.path + "/archive"
        try Self.download(url, to: directory.makeFile(at: "archive"))
        let bindle = try Self.unpack(path, in: directory, shownAs: "\(url)")
        return try save(bindle.invoice, replacing: replacing) { .file(path: bindle.parcelPath($0.sha256)) }
    }

    /// Unpacks a standalone bindle.
    /// - Parameter name: What errors call it.
    private static func unpack(
        _ path: String, in directory: FeedDirectory, shownAs name: String
    ) throws(ControlFailure) -> StandaloneBindle {
        do {
            let bindle = try StandaloneBindle.unpack(
                path, into: directory.path, limits: UnpackingLimits(maximumSize: Int64(sizeLimit)))
            try bindle.invoice.validate()
            return bindle
        } catch {
            throw ControlFailure(
                .unprocessableContent,
                "\(error)".replacing(path, with: name).replacing(directory.path + "/", with: ""))
        }
    }

    /// - Parameter file: An open file, which is closed.
    private static func download(_ url: HTTPURL, to file: Int32) throws(ControlFailure) {
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        do {
            let response = try Client(configuration: configuration(for: url)).send(ClientRequest(.get, url))
            defer { response.close() }
            guard response.status == .ok else {
                throw ControlFailure(.badGateway, "\(url): the server answered \(response.status)")
            }
            var size = 0
            while case let count = try response.read(into: buffer), count > 0 {
                size += count
                guard size <= sizeLimit else {
                    throw ControlFailure(.unprocessableContent, "\(url) has more than \(sizeLimit) bytes")
                }
                try FeedDirectory.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: file)
            }
        } catch let error as ControlFailure {
            throw error
        } catch {
            throw ControlFailure(.badGateway, "\(error)")
        }
    }

    // MARK: - Files

    /// Makes a bindle of files, which are sent as a tar archive. A single one that is a packed standalone bindle is that bindle.
    ///
    /// - Parameters:
    ///   - name: Its name, whatever the files say; found out if `nil`.
    ///   - version: Its version, in the same way.
    ///   - isTrial: Whether it is only found out what would be made.
    func take(
        files body: RequestBody, name: String?, version: SemanticVersion?, isTrial: Bool, replacing: Bool
    ) throws(ControlFailure) -> Meal {
        let directory = try FeedDirectory(in: scratch)
        let unpacked = try directory.unpack(body) { FedFiles.isIgnored($0) }
        if unpacked.files.count == 1, let file = unpacked.files.first, StandaloneBindle.isArchivePath(file.string) {
            let bindle = try Self.unpack("\(directory.path)/\(file)", in: directory, shownAs: file.string)
            var invoice = bindle.invoice
            invoice.rename(name, version)
            guard !isTrial else { return Meal(invoice: invoice) }
            return try save(invoice, replacing: replacing) { .file(path: bindle.parcelPath($0.sha256)) }
        }
        let files = FedFiles(unpacked, in: directory.path)
        var (expansion, meal) = try files.expanded(name: name) { [store] id in
            try ExternalBindles(store: store, upstream: nil).invoice(id)
        }
        let ownVersion = files.isDescribed ? expansion.invoice.id.version : freeVersion(for: meal.invoice)
        meal.invoice.bindle.id = expansion.invoice.id.with(version: version ?? ownVersion)
        guard !isTrial else { return meal }
        let saved = try save(meal.invoice, replacing: replacing) { (label) throws(StoreError) in
            try expansion.parcelSource(of: label)
        }
        meal.effect = saved.effect
        return meal
    }

    /// Makes a release of a project that is sent as an archive.
    ///
    /// - Parameters:
    ///   - id: What its HIPPOFACTS has to say that it is.
    ///   - isPacked: Whether the archive is packed by gzip.
    /// - Returns: the release, and whether it is new.
    func release(
        _ id: BindleID, of body: RequestBody, isPacked: Bool
    ) throws(ControlFailure) -> (release: Release, effect: CreationEffect) {
        let directory = try FeedDirectory(in: scratch)
        let files = FedFiles(
            try directory.unpack(body, isPacked: isPacked) { FedFiles.isIgnored($0) }, in: directory.path)
        guard files.isDescribed else {
            throw ControlFailure(.unprocessableContent, "there is no HIPPOFACTS file in the archive")
        }
        let (expansion, meal) = try files.expanded(name: nil) { [store] id in
            try ExternalBindles(store: store, upstream: nil).invoice(id)
        }
        guard meal.invoice.id == id else {
            throw ControlFailure(
                .unprocessableContent, "HIPPOFACTS is of \(meal.invoice.id), and the upload of \(id)")
        }
        // Of two for one ID, the second one meets what the first one has made.
        return try releasing.withLock { _ throws(ControlFailure) in
            if let known = try? store.content(ofRelease: id).invoice, !known.hasContent(of: meal.invoice) {
                throw ControlFailure(
                    .conflict, "there is a release \(id) with other content: give another version")
            }
            _ = try save(meal.invoice, replacing: false) { (label) throws(StoreError) in
                try expansion.parcelSource(of: label)
            }
            do throws(StoreError) { return try store.makeRelease(of: .bindle(id)) } catch {
                throw ControlFailure(error)
            }
        }
    }

    /// The version of a bindle that says nothing of it: that of the newest of its name, if that has the same content, and
    /// otherwise the next.
    private func freeVersion(for invoice: Invoice) -> SemanticVersion {
        let all = (try? store.allIDs(includingYanked: true)) ?? []
        guard let newest = all.last(where: { $0.name == invoice.id.name }) else { return SemanticVersion(0, 1, 0) }
        if let stored = try? store.invoice(newest, includingYanked: true), stored.hasContent(of: invoice) {
            return newest.version
        }
        let version = newest.version
        guard version.patch < .max else { return version }
        return SemanticVersion(
            version.major, version.minor, version.prerelease.isEmpty ? version.patch + 1 : version.patch)
    }

    // MARK: - The store

    private func save(
        _ invoice: Invoice, replacing: Bool,
        source: @escaping (Label) throws(StoreError) -> BindleStore.ParcelSource
    ) throws(ControlFailure) -> Meal {
        if !replacing, let stored = try? store.invoice(invoice.id, includingYanked: true),
            !stored.hasContent(of: invoice)
        {
            throw ControlFailure(
                .conflict,
                "the store has a bindle \(invoice.id) with other content: give another version, or replace it")
        }
        do throws(StoreError) {
            return Meal(invoice: invoice, effect: try store.save(invoice, source: source))
        } catch {
            if case .unreadableSource = error {
                throw ControlFailure(
                    .unprocessableContent, "\(invoice.id) lacks a parcel that the store does not have either")
            }
            throw ControlFailure(error)
        }
    }
}

extension Invoice {
    /// Gives it another name or version. Signatures are of both, and do not hold any more then.
    fileprivate mutating func rename(_ name: String?, _ version: SemanticVersion?) {
        guard let renamed = try? BindleID(name: name ?? id.name, version: version ?? id.version), renamed != id else {
            return
        }
        bindle.id = renamed
        signatures = []
    }

    /// Whether another invoice is of the same content, whatever it is called.
    fileprivate func hasContent(of other: Invoice) -> Bool {
        let comparison = ContentComparison(from: self, to: other)
        return comparison.files.isEmpty && comparison.otherDifferences.isEmpty
    }
}

extension ControlFailure {
    /// Why a bindle was not fetched.
    fileprivate init(fetching error: ExternalBindleError) {
        switch error {
        case .notFound(let id, let server, nil): self.init(.notFound, "\(server) does not have \(id)")
        case .notFound(let id, let server, let parcel?): self.init(.badGateway, "\(server) lacks '\(parcel)' of \(id)")
        case .noUpstream(let id): self.init(.notFound, "no server is known that has \(id)")
        case .unreachable, .refused, .notTrusted: self.init(.badGateway, error.reason)
        case .store(let error): self.init(error)
        }
    }
}
