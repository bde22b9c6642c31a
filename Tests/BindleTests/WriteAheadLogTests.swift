import Foundation
import TestSupport
import Testing

@testable import Bindle

@Suite("The log of a store")
struct WriteAheadLogTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/bindles.sqlite"
    }

    private func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    private static func save(_ id: String, in store: BindleStore) throws {
        _ = try store.saveRevision(try Samples.invoice(id, "one")) { (_) throws(StoreError) in .bytes(Array("one".utf8))
        }
    }

    @Test("What is acknowledged is on the disk, and a sandbox's saves do not wait for it")
    func durability() throws {
        let store = try BindleStore(path: path)
        let log = try #require(store.pool.log)
        let before = log.syncCount
        _ = try store.create(try Samples.invoice("app/1.0.0", "one"), mode: .immutable)
        #expect(log.syncCount == before + 1 && log.isSynced)
        try store.put("one", to: try BindleID("app/1.0.0"))
        #expect(log.syncCount == before + 2 && log.isSynced)
        try Self.save("saved/1.0.0", in: store)
        #expect(log.syncCount == before + 2)
        #expect(throws: StoreError.interrupted) {
            try store.pool.write { (connection) throws(StoreError) in
                try connection.withoutSync { () throws(StoreError) in throw StoreError.interrupted }
            }
        }
        try store.yank(try BindleID("app/1.0.0"))
        #expect(log.syncCount == before + 3 && log.isSynced)
        let temporary = try BindleStore(path: path + "2", isTemporary: true)
        _ = try temporary.create(try Samples.invoice("app/1.0.0", "one"), mode: .immutable)
        #expect(temporary.pool.log == nil)
    }

    @Test("One sync counts for all that was committed before it")
    func groupedSync() throws {
        let store = try BindleStore(path: path)
        let log = try #require(store.pool.log)
        let before = log.syncCount
        let changes = (0..<5).map { _ in log.noteCommit() }
        #expect(!log.isSynced)
        try changes[1].sync()
        #expect(log.isSynced && log.syncCount == before + 1)
        for change in changes { try change.sync() }
        #expect(log.syncCount == before + 1)
        try log.noteCommit().sync()
        #expect(log.syncCount == before + 2)
    }

    @Test("Changes of many threads are all there, and each is on the disk when it is acknowledged")
    func manyWriters() throws {
        let store = try BindleStore(path: path)
        let log = try #require(store.pool.log)
        let before = log.syncCount
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<10 {
                let invoice = try? Samples.invoice("app\(thread)/1.0.\(number)", "\(thread) \(number)")
                _ = try? invoice.map { try store.create($0, mode: .immutable) }
            }
        }
        #expect(log.isSynced && log.syncCount <= before + 80)
        #expect(try store.list().count == 80)
        try store.checkIntegrity()
    }

    @Test("The log goes on in zeros behind its last change, and its length stays while it is written within them")
    func room() throws {
        let file = directory.path + "/log"
        func write(_ count: Int, at position: Int) throws {
            let handle = try #require(FileHandle(forUpdatingAtPath: file))
            try handle.seek(toOffset: UInt64(position))
            try handle.write(contentsOf: Data(repeating: 7, count: count))
            try handle.close()
        }
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        let log = try WriteAheadLog(path: file)
        try write(5_000, at: 0)
        log.makeRoom()
        let length = 5_000 + 64 << 10
        #expect(size(file) == length)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(bytes == Data(repeating: 7, count: 5_000) + Data(count: 64 << 10))
        try write(60_000, at: 5_000)
        log.makeRoom()
        #expect(size(file) == length)
        try write(10_000, at: 65_000)
        log.makeRoom()
        #expect(size(file) == 75_000 * 2)
        // Emptied, it begins anew.
        truncate(file, 0)
        log.makeRoom()
        #expect(size(file) == 0)
        try write(3 << 20, at: 0)
        log.makeRoom()
        #expect(size(file) == 4 << 20)
    }

    @Test("What a process that was killed has left, with zeros at the end of its log, has every change")
    func recovery() throws {
        let copy = directory.path + "/copy.sqlite"
        let store = try BindleStore(path: path)
        _ = try store.create(try Samples.invoice("other/1.0.0", "one"), mode: .immutable)
        // As long as somebody reads it, the log is not begun anew, whatever time passes.
        let reader = try SQLiteConnection(path: path, access: .readOnly)
        try reader.beginSnapshot()
        _ = try reader.firstRow("SELECT count(*) FROM bindle") { (row) throws(StoreError) in row.integer(0) }
        for number in 0..<30 {
            _ = try store.create(try Samples.invoice("app/1.0.\(number)", "\(number)"), mode: .immutable)
            guard number % 7 == 0 else { continue }
            for suffix in ["", "-wal"] {
                try? FileManager.default.removeItem(atPath: copy + suffix)
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            let found = try BindleStore(path: copy)
            #expect(try found.list().count == number + 2)
            try found.checkIntegrity()
        }
    }

    @Test(
        "A log that the disk has no room for does without zeros, and leaves the room to changes",
        .enabled(if: geteuid() == 0, "a file system of a certain size can be made by root only"))
    func noRoom() throws {
        let disk = try TemporaryDirectory()
        guard mount("tmpfs", disk.path, "tmpfs", 0, "size=40k") == 0 else { return }
        defer { umount2(disk.path, Int32(MNT_DETACH)) }
        let file = disk.path + "/log"
        try Data(repeating: 7, count: 5_000).write(to: URL(fileURLWithPath: file))
        try WriteAheadLog(path: file).makeRoom()
        #expect(size(file) == 5_000)
    }
}
