/// The statements about states of bindles that something refers to: revisions, for a while, and releases, until somebody
/// removes them. They run within the caller's transaction or snapshot.
enum KeptStates {
    /// A state of a bindle's invoice.
    struct State: Hashable, Sendable {
        let bindle: Int64
        let number: Int64
    }

    /// What refers to states. The names of tables that have columns `bindle` and `state`, and an index of both.
    private static let tables = ["revision", "release"]

    /// The last state of a bindle that is kept; `nil` if none is.
    static func last(ofBindle bindle: Int64, on connection: SQLiteConnection) throws(StoreError) -> Int64? {
        try neighbour(of: nil, isLater: false, bindle, on: connection)
    }

    /// The kept state next to one.
    /// - Parameter state: `nil` for the end of all.
    private static func neighbour(
        of state: Int64?, isLater: Bool, _ bindle: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> Int64? {
        var nearest: Int64?
        for table in tables {
            let found = try connection.firstRow(
                """
                SELECT state FROM \(table) WHERE bindle = ?1 AND state \(isLater ? ">" : "<") ?2
                ORDER BY state \(isLater ? "" : "DESC") LIMIT 1
                """, .integer(bindle), .integer(state ?? .max)
            ) { (row) throws(StoreError) in row.integer(0) }
            guard let found else { continue }
            nearest = nearest.map { isLater ? min($0, found) : max($0, found) } ?? found
        }
        return nearest
    }

    private static func isKept(_ state: State, on connection: SQLiteConnection) throws(StoreError) -> Bool {
        for table in tables {
            let isFound = try connection.firstRow(
                "SELECT 1 FROM \(table) WHERE bindle = ? AND state = ?", .integer(state.bindle), .integer(state.number)
            ) { (_) throws(StoreError) in true }
            if isFound != nil { return true }
        }
        return false
    }

    /// Removes what only these states needed, which something referred to until now.
    ///
    /// Takes as long as there are entries that ended between their neighbours, however many states are kept.
    static func collect(_ states: some Sequence<State>, on connection: SQLiteConnection) throws(StoreError) {
        var gaps = Set<Gap>()
        for state in states where try !isKept(state, on: connection) {
            gaps.insert(
                Gap(
                    bindle: state.bindle,
                    earlier: try neighbour(of: state.number, isLater: false, state.bindle, on: connection) ?? 0,
                    later: try neighbour(of: state.number, isLater: true, state.bindle, on: connection) ?? .max))
        }
        var contents = Set<Int64>()
        for gap in gaps { try remove(gap, &contents, on: connection) }
        for bindle in Set(gaps.map(\.bindle)) where try last(ofBindle: bindle, on: connection) == nil {
            try connection.run("DELETE FROM bindle WHERE id = ? AND NOT live", .integer(bindle))
        }
        try ContentTable.removeUnreferenced(contents, on: connection)
    }

    /// Two kept states with none between them.
    private struct Gap: Hashable {
        let bindle: Int64
        let earlier: Int64
        let later: Int64
    }

    /// Removes what began after the earlier state and ended before the later one.
    private static func remove(
        _ gap: Gap, _ contents: inout Set<Int64>, on connection: SQLiteConnection
    ) throws(StoreError) {
        let removed = try connection.rows(
            "DELETE FROM entry WHERE bindle = ?1 AND until > ?2 AND until <= ?3 AND since > ?2 RETURNING content",
            .integer(gap.bindle), .integer(gap.earlier), .integer(gap.later)
        ) { (row) throws(StoreError) in row.integer(0) }
        contents.formUnion(removed)
        try connection.run(
            "DELETE FROM frame WHERE bindle = ?1 AND since > ?2 AND since < ?3 AND until <= ?3",
            .integer(gap.bindle), .integer(gap.earlier), .integer(gap.later))
    }
}
