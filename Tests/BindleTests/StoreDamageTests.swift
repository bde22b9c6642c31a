import Foundation
import TestSupport
import Testing

@testable import Bindle

@Suite("A store whose file others write to")
struct StoreDamageTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/bindles.sqlite"
    }

    @discardableResult
    private func save(_ texts: [String], in store: BindleStore) throws -> Int {
        var invoice = try Samples.invoice("app/1.0.0")
        invoice.parcels = ParcelList(
            texts.enumerated().map { Parcel(label: Samples.label("file\($0)", $1)) })
        return try store.saveRevision(invoice) { (label) throws(StoreError) in
            .bytes(Array(texts.first { Samples.digest($0) == label.sha256 }!.utf8))
        }.number
    }

    /// Writes garbage over a file from an offset on, in place.
    private func damage(from offset: Int) throws {
        let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(repeating: 0x58, count: max(0, size - offset)))
        try file.close()
    }

    /// A store with everything in its file and nothing in its log.
    private func filled() throws -> BindleStore {
        let store = try BindleStore(path: path)
        try save((0..<300).map { "text \($0)" }, in: store)
        try store.pool.shrink()
        return store
    }

    @Test("Garbage that is written into it while it is open is noticed by the next save, before it changes anything")
    func garbage() throws {
        let store = try filled()
        try damage(from: 0)
        let error = #expect(throws: StoreError.self) { try save(["new"], in: store) }
        #expect(error?.isDamage == true, "\(String(describing: error))")
        #expect(error?.description.contains("bindle reset --store FILE") == true)
    }

    @Test("Garbage in the middle is noticed, too, and a new store goes on in its place, with its numbers")
    func garbageInTheMiddle() throws {
        let store = try filled()
        try damage(from: 8192)
        let error = #expect(throws: StoreError.self) { try save(["new"], in: store) }
        #expect(error?.isDamage == true, "\(String(describing: error))")
        let kept = try store.setAside()
        #expect(FileManager.default.fileExists(atPath: kept))
        #expect(store.isGone)
        try store.reopen(after: 7)
        #expect(try save(["new"], in: store) == 8)
        #expect(try store.text("new", of: BindleID("app/1.0.0")) == "new")
        try store.checkIntegrity()
    }

    @Test("A part of it that goes is noticed, also where another stands in its place", arguments: ["", "-wal", "-shm"])
    func missingParts(suffix: String) throws {
        let store = try BindleStore(path: path)
        try save(["old"], in: store)
        #expect(!store.isGone)
        #expect(unlink(path + suffix) == 0)
        #expect(store.isGone)
        try directory.write("", to: "bindles.sqlite" + suffix)
        #expect(store.isGone)
    }

    @Test("A log that is removed while somebody else still reads is damage, and a new store goes on in its place")
    func removedLog() throws {
        let store = try BindleStore(path: path)
        try save(["old"], in: store)
        let reader = try SQLiteConnection(path: path, access: .readOnly, files: store.pool.files)
        let count = try reader.firstRow("SELECT count(*) FROM content") { (row) throws(StoreError) in row.integer(0) }
        #expect(count == 1)
        #expect(unlink(path + "-wal") == 0)
        let error = #expect(throws: StoreError.self) { try store.reopen(after: 1) }
        #expect(error?.isDamage == true, "\(String(describing: error))")
        _ = try store.setAside()
        try store.reopen(after: 1)
        #expect(try save(["new"], in: store) == 2)
        #expect(try store.text("new", of: BindleID("app/1.0.0")) == "new")
        withExtendedLifetime(reader) {}
    }

    @Test("A log that is emptied while somebody else still reads is noticed by the next save") func emptiedLog() throws
    {
        let store = try BindleStore(path: path)
        try save(["old"], in: store)
        let reader = try SQLiteConnection(path: path, access: .readOnly, files: store.pool.files)
        _ = try reader.firstRow("SELECT count(*) FROM content") { (row) throws(StoreError) in row.integer(0) }
        #expect(truncate(path + "-wal", 0) == 0)
        let error = #expect(throws: StoreError.self) { try save(["new"], in: store) }
        #expect(error?.isDamage == true, "\(String(describing: error))")
        withExtendedLifetime(reader) {}
    }

    @Test("A log that another program has copied into the file and emptied is in order") func copiedLog() throws {
        let store = try BindleStore(path: path)
        try save(["old"], in: store)
        let other = try SQLiteConnection(path: path, access: .readWriteExisting, files: store.pool.files)
        _ = try other.firstRow("PRAGMA wal_checkpoint(TRUNCATE)") { (row) throws(StoreError) in row.integer(0) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + "-wal")).isEmpty)
        #expect(try save(["new"], in: store) == 2)
        try store.checkIntegrity()
        withExtendedLifetime(other) {}
    }

    @Test("A store of before that is put in its place is opened as it is, without the log of the other one")
    func replaced() throws {
        let store = try filled()
        let copy = directory.path + "/copy"
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        try save((0..<300).map { "other \($0)" }, in: store)
        try store.pool.shrink()
        try save(["last"], in: store)
        let reader = try SQLiteConnection(path: path, access: .readOnly, files: store.pool.files)
        _ = try reader.firstRow("SELECT count(*) FROM content") { (row) throws(StoreError) in row.integer(0) }
        #expect(rename(copy, path) == 0)
        #expect(store.isGone)
        try store.reopen(after: 7)
        try store.checkIntegrity()
        #expect(try store.text("text 7", of: BindleID("app/1.0.0")) == "text 7")
        #expect(try save(["new"], in: store) == 8)
        withExtendedLifetime(reader) {}
    }

    @Test("A file whose times have changed, and nothing else, is in order")
    func touched() throws {
        let store = try filled()
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
        #expect(try save(["new"], in: store) == 2)
        #expect(try save(["newer"], in: store) == 3)
        try store.checkIntegrity()
    }

    @Test("Garbage that is found when it is opened is an error that says what to do")
    func garbageBefore() throws {
        do { _ = try filled() }
        try damage(from: 2048)
        let error = #expect(throws: StoreError.self) {
            let store = try BindleStore(path: path)
            try save(["new"], in: store)
        }
        #expect(error?.isDamage == true, "\(String(describing: error))")
        #expect(error?.description.contains("bindle reset --store FILE") == true)
    }

    @Test("Only its owner may read the file that says who has it, one of an earlier version included")
    func lockPermissions() throws {
        try directory.write("", to: "bindles.sqlite.lock")
        chmod(path + ".lock", 0o644)
        let store = try BindleStore(path: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path + ".lock")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        withExtendedLifetime(store) {}
    }

    @Test("A value that is longer than any that is written is refused before it is read")
    func longValues() throws {
        let store = try BindleStore(path: path)
        #expect(throws: StoreError.self) {
            try store.pool.read { (connection) throws(StoreError) in
                try connection.firstRow("SELECT zeroblob(300000000)") { (row) throws(StoreError) in row.blob(0).count }
            }
        }
    }
}
