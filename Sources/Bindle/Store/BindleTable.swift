import Cryptography

/// The statements about bindles as such. They run within the caller's transaction or snapshot.
enum BindleTable {
    /// A bindle that is in the store.
    struct Row {
        let id: BindleID
        let number: Int64
        let isYanked: Bool
        /// Counts the changes of its invoice.
        let state: Int64
        /// False for one that was deleted, of which revisions still tell.
        let isLive: Bool
    }

    static func find(_ id: BindleID, on connection: SQLiteConnection) throws(StoreError) -> Row? {
        guard let row = try findWithDeleted(id, on: connection), row.isLive else { return nil }
        return row
    }

    /// The bindle of this ID, even if it was deleted and is kept for revisions only.
    static func findWithDeleted(_ id: BindleID, on connection: SQLiteConnection) throws(StoreError) -> Row? {
        try connection.firstRow(
            "SELECT id, yanked, state, live FROM bindle WHERE name = ? AND version = ?",
            .text(id.name), .text(id.version.description)
        ) { (row) throws(StoreError) in
            Row(
                id: id, number: row.integer(0), isYanked: row.boolean(1), state: row.integer(2),
                isLive: row.boolean(3))
        }
    }

    // MARK: - Changes

    static func insert(_ invoice: Invoice, on connection: SQLiteConnection) throws(StoreError) -> Row {
        try connection.run(
            """
            INSERT INTO bindle (name, version, yanked, description, authors, state, live)
            VALUES (?, ?, ?, ?, ?, 1, 1)
            """,
            .text(invoice.id.name), .text(invoice.id.version.description), .integer(invoice.isYanked ? 1 : 0),
            .text(invoice.bindle.description ?? ""), .text(invoice.bindle.authors.joined(separator: "\n")))
        return Row(
            id: invoice.id, number: connection.lastInsertedRow, isYanked: invoice.isYanked, state: 1, isLive: true)
    }

    /// Takes note that the bindle is in another state now.
    /// - Parameter head: The invoice, whose parcels are not looked at.
    static func update(
        _ row: Row, to head: Invoice, state: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> Row {
        try connection.run(
            "UPDATE bindle SET yanked = ?, description = ?, authors = ?, state = ?, live = 1 WHERE id = ?",
            .integer(head.isYanked ? 1 : 0), .text(head.bindle.description ?? ""),
            .text(head.bindle.authors.joined(separator: "\n")), .integer(state), .integer(row.number))
        return Row(id: row.id, number: row.number, isYanked: head.isYanked, state: state, isLive: true)
    }

    /// Deletes a bindle; what its revisions need stays.
    static func delete(_ row: Row, on connection: SQLiteConnection) throws(StoreError) {
        let lastKept = try RevisionTable.lastState(ofBindle: row.number, on: connection)
        let contents = try InvoiceTable.endAll(of: row, at: row.state + 1, lastKept: lastKept, on: connection)
        if lastKept == nil {
            try connection.run("DELETE FROM bindle WHERE id = ?", .integer(row.number))
        } else {
            try connection.run(
                "UPDATE bindle SET live = 0, state = ? WHERE id = ?", .integer(row.state + 1), .integer(row.number))
        }
        try ContentTable.removeUnreferenced(contents, on: connection)
    }

    // MARK: - Overview

    /// The IDs of bindles.
    /// - Parameter expression: What full-text search has to find in them; `nil` for all.
    static func ids(
        matching expression: String? = nil, includingYanked: Bool, on connection: SQLiteConnection
    ) throws(StoreError) -> [BindleID] {
        let columns = "SELECT name, version FROM bindle WHERE live AND (?1 OR NOT yanked)"
        let read = { (row: SQLiteStatement) throws(StoreError) in
            try id(name: row.text(0), version: row.text(1), on: connection)
        }
        let yanked = SQLiteValue.integer(includingYanked ? 1 : 0)
        guard let expression else { return try connection.rows(columns, yanked, read: read) }
        return try connection.rows(
            "\(columns) AND id IN (SELECT rowid FROM bindle_text WHERE bindle_text MATCH ?2)", yanked,
            .text(expression), read: read)
    }

    static func id(name: String, version: String, on connection: SQLiteConnection) throws(StoreError) -> BindleID {
        let text = "\(name)/\(version)"
        do { return try BindleID(text) } catch {
            throw .corrupt(path: connection.path, detail: "a bindle is called '\(text)'")
        }
    }
}
