import Cryptography

/// The statements about releases. They run within the caller's transaction or snapshot.
enum ReleaseTable {
    /// A release, and the state of a bindle that it is.
    struct Row: Sendable {
        let release: Release
        let state: KeptStates.State
    }

    private static let columns = """
        SELECT name, version, digest, time, revision, parcels, size, bindle, state FROM release
        """

    private static func read(_ row: SQLiteStatement, on connection: SQLiteConnection) throws(StoreError) -> Row {
        let revision = Int(row.integer(4))
        let release = Release(
            id: try BindleTable.id(name: row.text(0), version: row.text(1), on: connection),
            digest: try row.digest(2).hex, creationTime: row.integer(3), revision: revision == 0 ? nil : revision,
            parcelCount: Int(row.integer(5)), size: Int(row.integer(6)))
        return Row(release: release, state: KeptStates.State(bindle: row.integer(7), number: row.integer(8)))
    }

    static func find(_ id: BindleID, on connection: SQLiteConnection) throws(StoreError) -> Row? {
        try connection.firstRow(
            "\(columns) WHERE name = ? AND precedence = ?", .text(id.name), .blob(id.version.orderingBytes)
        ) { (row) throws(StoreError) in try read(row, on: connection) }
    }

    // MARK: - Lists

    /// Which releases are meant.
    struct Selection {
        /// The name that they have to have.
        let name: String?
        /// What their IDs have to have in them, in any case; empty for all.
        let text: String

        /// The condition, whose first parameter is `nameValue` and whose second one is `pattern`.
        fileprivate var condition: String {
            let condition = name == nil ? "?1 IS NULL" : "name = ?1"
            return "WHERE \(condition) AND (?2 = '%' OR name || '/' || version LIKE ?2 ESCAPE '\\')"
        }

        fileprivate var nameValue: SQLiteValue { name.map { .text($0) } ?? .null }

        fileprivate var pattern: SQLiteValue {
            guard !text.isEmpty else { return "%" }
            return .text("%" + String(text.flatMap { "\\%_".contains($0) ? ["\\", $0] : [$0] }) + "%")
        }
    }

    /// By name, the newest version first.
    static func list(
        _ selection: Selection, offset: Int, limit: Int, on connection: SQLiteConnection
    ) throws(StoreError) -> [Release] {
        try connection.rows(
            "\(columns) \(selection.condition) ORDER BY name, precedence DESC LIMIT ?3 OFFSET ?4", selection.nameValue,
            selection.pattern, .integer(limit), .integer(offset)
        ) { (row) throws(StoreError) in try read(row, on: connection).release }
    }

    static func count(_ selection: Selection, on connection: SQLiteConnection) throws(StoreError) -> Int {
        try connection.firstRow(
            "SELECT count(*) FROM release \(selection.condition)", selection.nameValue, selection.pattern
        ) { (row) throws(StoreError) in Int(row.integer(0)) } ?? 0
    }

    /// The newest version of a name that a range admits.
    static func newest(
        named name: String, in range: VersionRange, on connection: SQLiteConnection
    ) throws(StoreError) -> Release? {
        // Mostly the first one is.
        let statement = try connection.take("\(columns) WHERE name = ? ORDER BY precedence DESC")
        defer { connection.giveBack(statement) }
        try statement.bind(name, at: 1)
        while try statement.step() {
            guard let version = SemanticVersion(statement.text(1)), range.contains(version) else { continue }
            return try read(statement, on: connection).release
        }
        return nil
    }

    // MARK: - Changes

    /// Puts a release in, in the place of one of its ID.
    static func put(_ row: Row, on connection: SQLiteConnection) throws(StoreError) {
        let release = row.release
        guard let digest = SHA256Digest(hex: release.digest) else { return }
        try connection.run(
            """
            INSERT INTO release (name, precedence, version, bindle, state, digest, time, revision, parcels, size)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name, precedence) DO UPDATE SET bindle = excluded.bindle, state = excluded.state,
                digest = excluded.digest, time = excluded.time, revision = excluded.revision,
                parcels = excluded.parcels, size = excluded.size
            """, .text(release.id.name), .blob(release.id.version.orderingBytes),
            .text(release.id.version.description), .integer(row.state.bindle), .integer(row.state.number),
            .digest(digest), .integer(release.creationTime), release.revision.map { .integer($0) } ?? .null,
            .integer(release.parcelCount), .integer(release.size))
    }

    static func remove(_ id: BindleID, on connection: SQLiteConnection) throws(StoreError) {
        try connection.run(
            "DELETE FROM release WHERE name = ? AND precedence = ?", .text(id.name), .blob(id.version.orderingBytes))
    }
}
