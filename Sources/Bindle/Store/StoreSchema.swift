/// The tables of a store and how older files are brought up to date.
enum StoreSchema {
    /// Marks the file as ours, in SQLite's `application_id`: "hipp".
    static let applicationID: Int64 = 0x6869_7070

    /// What leads from each format to the next: the first entry makes format 1 out of an empty file.
    static let migrations = [
        """
        CREATE TABLE bindle (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            yanked INTEGER NOT NULL,
            description TEXT NOT NULL,
            authors TEXT NOT NULL,
            invoice BLOB NOT NULL, -- TOML
            UNIQUE (name, version)
        ) STRICT;

        -- The parcels that a bindle names, each digest once, with what serving one takes.
        CREATE TABLE reference (
            bindle INTEGER NOT NULL REFERENCES bindle ON DELETE CASCADE,
            sha256 BLOB NOT NULL,
            size INTEGER NOT NULL,
            media_type TEXT NOT NULL,
            PRIMARY KEY (bindle, sha256)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX reference_by_digest ON reference (sha256);

        -- The parcels that are there, and those that are on their way, which nothing but their upload sees.
        CREATE TABLE parcel (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sha256 BLOB NOT NULL,
            size INTEGER NOT NULL,
            complete INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX complete_parcel ON parcel (sha256) WHERE complete;
        CREATE INDEX incomplete_parcel ON parcel (id) WHERE NOT complete;

        -- A parcel's bytes, in pieces: a blob has at most a gigabyte, and a piece fits in memory.
        CREATE TABLE piece (
            parcel INTEGER NOT NULL REFERENCES parcel ON DELETE CASCADE,
            position INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (parcel, position)
        ) STRICT;
        """
    ]

    static var currentVersion: Int { migrations.count }

    /// Checks that the file is a store, or empty, and brings it up to date.
    static func prepare(_ connection: SQLiteConnection) throws(StoreError) {
        let path = connection.path
        func pragma(_ name: String) throws(StoreError) -> Int64 {
            try connection.firstRow("PRAGMA \(name)") { (row) throws(StoreError) in row.integer(0) } ?? 0
        }
        let found = try pragma("application_id")
        let version = Int(try pragma("user_version"))
        let isEmpty = try connection.firstRow("SELECT 1 FROM sqlite_schema") { (_) throws(StoreError) in true } == nil
        guard found == applicationID || (found == 0 && version == 0 && isEmpty) else {
            throw .notAStore(path: path)
        }
        guard version <= currentVersion else { throw .newerFormat(path: path, version: version) }
        guard version < currentVersion else { return }
        try connection.transaction { () throws(StoreError) in
            try connection.execute("PRAGMA application_id = \(applicationID)")
            for migration in migrations[version...] { try connection.execute(migration) }
            try connection.execute("PRAGMA user_version = \(currentVersion)")
        }
    }
}
