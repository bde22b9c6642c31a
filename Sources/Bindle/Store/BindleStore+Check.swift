import Cryptography
import Glibc

/// A parcel whose bytes are not what its digest says, or gone; and who needs it.
package struct DamagedParcel: Hashable, Sendable, CustomStringConvertible {
    package let digest: SHA256Digest
    /// The bindles that name it, with the names that they give it.
    package let users: [User]

    package struct User: Hashable, Sendable {
        package let id: BindleID
        package let name: String
        /// Whether only revisions of the past, or releases, need it.
        package let isPast: Bool
    }

    package var description: String {
        guard !users.isEmpty else { return "the parcel \(digest), which nothing needs" }
        let needs = users.prefix(3).map { user in
            "\(user.id), where it is '\(user.name)'" + (user.isPast ? ", in earlier revisions or releases" : "")
        }
        return "the parcel \(digest), which is needed by " + needs.joined(separator: "; ")
            + (users.count > 3 ? "; and \(users.count - 3) more" : "")
    }
}

extension BindleStore {
    /// Has SQLite check the whole file, and reads every content to compare its digest.
    /// - Throws: `StoreError.corrupt` with what it finds.
    package func checkIntegrity() throws(StoreError) {
        try checkTables()
        let damaged = try damagedParcels()
        guard damaged.isEmpty else {
            throw .corrupt(
                path: path, detail: damaged.prefix(5).map(\.description).joined(separator: "; "))
        }
    }

    /// Has SQLite check the whole file.
    /// - Throws: `StoreError.corrupt` with what it finds.
    package func checkTables() throws(StoreError) {
        let findings = try pool.read { (connection) throws(StoreError) in
            let damage = try connection.rows("PRAGMA integrity_check") { (row) throws(StoreError) in row.text(0) }
            let dangling = try connection.rows("PRAGMA foreign_key_check") { (row) throws(StoreError) in
                "a row of \(row.text(0)) refers to nothing"
            }
            return damage.filter { $0 != "ok" } + dangling
        }
        try pool.write { (connection) throws(StoreError) in
            try connection.execute("INSERT INTO bindle_text (bindle_text, rank) VALUES ('integrity-check', 1)")
        }
        if !findings.isEmpty {
            throw .corrupt(path: path, detail: findings.prefix(5).joined(separator: "; "))
        }
    }

    /// How many large parcels were found to be damaged or gone when the store was opened, and have not come again.
    package func lostParcelCount() throws(StoreError) -> Int {
        guard !pool.lostContents.isEmpty else { return 0 }
        return try pool.read { (connection) throws(StoreError) in
            var count = 0
            for digest in pool.lostContents where try ContentTable.find(digest, on: connection)?.place == .nowhere {
                count += 1
            }
            return count
        }
    }

    /// Reads every content, from the blob store, too, and compares its digest. What is damaged counts as missing from then on, so that whoever has it
    /// is asked for it again.
    ///
    /// - Returns: What is damaged, those included that were found to be when the store was opened, and are still missing.
    package func damagedParcels() throws(StoreError) -> [DamagedParcel] {
        let found = try pool.read { (connection) throws(StoreError) in
            var damaged: [(number: Int64, digest: SHA256Digest)] = []
            try connection.forEachRow("SELECT id, sha256, bytes, size FROM content WHERE place = 1") {
                (row) throws(StoreError) in
                let digest = try row.digest(1)
                if SHA256.hash(row.bytes(2)) != digest { damaged.append((row.integer(0), digest)) }
            }
            for file in try ContentTable.files(on: connection) {
                let read = try? SHA256.hash(fileAt: connection.files.path(of: file.digest))
                if read?.digest == file.digest { continue }
                if let descriptor = try connection.files.fetch(file.digest, size: Int(file.identity.size)) {
                    close(descriptor)
                } else {
                    damaged.append((file.number, file.digest))
                }
            }
            return damaged
        }
        if !found.isEmpty {
            try pool.write { (connection) throws(StoreError) in
                try connection.transaction { () throws(StoreError) in
                    for content in found { try ContentTable.lose(content.number, on: connection) }
                }
            }
        }
        return try pool.read { (connection) throws(StoreError) in
            var parcels: [DamagedParcel] = []
            for digest in pool.lostContents + found.map(\.digest) {
                guard let row = try ContentTable.find(digest, on: connection), row.place == .nowhere else { continue }
                parcels.append(DamagedParcel(digest: digest, users: try Self.users(of: row.number, on: connection)))
            }
            return parcels
        }
    }

    private static func users(
        of content: Int64, on connection: SQLiteConnection
    ) throws(StoreError) -> [DamagedParcel.User] {
        try connection.rows(
            """
            SELECT bindle.name, bindle.version, e.name, min(e.until <> 0) FROM entry e
            JOIN bindle ON bindle.id = e.bindle
            WHERE e.content = ? GROUP BY bindle.id, e.name ORDER BY bindle.name, bindle.version, e.name
            """, .integer(content)
        ) { (row) throws(StoreError) in
            DamagedParcel.User(
                id: try BindleTable.id(name: row.text(0), version: row.text(1), on: connection), name: row.text(2),
                isPast: row.boolean(3))
        }
    }
}
