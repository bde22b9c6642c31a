import BlobStorage
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Bindle

/// The kinds of whole stores.
enum WholeStoreKind: String, CaseIterable, CustomTestStringConvertible {
    case embedded
    /// An embedded one whose parcels are in a directory, and one whose parcels are in a blob store.
    case parcelsInDirectory, parcelsInBlobs
    /// A reference server's data directory.
    case reference
    /// Bindles that a server behind it has, and a server behind it that has none.
    case readThrough, emptyReadThrough
    /// A read-through that keeps what it fetches in a reference server's directory.
    case readThroughToReference

    var testDescription: String { rawValue }

    /// Whether parcels go with the last bindle that names them.
    var removesParcels: Bool { self != .reference }
}

/// A store of a kind.
final class WholeStore {
    let kind: WholeStoreKind
    let directory: TemporaryDirectory
    let upstream: ServedStore?
    private let placed: PlacedStore?
    private(set) var store: any BindleStorage

    init(_ kind: WholeStoreKind) throws {
        self.kind = kind
        directory = try TemporaryDirectory()
        switch kind {
        case .parcelsInDirectory: placed = try PlacedStore(.directory)
        case .parcelsInBlobs: placed = try PlacedStore(.azure)
        default: placed = nil
        }
        switch kind {
        case .readThrough, .emptyReadThrough, .readThroughToReference:
            upstream = try ServedStore(BindleStore(path: "\(directory.path)/upstream.sqlite"), mode: .development)
        default: upstream = nil
        }
        store = ReferenceDirectory(directory.path)
        store = try open()
    }

    /// Opens the store once more.
    private func open() throws -> any BindleStorage {
        let file = "\(directory.path)/bindles.sqlite"
        return switch kind {
        case .embedded: try BindleStore(path: file)
        case .parcelsInDirectory, .parcelsInBlobs: try placed!.open()
        case .reference: try StoreLocation.reference("\(directory.path)/reference").open()
        case .readThrough, .emptyReadThrough:
            ReadThroughStore(try BindleStore(path: file), upstream: try upstream!.asUpstream())
        case .readThroughToReference:
            ReadThroughStore(
                try StoreLocation.reference("\(directory.path)/reference").open(), upstream: try upstream!.asUpstream())
        }
    }

    /// As after a restart.
    func reopen() throws {
        // The lock of an embedded store goes with it.
        store = ReferenceDirectory(directory.path)
        store = try open()
    }

    /// Where bindles are that have not been put into the store by a test, so that the store has to find them.
    var seeded: any BindleStorage {
        switch kind {
        case .readThrough, .readThroughToReference: upstream!.store
        default: store
        }
    }
}

/// Keeps what a test has made until the test ends: a server stops, and a directory goes, with its last reference.
final class Kept<Value>: @unchecked Sendable {
    // Changed by the thread that runs the test.
    private var values: [Value] = []

    func keep(_ value: Value) -> Value {
        values.append(value)
        return value
    }
}

/// A store served over HTTP, with a log of what was asked for.
final class ServedStore: Sendable {
    let store: any BindleStorage
    let url: String
    /// `nil` once it has stopped: its port is free then.
    private let server: Mutex<Server?>
    private let log = Log()

    private final class Log: Sendable {
        let requests = Mutex<[String]>([])
    }

    init(
        _ store: any BindleStorage, mode: BindleStore.Mode, authentication: ServerAuthentication? = nil,
        trust: ServerTrust = ServerTrust()
    ) throws {
        self.store = store
        let bindles = BindleServer(
            store: store, mode: mode, version: "1", trust: trust, authentication: authentication)
        var configuration = bindles.configuration()
        configuration.requestObserver = { [log] record in
            log.requests.withLock { $0.append("\(record.method?.description ?? "") \(record.target ?? "")") }
        }
        let server = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: configuration,
            handler: bindles.handler)
        try server.start()
        url = "http://\(server.address)/v1"
        self.server = Mutex(server)
    }

    deinit { stop() }

    func stop() {
        server.withLock { server in
            server?.stop()
            server = nil
        }
    }

    /// The requests that were answered, in no order.
    var requests: [String] { log.requests.withLock { $0 } }

    func client(_ credentials: BindleClient.Credentials = .none) throws -> BindleClient {
        try BindleClient(baseURL: url, credentials: credentials)
    }

    func asUpstream(
        _ credentials: BindleClient.Credentials = .none, strategy: VerificationStrategy? = nil,
        keyring: Keyring = Keyring()
    ) throws -> ExternalBindles.Upstream {
        ExternalBindles.Upstream(client: try client(credentials), strategy: strategy, keyring: keyring)
    }
}

extension BindleStorage {
    /// Uploads a text as a parcel.
    @discardableResult
    func upload(_ content: String, to id: BindleID) throws -> Bool {
        let upload = try upload(Samples.digest(content), to: id, includingYanked: false)
        try upload.write(Array(content.utf8))
        return try upload.finish()
    }

    /// Takes a bindle in, with its parcels.
    @discardableResult
    func add(_ id: String, _ contents: String...) throws -> Invoice {
        let invoice = try Samples.invoice(id, contents)
        let missing = Set(try create(invoice, mode: .immutable).missing.map(\.sha256))
        for content in contents where missing.contains(Samples.digest(content)) { try upload(content, to: invoice.id) }
        return invoice
    }

    /// A parcel's text.
    func content(_ content: String, of id: BindleID, includingYanked: Bool = false) throws -> String {
        let reader = try parcel(
            Samples.digest(content), of: id, revision: nil, includingYanked: includingYanked)
        return String(decoding: try reader.readAll(), as: UTF8.self)
    }

    func invoice(of id: BindleID) throws -> Invoice {
        let stored = try #require(try storedInvoice(id, revision: nil) { _ in false }.invoice)
        return try Invoice(stored.text, as: .toml)
    }

    func stamp(of id: BindleID) throws -> InvoiceStamp {
        try storedInvoice(id, revision: nil) { _ in true }.stamp
    }
}
