import BlobStorage
import Content
import Foundation
import HTTP
import TestSupport
import Testing

@testable import Bindle

/// A kind of place for parcels, and one of its own for a test.
enum ParcelPlaceKind: String, CaseIterable, CustomTestStringConvertible {
    case store, memory, directory, s3, azure

    static var available: [ParcelPlaceKind] { allCases.filter { $0 != .s3 || MotoServer.isThere } }
    /// Those that others can look into.
    static var shared: [ParcelPlaceKind] { available.filter { $0 != .store && $0 != .memory } }
    static var remote: [ParcelPlaceKind] { available.filter { $0 == .s3 || $0 == .azure } }

    var testDescription: String { rawValue }
}

/// A store whose parcels are somewhere, and that place as others see it.
final class PlacedStore {
    let directory: TemporaryDirectory
    var path: String { directory.path + "/bindles.sqlite" }
    var storage: ParcelStorage
    let azure: AzureStandIn?
    private let blobs: (any BlobStore)?

    init(_ kind: ParcelPlaceKind) throws {
        directory = try TemporaryDirectory()
        let folder = UUID().uuidString
        switch kind {
        case .store: (storage, azure, blobs) = (ParcelStorage(.store), nil, nil)
        case .memory: (storage, azure, blobs) = (ParcelStorage(.memory), nil, nil)
        case .directory:
            (storage, azure, blobs) = (ParcelStorage(.directory(directory.path + "/a/b")), nil, nil)
        case .s3:
            let moto = try MotoServer.shared()
            let location = try BlobLocation(parsing: "s3://\(MotoServer.bucket)/\(folder)", endpoint: moto.url)
            storage = ParcelStorage(.blobs(location), environment: moto.environment)
            azure = nil
            blobs = try location.open(environment: moto.environment)
        case .azure:
            let server = try AzureStandIn()
            let location = try BlobLocation(
                parsing: "az://\(AzureStandIn.account)/\(AzureStandIn.container)/\(folder)", endpoint: server.url)
            storage = ParcelStorage(.blobs(location), environment: server.environment)
            azure = server
            blobs = try location.open(environment: server.environment)
        }
        storage.retry = BlobRetry(attempts: 2, firstDelay: .milliseconds(1))
    }

    func open() throws -> BindleStore { try BindleStore(path: path, parcels: storage) }

    /// The digests that are at the place.
    func digests() throws -> [String] {
        if let blobs { return try blobs.list("sha256/").map { String($0.name.dropFirst("sha256/".count)) } }
        return ((try? FileManager.default.contentsOfDirectory(atPath: directory.path + "/a/b/sha256")) ?? []).sorted()
    }

    /// Puts other bytes into a parcel, or removes it.
    func damage(_ digest: String, _ bytes: [UInt8]?) throws {
        if let blobs {
            if let bytes {
                _ = try blobs.put("sha256/\(digest)", BlobContent(bytes), replacing: true)
            } else {
                try blobs.remove("sha256/\(digest)")
            }
        } else if let bytes {
            try Data(bytes).write(to: URL(fileURLWithPath: directory.path + "/a/b/sha256/\(digest)"))
        } else {
            try FileManager.default.removeItem(atPath: directory.path + "/a/b/sha256/\(digest)")
        }
    }

    /// Removes what this machine has of a blob store's parcels.
    func removeCache() throws {
        for name in cached { try FileManager.default.removeItem(atPath: "\(path).parcels/\(name)") }
    }

    var cached: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path + ".parcels")) ?? [] }
}

@Suite("Places of parcels")
struct ParcelStorageTests {
    static let contents: [[UInt8]] = [
        [UInt8]((0..<200_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }), Array("small".utf8),
        [UInt8](repeating: 5, count: 70_000),
    ]

    static func digest(_ bytes: [UInt8]) -> String { SHA256.hash(bytes).hex }

    static func invoice(_ contents: [[UInt8]] = contents, id: String = "app/1.0.0") throws -> Invoice {
        Invoice(
            bindle: .init(id: try BindleID(id)),
            parcels: contents.enumerated().map { index, bytes in
                Parcel(
                    label: Label(
                        sha256: digest(bytes), mediaType: "text/plain", name: "file\(index)", size: bytes.count))
            })
    }

    @discardableResult
    static func save(
        _ contents: [[UInt8]] = contents, in store: BindleStore, id: String = "app/1.0.0"
    ) throws -> BindleStore.SavedRevision {
        try store.saveRevision(try invoice(contents, id: id)) { label in
            .bytes(contents.first { digest($0) == label.sha256 }!)
        }
    }

    static func push(_ bytes: [UInt8], to store: BindleStore, id: String) throws {
        let invoice = try invoice([bytes], id: id)
        _ = try store.create(invoice, mode: .immutable)
        let upload = try store.upload(digest(bytes), to: invoice.id)
        try upload.write(bytes)
        try upload.finish()
    }

    @Test("S3 is tried against moto where it is there", .enabled(if: !MotoServer.isThere, "moto is there"))
    func isSkipped() {
        withKnownIssue(isIntermittent: true) { Issue.record("\(MotoServer.skippingNote)") }
    }

    @Test("have what a sandbox saves and what clients push", arguments: ParcelPlaceKind.available)
    func roundTrip(_ kind: ParcelPlaceKind) throws {
        let place = try PlacedStore(kind)
        let store = try place.open()
        try Self.save(in: store)
        let pushed = [UInt8](repeating: 9, count: 123_456)
        try Self.push(pushed, to: store, id: "pushed/1.0.0")
        for bytes in Self.contents {
            #expect(try store.parcel(Self.digest(bytes), of: BindleID("app/1.0.0")).readAll() == bytes)
        }
        #expect(try store.parcel(Self.digest(pushed), of: BindleID("pushed/1.0.0")).readAll() == pushed)
        try store.checkIntegrity()
        guard ParcelPlaceKind.shared.contains(kind) else { return }
        #expect(try place.digests() == (Self.contents + [pushed]).map(Self.digest).sorted())
    }

    @Test("are found again by whoever opens the store, without being told", arguments: ParcelPlaceKind.available)
    func reopening(_ kind: ParcelPlaceKind) throws {
        let place = try PlacedStore(kind)
        do { try Self.save(in: place.open()) }
        guard kind != .memory else { return }
        // Credentials are in the environment, which is the test's own here.
        let store = ParcelPlaceKind.remote.contains(kind) ? try place.open() : try BindleStore(path: place.path)
        #expect(store.parcelLocation == place.storage.location)
        #expect(try store.missingParcels(of: BindleID("app/1.0.0")).isEmpty)
        for bytes in Self.contents {
            #expect(try store.parcel(Self.digest(bytes), of: BindleID("app/1.0.0")).readAll() == bytes)
        }
    }

    @Test("in memory are gone with the process, are asked for again then, and leave nothing")
    func memory() throws {
        let place = try PlacedStore(.memory)
        let files: String
        do {
            let store = try place.open()
            try Self.save(in: store)
            files = store.pool.files.path
            #expect(FileManager.default.fileExists(atPath: files))
        }
        #expect(!FileManager.default.fileExists(atPath: files))
        let store = try BindleStore(path: place.path)
        #expect(try store.missingParcels(of: BindleID("app/1.0.0")).count == Self.contents.count)
        #expect(try Self.save(in: store).effect == .unchanged)
        try store.checkIntegrity()
    }

    @Test("in memory that a killed process has left are removed, and nothing else that a file may name")
    func leftMemory() throws {
        let left = "/dev/shm/hippo-dev-\(getuid())-\(UInt64.random(in: 0 ... .max))"
        let directory = try TemporaryDirectory()
        let used = try MemoryDirectory()
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        for path in [left, used.path] {
            let old = [FileAttributeKey.modificationDate: Date(timeIntervalSinceNow: -60)]
            try FileManager.default.setAttributes(old, ofItemAtPath: path)
        }
        MemoryDirectory.remove("\(left)/../../..\(directory.path)")
        MemoryDirectory.remove(directory.path)
        MemoryDirectory.remove(used.path)
        #expect([directory.path, used.path, left].allSatisfy { FileManager.default.fileExists(atPath: $0) })
        _ = try MemoryDirectory()
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(FileManager.default.fileExists(atPath: used.path))
        withExtendedLifetime(used) {}
    }

    @Test("are read by range over HTTP", arguments: ParcelPlaceKind.available)
    func ranges(_ kind: ParcelPlaceKind) throws {
        let place = try PlacedStore(kind)
        let store = try place.open()
        try Self.save(in: store)
        if ParcelPlaceKind.remote.contains(kind) { try place.removeCache() }
        let server = try RunningServer(.development, store: store)
        let answer = try server.get(
            "/_i/app/1.0.0@\(Self.digest(Self.contents[0]))", headers: ["Range": "bytes=1000-1999"])
        #expect(answer.status == 206)
        #expect(answer.bytes == Array(Self.contents[0][1000..<2000]))
    }

    @Test("are read by WAGI processes, those that are not on this machine, too", arguments: ParcelPlaceKind.available)
    func readers(_ kind: ParcelPlaceKind) throws {
        let place = try PlacedStore(kind)
        let store = try place.open()
        try Self.save(in: store)
        if ParcelPlaceKind.remote.contains(kind) { try place.removeCache() }
        let content = StoreContent(path: place.path)
        for bytes in Self.contents {
            let file = ContentFile(
                digest: SHA256.hash(bytes), size: bytes.count, mediaType: "text/plain", modificationTime: 0)
            #expect(try content.open(file, named: "file").bytes(limit: 1 << 20, named: "file") == bytes)
        }
        withExtendedLifetime(store) {}
    }

    @Test("have a parcel once, whoever writes it", arguments: ParcelPlaceKind.shared)
    func sharing(_ kind: ParcelPlaceKind) throws {
        let place = try PlacedStore(kind)
        let store = try place.open()
        _ = try store.save(try Self.invoice()) { label in
            .bytes(Self.contents.first { Self.digest($0) == label.sha256 }!)
        }
        let other = try BindleStore(path: place.directory.path + "/other.sqlite", parcels: place.storage)
        try Self.save(in: other, id: "other/1.0.0")
        #expect(try place.digests().count == Self.contents.count)
        // What one of them does not need any more, the other one may.
        try store.delete(try BindleID("app/1.0.0"))
        try store.pool.shrink()
        try other.checkIntegrity()
        #expect(try place.digests().count == Self.contents.count)
    }

    @Test("lose what nothing names any more where they are the store's own", arguments: ParcelPlaceKind.shared)
    func ownPlace(_ kind: ParcelPlaceKind) throws {
        let place = try PlacedStore(kind)
        place.storage.isOwn = true
        let store = try place.open()
        try Self.push(Self.contents[0], to: store, id: "app/1.0.0")
        try store.delete(try BindleID("app/1.0.0"))
        #expect(try place.digests() == [])
    }

    enum Damage: CaseIterable { case garbage, removal }

    @Test(
        "miss what is damaged or gone, and take it in again", arguments: ParcelPlaceKind.shared, Damage.allCases)
    func damage(_ kind: ParcelPlaceKind, _ damage: Damage) throws {
        let place = try PlacedStore(kind)
        let store = try place.open()
        try Self.save(in: store)
        let digest = Self.digest(Self.contents[0])
        let id = try BindleID("app/1.0.0")
        try place.damage(digest, damage == .garbage ? [UInt8](repeating: 1, count: Self.contents[0].count) : nil)
        if ParcelPlaceKind.remote.contains(kind) { try place.removeCache() }
        #expect(throws: StoreError.parcelNotUploaded(id, digest: digest)) { try store.parcel(digest, of: id) }
        #expect(try store.missingParcels(of: id).map(\.sha256) == [digest])
        try Self.save(in: store)
        #expect(try store.parcel(digest, of: id).readAll() == Self.contents[0])
        if ParcelPlaceKind.remote.contains(kind) { try place.removeCache() }
        #expect(try store.parcel(digest, of: id).readAll() == Self.contents[0])
        try store.checkIntegrity()
    }

    @Test("keep no more on this machine than they may, and give all of it", arguments: ParcelPlaceKind.remote)
    func boundedCache(_ kind: ParcelPlaceKind) throws {
        let place = try PlacedStore(kind)
        place.storage.cacheLimit = 250_000
        let store = try place.open()
        let contents =
            (0..<8).map { [UInt8](repeating: UInt8($0), count: 60_000) } + [[UInt8](repeating: 99, count: 400_000)]
        try Self.save(contents, in: store)
        func cachedBytes() throws -> Int {
            try place.cached.reduce(0) { sum, name in
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(place.path).parcels/\(name)")
                return sum + (attributes[.size] as! Int)
            }
        }
        #expect(try cachedBytes() <= 250_000)
        for bytes in contents + contents.reversed() {
            #expect(try store.parcel(Self.digest(bytes), of: BindleID("app/1.0.0")).readAll() == bytes)
            #expect(try cachedBytes() <= 250_000)
        }
        // What is asked for again and again stays.
        let favourite = Self.digest(contents[0])
        for bytes in contents[..<8] {
            _ = try store.parcel(favourite, of: BindleID("app/1.0.0"))
            _ = try store.parcel(Self.digest(bytes), of: BindleID("app/1.0.0"))
        }
        #expect(place.cached.contains(favourite))
    }

    @Test("that are out of reach refuse what is new, say so, and keep what was acknowledged")
    func outage() throws {
        let place = try PlacedStore(.azure)
        let azure = try #require(place.azure)
        let store = try place.open()
        try Self.save(in: store)
        let server = try RunningServer(.development, store: store)
        let new = [UInt8](repeating: 3, count: 50_000)
        func failAll() { azure.fail(Array(repeating: Response(status: .serviceUnavailable), count: 1000)) }

        failAll()
        let error = #expect(throws: StoreError.self) { try Self.save([new], in: store) }
        guard case .parcelsUnavailable(let location, let detail) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(location == place.storage.location.description && detail.contains("503"))
        #expect(throws: StoreError.self) { try Self.push(new, to: store, id: "pushed/1.0.0") }
        // Over HTTP, it is the server that cannot, for now.
        _ = try server.post(
            "/_i", String(decoding: Self.invoice([new], id: "web/1.0.0").encoded(as: .toml), as: UTF8.self))
        let answer = try server.send(.post, "/_i/web/1.0.0@\(Self.digest(new))", body: .bytes(new))
        #expect(answer.status == 503 && answer.headers["Retry-After"] == "5")
        // What is here serves meanwhile; what is not says why.
        for bytes in Self.contents {
            #expect(try store.parcel(Self.digest(bytes), of: BindleID("app/1.0.0")).readAll() == bytes)
        }
        try place.removeCache()
        #expect(try server.get("/_i/app/1.0.0@\(Self.digest(Self.contents[0]))").status == 503)
        let file = ContentFile(
            digest: SHA256.hash(Self.contents[0]), size: Self.contents[0].count, mediaType: "text/plain",
            modificationTime: 0)
        let unavailable = #expect(throws: ContentError.self) {
            try StoreContent(path: place.path).open(file, named: "a.txt")
        }
        #expect(unavailable?.description.contains("out of reach") == true)

        azure.fail([])
        #expect(try store.missingParcels(of: BindleID("app/1.0.0")).isEmpty)
        for bytes in Self.contents {
            #expect(try store.parcel(Self.digest(bytes), of: BindleID("app/1.0.0")).readAll() == bytes)
        }
        #expect(try server.send(.post, "/_i/web/1.0.0@\(Self.digest(new))", body: .bytes(new)).status == 200)
        try Self.save([new], in: store)
        try store.checkIntegrity()
    }

    @Test("out of reach are no reason not to open the store")
    func outageAtStart() throws {
        let place = try PlacedStore(.azure)
        do { try Self.save(in: place.open()) }
        place.azure?.fail(Array(repeating: Response(status: .serviceUnavailable), count: 1000))
        let store = try place.open()
        #expect(
            try store.parcel(Self.digest(Self.contents[0]), of: BindleID("app/1.0.0")).readAll() == Self.contents[0])
    }

    @Test(
        "are brought elsewhere when the store is told to", arguments: ParcelPlaceKind.available.filter { $0 != .memory }
    )
    func moving(_ kind: ParcelPlaceKind) throws {
        let place = try PlacedStore(kind)
        do { try Self.save(in: BindleStore(path: place.path)) }
        do {
            let store = try place.open()
            for bytes in Self.contents {
                #expect(try store.parcel(Self.digest(bytes), of: BindleID("app/1.0.0")).readAll() == bytes)
            }
            try store.checkIntegrity()
            if ParcelPlaceKind.shared.contains(kind) {
                // Small ones are in rows, and stay there.
                let large = Self.contents.filter { $0.count > ContentFiles.usualRowLimit }
                #expect(try place.digests() == large.map(Self.digest).sorted())
            }
        }
        if ParcelPlaceKind.remote.contains(kind) { try place.removeCache() }
        let back = try BindleStore(
            path: place.path, parcels: ParcelStorage(.store, environment: place.storage.environment))
        #expect(back.parcelLocation == .store)
        try back.checkIntegrity()
        for bytes in Self.contents {
            #expect(try back.parcel(Self.digest(bytes), of: BindleID("app/1.0.0")).readAll() == bytes)
        }
    }

    @Test("without credentials are refused at the start, with what to set")
    func noCredentials() throws {
        let directory = try TemporaryDirectory()
        let location = try ParcelLocation(parsing: "s3://bucket/prefix")
        let error = #expect(throws: StoreError.self) {
            try BindleStore(
                path: directory.path + "/bindles.sqlite", parcels: ParcelStorage(location, environment: [:]))
        }
        #expect(error?.description.contains("AWS_ACCESS_KEY_ID") == true)
    }

    @Test(
        "are read as people write them",
        arguments: [
            ("store", ParcelLocation.store), ("memory", .memory), ("dir:/a/b", .directory("/a/b")),
            ("/a/b", .directory("/a/b")), ("c", .directory("/base/c")), ("dir:c/d", .directory("/base/c/d")),
        ])
    func reading(text: String, location: ParcelLocation) throws {
        #expect(try ParcelLocation(parsing: text, in: "/base") == location)
        #expect(try ParcelLocation(parsing: location.description) == location)
    }

    @Test("A store that came with a project does not say to which machine the user's credentials go")
    func foreignEndpoint() throws {
        for (endpoint, isForeign) in [
            ("https://evil.example", true), ("http://127.0.0.1.evil.example", true),
            ("http://{bucket}.evil.example", true),
            ("http://127.0.0.1:9000", false), ("http://[::1]:9000", false),
        ] {
            let location = try ParcelLocation(parsing: "s3://bucket", endpoint: endpoint)
            #expect((location.foreignEndpoint != nil) == isForeign, "\(endpoint)")
        }
        let directory = try TemporaryDirectory()
        let path = directory.path + "/bindles.sqlite"
        do { _ = try BindleStore(path: path) }
        do {
            let connection = try SQLiteConnection(path: path, access: .readWrite)
            try connection.run(
                "INSERT INTO parcel_place (location, endpoint, directory, cache) VALUES (?, ?, ?, 0)",
                .text("az://account/container"), .text("https://evil.example"), .text(path + ".parcels"))
        }
        #expect {
            _ = try BindleStore(path: path)
        } throws: { error in
            "\(error)".contains("--parcels az://account/container --endpoint https://evil.example")
        }
    }

    @Test("that make no sense are refused", arguments: ["", "dir:", "s3://", "ftp://host/x"])
    func refusal(text: String) {
        #expect(throws: ParcelLocationError.self) { try ParcelLocation(parsing: text) }
        #expect(throws: ParcelLocationError.self) { try ParcelLocation(parsing: "memory", endpoint: "http://x") }
    }
}
