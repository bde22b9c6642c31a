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

    static func insert(
        bindle: Int64, state: Int64, restores: Int?, on connection: SQLiteConnection
    ) throws(StoreError) -> Int {
        try connection.run(
            "INSERT INTO revision (bindle, state, time, restores, served) VALUES (?, ?, ?, ?, 0)",
            .integer(bindle), .integer(state), .integer(SystemTime().nanosecondsSince1970 / 1_000_000),
            restores.map { .integer($0) } ?? .null)
        return Int(connection.lastInsertedRow)
    }

    /// The number of parcels in each of some revisions, and their bytes, each digest once.
    ///
    /// Each entry is looked at once, however many revisions have it: most are in all of them.
    static func measure(
        _ rows: [Row], on connection: SQLiteConnection
    ) throws(StoreError) -> [RevisionMeasure] {
        var measures: [KeptStates.State: RevisionMeasure] = [:]
        for (bindle, rows) in Dictionary(grouping: rows, by: \.bindle) {
            let states = Set(rows.map(\.state)).sorted()
            var tally = EntryTally(states: states)
            try connection.forEachRow(
                "SELECT content, size, since, until FROM entry WHERE bindle = ? AND since <= ?",
                .integer(bindle), .integer(states.last ?? 0)
            ) { (row) throws(StoreError) in
                tally.add(
                    content: row.integer(0), size: Int(row.integer(1)), since: row.integer(2), until: row.integer(3))
            }
            for (state, measure) in zip(states, tally.measures) {
                measures[KeptStates.State(bindle: bindle, number: state)] = measure
            }
        }
        return rows.map { measures[KeptStates.State(bindle: $0.bindle, number: $0.state)] ?? RevisionMeasure() }
    }

    // MARK: - Collection

    /// Forgets all but the last revisions, and what only those needed.
    /// - Parameters:
    ///   - limit: How many to keep.
    ///   - spared: Revisions that are kept besides.
    static func collect(
        keeping limit: Int, sparing spared: Set<Int>, on connection: SQLiteConnection
    ) throws(StoreError) {
        let old = try connection.rows(
            """
            SELECT number, bindle, state FROM revision
            WHERE number <= (SELECT number FROM revision ORDER BY number DESC LIMIT 1 OFFSET ?)
            """, .integer(limit)
        ) { (row) throws(StoreError) in Removal(row) }
        try remove(old.filter { !spared.contains($0.number) }, on: connection)
    }

    /// Forgets the oldest revision, and what only that needed.
    /// - Returns: its number; `nil` if all are spared.
    static func collectOldest(
        sparing spared: Set<Int>, on connection: SQLiteConnection
    ) throws(StoreError) -> Int? {
        let oldest = try connection.rows(
            "SELECT number, bindle, state FROM revision ORDER BY number LIMIT ?", .integer(spared.count + 1)
        ) { (row) throws(StoreError) in Removal(row) }
        guard let first = oldest.first(where: { !spared.contains($0.number) }) else { return nil }
        try remove([first], on: connection)
        return first.number
    }

    /// A revision that is to be forgotten.
    private struct Removal {
        let number: Int
        let state: KeptStates.State

        init(_ row: SQLiteStatement) {
            number = Int(row.integer(0))
            state = KeptStates.State(bindle: row.integer(1), number: row.integer(2))
        }
    }

    private static func remove(_ revisions: [Removal], on connection: SQLiteConnection) throws(StoreError) {
        for revision in revisions {
            try connection.run("DELETE FROM revision WHERE number = ?", .integer(revision.number))
        }
        try KeptStates.collect(revisions.map(\.state), on: connection)
    }

    /// The revisions that are never given up: the newest, the one that was served last, the one that was brought back last,
    /// and the newest that was made of the project, by which a start finds out whether that is still to be served.
    static func spared(on connection: SQLiteConnection) throws(StoreError) -> Set<Int> {
        var spared = Set<Int>()
        for condition in ["", "WHERE served", "WHERE restores IS NOT NULL", "WHERE restores IS NULL"] {
            let number = try connection.firstRow(
                "SELECT number FROM revision \(condition) ORDER BY number DESC LIMIT 1"
            ) { (row) throws(StoreError) in Int(row.integer(0)) }
            if let number { spared.insert(number) }
        }
        return spared
    }

    /// The bytes of contents that neither a bindle nor a release names, only the history. Takes as long as the history is
    /// long.
    static func historySize(on connection: SQLiteConnection) throws(StoreError) -> Int {
        let size = try connection.firstRow(
            """
            SELECT total(size) FROM content
            WHERE place <> 0 AND id IN (SELECT DISTINCT e.content FROM bindle CROSS JOIN entry e
                    ON e.bindle = bindle.id AND e.until > 0)
                AND NOT EXISTS (SELECT 1 FROM entry e WHERE content = content.id AND (until = 0 OR EXISTS (
                    SELECT 1 FROM release WHERE bindle = e.bindle AND state >= e.since AND state < e.until)))
            """
        ) { (row) throws(StoreError) in Int(exactly: row.real(0).rounded()) ?? .max }
        return size ?? 0
    }
}
