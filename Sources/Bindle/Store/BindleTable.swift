import Cryptography

/// The statements about bindles and what they refer to. They run within the caller's transaction or snapshot.
enum BindleTable {
    /// A bindle that is in the store.
    struct Row {
        let id: BindleID
        let number: Int64
        let isYanked: Bool
    }

    static func find(_ id: BindleID, on connection: SQLiteConnection) throws(StoreError) -> Row? {
        try connection.firstRow(
            "SELECT id, yanked FROM bindle WHERE name = ? AND version = ?",
            .text(id.name), .text(id.version.description)
        ) { (row) throws(StoreError) in Row(id: id, number: row.integer(0), isYanked: row.boolean(1)) }
    }

    static func invoiceText(_ row: Row, on connection: SQLiteConnection) throws(StoreError) -> [UInt8] {
        try connection.firstRow("SELECT invoice FROM bindle WHERE id = ?", .integer(row.number)) {
            (row) throws(StoreError) in row.blob(0)
        } ?? []
    }

    static func parse(
        _ text: [UInt8], of id: BindleID, on connection: SQLiteConnection
    ) throws(StoreError) -> Invoice {
        do {
            return try Invoice(text, as: .toml, validating: false)
        } catch {
            throw .corrupt(path: connection.path, detail: "the invoice of \(id): \(error.summary)")
        }
    }

    // MARK: - Changes

    /// Puts an invoice in, replacing one of the same ID in development mode.
    static func put(
        _ invoice: Invoice, mode: BindleStore.Mode, on connection: SQLiteConnection
    ) throws(StoreError) -> (effect: BindleStore.Creation.Effect, row: Row) {
        let text = invoice.encoded(as: .toml)
        guard let row = try find(invoice.id, on: connection) else {
            try connection.run(
                """
                INSERT INTO bindle (name, version, yanked, description, authors, invoice)
                VALUES (?, ?, 0, ?, ?, ?)
                """,
                .text(invoice.id.name), .text(invoice.id.version.description),
                .text(invoice.bindle.description ?? ""), .text(invoice.bindle.authors.joined(separator: "\n")),
                .blob(text))
            let row = Row(id: invoice.id, number: connection.lastInsertedRow, isYanked: false)
            try insertReferences(invoice.distinctLabels, of: row, on: connection)
            return (.created, row)
        }
        guard mode == .development else { throw .bindleExists(invoice.id) }
        guard try invoiceText(row, on: connection) != text else { return (.unchanged, row) }
        try update(row, to: invoice, on: connection)
        try updateReferences(to: invoice.distinctLabels, of: row, on: connection)
        return (.replaced, row)
    }

    static func update(_ row: Row, to invoice: Invoice, on connection: SQLiteConnection) throws(StoreError) {
        try connection.run(
            "UPDATE bindle SET yanked = ?, description = ?, authors = ?, invoice = ? WHERE id = ?",
            .integer(invoice.isYanked ? 1 : 0), .text(invoice.bindle.description ?? ""),
            .text(invoice.bindle.authors.joined(separator: "\n")), .blob(invoice.encoded(as: .toml)),
            .integer(row.number))
    }

    static func delete(_ row: Row, on connection: SQLiteConnection) throws(StoreError) {
        let digests = try references(of: row, on: connection).map(\.digest)
        try connection.run("DELETE FROM bindle WHERE id = ?", .integer(row.number))
        for digest in digests { try ParcelTable.removeUnlessReferenced(digest, on: connection) }
    }

    // MARK: - References

    struct Reference: Hashable {
        let digest: [UInt8]
        let size: Int
        let mediaType: String

        init(_ label: Label) {
            digest = ParcelTable.key(label.sha256)
            size = label.size
            mediaType = label.mediaType
        }

        fileprivate init(_ row: SQLiteStatement) {
            digest = row.blob(0)
            size = Int(row.integer(1))
            mediaType = row.text(2)
        }
    }

    static func reference(
        to digest: String, of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) -> Reference? {
        try connection.firstRow(
            "SELECT sha256, size, media_type FROM reference WHERE bindle = ? AND sha256 = ?",
            .integer(row.number), .blob(ParcelTable.key(digest))
        ) { (row) throws(StoreError) in Reference(row) }
    }

    private static func references(of row: Row, on connection: SQLiteConnection) throws(StoreError) -> [Reference] {
        try connection.rows(
            "SELECT sha256, size, media_type FROM reference WHERE bindle = ?", .integer(row.number)
        ) { (row) throws(StoreError) in Reference(row) }
    }

    private static func insertReferences(
        _ labels: [Label], of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) {
        for reference in labels.map(Reference.init) { try insert(reference, of: row, on: connection) }
    }

    private static func insert(
        _ reference: Reference, of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) {
        try connection.run(
            "INSERT INTO reference (bindle, sha256, size, media_type) VALUES (?, ?, ?, ?)",
            .integer(row.number), .blob(reference.digest), .integer(reference.size), .text(reference.mediaType))
    }

    /// Writes the difference only: mostly one parcel of many has changed.
    private static func updateReferences(
        to labels: [Label], of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) {
        let old = Set(try references(of: row, on: connection))
        let new = Set(labels.map(Reference.init))
        let removed = old.subtracting(new)
        for reference in removed {
            try connection.run(
                "DELETE FROM reference WHERE bindle = ? AND sha256 = ?",
                .integer(row.number), .blob(reference.digest))
        }
        for reference in new.subtracting(old) { try insert(reference, of: row, on: connection) }
        for reference in removed { try ParcelTable.removeUnlessReferenced(reference.digest, on: connection) }
    }

    /// The labels of an invoice that is in the store whose parcels are not, each digest once, in its order.
    static func missing(of invoice: Invoice, on connection: SQLiteConnection) throws(StoreError) -> [Label] {
        guard let row = try find(invoice.id, on: connection) else { throw .noSuchBindle(invoice.id) }
        let digests = Set(try missingDigests(of: row, on: connection))
        return digests.isEmpty ? [] : invoice.distinctLabels.filter { digests.contains(ParcelTable.key($0.sha256)) }
    }

    static func missingDigests(of row: Row, on connection: SQLiteConnection) throws(StoreError) -> [[UInt8]] {
        try connection.rows(
            """
            SELECT sha256 FROM reference
            WHERE bindle = ? AND NOT EXISTS (
                SELECT 1 FROM parcel WHERE parcel.sha256 = reference.sha256 AND complete)
            """, .integer(row.number)
        ) { (row) throws(StoreError) in row.blob(0) }
    }

    // MARK: - Overview

    /// What a query looks at.
    struct Summary {
        let id: BindleID
        let number: Int64
        let isYanked: Bool
        let description: String
        let authors: String
    }

    static func summaries(on connection: SQLiteConnection) throws(StoreError) -> [Summary] {
        try connection.rows("SELECT id, name, version, yanked, description, authors FROM bindle") {
            (row) throws(StoreError) in
            let text = "\(row.text(1))/\(row.text(2))"
            do {
                return Summary(
                    id: try BindleID(text), number: row.integer(0), isYanked: row.boolean(3), description: row.text(4),
                    authors: row.text(5))
            } catch {
                throw StoreError.corrupt(path: connection.path, detail: "a bindle is called '\(text)'")
            }
        }
    }
}
