import Platform

/// The statements about revisions. They run within the caller's transaction or snapshot.
enum RevisionTable {
    /// A revision, and the state of a bindle that it is.
    struct Row {
        let revision: Revision
        let bindle: Int64
        let state: Int64
    }

    private static let columns = """
        SELECT number, name, version, time, restores, served, bindle, revision.state
        FROM revision JOIN bindle ON bindle.id = revision.bindle
        """

    private static func read(_ row: SQLiteStatement, on connection: SQLiteConnection) throws(StoreError) -> Row {
        let restores = Int(row.integer(4))
        let revision = Revision(
            number: Int(row.integer(0)),
            id: try BindleTable.id(name: row.text(1), version: row.text(2), on: connection),
            time: row.integer(3),
            restores: restores == 0 ? nil : restores, hasServed: row.boolean(5))
        return Row(revision: revision, bindle: row.integer(6), state: row.integer(7))
    }

    /// Gives only numbers beyond this one from now on.
    static func skip(to number: Int, on connection: SQLiteConnection) throws(StoreError) {
        try connection.transaction { () throws(StoreError) in
            try connection.run(
                """
                INSERT INTO sqlite_sequence (name, seq) SELECT 'revision', 0
                WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'revision')
                """)
            try connection.run(
                "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'revision'", .integer(number))
        }
    }

    static func find(_ number: Int, on connection: SQLiteConnection) throws(StoreError) -> Row {
        let row = try connection.firstRow("\(columns) WHERE number = ?", .integer(number)) {
            (row) throws(StoreError) in try read(row, on: connection)
        }
        guard let row else { throw .noSuchRevision(number) }
        return row
    }

    static func last(on connection: SQLiteConnection) throws(StoreError) -> Row? {
        try connection.firstRow("\(columns) ORDER BY number DESC LIMIT 1") {
            (row) throws(StoreError) in try read(row, on: connection)
        }
    }

    /// The last revision that has been served.
    static func lastServed(on connection: SQLiteConnection) throws(StoreError) -> Row? {
        try connection.firstRow("\(columns) WHERE served ORDER BY number DESC LIMIT 1") {
            (row) throws(StoreError) in try read(row, on: connection)
        }
    }

    /// The last revision that was made of the project, rather than brought back.
    static func lastMade(on connection: SQLiteConnection) throws(StoreError) -> Row? {
        try connection.firstRow("\(columns) WHERE restores IS NULL ORDER BY number DESC LIMIT 1") {
            (row) throws(StoreError) in try read(row, on: connection)
        }
    }

    static func all(on connection: SQLiteConnection) throws(StoreError) -> [Row] {
        try connection.rows("\(columns) ORDER BY number") {
            (row) throws(StoreError) in try read(row, on: connection)
        }
    }

    /// The last state of a bindle that a revision needs.
    static func lastState(ofBindle bindle: Int64, on connection: SQLiteConnection) throws(StoreError) -> Int64? {
        try connection.firstRow(
            "SELECT state FROM revision WHERE bindle = ? ORDER BY state DESC LIMIT 1", .integer(bindle)
        ) { (row) throws(StoreError) in row.integer(0) }
    }

    static func insert(
        bindle: Int64, state: Int64, restores: Int?, on connection: SQLiteConnection
    ) throws(StoreError) -> Int {
        try connection.run(
            "INSERT INTO revision (bindle, state, time, restores, served) VALUES (?, ?, ?, ?, 0)",
            .integer(bindle), .integer(state), .integer(SystemTime().nanosecondsSince1970 / 1_000_000),
            restores.map { .integer($0) } ?? .null)
        return Int(connection.lastInsertedRow)
    }

    /// The number of parcels in a state of a bindle, and their bytes, each digest once.
    static func measure(_ row: Row, on connection: SQLiteConnection) throws(StoreError) -> (count: Int, size: Int) {
        let measure = try connection.firstRow(
            """
            SELECT sum(occurrences), total(size) FROM (
                SELECT count(*) AS occurrences, size FROM entry
                WHERE bindle = ?1 AND since <= ?2 AND (until IS NULL OR until > ?2) GROUP BY sha256)
            """, .integer(row.bindle), .integer(row.state)
        ) { (row) throws(StoreError) in
            (count: Int(row.integer(0)), size: Int(exactly: row.real(1).rounded()) ?? .max)
        }
        return measure ?? (0, 0)
    }

    // MARK: - Collection

    /// Forgets all but the last revisions, and what only those needed.
    /// - Parameter limit: How many to keep. The one that was served last is kept besides.
    static func collect(keeping limit: Int, on connection: SQLiteConnection) throws(StoreError) {
        let old = try connection.rows(
            """
            SELECT number, bindle FROM revision
            WHERE number <= (SELECT number FROM revision ORDER BY number DESC LIMIT 1 OFFSET ?)
                AND number IS NOT (SELECT max(number) FROM revision WHERE served)
            """, .integer(limit)
        ) { (row) throws(StoreError) in (number: row.integer(0), bindle: row.integer(1)) }
        for row in old { try connection.run("DELETE FROM revision WHERE number = ?", .integer(row.number)) }
        for bindle in Set(old.map(\.bindle)) { try collect(bindle: bindle, on: connection) }
    }

    /// Removes the states of a bindle that lie before its first revision.
    private static func collect(bindle: Int64, on connection: SQLiteConnection) throws(StoreError) {
        let first = try connection.firstRow(
            "SELECT state FROM revision WHERE bindle = ? ORDER BY state LIMIT 1", .integer(bindle)
        ) { (row) throws(StoreError) in row.integer(0) } ?? .max
        let digests = try connection.rows(
            "SELECT DISTINCT sha256 FROM entry WHERE bindle = ? AND until <= ?", .integer(bindle), .integer(first)
        ) { (row) throws(StoreError) in try row.digest(0) }
        try connection.run("DELETE FROM entry WHERE bindle = ? AND until <= ?", .integer(bindle), .integer(first))
        try connection.run("DELETE FROM frame WHERE bindle = ? AND until <= ?", .integer(bindle), .integer(first))
        if first == .max {
            try connection.run("DELETE FROM bindle WHERE id = ? AND NOT live", .integer(bindle))
        }
        for digest in digests { try ParcelTable.removeUnlessReferenced(digest, on: connection) }
    }
}
