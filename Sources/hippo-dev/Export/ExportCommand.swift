import Bindle
import CommandLineInterface
import Content
import HTTP
import Hippofacts
import Platform
import Sandbox

extension Command {
    /// `hippo-dev export`: what otherwise is in no directory.
    static let export = Command(
        name: "export",
        summary: "Write what hippo-dev serves into a directory.",
        subcommands: [.exportWwwroot])

    private static let exportWwwroot = Command(
        name: "wwwroot",
        summary: "Write the files of an application into a directory.",
        discussion: """
            The wwwroot that modules have as / and clients are served from is in no directory while hippo-dev up runs. \
            This writes one: of the revision that serves, if hippo-dev up runs on the project, and of the project as it \
            is, otherwise. DIR is made; if it is there, it has to be empty.
            """,
        options: [ExportOptions.source, HistoryOptions.project, ExportOptions.store],
        arguments: [ExportOptions.directory],
        examples: [
            Example("hippo-dev export wwwroot out", "Write what serves, or what the project in this directory has."),
            Example("hippo-dev export wwwroot out --of project", "Write what the project has, whatever serves."),
        ],
        action: { arguments in
            let directory = arguments[ExportOptions.directory] ?? ""
            let path = arguments[HistoryOptions.project] ?? "."
            let running = try RunningSandbox.all(project: path, store: arguments[ExportOptions.store]).first
            let source: any ExportSource
            switch (arguments[ExportOptions.source], running) {
            case ("serving", nil):
                throw CommandFailure("hippo-dev up does not run on this project: nothing of it is served")
            case ("project", _), (_, nil): source = try ProjectExport(path, store: arguments[ExportOptions.store])
            case (_, let running?): source = try ServingExport(running)
            }
            let count = try WwwrootDirectory(directory).write(source)
            StandardOutput.tell("Wrote \(Quantity.count(count, "file")) of \(source.name) to \(directory)")
            return .success
        })
}

private enum ExportOptions {
    static let directory = Argument("DIR", summary: "The directory to write.")
    static let source = Option(
        name: "of", valueName: "WHAT",
        summary:
            "serving takes the revision that serves, project what the project has now. [default: serving, if any does]",
        kind: .choice(["serving", "project"]))
    static let store = Option(name: "store", valueName: "FILE", summary: "The store, where hippo-dev up was given one.")
}

/// Where the files of a wwwroot are written from.
protocol ExportSource {
    /// What people call it.
    var name: String { get }
    var assets: [Label] { get }
    var id: BindleID { get }
    /// Hands on the bytes of an asset.
    func read(_ label: Label, _ receive: (UnsafeRawBufferPointer) throws -> Void) throws
}

/// The revision that a sandbox serves.
private struct ServingExport: ExportSource {
    let name: String
    let id: BindleID
    let assets: [Label]
    private let client: BindleClient

    init(_ sandbox: RunningSandbox) throws {
        let revisions = try RevisionClient(bindleURL: sandbox.bindle, tls: sandbox.tls).revisions()
        guard let revision = revisions.last(where: { $0.revision.hasServed })?.revision else {
            throw CommandFailure("hippo-dev up runs on this project, but nothing has served yet")
        }
        let root = sandbox.bindle.hasSuffix("/v1") ? String(sandbox.bindle.dropLast(3)) : sandbox.bindle
        client = try BindleClient(
            baseURL: "\(root)/revisions/\(revision.number)/v1", configuration: sandbox.clientConfiguration)
        name = "revision \(revision.number), which serves,"
        id = revision.id
        assets = ApplicationParcels(try client.invoice(revision.id, includingYanked: true)).assets
    }

    func read(_ label: Label, _ receive: (UnsafeRawBufferPointer) throws -> Void) throws {
        try client.parcel(label, of: id, includingYanked: true, receive: receive)
    }
}

/// A project as it is.
private final class ProjectExport: ExportSource {
    let name = "the project"
    let id: BindleID
    let assets: [Label]
    private let expansion: Expansion
    private let externals: ProjectExternals
    private var place: TemporaryPlace?

    init(_ path: String, store: String?) throws {
        let facts = try Hippofacts.isSite(path) ? Hippofacts(site: path) : Hippofacts(at: path)
        externals = try ProjectExternals(path: path, store: store, upstreams: { _ in [] })
        var options = ExpansionOptions()
        try BundleSettings(ofProjectAt: path).apply(to: &options)
        options.externalInvoice = { [externals] in try externals.invoice($0) }
        var cache = DigestCache()
        expansion = try facts.expanded(options, cache: &cache)
        id = expansion.invoice.id
        assets = ApplicationParcels(expansion.invoice).assets
    }

    func read(_ label: Label, _ receive: (UnsafeRawBufferPointer) throws -> Void) throws {
        switch try content(of: label) {
        case .bytes(let bytes): try bytes.withUnsafeBytes { try receive($0) }
        case .file(let path), .parcelFile(let path):
            let file = try OpenFile(path: path)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
            defer { buffer.deallocate() }
            var offset: Int64 = 0
            while true {
                let count = try file.read(at: offset, into: buffer)
                if count == 0 { return }
                try receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                offset += Int64(count)
            }
        case .absent(let reason): throw CommandFailure("'\(label.name)' cannot be written: \(reason)")
        }
    }

    private func content(of label: Label) throws -> ParcelContent {
        switch expansion.sources[label] {
        case .file(let path, _): return .file(path: path)
        case .bytes(let bytes): return .bytes(bytes)
        case nil: break
        }
        guard let parcel = expansion.externalParcels.first(where: { $0.label.sha256 == label.sha256 }) else {
            return .absent("nothing says where it is")
        }
        if place == nil { place = try TemporaryPlace() }
        return try externals.content(of: parcel, in: place?.path ?? "")
    }
}
