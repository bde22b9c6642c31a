import Cryptography

/// The statements about invoices: frames (what is before and after the list of parcels) and entries (the parcels).
/// They run within the caller's transaction or snapshot.
///
/// Frames and entries belong to a range of a bindle's states. The current ones have no end yet.
enum InvoiceTable {
    // MARK: - Reading

    /// The text of an invoice, with what signing it takes.
    /// - Parameter state: The state that is meant; the current one if `nil`.
    static func text(
        ofBindle bindle: Int64, at state: Int64? = nil, on connection: SQLiteConnection
    ) throws(StoreError) -> StoredInvoice {
        guard let frame = try frame(ofBindle: bindle, at: state, on: connection) else {
            throw .corrupt(path: connection.path, detail: "a bindle has no invoice")
        }
        var text = frame.head
        var digests: [SHA256Digest] = []
        var time: Int64 = 0
        let shapes = ShapeCache(on: connection)
        var mediaTypes: [Int64: [UInt8]] = [:]
        try forEachEntry(ofBindle: bindle, at: state, on: connection) { (entry) throws(StoreError) in
            let shape = try shapes.text(entry.shape)
            if mediaTypes[entry.shape] == nil { mediaTypes[entry.shape] = InvoiceText.quoted(shape.mediaType) }
            let digest = try entry.digest
            InvoiceText.append(
                name: entry.name, digest: digest, size: entry.size, mediaType: mediaTypes[entry.shape] ?? [],
                rest: shape.rest, to: &text)
            digests.append(digest)
            time = max(time, entry.time)
        }
        let tailStart = text.count
        text += frame.tail
        return StoredInvoice(text: text, tailStart: tailStart, digests: digests, time: time)
    }

    /// The invoice itself, which is read without its text.
    static func invoice(
        _ id: BindleID, ofBindle bindle: Int64, at state: Int64? = nil, on connection: SQLiteConnection
    ) throws(StoreError) -> (invoice: Invoice, times: [Int64]) {
        guard let frame = try frame(ofBindle: bindle, at: state, on: connection) else {
            throw .corrupt(path: connection.path, detail: "a bindle has no invoice")
        }
        let (parcels, times) = try parcels(ofBindle: bindle, at: state, on: connection)
        do { return (try InvoiceText.invoice(head: frame.head, parcels: parcels, tail: frame.tail), times) } catch {
            throw .corrupt(path: connection.path, detail: "the invoice of \(id): \(error.summary)")
        }
    }

    /// The parcels of an invoice in their order, and the times since which their names have had their contents.
    static func parcels(
        ofBindle bindle: Int64, at state: Int64? = nil, on connection: SQLiteConnection
    ) throws(StoreError) -> (parcels: ParcelList, times: [Int64]) {
        let shapes = ShapeCache(on: connection)
        var parcels: [Parcel] = []
        var times: [Int64] = []
        try forEachEntry(ofBindle: bindle, at: state, on: connection) { (entry) throws(StoreError) in
            parcels.append(
                try shapes.shape(entry.shape).parcel(name: entry.name, digest: try entry.digest, size: entry.size))
            times.append(entry.time)
        }
        return (ParcelList(parcels), times)
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

    /// An entry as a row has it, which lasts until the next one.
    struct Entry {
        fileprivate let row: SQLiteStatement

        /// See `EntryPositions`.
        var position: Int64 { row.integer(0) }
        /// When the name first had this content, in nanoseconds since 1970.
        var time: Int64 { row.integer(1) }
        var size: Int { Int(row.integer(2)) }
        var shape: Int64 { row.integer(3) }
        var name: String { row.text(4) }
        var digest: SHA256Digest { get throws(StoreError) { try row.digest(5) } }

        /// Whether the entry is of this parcel.
        func isOf(_ parcel: Parcel, _ shapes: ShapeCache) throws(StoreError) -> Bool {
            guard row.isText(4, equalTo: parcel.label.name), size == parcel.label.size,
                let digest = SHA256Digest(hex: parcel.label.sha256)
            else { return false }
            let own = try self.digest
            guard digest == own else { return false }
            return try shapes.fits(shape, parcel)
        }
    }

    /// The current entries of a bindle as they compare with an invoice.
    struct Comparison {
        var positions: [Int64] = []
        var times: [Int64] = []
        /// Whether they are the invoice's parcels.
        var isEqual = true
    }

    /// Compares a list of parcels with what is stored, without reading or writing texts.
    static func compare(
        _ parcels: ParcelList, withBindle bindle: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> Comparison {
        let shapes = ShapeCache(on: connection)
        var result = Comparison()
        result.positions.reserveCapacity(parcels.count)
        result.times.reserveCapacity(parcels.count)
        try forEachEntry(ofBindle: bindle, at: nil, on: connection) { (entry) throws(StoreError) in
            let index = result.positions.count
            if result.isEqual, index < parcels.count {
                result.isEqual = try entry.isOf(parcels[index], shapes)
            }
            result.positions.append(entry.position)
            result.times.append(entry.time)
        }
        if result.positions.count != parcels.count { result.isEqual = false }
        return result
    }

    /// What every reading of entries takes. The order of the join is given: entries, then their contents.
    private static let entryColumns = "e.position, e.time, e.size, e.shape, e.name, c.sha256"
    private static let entrySource = "FROM entry e CROSS JOIN content c ON c.id = e.content"

    /// The label of the first parcel of a name in a state of a bindle; `nil` if there is none.
    static func label(
        of name: String, ofBindle bindle: Int64, at state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> Label? {
        let shapes = ShapeCache(on: connection)
        return try connection.firstRow(
            """
            SELECT \(entryColumns) \(entrySource) WHERE e.bindle = ?1 AND e.until = 0 AND e.since <= ?2 AND e.name = ?3
            UNION ALL
            SELECT \(entryColumns) \(entrySource) WHERE e.bindle = ?1 AND e.until > ?2 AND e.since <= ?2 AND e.name = ?3
            ORDER BY 1 LIMIT 1
            """, .integer(bindle), .integer(state), .text(name)
        ) { (row) throws(StoreError) in
            let entry = Entry(row: row)
            return try shapes.shape(entry.shape).parcel(
                name: entry.name, digest: try entry.digest, size: entry.size
            ).label
        }
    }

    private static func forEachEntry(
        ofBindle bindle: Int64, at state: Int64?, on connection: SQLiteConnection,
        _ body: (Entry) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let state {
            try connection.forEachRow(
                """
                SELECT \(entryColumns) \(entrySource) WHERE e.bindle = ?1 AND e.until = 0 AND e.since <= ?2
                UNION ALL
                SELECT \(entryColumns) \(entrySource) WHERE e.bindle = ?1 AND e.until > ?2 AND e.since <= ?2
                ORDER BY 1
                """, .integer(bindle), .integer(state)
            ) { (row) throws(StoreError) in try body(Entry(row: row)) }
        } else {
            try connection.forEachRow(
                "SELECT \(entryColumns) \(entrySource) WHERE e.bindle = ?1 AND e.until = 0 ORDER BY e.position",
                .integer(bindle)
            ) { (row) throws(StoreError) in try body(Entry(row: row)) }
        }
    }

    /// The time of each name's content in the current state of a bindle.
    static func times(
        ofBindle bindle: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [Int64] {
        try connection.rows(
            "SELECT time FROM entry WHERE bindle = ? AND until = 0 ORDER BY position", .integer(bindle)
        ) { (row) throws(StoreError) in row.integer(0) }
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
        let start = """
            SELECT e.size, shape.media_type FROM content c CROSS JOIN entry e INDEXED BY entry_by_content ON e.content = c.id
            JOIN shape ON shape.id = e.shape WHERE c.sha256 = ?1 AND e.bindle = ?2
            """
        let read = { (row: SQLiteStatement) throws(StoreError) in
            Reference(size: Int(row.integer(0)), mediaType: row.text(1))
        }
        return if let state {
            try connection.firstRow(
                "\(start) AND e.since <= ?3 AND (e.until = 0 OR e.until > ?3) ORDER BY e.position LIMIT 1",
                .digest(digest), .integer(bindle), .integer(state), read: read)
        } else {
            try connection.firstRow(
                "\(start) AND e.until = 0 ORDER BY e.position LIMIT 1", .digest(digest), .integer(bindle), read: read)
        }
    }

    /// The labels of an invoice that is in the store whose parcels are not, each digest once, in its order.
    static func missing(
        of invoice: Invoice, in row: BindleTable.Row, on connection: SQLiteConnection
    ) throws(StoreError) -> [Label] {
        var digests = Set(
            try missingDigests(ofBindle: row.number, entryCount: invoice.parcels.count, on: connection))
        guard !digests.isEmpty else { return [] }
        return invoice.parcels.compactMap { parcel in
            SHA256Digest(hex: parcel.label.sha256).flatMap { digests.remove($0) } == nil ? nil : parcel.label
        }
    }

    /// The digests of the contents that a bindle names and the store does not have, some of them more than once.
    /// - Parameter entryCount: How many entries the bindle has, roughly.
    static func missingDigests(
        ofBindle bindle: Int64, entryCount: Int, on connection: SQLiteConnection
    ) throws(StoreError) -> [SHA256Digest] {
        // Few contents are missing at a time, mostly none; they have an index of their own. Where many invoices are taken in
        // before their parcels are, it is the bindle that has less to look at.
        let isMuchMissing =
            try connection.firstRow(
                "SELECT id FROM content WHERE place = 0 LIMIT 1 OFFSET ?", .integer(entryCount)
            ) { (_) throws(StoreError) in true } ?? false
        let statement =
            isMuchMissing
            ? """
            SELECT sha256 FROM entry e CROSS JOIN content c ON c.id = e.content
            WHERE e.bindle = ? AND e.until = 0 AND c.place = 0
            """
            : """
            SELECT sha256 FROM content WHERE place = 0 AND EXISTS (
                SELECT 1 FROM entry WHERE content = content.id AND bindle = ? AND until = 0)
            """
        return try connection.rows(statement, .integer(bindle)) { (row) throws(StoreError) in try row.digest(0) }
    }

    /// The digest of a content that a state of a bindle names and the store does not have; `nil` if it has all.
    static func missingDigest(
        ofBindle bindle: Int64, at state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> SHA256Digest? {
        try connection.firstRow(
            """
            SELECT sha256 FROM content WHERE place = 0 AND EXISTS (
                SELECT 1 FROM entry WHERE content = content.id AND bindle = ?1
                    AND since <= ?2 AND (until = 0 OR until > ?2))
            LIMIT 1
            """, .integer(bindle), .integer(state)
        ) { (row) throws(StoreError) in try row.digest(0) }
    }

    // MARK: - Measures

    /// How much there is in a state of a bindle.
    static func measure(
        bindle: Int64, at state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> RevisionMeasure {
        var tally = EntryTally(states: [state])
        try connection.forEachRow(
            """
            SELECT content, size FROM entry WHERE bindle = ?1 AND until = 0 AND since <= ?2
            UNION ALL
            SELECT content, size FROM entry WHERE bindle = ?1 AND until > ?2 AND since <= ?2
            """, .integer(bindle), .integer(state)
        ) { (row) throws(StoreError) in
            tally.add(content: row.integer(0), size: Int(row.integer(1)), since: state, until: 0)
        }
        return tally.measures.first ?? RevisionMeasure()
    }

    /// What tells the content of a state of a bindle from every other: the digest of its invoice as TOML, without ID and
    /// signatures, and whether it is yanked or not.
    static func contentDigest(
        ofBindle bindle: Int64, at state: Int64, _ id: BindleID, on connection: SQLiteConnection
    ) throws(StoreError) -> SHA256Digest {
        let text = try text(ofBindle: bindle, at: state, on: connection)
        guard let frame = try frame(ofBindle: bindle, at: state, on: connection) else {
            throw .corrupt(path: connection.path, detail: "a bindle has no invoice")
        }
        var invoice = try parse(frame.head + frame.tail, of: id, path: connection.path)
        invoice.bindle.id = BindleID.ofContent
        invoice.isYanked = false
        invoice.yankedSignatures = []
        invoice.signatures = []
        var hash = SHA256()
        hash.update(InvoiceText.head(of: invoice))
        hash.update(text.text[frame.head.count..<text.tailStart])
        hash.update(InvoiceText.tail(of: invoice))
        return hash.finalize()
    }

    // MARK: - Writing

    static func insertFrame(
        head: [UInt8], tail: [UInt8], bindle: Int64, state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) {
        try connection.run(
            "INSERT INTO frame (bindle, since, head, tail) VALUES (?, ?, ?, ?)", .integer(bindle), .integer(state),
            .blob(head), .blob(tail))
    }

    /// Ends the current entry at a position: from `state` on it is no more.
    /// - Parameter lastKept: The last state that a revision needs; what began after it is removed.
    static func endEntry(
        at position: Int64, bindle: Int64, state: Int64, lastKept: Int64?, on connection: SQLiteConnection
    ) throws(StoreError) {
        if let lastKept {
            let count = try connection.run(
                "UPDATE entry SET until = ? WHERE bindle = ? AND until = 0 AND position = ? AND since <= ?",
                .integer(state), .integer(bindle), .integer(position), .integer(lastKept))
            if count > 0 { return }
        }
        try connection.run(
            "DELETE FROM entry WHERE bindle = ? AND until = 0 AND position = ?", .integer(bindle), .integer(position))
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
    /// - Returns: The contents that it named.
    static func endAll(
        of row: BindleTable.Row, at state: Int64, lastKept: Int64?, on connection: SQLiteConnection
    ) throws(StoreError) -> [Int64] {
        let contents = try connection.rows(
            "SELECT DISTINCT content FROM entry WHERE bindle = ? AND until = 0", .integer(row.number)
        ) { (row) throws(StoreError) in row.integer(0) }
        try endFrame(bindle: row.number, state: state, lastKept: lastKept, on: connection)
        if let lastKept {
            try connection.run(
                "UPDATE entry SET until = ? WHERE bindle = ? AND until = 0 AND since <= ?", .integer(state),
                .integer(row.number), .integer(lastKept))
        }
        try connection.run("DELETE FROM entry WHERE bindle = ? AND until = 0", .integer(row.number))
        return contents
    }

    // MARK: - History

    /// A name with its content, as which the time of an entry is found again.
    private struct Tenure: Hashable {
        let name: NameBytes
        let content: Int64
    }

    /// Gives a bindle the content that a revision was, as its new state.
    /// - Parameter now: The time of names that get another content.
    static func restore(
        _ revision: RevisionTable.Row, of row: BindleTable.Row, as state: Int64, now: Int64,
        on connection: SQLiteConnection
    ) throws(StoreError) {
        let lastKept = try KeptStates.last(ofBindle: row.number, on: connection)
        // What the revision did not have yet ends, and what has ended since begins again.
        let newer = try connection.rows(
            """
            SELECT position, content, time, name FROM entry INDEXED BY entry_by_beginning
            WHERE bindle = ? AND since > 1 AND since > ? AND until = 0
            """, .integer(row.number), .integer(revision.state)
        ) { (row) throws(StoreError) in
            (position: row.integer(0), content: row.integer(1), time: row.integer(2), name: row.text(3))
        }
        var times: [Tenure: Int64] = [:]
        for entry in newer {
            try endEntry(at: entry.position, bindle: row.number, state: state, lastKept: lastKept, on: connection)
            times[Tenure(name: NameBytes(entry.name), content: entry.content)] = entry.time
        }
        let older = try connection.rows(
            """
            SELECT position, content, size, shape, name FROM entry
            WHERE bindle = ?1 AND until > ?2 AND since <= ?2
            """, .integer(row.number), .integer(revision.state)
        ) { (row) throws(StoreError) in
            (
                position: row.integer(0), content: row.integer(1), size: row.integer(2), shape: row.integer(3),
                name: row.text(4)
            )
        }
        for entry in older {
            let time = times[Tenure(name: NameBytes(entry.name), content: entry.content)] ?? now
            try connection.run(
                """
                INSERT INTO entry (bindle, until, position, since, content, size, shape, time, name)
                VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?)
                """, .integer(row.number), .integer(entry.position), .integer(state), .integer(entry.content),
                .integer(entry.size), .integer(entry.shape), .integer(time), .text(entry.name))
        }
        if let frame = try frame(ofBindle: row.number, at: revision.state, on: connection) {
            try endFrame(bindle: row.number, state: state, lastKept: lastKept, on: connection)
            try insertFrame(
                head: frame.head, tail: frame.tail, bindle: row.number, state: state, on: connection)
        }
        try ContentTable.removeUnreferenced(Set(newer.map(\.content)), on: connection)
    }

    /// The parcels that were there in the state `early`, and no more in the state `late`.
    static func parcels(
        of bindle: Int64, endedIn early: Int64, _ late: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [Parcel] {
        try parcels(
            "e.bindle = ?1 AND e.until > ?2 AND e.until <= ?3 AND e.since <= ?2", bindle, early, late, on: connection)
    }

    /// The parcels that were not there in the state `early` yet, and were in the state `late`.
    static func parcels(
        of bindle: Int64, begunIn early: Int64, _ late: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [Parcel] {
        try parcels(
            """
            e.bindle = ?1 AND e.since > 1 AND e.since > ?2 AND e.since <= ?3 AND (e.until = 0 OR e.until > ?3)
            """, bindle, early, late, on: connection)
    }

    private static func parcels(
        _ condition: String, _ bindle: Int64, _ early: Int64, _ late: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [Parcel] {
        let shapes = ShapeCache(on: connection)
        return try connection.rows(
            "SELECT \(entryColumns) \(entrySource) WHERE \(condition) ORDER BY e.position", .integer(bindle),
            .integer(early), .integer(late)
        ) { (row) throws(StoreError) in
            let entry = Entry(row: row)
            return try shapes.shape(entry.shape).parcel(
                name: entry.name, digest: try entry.digest, size: entry.size)
        }
    }
}
