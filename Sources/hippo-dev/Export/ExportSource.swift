import Bindle
import Content
import Export
import HTTP
import Hippofacts
import Platform
import Sandbox

/// What is exported, and what people call it.
struct ExportSource {
    let name: String
    let invoice: Invoice
    let content: any ContentSource

    /// What answers requests, with its files.
    func app() throws -> ExportedApp { try ExportedApp(invoice, content: content) }

    /// The revision that a sandbox serves.
    static func serving(_ running: ExportingSandbox) throws -> ExportSource {
        guard let revision = try running.revisions.revisions().last(where: { $0.revision.hasServed })?.revision else {
            throw CommandFailure("hippo-dev up runs on this project, but nothing has served yet")
        }
        return try remote(
            revision.id, of: running.bindles(revision: revision.number),
            name: "revision \(revision.number), which serves,")
    }

    /// What a store has that a sandbox has open.
    static func stored(_ reference: ContentReference, by running: ExportingSandbox) throws -> ExportSource {
        switch reference {
        case .revision(let number):
            let known = try running.revisions.revisions().first { $0.revision.number == number }
            guard let revision = known?.revision else {
                throw CommandFailure("there is no revision \(number); 'hippo-dev revisions' lists them")
            }
            return try remote(revision.id, of: running.bindles(revision: number), name: "revision \(number)")
        case .bindle(let id): return try remote(id, of: running.bindles(), name: "\(reference)")
        case .release(let id):
            let place = try TemporaryPlace()
            let artifacts = try running.artifacts
            return ExportSource(
                name: "\(reference)", invoice: try artifacts.invoice(id),
                content: PlacedContent(artifacts.content(of: id, in: place.path), place))
        }
    }

    private static func remote(_ id: BindleID, of client: BindleClient, name: String) throws -> ExportSource {
        ExportSource(
            name: name, invoice: try client.invoice(id, includingYanked: true),
            content: RemoteContent(client, id, place: try TemporaryPlace()))
    }

    /// What a store has that nobody has open.
    static func stored(_ reference: ContentReference, project path: String, store file: String?) throws -> ExportSource
    {
        guard let file = try ProjectStore.file(ofProject: path, store: file) else {
            throw CommandFailure("nothing of this project is kept: its settings say that it has no store")
        }
        guard FileStatus(path: file) != nil else { throw CommandFailure("there is no store at \(file)") }
        let store = try BindleStore(path: file)
        return ExportSource(
            name: "\(reference)", invoice: try store.content(of: reference).invoice,
            content: StoredContentSource(store, reference))
    }

    /// A project as it is.
    ///
    /// - Parameter build: What has made its modules.
    static func project(
        _ path: String, store: String?, build: (BundleSettings) throws -> ModuleBuild
    ) throws -> ExportSource {
        let facts = try Hippofacts.isSite(path) ? Hippofacts(site: path) : Hippofacts(at: path)
        let externals = try ProjectExternals(path: path, store: store, upstreams: { _ in [] })
        var options = ExpansionOptions()
        let settings = try BundleSettings(ofProjectAt: path)
        settings.apply(to: &options)
        options.build = try build(settings)
        options.externalInvoice = { try externals.invoice($0) }
        var cache = DigestCache()
        let expansion = try facts.expanded(options, cache: &cache)
        return ExportSource(
            name: "the project", invoice: expansion.invoice,
            content: ExpansionContent(expansion, externals: externals, place: try TemporaryPlace()))
    }
}

/// The contents of a bindle, fetched from a server one by one.
private struct RemoteContent: ContentSource {
    private let client: BindleClient
    private let id: BindleID
    /// Takes a content while it is read.
    private let place: TemporaryPlace

    init(_ client: BindleClient, _ id: BindleID, place: TemporaryPlace) {
        (self.client, self.id, self.place) = (client, id, place)
    }

    func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        let label = Label(sha256: file.digest.hex, mediaType: file.mediaType, name: name, size: file.size)
        let path = "\(place.path)/\(file.digest.hex)"
        let descriptor = Platform.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unreadable(name: name, code: errno) }
        unlink(path)
        let content = OpenContent(adopting: descriptor, of: file)
        do {
            try client.parcel(label, of: id, includingYanked: true) {
                try FileWriter.write($0, to: descriptor, path: path)
            }
        } catch {
            throw .gone(name: name)
        }
        return content
    }
}

/// Contents that need a place for as long as they are read.
private struct PlacedContent: ContentSource {
    private let content: any ContentSource
    private let place: TemporaryPlace

    init(_ content: any ContentSource, _ place: TemporaryPlace) {
        (self.content, self.place) = (content, place)
    }

    func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        try content.open(file, named: name)
    }
}
