import TestSupport
import Testing

@testable import Bindle

@Suite("A store of an earlier format")
struct StoreSchemaTests {
    @Test("is brought up to date, with all that is in it") func isBroughtUpToDateWithAllThatIsInIt() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/bindles.sqlite"
        var kept = try Samples.invoice("example.com/app/1.0.0", "one", "two", "one", description: "An app")
        kept.groups = [Group(name: "files", isRequired: true)]
        kept.parcels[1].conditions = Conditions(memberOf: ["files"])
        let empty = try Samples.invoice("empty/1.0.0")
        var yanked = try Samples.invoice("yanked/1.0.0", "two")
        yanked.isYanked = true
        do {
            let connection = try SQLiteConnection(path: path, access: .readWrite)
            try StoreSchema.prepare(connection, for: 1)
            for invoice in [kept, empty, yanked] { try insert(invoice, on: connection) }
            try connection.run(
                "INSERT INTO parcel (sha256, size, complete) VALUES (?, 3, 1)", .digest(SHA256.hash("one".utf8)))
            try connection.run(
                "INSERT INTO piece (parcel, position, bytes) VALUES (1, 0, ?)", .blob(Array("one".utf8)))
        }
        let store = try BindleStore(path: path)
        try store.checkIntegrity()
        #expect(try store.allIDs(includingYanked: true) == [empty.id, kept.id, yanked.id])
        #expect(try store.invoiceText(kept.id) == kept.encoded(as: .toml))
        #expect(try store.invoiceText(empty.id) == empty.encoded(as: .toml))
        #expect(throws: StoreError.yanked(yanked.id)) { try store.invoice(yanked.id) }
        #expect(try store.text("one", of: kept.id) == "one")
        #expect(try store.missingParcels(of: kept.id).map(\.name) == ["file1"])
        let changed = try Samples.invoice("example.com/app/1.0.0", "one", "three")
        #expect(try store.create(changed, mode: .development).effect == .replaced)
        #expect(try store.invoice(kept.id) == changed)
    }

    @Test("A store of the first release keeps its bindles, its history, and its large parcels, as files now")
    func formatOfPieces() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/bindles.sqlite"
        let large = String(repeating: "0123456789abcdef", count: 150_000)
        let first = try Samples.invoice("app/1.0.0", "one", large)
        var second = try Samples.invoice("app/1.0.0", "two", large)
        second.parcels[0].label.name = "file0"
        do {
            let connection = try SQLiteConnection(path: path, access: .readWrite)
            try connection.execute("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL")
            try StoreSchema.prepare(connection, for: StoreSchema.formatOfPieces)
            try connection.run(
                """
                INSERT INTO bindle (name, version, yanked, description, authors, state)
                VALUES ('app', '1.0.0', 0, '', 'Ada Lovelace', 2)
                """)
            try Format4.insertAll(of: first, bindle: 1, state: 1, on: connection)
            try connection.run("UPDATE entry SET until = 2 WHERE position = 0")
            try connection.run(
                """
                INSERT INTO entry (bindle, position, since, sha256, size, media_type, text)
                VALUES (1, 0, 2, ?, 3, 'text/plain', ?)
                """, .digest(SHA256.hash("two".utf8)), .blob(InvoiceText.entry(of: second.parcels[0])))
            try connection.run(
                "INSERT INTO revision (bindle, state, time, served) VALUES (1, 1, 1000, 1), (1, 2, 2000, 1)")
            for text in ["one", "two", large] {
                try insertParcel(Array(text.utf8), on: connection)
            }
            // What nothing names, and what was on its way.
            try insertParcel(Array("dangling".utf8), on: connection)
            try connection.run("UPDATE parcel SET complete = 0 WHERE id = 4")
        }
        for round in 0..<2 {
            let store = try BindleStore(path: path)
            try store.checkIntegrity()
            #expect(try store.invoice(ofRevision: 1) == first)
            #expect(try store.invoice(ofRevision: 2) == second)
            #expect(try store.invoiceText(second.id) == second.encoded(as: .toml))
            #expect(try store.parcel(Samples.digest("one"), of: first.id, revision: 1).readAll() == Array("one".utf8))
            #expect(try store.text("two", of: first.id) == "two")
            #expect(try store.text(large, of: first.id) == large)
            // Names have had their contents since the first revision that has them.
            #expect(try store.contentTimes(ofRevision: 1) == [1_000_000_000, 1_000_000_000])
            #expect(try store.contentTimes(ofRevision: 2) == [2_000_000_000, 1_000_000_000])
            let usage = try store.usage()
            #expect(usage.parcels == 3 && usage.danglingParcels == 0)
            #expect(usage.revisions == 2 + 2 * round)
            #expect(usage.fileBytes < large.utf8.count + 300_000, "the room of what was moved is given back")
            let release = try store.makeRelease(of: .revision(1), version: SemanticVersion(1, 0, UInt64(round)))
            #expect(release.effect == .created && release.release.size == 3 + large.utf8.count)
            #expect(try store.restore(revision: 1).restores == 1)
            #expect(try store.text("one", of: first.id) == "one")
            #expect(try store.restore(revision: 2).restores == 2)
        }
    }

    /// Puts a parcel in as format 4 keeps it.
    private func insertParcel(_ bytes: [UInt8], on connection: SQLiteConnection) throws {
        try connection.run(
            "INSERT INTO parcel (sha256, size, complete) VALUES (?, ?, 1)", .digest(SHA256.hash(bytes)),
            .integer(bytes.count))
        let parcel = connection.lastInsertedRow
        for (position, start) in stride(from: 0, to: bytes.count, by: 1 << 20).enumerated() {
            try connection.run(
                "INSERT INTO piece (parcel, position, bytes) VALUES (?, ?, ?)", .integer(parcel), .integer(position),
                .blob(Array(bytes[start..<min(start + 1 << 20, bytes.count)])))
        }
    }

    /// Puts an invoice in as format 1 keeps it.
    private func insert(_ invoice: Invoice, on connection: SQLiteConnection) throws {
        try connection.run(
            """
            INSERT INTO bindle (name, version, yanked, description, authors, invoice) VALUES (?, ?, ?, ?, ?, ?)
            """,
            .text(invoice.id.name), .text(invoice.id.version.description), .integer(invoice.isYanked ? 1 : 0),
            .text(invoice.bindle.description ?? ""), .text(invoice.bindle.authors.joined(separator: "\n")),
            .blob(invoice.encoded(as: .toml)))
        let bindle = connection.lastInsertedRow
        for label in invoice.distinctLabels {
            try connection.run(
                "INSERT INTO reference (bindle, sha256, size, media_type) VALUES (?, ?, ?, ?)", .integer(bindle),
                .digest(try #require(SHA256Digest(hex: label.sha256))), .integer(label.size), .text(label.mediaType))
        }
    }
}
