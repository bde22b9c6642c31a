import TestSupport
import Testing

@testable import Bindle

@Suite("A store of an earlier format")
struct StoreSchemaTests {
    @Test func `is brought up to date, with all that is in it`() throws {
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
