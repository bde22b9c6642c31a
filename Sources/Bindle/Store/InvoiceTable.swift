import Cryptography

/// The statements about invoices: frames (what is before and after the list of parcels) and entries (the parcels).
/// They run within the caller's transaction or snapshot.
///
/// Frames and entries belong to a range of a bindle's states. The current ones have no end yet.
enum InvoiceTable {
    // MARK: - Reading

    /// The text of an invoice.
    /// - Parameter state: The state that is meant; the current one if `nil`.
    static func text(
        ofBindle bindle: Int64, at state: Int64? = nil, on connection: SQLiteConnection
    ) throws(StoreError) -> [UInt8] {
        guard let frame = try frame(ofBindle: bindle, at: state, on: connection) else {
            throw .corrupt(path: connection.path, detail: "a bindle has no invoice")
        }
        var text = frame.head
        try forEachEntry("text", ofBindle: bindle, at: state, on: connection) { $0.append(blob: 0, to: &text) }
        text += frame.tail
        return text
    }

    /// The texts of the frame.
    static func frame(
        ofBindle bindle: Int64, at state: Int64? = nil, on connection: SQLiteConnection
    ) throws(StoreError) -> (head: [UInt8], tail: [UInt8])? {
        if let state {
            try connection.firstRow(
                """
                SELECT head, tail FROM frame
                WHERE bindle = ?1 AND since <= ?2 AND (until IS NULL OR until > ?2)
                """, .integer(bindle), .integer(state)
            ) { (row) throws(StoreError) in (row.blob(0), row.blob(1)) }
        } else {
            try connection.firstRow(
                "SELECT head, tail FROM frame WHERE bindle = ? AND until IS NULL", .integer(bindle)
            ) { (row) throws(StoreError) in (row.blob(0), row.blob(1)) }
        }
    }

    /// An entry, as far as comparing invoices takes it.
    struct Entry {
        let position: Int64
        let digest: SHA256Digest
        let text: [UInt8]
    }

    /// The current entries, in their order.
    static func entries(ofBindle bindle: Int64, on connection: SQLiteConnection) throws(StoreError) -> [Entry] {
        var entries: [Entry] = []
        try forEachEntry("position, sha256, text", ofBindle: bindle, at: nil, on: connection) {
            (row) throws(StoreError) in
            entries.append(Entry(position: row.integer(0), digest: try row.digest(1), text: row.blob(2)))
        }
        return entries
    }

    private static func forEachEntry(
        _ columns: String, ofBindle bindle: Int64, at state: Int64?, on connection: SQLiteConnection,
        _ body: (SQLiteStatement) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let state {
            try connection.forEachRow(
                """
                SELECT \(columns) FROM entry
                WHERE bindle = ?1 AND since <= ?2 AND (until IS NULL OR until > ?2) ORDER BY position
                """, .integer(bindle), .integer(state), body: body)
        } else {
            try connection.forEachRow(
                "SELECT \(columns) FROM entry WHERE bindle = ? AND until IS NULL ORDER BY position",
                .integer(bindle), body: body)
        }
    }

    /// - Parameter path: The store's, for the error.
    static func parse(_ text: [UInt8], of id: BindleID, path: String) throws(StoreError) -> Invoice {
        do {
            return try Invoice(text, as: .toml, validating: false)
        } catch {
            throw .corrupt(path: path, detail: "the invoice of \(id): \(error.summary)")
        }
    }

    // MARK: - Parcels that are named

    struct Reference: Hashable {
        let size: Int
        let mediaType: String
    }

    /// What an invoice says of a parcel: the first entry with its digest counts.
    /// - Parameter state: The state that is meant; the current one if `nil`.
    static func reference(
        to digest: SHA256Digest, ofBindle bindle: Int64, at state: Int64? = nil, on connection: SQLiteConnection
    ) throws(StoreError) -> Reference? {
        // Left to itself, SQLite takes the index that spares it the sorting, and looks at every entry of the bindle.
        let columns =
            "SELECT size, media_type FROM entry INDEXED BY entry_by_digest WHERE sha256 = ?1 AND bindle = ?2"
        let read = { (row: SQLiteStatement) throws(StoreError) in
            Reference(size: Int(row.integer(0)), mediaType: row.text(1))
        }
        return if let state {
            try connection.firstRow(
                "\(columns) AND since <= ?3 AND (until IS NULL OR until > ?3) ORDER BY position LIMIT 1",
                .digest(digest), .integer(bindle), .integer(state), read: read)
        } else {
            try connection.firstRow(
                "\(columns) AND until IS NULL ORDER BY position LIMIT 1", .digest(digest), .integer(bindle), read: read)
        }
    }

    /// The labels of an invoice that is in the store whose parcels are not, each digest once, in its order.
    static func missing(
        of invoice: Invoice, in row: BindleTable.Row, on connection: SQLiteConnection
    ) throws(StoreError) -> [Label] {
        var digests = Set(try missingDigests(ofBindle: row.number, on: connection))
        guard !digests.isEmpty else { return [] }
        return invoice.parcels.compactMap { parcel in
            SHA256Digest(hex: parcel.label.sha256).flatMap { digests.remove($0) } == nil ? nil : parcel.label
        }
    }

    static func missingDigests(
        ofBindle bindle: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [SHA256Digest] {
        try connection.rows(
            """
            SELECT DISTINCT sha256 FROM entry
            WHERE bindle = ? AND until IS NULL AND NOT EXISTS (
                SELECT 1 FROM parcel WHERE parcel.sha256 = entry.sha256 AND complete)
            """, .integer(bindle)
        ) { (row) throws(StoreError) in try row.digest(0) }
    }

    // MARK: - Writing

    /// Puts all of an invoice in.
    static func insertAll(
        of invoice: Invoice, bindle: Int64, state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) {
        try insertFrame(
            head: InvoiceText.head(of: invoice), tail: InvoiceText.tail(of: invoice), bindle: bindle, state: state,
            on: connection)
        for (position, parcel) in zip(EntryPositions(count: invoice.parcels.count).values, invoice.parcels) {
            try insert(
                parcel, text: InvoiceText.entry(of: parcel), at: position, bindle: bindle, state: state, on: connection)
        }
    }

    static func insertFrame(
        head: [UInt8], tail: [UInt8], bindle: Int64, state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) {
        try connection.run(
            "INSERT INTO frame (bindle, since, head, tail) VALUES (?, ?, ?, ?)", .integer(bindle), .integer(state),
            .blob(head), .blob(tail))
    }

    static func insert(
        _ parcel: Parcel, text: [UInt8], at position: Int64, bindle: Int64, state: Int64,
        on connection: SQLiteConnection
    ) throws(StoreError) {
        // An invoice that goes in is validated: its digests are ones.
        guard let digest = SHA256Digest(hex: parcel.label.sha256) else { return }
        try connection.run(
            """
            INSERT INTO entry (bindle, position, since, sha256, size, media_type, text)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(bindle), .integer(position), .integer(state), .digest(digest), .integer(parcel.label.size),
            .text(parcel.label.mediaType), .blob(text))
    }

    /// Ends the current entry at a position: from `state` on it is no more.
    /// - Parameter lastKept: The last state that a revision needs; what began after it is removed.
    static func endEntry(
        at position: Int64, bindle: Int64, state: Int64, lastKept: Int64?, on connection: SQLiteConnection
    ) throws(StoreError) {
        if let lastKept {
            let count = try connection.run(
                "UPDATE entry SET until = ? WHERE bindle = ? AND position = ? AND until IS NULL AND since <= ?",
                .integer(state), .integer(bindle), .integer(position), .integer(lastKept))
            if count > 0 { return }
        }
        try connection.run(
            "DELETE FROM entry WHERE bindle = ? AND position = ? AND until IS NULL", .integer(bindle),
            .integer(position))
    }

    static func endFrame(
        bindle: Int64, state: Int64, lastKept: Int64?, on connection: SQLiteConnection
    ) throws(StoreError) {
        if let lastKept {
            try connection.run(
                "UPDATE frame SET until = ? WHERE bindle = ? AND until IS NULL AND since <= ?", .integer(state),
                .integer(bindle), .integer(lastKept))
        }
        try connection.run("DELETE FROM frame WHERE bindle = ? AND until IS NULL", .integer(bindle))
    }

    /// Ends all of a bindle's invoice.
    /// - Returns: The digests that it named.
    static func endAll(
        of row: BindleTable.Row, at state: Int64, lastKept: Int64?, on connection: SQLiteConnection
    ) throws(StoreError) -> [SHA256Digest] {
        let digests = try connection.rows(
            "SELECT DISTINCT sha256 FROM entry WHERE bindle = ? AND until IS NULL", .integer(row.number)
        ) { (row) throws(StoreError) in try row.digest(0) }
        try endFrame(bindle: row.number, state: state, lastKept: lastKept, on: connection)
        if let lastKept {
            try connection.run(
                "UPDATE entry SET until = ? WHERE bindle = ? AND until IS NULL AND since <= ?", .integer(state),
                .integer(row.number), .integer(lastKept))
        }
        try connection.run("DELETE FROM entry WHERE bindle = ? AND until IS NULL", .integer(row.number))
        return digests
    }

    // MARK: - History

    /// Gives a bindle the content that a revision was, as its new state.
    static func restore(
        _ revision: RevisionTable.Row, of row: BindleTable.Row, as state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) {
        let lastKept = try RevisionTable.lastState(ofBindle: row.number, on: connection)
        var replaced: [SHA256Digest] = []
        // What the revision did not have yet ends, and what has ended since begins again.
        let newer = try connection.rows(
            "SELECT position, sha256 FROM entry WHERE bindle = ? AND until IS NULL AND since > ?",
            .integer(row.number), .integer(revision.state)
        ) { (row) throws(StoreError) in (position: row.integer(0), digest: try row.digest(1)) }
        for entry in newer {
            try endEntry(
                at: entry.position, bindle: row.number, state: state, lastKept: lastKept, on: connection)
            replaced.append(entry.digest)
        }
        try connection.run(
            """
            INSERT INTO entry (bindle, position, since, sha256, size, media_type, text)
            SELECT bindle, position, ?3, sha256, size, media_type, text FROM entry
            WHERE bindle = ?1 AND since <= ?2 AND until > ?2
            """, .integer(row.number), .integer(revision.state), .integer(state))
        if let frame = try frame(ofBindle: row.number, at: revision.state, on: connection) {
            try endFrame(bindle: row.number, state: state, lastKept: lastKept, on: connection)
            try insertFrame(
                head: frame.head, tail: frame.tail, bindle: row.number, state: state, on: connection)
        }
        for digest in replaced { try ParcelTable.removeUnlessReferenced(digest, on: connection) }
    }

    /// The parcels that were there in the state `early`, and no more in the state `late`.
    static func parcels(
        of bindle: Int64, endedIn early: Int64, _ late: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [Parcel] {
        try parcels(
            """
            SELECT text FROM entry
            WHERE bindle = ?1 AND until > ?2 AND until <= ?3 AND since <= ?2 ORDER BY position
            """, bindle, early, late, on: connection)
    }

    /// The parcels that were not there in the state `early` yet, and were in the state `late`.
    static func parcels(
        of bindle: Int64, begunIn early: Int64, _ late: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [Parcel] {
        try parcels(
            """
            SELECT text FROM entry
            WHERE bindle = ?1 AND since > ?2 AND since <= ?3 AND (until IS NULL OR until > ?3) ORDER BY position
            """, bindle, early, late, on: connection)
    }

    private static func parcels(
        _ sql: String, _ bindle: Int64, _ early: Int64, _ late: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [Parcel] {
        var text: [UInt8] = []
        try connection.forEachRow(sql, .integer(bindle), .integer(early), .integer(late)) {
            (row) throws(StoreError) in row.append(blob: 0, to: &text)
        }
        do { return try InvoiceText.parcels(in: text) } catch {
            throw .corrupt(path: connection.path, detail: "the entries of an invoice: \(error)")
        }
    }
}
