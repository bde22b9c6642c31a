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
            try updateReferences(to: invoice, of: row, on: connection)
            return (.created, row)
        }
        guard mode == .development else { throw .bindleExists(invoice.id) }
        guard try invoiceText(row, on: connection) != text else { return (.unchanged, row) }
        try update(row, to: invoice, text: text, on: connection)
        try updateReferences(to: invoice, of: row, on: connection)
        return (.replaced, row)
    }

    /// - Parameter text: The invoice as TOML.
    static func update(
        _ row: Row, to invoice: Invoice, text: [UInt8], on connection: SQLiteConnection
    ) throws(StoreError) {
        try connection.run(
            "UPDATE bindle SET yanked = ?, description = ?, authors = ?, invoice = ? WHERE id = ?",
            .integer(invoice.isYanked ? 1 : 0), .text(invoice.bindle.description ?? ""),
            .text(invoice.bindle.authors.joined(separator: "\n")), .blob(text), .integer(row.number))
    }

    static func delete(_ row: Row, on connection: SQLiteConnection) throws(StoreError) {
        let digests = try references(of: row, on: connection).map(\.digest)
        try connection.run("DELETE FROM bindle WHERE id = ?", .integer(row.number))
        for digest in digests { try ParcelTable.removeUnlessReferenced(digest, on: connection) }
    }

    // MARK: - References

    struct Reference: Hashable {
        let digest: SHA256Digest
        let size: Int
        let mediaType: String

        fileprivate init(_ digest: SHA256Digest, _ label: Label) {
            self.digest = digest
            size = label.size
            mediaType = label.mediaType
        }

        fileprivate init(_ row: SQLiteStatement) throws(StoreError) {
            digest = try row.digest(0)
            size = Int(row.integer(1))
            mediaType = row.text(2)
        }
    }

    static func reference(
        to digest: SHA256Digest, of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) -> Reference? {
        try connection.firstRow(
            "SELECT sha256, size, media_type FROM reference WHERE bindle = ? AND sha256 = ?",
            .integer(row.number), .digest(digest)
        ) { (row) throws(StoreError) in try Reference(row) }
    }

    private static func references(
        of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) -> [Reference] {
        try connection.rows(
            "SELECT sha256, size, media_type FROM reference WHERE bindle = ?", .integer(row.number)
        ) { (row) throws(StoreError) in try Reference(row) }
    }

    private static func insert(
        _ reference: Reference, of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) {
        try connection.run(
            "INSERT INTO reference (bindle, sha256, size, media_type) VALUES (?, ?, ?, ?)",
            .integer(row.number), .digest(reference.digest), .integer(reference.size), .text(reference.mediaType))
    }

    /// Makes the references of a bindle those of its invoice. Writes the difference only: mostly one parcel of many
    /// has changed.
    private static func updateReferences(
        to invoice: Invoice, of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) {
        var added: [SHA256Digest: Reference] = [:]
        added.reserveCapacity(invoice.parcels.count)
        for parcel in invoice.parcels {
            // An invoice in the store is validated: its digests are ones.
            guard let digest = SHA256Digest(hex: parcel.label.sha256), added[digest] == nil else { continue }
            added[digest] = Reference(digest, parcel.label)
        }
        var removed: [Reference] = []
        for reference in try references(of: row, on: connection) {
            if added[reference.digest] == reference {
                added[reference.digest] = nil
            } else {
                removed.append(reference)
            }
        }
        for reference in removed {
            try connection.run(
                "DELETE FROM reference WHERE bindle = ? AND sha256 = ?",
                .integer(row.number), .digest(reference.digest))
        }
        for reference in added.values { try insert(reference, of: row, on: connection) }
        for reference in removed { try ParcelTable.removeUnlessReferenced(reference.digest, on: connection) }
    }

    /// The labels of an invoice that is in the store whose parcels are not, each digest once, in its order.
    static func missing(
        of invoice: Invoice, in row: Row, on connection: SQLiteConnection
    ) throws(StoreError) -> [Label] {
        var digests = Set(try missingDigests(of: row, on: connection))
        guard !digests.isEmpty else { return [] }
        return invoice.parcels.compactMap { parcel in
            SHA256Digest(hex: parcel.label.sha256).flatMap { digests.remove($0) } == nil ? nil : parcel.label
        }
    }

    static func missingDigests(
        of row: Row, on connection: SQLiteConnection
    ) throws(StoreError) -> [SHA256Digest] {
        try connection.rows(
            """
            SELECT sha256 FROM reference
            WHERE bindle = ? AND NOT EXISTS (
                SELECT 1 FROM parcel WHERE parcel.sha256 = reference.sha256 AND complete)
            """, .integer(row.number)
        ) { (row) throws(StoreError) in try row.digest(0) }
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
