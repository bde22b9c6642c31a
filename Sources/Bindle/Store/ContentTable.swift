import Cryptography
import Platform

/// The statements about contents: the bytes of parcels, each digest once. They run within the caller's transaction or
/// snapshot.
enum ContentTable {
    /// Where a content is.
    enum Place: Int64 {
        /// Named by an entry, and not here.
        case nowhere = 0
        case row = 1
        /// In a file of its own.
        case file = 2
    }

    struct Row {
        let number: Int64
        let size: Int
        let place: Place
    }

    /// What is known of a content, whether it is here or not.
    static func find(_ digest: SHA256Digest, on connection: SQLiteConnection) throws(StoreError) -> Row? {
        try connection.firstRow("SELECT id, size, place FROM content WHERE sha256 = ?", .digest(digest)) {
            (row) throws(StoreError) in
            Row(number: row.integer(0), size: Int(row.integer(1)), place: Place(rawValue: row.integer(2)) ?? .nowhere)
        }
    }

    /// The content with this digest, if it is here. Files are not looked at.
    static func findPresent(_ digest: SHA256Digest, on connection: SQLiteConnection) throws(StoreError) -> Row? {
        guard let row = try find(digest, on: connection), row.place != .nowhere else { return nil }
        return row
    }

    static func bytes(ofRow number: Int64, on connection: SQLiteConnection) throws(StoreError) -> [UInt8]? {
        try connection.firstRow("SELECT bytes FROM content WHERE id = ? AND place = 1", .integer(number)) {
            (row) throws(StoreError) in row.blob(0)
        }
    }

    // MARK: - Identities of files

    static func identity(
        ofFile number: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> FileIdentity? {
        try connection.firstRow(
            """
            SELECT device, inode, content.size, modified, changed FROM content_file
            JOIN content ON content.id = content_file.content WHERE content = ?
            """, .integer(number)
        ) { (row) throws(StoreError) in identity(row, from: 0) }
    }

    static func identity(_ row: SQLiteStatement, from column: Int32) -> FileIdentity {
        FileIdentity(
            id: FileID(
                device: UInt64(bitPattern: row.integer(column)), inode: UInt64(bitPattern: row.integer(column + 1))),
            size: row.integer(column + 2), modificationTime: row.integer(column + 3),
            changeTime: row.integer(column + 4))
    }

    static func setIdentity(
        _ identity: FileIdentity, ofFile number: Int64, on connection: SQLiteConnection
    ) throws(StoreError) {
        try connection.run(
            "INSERT OR REPLACE INTO content_file (content, device, inode, modified, changed) VALUES (?, ?, ?, ?, ?)",
            .integer(number), .integer(Int64(bitPattern: identity.id.device)),
            .integer(Int64(bitPattern: identity.id.inode)), .integer(identity.modificationTime),
            .integer(identity.changeTime))
    }

    /// All contents that are files, with what these were known by when they were right.
    static func files(
        on connection: SQLiteConnection
    ) throws(StoreError) -> [(number: Int64, digest: SHA256Digest, identity: FileIdentity)] {
        try connection.rows(
            """
            SELECT content.id, sha256, device, inode, content.size, modified, changed
            FROM content_file CROSS JOIN content ON content.id = content_file.content
            """
        ) { (row) throws(StoreError) in
            (number: row.integer(0), digest: try row.digest(1), identity: identity(row, from: 2))
        }
    }

    /// Takes note that a content is not here any more: whoever has it is asked for it again.
    static func lose(_ number: Int64, on connection: SQLiteConnection) throws(StoreError) {
        try connection.run("UPDATE content SET place = 0, bytes = NULL WHERE id = ?", .integer(number))
        try connection.run("DELETE FROM content_file WHERE content = ?", .integer(number))
    }

    // MARK: - Taking in

    /// Makes a row for a content that is named, and not here.
    static func insertMissing(
        _ digest: SHA256Digest, size: Int, on connection: SQLiteConnection
    ) throws(StoreError) -> Int64 {
        try connection.run(
            "INSERT INTO content (sha256, size, place) VALUES (?, ?, 0)", .digest(digest), .integer(size))
        return connection.lastInsertedRow
    }

    /// Puts bytes that have been checked into a row.
    /// - Parameter number: The row of the content, if there is one.
    static func insert(
        _ bytes: UnsafeRawBufferPointer, digest: SHA256Digest, at number: Int64?, on connection: SQLiteConnection
    ) throws(StoreError) -> Int64 {
        if let number {
            let statement = try connection.take("UPDATE content SET size = ?, place = 1, bytes = ?2 WHERE id = ?3")
            defer { connection.giveBack(statement) }
            try statement.bind(Int64(bytes.count), at: 1)
            try statement.bind(uncopied: bytes, at: 2)
            try statement.bind(number, at: 3)
            try statement.run()
            return number
        }
        let statement = try connection.take("INSERT INTO content (sha256, size, place, bytes) VALUES (?, ?, 1, ?)")
        defer { connection.giveBack(statement) }
        try statement.bind(digest, at: 1)
        try statement.bind(Int64(bytes.count), at: 2)
        try statement.bind(uncopied: bytes, at: 3)
        try statement.run()
        return connection.lastInsertedRow
    }

    /// Makes a row for a content whose file has its name and has been checked.
    static func insert(
        _ identity: FileIdentity, digest: SHA256Digest, at number: Int64?, on connection: SQLiteConnection
    ) throws(StoreError) -> Int64 {
        connection.noteMade(digest)
        let row: Int64
        if let number {
            try connection.run(
                "UPDATE content SET size = ?, place = 2, bytes = NULL WHERE id = ?", .integer(identity.size),
                .integer(number))
            row = number
        } else {
            try connection.run(
                "INSERT INTO content (sha256, size, place) VALUES (?, ?, 2)", .digest(digest), .integer(identity.size))
            row = connection.lastInsertedRow
        }
        try setIdentity(identity, ofFile: row, on: connection)
        return row
    }

    // MARK: - Removing

    /// Removes contents that no entry names any more.
    static func removeUnreferenced(
        _ numbers: some Sequence<Int64>, on connection: SQLiteConnection
    ) throws(StoreError) {
        let statement = try connection.take(
            """
            DELETE FROM content WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM entry WHERE content = ?1)
            RETURNING sha256, place
            """)
        defer { connection.giveBack(statement) }
        for number in numbers {
            try statement.bind(number, at: 1)
            while try statement.step() {
                if statement.integer(1) == Place.file.rawValue { connection.noteRemoved(try statement.digest(0)) }
            }
            statement.rewind()
        }
    }
}
