import Cryptography

/// The tables of entries and parcels as format 4 had them, which the first releases wrote: texts of entries, and bytes of
/// parcels in pieces of a megabyte.
enum Format4 {
    /// Puts all of an invoice in.
    static func insertAll(
        of invoice: Invoice, bindle: Int64, state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) {
        try InvoiceTable.insertFrame(
            head: InvoiceText.head(of: invoice), tail: InvoiceText.tail(of: invoice), bindle: bindle, state: state,
            on: connection)
        for (index, parcel) in invoice.parcels.enumerated() {
            guard let digest = SHA256Digest(hex: parcel.label.sha256) else { continue }
            try connection.run(
                """
                INSERT INTO entry (bindle, position, since, sha256, size, media_type, text)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                .integer(bindle), .integer(Int64(index) << 32), .integer(state), .digest(digest),
                .integer(parcel.label.size), .text(parcel.label.mediaType), .blob(InvoiceText.entry(of: parcel)))
        }
    }

    /// Moves contents and entries from the tables of format 4 to those of format 5, and removes the former.
    ///
    /// It runs within a transaction: if the process ends, the store is as it was, and the files that were made are removed
    /// when it is opened again.
    static func moveContents(_ connection: SQLiteConnection) throws(StoreError) {
        try moveParcels(on: connection)
        try moveEntries(on: connection)
        // In this order, in which no deletion leads to others.
        try connection.execute("DROP TABLE piece; DROP TABLE parcel; DROP TABLE old_entry")
        let unnamed = try connection.rows(
            "SELECT id FROM content WHERE NOT EXISTS (SELECT 1 FROM entry WHERE content = content.id)"
        ) { (row) throws(StoreError) in row.integer(0) }
        try ContentTable.removeUnreferenced(unnamed, on: connection)
    }

    private static func moveParcels(on connection: SQLiteConnection) throws(StoreError) {
        let parcels = try connection.rows("SELECT id, sha256, size FROM parcel WHERE complete ORDER BY id") {
            (row) throws(StoreError) in
            (number: row.integer(0), digest: try row.digest(1), size: Int(row.integer(2)))
        }
        for parcel in parcels {
            // What is damaged is left out, and taken from where it came from again.
            if parcel.size <= connection.files.rowLimit {
                var bytes: [UInt8] = []
                try forEachPiece(of: parcel.number, on: connection) { bytes += $0 }
                guard bytes.count == parcel.size, SHA256.hash(bytes) == parcel.digest else { continue }
                let result = bytes.withUnsafeBytes { bytes in
                    Result { () throws(StoreError) in
                        try ContentTable.insert(bytes, digest: parcel.digest, at: nil, on: connection)
                    }
                }
                _ = try result.get()
            } else {
                let file = try connection.files.begin()
                var hash = SHA256()
                var size = 0
                try forEachPiece(of: parcel.number, on: connection) { (bytes) throws(StoreError) in
                    hash.update(bytes)
                    size += bytes.count
                    try file.write(bytes)
                }
                guard size == parcel.size, hash.finalize() == parcel.digest else { continue }
                let identity = try connection.files.commit(file, as: parcel.digest)
                _ = try ContentTable.insert(identity, digest: parcel.digest, at: nil, on: connection)
            }
        }
    }

    private static func forEachPiece(
        of parcel: Int64, on connection: SQLiteConnection, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        try connection.forEachRow("SELECT bytes FROM piece WHERE parcel = ? ORDER BY position", .integer(parcel)) {
            (row) throws(StoreError) in try body(row.bytes(0))
        }
    }

    private static func moveEntries(on connection: SQLiteConnection) throws(StoreError) {
        let shapes = ShapeCache(on: connection)
        let intake = try ContentIntake(on: connection)
        let now = WallClock.nanoseconds()
        // An entry began with the first revision that has it; one that no revision has, with the migration.
        var times: [Int64: [Int64: Int64]] = [:]
        try connection.forEachRow(
            """
            SELECT bindle, position, since, coalesce(until, 0), size, text, rowid FROM old_entry ORDER BY bindle, position
            """
        ) { (row) throws(StoreError) in
            let (bindle, since) = (row.integer(0), row.integer(2))
            let parcel: Parcel
            do {
                guard let first = try InvoiceText.parcels(in: row.blob(5)).first else { return }
                parcel = first
            } catch {
                throw .corrupt(path: connection.path, detail: "the entries of an invoice: \(error)")
            }
            guard let digest = SHA256Digest(hex: parcel.label.sha256) else { return }
            if times[bindle]?[since] == nil {
                let first =
                    try connection.firstRow(
                        "SELECT min(time) FROM revision WHERE bindle = ? AND state >= ?", .integer(bindle),
                        .integer(since)
                    ) { (row) throws(StoreError) in row.integer(0) } ?? 0
                times[bindle, default: [:]][since] = first > 0 ? first * 1_000_000 : now
            }
            // Positions had wider gaps; the order is what matters.
            try connection.run(
                """
                INSERT INTO entry (bindle, until, position, since, content, size, shape, time, name)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, .integer(bindle), .integer(row.integer(3)), .integer(row.integer(1)), .integer(since),
                .integer(try intake.row(of: parcel.label, digest)), .integer(parcel.label.size),
                .integer(try shapes.number(of: parcel)), .integer(times[bindle]?[since] ?? now),
                .text(parcel.label.name))
        }
    }
}
