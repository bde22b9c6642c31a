import Foundation
import TestSupport
import Testing

@testable import Bindle

@Suite("What a store takes on the disk")
struct StoreHousekeepingTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/bindles.sqlite"
    }

    private func save(
        _ contents: [[UInt8]], in store: BindleStore, isServed: Bool = true
    ) throws {
        var invoice = try Samples.invoice("app/1.0.0")
        invoice.parcels = ParcelList(
            contents.enumerated().map { index, bytes in
                Parcel(
                    label: Label(
                        sha256: SHA256.hash(bytes).hex, mediaType: "text/plain", name: "file\(index)", size: bytes.count
                    ))
            })
        let saved = try store.saveRevision(invoice) { (label) throws(StoreError) in
            .bytes(contents.first { SHA256.hash($0).hex == label.sha256 }!)
        }
        if isServed { try store.noteServed(revision: saved.number) }
    }

    private static func content(_ number: Int, size: Int) -> [UInt8] {
        withUnsafeBytes(of: number) { Array($0) } + [UInt8](repeating: 3, count: size - 8)
    }

    @Test("The history has no more bytes than it may have, and the newest revisions stay", arguments: [1_000, 100_000])
    func historyLimit(size: Int) throws {
        let store = try BindleStore(path: path, historyLimit: 5 * size)
        for number in 0..<12 { try save([Self.content(number, size: size), [1]], in: store) }
        #expect(try store.revisions().map(\.revision.number) == Array(7...12))
        #expect(try store.usage().parcels == 7)
        try store.checkIntegrity()
        store.limitHistory(to: 0)
        try save([[2]], in: store)
        #expect(try store.revisions().map(\.revision.number) == [13])
        store.limitHistory(to: 100 * size)
        for number in 0..<12 { try save([Self.content(number, size: size), [1]], in: store) }
        #expect(try store.revisions().count == 13)
        try store.checkIntegrity()
    }

    @Test("What is needed under load only is given back when nobody writes any more")
    func quiet() throws {
        let store = try BindleStore(path: path)
        /// Descriptors of this process on the store's file.
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                .count { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path }
        }
        let before = try descriptors()
        for number in 0..<30 { try save([Self.content(number, size: 20_000)], in: store) }
        let id = try BindleID("app/1.0.0")
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<50 { _ = try? store.invoice(id) }
        }
        // The connection that copies the log stays, and one that reads.
        #expect(try eventually { () throws in try descriptors() <= before + 2 })
        // The same where many read long after the last write.
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<50 { _ = try? store.invoice(id) }
        }
        #expect(try eventually { () throws in try descriptors() <= before + 2 })
    }

    @Test("A log that somebody reads when all is quiet is copied when it is read no more")
    func busyLog() throws {
        let store = try BindleStore(path: path)
        try save((0..<30).map { Self.content($0, size: 20_000) }, in: store)
        let reader = try SQLiteConnection(
            path: path, access: .readOnly, files: ContentFiles(storePath: path, isTemporary: false))
        try reader.execute("BEGIN")
        _ = try reader.firstRow("SELECT count(*) FROM sqlite_schema") { (row) throws(StoreError) in row.integer(0) }
        try save([[1]], in: store)
        // Longer than it is until the first try, which fails.
        usleep(1_500_000)
        let log = path + "-wal"
        func size() -> Int { (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0 }
        #expect(size() > 0)
        try reader.execute("COMMIT")
        #expect(eventually { size() == 0 })
    }

    @Test("What serves, what was brought back and what was made last are never given up")
    func sparedRevisions() throws {
        let store = try BindleStore(path: path, historyLimit: 0)
        try save([Self.content(1, size: 1000)], in: store)
        try save([Self.content(2, size: 1000)], in: store, isServed: false)
        let restored = try store.restore(revision: 1)
        try store.noteServed(revision: restored.number)
        // The second is the one that was made of the project last; the first, whose content the third has, may go.
        #expect(try store.revisions().map(\.revision.number) == [2, 3])
        #expect(try store.invoice(ofRevision: 2).parcels.count == 1)
        try store.checkIntegrity()
    }

    @Test("The log is copied into the file and emptied when all is quiet")
    func log() throws {
        let store = try BindleStore(path: path)
        try save((0..<300).map { Self.content($0, size: 10_000) }, in: store)
        let log = path + "-wal"
        func size(_ path: String) -> Int {
            (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        }
        let deadline = Date(timeIntervalSinceNow: 20)
        while size(log) > 0, Date() < deadline { usleep(20_000) }
        #expect(size(log) == 0 && size(path) > 3_000_000)
        try save([[1]], in: store)
        try store.checkIntegrity()
    }

    @Test(
        "Before a full disk refuses a save, old revisions are given up, and the save is tried again",
        .enabled(if: geteuid() == 0, "a file system of a certain size can be made by root only"))
    func fullDisk() throws {
        let size = 700_000
        let disk = try TemporaryDirectory()
        guard mount("tmpfs", disk.path, "tmpfs", 0, "size=6m") == 0 else { return }
        defer { umount2(disk.path, Int32(MNT_DETACH)) }
        let store = try BindleStore(path: disk.path + "/bindles.sqlite")
        // Twenty times what there is room for.
        let count = 20 * (6 << 20) / (3 * size)
        for number in 0..<count {
            try save((0..<3).map { Self.content(3 * number + $0, size: size) }, in: store)
        }
        let revisions = try store.revisions()
        #expect(revisions.last?.revision.number == count)
        #expect(revisions.count < 10)
        try store.checkIntegrity()
        // What does not fit at all is refused, and costs neither what serves nor the next save.
        #expect(throws: StoreError.self) { try save([Self.content(-1, size: 8 << 20)], in: store) }
        try store.checkIntegrity()
        try save([Self.content(-2, size: 1_000)], in: store)
        #expect(try store.revisions().last?.parcelCount == 1)
    }

    @Test("Small files take few bytes beside their contents")
    func sizes() throws {
        let store = try BindleStore(path: path)
        let count = 5_000
        try save((0..<count).map { Self.content($0, size: 100) }, in: store)
        try store.pool.shrink()
        let usage = try store.usage()
        #expect(usage.fileBytes < 110 * count + 250 * count + 500_000, "\(usage.fileBytes / count) bytes a file")
    }

    @Test("No statement of a save, and of what is asked for often, looks at all entries")
    func queryPlans() throws {
        let store = try BindleStore(path: path)
        try save([[1], [2]], in: store)
        let statements = [
            "SELECT id, size, place FROM content WHERE sha256 = ?1",
            "DELETE FROM content WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM entry WHERE content = ?1)",
            "UPDATE entry SET until = 2 WHERE bindle = 1 AND until = 0 AND position = 3 AND since <= 4",
            "DELETE FROM entry WHERE bindle = 1 AND until = 0 AND position = 3",
            """
            SELECT sha256 FROM content WHERE place = 0 AND EXISTS (
                SELECT 1 FROM entry WHERE content = content.id AND bindle = 1 AND until = 0)
            """,
            """
            SELECT sha256 FROM entry e CROSS JOIN content c ON c.id = e.content
            WHERE e.bindle = 1 AND e.until = 0 AND c.place = 0
            """,
            """
            SELECT e.size, shape.media_type FROM content c CROSS JOIN entry e INDEXED BY entry_by_content
            ON e.content = c.id JOIN shape ON shape.id = e.shape
            WHERE c.sha256 = ?1 AND e.bindle = 1 AND e.until = 0 ORDER BY e.position LIMIT 1
            """,
            """
            SELECT position FROM entry INDEXED BY entry_by_beginning
            WHERE bindle = 1 AND since > 1 AND since > 5 AND until = 0
            """,
            "DELETE FROM entry WHERE bindle = 1 AND until > 0 AND until <= 7 AND since >= 0",
            "SELECT state FROM revision WHERE bindle = 1 ORDER BY state DESC LIMIT 1",
        ]
        for statement in statements {
            let plan = try store.pool.read { (connection) throws(StoreError) in
                try connection.rows("EXPLAIN QUERY PLAN " + statement) { (row) throws(StoreError) in row.text(3) }
            }
            // The index of missing contents is as long as what is missing.
            let scans = plan.filter { $0.hasPrefix("SCAN") && !$0.contains("missing_content") }
            #expect(scans == [], "\(statement): \(plan)")
        }
    }

    @Test("No request of the protocol scans a table") func requestsScanNothing() throws {
        let server = try RunningServer(.immutable)
        let client = try BindleClient(baseURL: server.url)
        let atOpening = try server.store.pool.write { (connection) in connection.knownStatements }
        let invoice = try Samples.invoice("app/1.0.0", "one", "two")
        try client.push(invoice) { .bytes(Array(($0.name == "file0" ? "one" : "two").utf8)) }
        _ = try client.invoice(invoice.id)
        _ = try client.parcel(invoice.parcels[0].label, of: invoice.id)
        _ = try client.missingParcels(of: invoice.id)
        for query in [
            BindleQuery(), BindleQuery(terms: "ap one"), BindleQuery(terms: "ap", isStrict: true),
            BindleQuery(terms: "app", versions: try VersionRange("^1"), includesYanked: true),
        ] { _ = try client.find(query) }
        _ = try client.delete(invoice.id)
        _ = try server.store.delete(invoice.id)

        let written = try server.store.pool.write { (connection) in connection.knownStatements }
        var statements = Set(written)
        let readers = try (0..<8).map { _ in try server.store.pool.takeReader() }
        for reader in readers { statements.formUnion(reader.connection.knownStatements) }
        for reader in readers { server.store.pool.giveBack(reader) }
        statements.subtract(atOpening)
        #expect(statements.count > 10)
        for statement in statements where !statement.hasPrefix("PRAGMA") && statement.contains(" ") {
            let plan = try server.store.pool.read { (connection) throws(StoreError) in
                try connection.rows("EXPLAIN QUERY PLAN " + statement) { (row) throws(StoreError) in row.text(3) }
            }
            // Full-text search goes by its index, and the one of missing contents is as long as what is missing. The list
            // of bindles is read when it has changed, and for no request by itself.
            let scans = plan.filter {
                $0.hasPrefix("SCAN") && !$0.contains("VIRTUAL TABLE INDEX") && !$0.contains("missing_content")
                    && !$0.contains("CONSTANT ROW")
            }
            let isList = statement == "SELECT id, name, version, yanked FROM bindle WHERE live"
            #expect(scans == [] || isList, "\(statement): \(plan)")
        }
    }
}
