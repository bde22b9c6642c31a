import Content
import Foundation
import TestSupport
import Testing

@testable import Bindle

@Suite("Large parcels as files of their own")
struct ContentFileTests {
    let directory: TemporaryDirectory
    let path: String

    /// Larger than what is kept in rows.
    static let large = [UInt8]((0..<200_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) })
    static let small = Array("small".utf8)

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/bindles.sqlite"
    }

    private static func label(_ name: String, _ bytes: [UInt8]) -> Label {
        Label(sha256: SHA256.hash(bytes).hex, mediaType: "text/plain", name: name, size: bytes.count)
    }

    private static func invoice(_ contents: [[UInt8]], id: String = "app/1.0.0") throws -> Invoice {
        Invoice(
            bindle: .init(id: try BindleID(id)),
            parcels: contents.enumerated().map { Parcel(label: label("file\($0)", $1)) })
    }

    @discardableResult
    private static func save(
        _ contents: [[UInt8]], in store: BindleStore, id: String = "app/1.0.0"
    ) throws -> BindleStore.SavedRevision {
        try store.saveRevision(try invoice(contents, id: id)) { (label) throws(StoreError) in
            .bytes(contents.first { SHA256.hash($0).hex == label.sha256 }!)
        }
    }

    private func file(of bytes: [UInt8]) -> String { "\(path).parcels/\(SHA256.hash(bytes).hex)" }

    private func names() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + ".parcels")) ?? []).sorted()
    }

    @Test("A small parcel is in the store's file, a large one beside it, for the owner's eyes only")
    func places() throws {
        let store = try BindleStore(path: path)
        #expect(names() == [])
        let limit = [UInt8](repeating: 1, count: ContentFiles.usualRowLimit)
        try Self.save([Self.small, limit, limit + [2], Self.large], in: store)
        #expect(names() == [SHA256.hash(limit + [2]).hex, SHA256.hash(Self.large).hex].sorted())
        let attributes = try FileManager.default.attributesOfItem(atPath: file(of: Self.large))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let parent = try FileManager.default.attributesOfItem(atPath: path + ".parcels")
        #expect(parent[.posixPermissions] as? Int == 0o700)
        for bytes in [Self.small, limit, limit + [2], Self.large] {
            #expect(try store.parcel(SHA256.hash(bytes).hex, of: BindleID("app/1.0.0")).readAll() == bytes)
        }
        try store.checkIntegrity()
    }

    @Test("A storage that is to have all parcels gets the small ones, too, down to the empty one")
    func allInFiles() throws {
        let store = try BindleStore(path: path, rowLimit: -1)
        try Self.save([Self.small, [], Self.large], in: store)
        #expect(names() == [Self.small, [], Self.large].map { SHA256.hash($0).hex }.sorted())
        let upload = [UInt8]("uploaded".utf8)
        let invoice = try Self.invoice([upload], id: "pushed/1.0.0")
        _ = try store.create(invoice, mode: .immutable)
        let parcel = try store.upload(SHA256.hash(upload).hex, to: invoice.id)
        try parcel.write(upload)
        try parcel.finish()
        #expect(names().contains(SHA256.hash(upload).hex))
        for bytes in [Self.small, [], Self.large] {
            #expect(try store.parcel(SHA256.hash(bytes).hex, of: BindleID("app/1.0.0")).readAll() == bytes)
        }
        try store.checkIntegrity()
    }

    @Test("A file goes with the last that names it")
    func removal() throws {
        let store = try BindleStore(path: path)
        _ = try store.save(try Self.invoice([Self.large])) { (_) in .bytes(Self.large) }
        _ = try store.save(try Self.invoice([Self.large], id: "other/1.0.0")) { (_) in .bytes([]) }
        let reader = try store.parcel(SHA256.hash(Self.large).hex, of: BindleID("app/1.0.0"))
        try store.delete(try BindleID("app/1.0.0"))
        #expect(names().count == 1)
        try store.delete(try BindleID("other/1.0.0"))
        #expect(names() == [])
        #expect(try reader.readAll() == Self.large, "what is open stays readable")
        #expect(try store.usage().danglingParcels == 0)
    }

    @Test("What a crash leaves is removed when the store is opened, and what others put there is not")
    func leftovers() throws {
        do { try Self.save([Self.large], in: BindleStore(path: path)) }
        let orphan = [UInt8](repeating: 9, count: 100_000)
        for name in [SHA256.hash(orphan).hex, "12-34\(PendingContent.suffix)", "notes.txt"] {
            try Data(orphan).write(to: URL(fileURLWithPath: "\(path).parcels/\(name)"))
        }
        let store = try BindleStore(path: path)
        #expect(names() == [SHA256.hash(Self.large).hex, "notes.txt"].sorted())
        try store.checkIntegrity()
    }

    /// What may happen to a file of content while nobody looks.
    enum Damage: CaseIterable {
        case garbage, truncation, removal, replacementByALink, directory, wholeDirectory

        func happen(to path: String) throws {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            switch self {
            case .garbage: try Data(repeating: 7, count: bytes.count).write(to: URL(fileURLWithPath: path))
            case .truncation: try bytes.prefix(1000).write(to: URL(fileURLWithPath: path))
            case .removal: try FileManager.default.removeItem(atPath: path)
            case .replacementByALink:
                try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".moved")
            case .directory:
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            case .wholeDirectory:
                try FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent())
            }
        }
    }

    @Test("What is damaged while the store is closed is missing, and taken in again", arguments: Damage.allCases)
    func damageBefore(_ damage: Damage) throws {
        do { try Self.save([Self.small, Self.large], in: BindleStore(path: path)) }
        try damage.happen(to: file(of: Self.large))
        let store = try BindleStore(path: path)
        let id = try BindleID("app/1.0.0")
        let digest = SHA256.hash(Self.large).hex
        let damaged = try store.damagedParcels()
        #expect(damaged.map(\.digest.hex) == [digest])
        #expect(damaged.first?.users == [.init(id: id, name: "file1", isPast: false)])
        #expect(try store.missingParcels(of: id).map(\.sha256) == [digest])
        #expect(throws: StoreError.parcelNotUploaded(id, digest: digest)) { try store.parcel(digest, of: id) }
        if damage == .directory { try FileManager.default.removeItem(atPath: file(of: Self.large)) }
        #expect(try Self.save([Self.small, Self.large], in: store) == .init(number: 1, effect: .unchanged))
        #expect(try store.parcel(digest, of: id).readAll() == Self.large)
        try store.checkIntegrity()
    }

    @Test("What is damaged while the store is open is missing, and taken in again", arguments: Damage.allCases)
    func damageMeanwhile(_ damage: Damage) throws {
        let store = try BindleStore(path: path)
        try Self.save([Self.small, Self.large], in: store)
        let id = try BindleID("app/1.0.0")
        let digest = SHA256.hash(Self.large).hex
        try damage.happen(to: file(of: Self.large))
        #expect(store.isGone == (damage == .wholeDirectory))
        #expect(throws: StoreError.parcelNotUploaded(id, digest: digest)) { try store.parcel(digest, of: id) }
        if damage == .directory { try FileManager.default.removeItem(atPath: file(of: Self.large)) }
        try Self.save([Self.large], in: store, id: "other/1.0.0")
        #expect(try store.parcel(digest, of: id).readAll() == Self.large)
        if damage == .wholeDirectory { try store.reopen(after: 10) }
        #expect(!store.isGone)
        try store.checkIntegrity()
    }

    @Test("A file that was touched is read again, and found to be right")
    func touched() throws {
        let store = try BindleStore(path: path)
        try Self.save([Self.large], in: store)
        let date = Date(timeIntervalSince1970: 1_000_000)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file(of: Self.large))
        for _ in 0..<2 {
            let reader = try store.parcel(SHA256.hash(Self.large).hex, of: BindleID("app/1.0.0"))
            #expect(try reader.readAll() == Self.large)
        }
        let known = try store.snapshot { (connection) throws(StoreError) in try ContentTable.files(on: connection) }
        #expect(known.map(\.identity.modificationTime) == [1_000_000_000_000_000])
    }

    @Test("Bytes that rot in a row are found, and taken in again")
    func rottenRow() throws {
        let store = try BindleStore(path: path)
        try Self.save([Self.small], in: store)
        try store.pool.write { (connection) throws(StoreError) in
            try connection.execute("UPDATE content SET bytes = x'736D616C4C'")
        }
        #expect(throws: StoreError.self) { try store.checkIntegrity() }
        try Self.save([Self.small], in: store)
        #expect(try store.parcel(SHA256.hash(Self.small).hex, of: BindleID("app/1.0.0")).readAll() == Self.small)
        try store.checkIntegrity()
    }

    @Test("A store that is set aside takes its large parcels along, and is a store there")
    func setAside() throws {
        do { try Self.save([Self.small, Self.large], in: BindleStore(path: path)) }
        let target = try BindleStore.setAside(path: path)
        #expect(names() == [])
        #expect(try BindleStore(path: path).allIDs() == [])
        let moved = try BindleStore(path: target)
        try moved.checkIntegrity()
        #expect(try moved.parcel(SHA256.hash(Self.large).hex, of: BindleID("app/1.0.0")).readAll() == Self.large)
    }

    @Test("A save that is interrupted leaves nothing")
    func interruption() throws {
        let store = try BindleStore(path: path)
        try Self.save([Self.small], in: store)
        #expect(throws: StoreError.interrupted) {
            _ = try store.saveRevision(try Self.invoice([Self.small, Self.large])) { (_) throws(StoreError) in
                store.interrupt()
                return .bytes(Self.large)
            }
            try Self.save([Self.large], in: store)
        }
        #expect(names() == [] || names() == [SHA256.hash(Self.large).hex])
    }

    // MARK: - Other processes

    private static func content(_ bytes: [UInt8]) -> ContentFile {
        ContentFile(digest: SHA256.hash(bytes), size: bytes.count, mediaType: "text/plain", modificationTime: 0)
    }

    private static func read(_ content: OpenContent) throws -> [UInt8] {
        try content.bytes(limit: 1 << 20, named: "any")
    }

    @Test("A process that only reads gets contents while another writes, and after all was removed")
    func reading() throws {
        let reader = StoreContent(path: path)
        #expect(throws: ContentError.gone(name: "a")) { try reader.open(Self.content(Self.small), named: "a") }
        let store = try BindleStore(path: path)
        try Self.save([Self.small], in: store)
        #expect(try Self.read(reader.open(Self.content(Self.small), named: "a")) == Self.small)
        try Self.save([Self.small, Self.large, [1, 2, 3]], in: store)
        let held = try reader.open(Self.content(Self.large), named: "b")
        #expect(try Self.read(reader.open(Self.content([1, 2, 3]), named: "c")) == [1, 2, 3])
        #expect(throws: ContentError.gone(name: "d")) { try reader.open(Self.content([4]), named: "d") }

        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            try FileManager.default.removeItem(atPath: directory.path + "/" + name)
        }
        #expect(try Self.read(reader.open(Self.content(Self.small), named: "a")) == Self.small)
        #expect(try Self.read(reader.open(Self.content(Self.large), named: "b")) == Self.large)
        #expect(try Self.read(held) == Self.large)

        // Another store takes its place.
        #expect(store.isGone)
        try store.reopen(after: 7)
        #expect(try Self.save([Self.small, [5]], in: store).number == 8)
        #expect(try Self.read(reader.open(Self.content([5]), named: "e")) == [5])
    }

    @Test("What is damaged is told from what is gone", arguments: Damage.allCases)
    func readingDamaged(_ damage: Damage) throws {
        let store = try BindleStore(path: path)
        try Self.save([Self.large], in: store)
        try damage.happen(to: file(of: Self.large))
        let isGone = damage == .removal || damage == .wholeDirectory
        let error = #expect(throws: ContentError.self) {
            try StoreContent(path: path).open(Self.content(Self.large), named: "a")
        }
        if damage != .replacementByALink && damage != .directory {
            #expect(error == (isGone ? .gone(name: "a") : .damaged(name: "a")))
        }
    }

    @Test("A file that is held is not given again when it was written to", arguments: Rewriting.allCases)
    func heldAndWrittenTo(_ rewriting: Rewriting) throws {
        let store = try BindleStore(path: path)
        try Self.save([Self.large], in: store)
        let reader = StoreContent(path: path)
        _ = try reader.open(Self.content(Self.large), named: "a")
        try rewriting.happen(to: file(of: Self.large))
        for _ in 0..<2 {
            #expect(throws: ContentError.damaged(name: "a")) { try reader.open(Self.content(Self.large), named: "a") }
        }
        try Data(Self.large).write(to: URL(fileURLWithPath: file(of: Self.large)))
        #expect(try Self.read(reader.open(Self.content(Self.large), named: "a")) == Self.large)
    }

    @Test("No more files are held than are allowed")
    func heldFiles() throws {
        let store = try BindleStore(path: path)
        let contents = (0..<20).map { [UInt8](repeating: UInt8($0), count: 50_000) }
        try Self.save(contents, in: store)
        let reader = StoreContent(path: path, heldLimit: 4)
        func openCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                return target?.hasPrefix(path + ".parcels/") ?? false
            }
        }
        for bytes in contents + contents {
            #expect(try Self.read(reader.open(Self.content(bytes), named: "a")) == bytes)
            #expect(try openCount() <= 4)
        }
    }
}
