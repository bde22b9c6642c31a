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
        /// False for one that was deleted and that revisions or releases still name.
        let isLive: Bool
    }

    static func find(_ id: BindleID, on connection: SQLiteConnection) throws(StoreError) -> Row? {
        guard let row = try findWithDeleted(id, on: connection), row.isLive else { return nil }
        return row
    }

    /// The bindle of this ID, even if it was deleted and is kept for revisions and releases only.
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
        connection.noteListChange()
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
        if row.isYanked != head.isYanked || !row.isLive { connection.noteListChange() }
        try connection.run(
            "UPDATE bindle SET yanked = ?, description = ?, authors = ?, state = ?, live = 1 WHERE id = ?",
            .integer(head.isYanked ? 1 : 0), .text(head.bindle.description ?? ""),
            .text(head.bindle.authors.joined(separator: "\n")), .integer(state), .integer(row.number))
        return Row(id: row.id, number: row.number, isYanked: head.isYanked, state: state, isLive: true)
    }

    /// Deletes a bindle; what its revisions and releases need stays.
    static func delete(_ row: Row, on connection: SQLiteConnection) throws(StoreError) {
        connection.noteListChange()
        let lastKept = try KeptStates.last(ofBindle: row.number, on: connection)
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

    /// All bindles that are there, in no order that means anything.
    static func list(on connection: SQLiteConnection) throws(StoreError) -> [BindleListing] {
        try connection.rows("SELECT id, name, version, yanked FROM bindle WHERE live") { (row) throws(StoreError) in
            BindleListing(
                id: try id(name: row.text(1), version: row.text(2), on: connection), number: row.integer(0),
                isYanked: row.boolean(3))
        }
    }

    /// The numbers of the bindles in which full-text search finds something.
    static func numbers(
        matching expression: String, on connection: SQLiteConnection
    ) throws(StoreError) -> Set<Int64> {
        Set(
            try connection.rows("SELECT rowid FROM bindle_text WHERE bindle_text MATCH ?", .text(expression)) {
                (row) throws(StoreError) in row.integer(0)
            })
    }

    static func id(name: String, version: String, on connection: SQLiteConnection) throws(StoreError) -> BindleID {
        guard let number = SemanticVersion(version), let id = try? BindleID(name: name, version: number) else {
            throw .corrupt(path: connection.path, detail: "a bindle is called '\(name)/\(version)'")
        }
        return id
    }
}
