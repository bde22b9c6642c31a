/// The tables of a store and how older files are brought up to date.
enum StoreSchema {
    /// Marks the file as ours, in SQLite's `application_id`: "hipp".
    static let applicationID: Int64 = 0x6869_7070

    /// One step from a format to the next.
    private enum Migration {
        case script(String)
        case code(@Sendable (SQLiteConnection) throws(StoreError) -> Void)
    }

    /// What leads from each format to the next: the first entry makes format 1 out of an empty file.
    private static let migrations: [Migration] = [
        .script(
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
            """),
        // Invoices in pieces, so that replacing one costs what changed, and its earlier states, for the history.
        .script(
            """
            -- The state that the bindle is in: each change of its invoice leads to the next one.
            ALTER TABLE bindle ADD COLUMN state INTEGER NOT NULL DEFAULT 1;
            -- 0 for a bindle that was deleted and that revisions still name.
            ALTER TABLE bindle ADD COLUMN live INTEGER NOT NULL DEFAULT 1;

            -- What an invoice has before and after its list of parcels, as TOML. Like entries, it belongs to the states
            -- from `since` on, before `until`; NULL is no end.
            CREATE TABLE frame (
                id INTEGER PRIMARY KEY,
                bindle INTEGER NOT NULL REFERENCES bindle ON DELETE CASCADE,
                since INTEGER NOT NULL,
                until INTEGER,
                head BLOB NOT NULL,
                tail BLOB NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX current_frame ON frame (bindle) WHERE until IS NULL;
            CREATE INDEX frame_by_beginning ON frame (bindle, since);

            -- The parcels of an invoice, in the order of their positions, which have gaps for those to come.
            CREATE TABLE entry (
                id INTEGER PRIMARY KEY,
                bindle INTEGER NOT NULL REFERENCES bindle ON DELETE CASCADE,
                position INTEGER NOT NULL,
                since INTEGER NOT NULL,
                until INTEGER,
                sha256 BLOB NOT NULL,
                size INTEGER NOT NULL,
                media_type TEXT NOT NULL,
                text BLOB NOT NULL -- TOML
            ) STRICT;
            CREATE UNIQUE INDEX current_entry ON entry (bindle, position) WHERE until IS NULL;
            CREATE INDEX past_entry ON entry (bindle, until) WHERE until IS NOT NULL;
            CREATE INDEX entry_by_beginning ON entry (bindle, since);
            CREATE INDEX entry_by_digest ON entry (sha256, bindle);

            -- What a sandbox has made: states of bindles, in their order.
            CREATE TABLE revision (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                bindle INTEGER NOT NULL REFERENCES bindle ON DELETE CASCADE,
                state INTEGER NOT NULL,
                time INTEGER NOT NULL, -- milliseconds since 1970
                restores INTEGER, -- the revision that was brought back
                served INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX revision_by_bindle ON revision (bindle, state);
            """),
        .code(splitInvoices),
        // Full-text search, kept up by triggers. It takes its texts from the table, and keeps no second copy of them.
        .script(
            """
            CREATE VIRTUAL TABLE bindle_text USING fts5(
                name, version, authors, description, content = 'bindle', content_rowid = 'id', prefix = '2 3',
                tokenize = 'unicode61 remove_diacritics 2');
            INSERT INTO bindle_text (rowid, name, version, authors, description)
                SELECT id, name, version, authors, description FROM bindle;
            CREATE TRIGGER bindle_text_insert AFTER INSERT ON bindle BEGIN
                INSERT INTO bindle_text (rowid, name, version, authors, description)
                    VALUES (new.id, new.name, new.version, new.authors, new.description);
            END;
            CREATE TRIGGER bindle_text_delete AFTER DELETE ON bindle BEGIN
                INSERT INTO bindle_text (bindle_text, rowid, name, version, authors, description)
                    VALUES ('delete', old.id, old.name, old.version, old.authors, old.description);
            END;
            CREATE TRIGGER bindle_text_update AFTER UPDATE OF authors, description ON bindle
            WHEN old.authors <> new.authors OR old.description <> new.description BEGIN
                INSERT INTO bindle_text (bindle_text, rowid, name, version, authors, description)
                    VALUES ('delete', old.id, old.name, old.version, old.authors, old.description);
                INSERT INTO bindle_text (rowid, name, version, authors, description)
                    VALUES (new.id, new.name, new.version, new.authors, new.description);
            END;
            """),
        // Each content once, found by its digest: small ones in rows, large ones in files; entries without texts.
        .script(
            """
            DROP INDEX entry_by_beginning;
            ALTER TABLE entry RENAME TO old_entry;

            -- The contents that entries name. What is in no entry any more is removed.
            CREATE TABLE content (
                id INTEGER PRIMARY KEY,
                sha256 BLOB NOT NULL,
                size INTEGER NOT NULL,
                place INTEGER NOT NULL, -- 0: not here, 1: in this row, 2: in a file of its own
                bytes BLOB
            ) STRICT;
            CREATE UNIQUE INDEX content_by_digest ON content (sha256);
            CREATE INDEX missing_content ON content (id) WHERE place = 0;

            -- What the file of a content was known by when its digest was found to be right; times in nanoseconds.
            CREATE TABLE content_file (
                content INTEGER PRIMARY KEY REFERENCES content ON DELETE CASCADE,
                device INTEGER NOT NULL,
                inode INTEGER NOT NULL,
                modified INTEGER NOT NULL,
                changed INTEGER NOT NULL
            ) STRICT;

            -- What entries have in common: the media type, and the TOML after the lines that every entry has.
            CREATE TABLE shape (
                id INTEGER PRIMARY KEY,
                media_type TEXT NOT NULL,
                rest BLOB NOT NULL,
                UNIQUE (media_type, rest)
            ) STRICT;

            -- The parcels of an invoice, in the order of their positions, which have gaps for those to come. They belong to
            -- the states from `since` on, before `until`; 0 is no end, so that the current ones lie together.
            CREATE TABLE entry (
                bindle INTEGER NOT NULL REFERENCES bindle ON DELETE CASCADE,
                until INTEGER NOT NULL,
                position INTEGER NOT NULL,
                since INTEGER NOT NULL,
                content INTEGER NOT NULL REFERENCES content,
                size INTEGER NOT NULL,
                shape INTEGER NOT NULL,
                time INTEGER NOT NULL, -- when the name first had the content, in nanoseconds since 1970
                name TEXT NOT NULL,
                PRIMARY KEY (bindle, until, position)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX entry_by_content ON entry (content);
            -- Most entries are of a bindle's first state, in which nobody looks for what has begun.
            CREATE INDEX entry_by_beginning ON entry (bindle, since) WHERE since > 1;
            """),
        .code(Format4.moveContents),
        // States of bindles that stay, and where they are served.
        .script(
            """
            CREATE TABLE release (
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL,
                precedence BLOB NOT NULL, -- the version as bytes that sort as versions do
                version TEXT NOT NULL,
                bindle INTEGER NOT NULL REFERENCES bindle,
                state INTEGER NOT NULL,
                digest BLOB NOT NULL,
                time INTEGER NOT NULL, -- milliseconds since 1970
                revision INTEGER, -- that it was made of
                parcels INTEGER NOT NULL,
                size INTEGER NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX release_by_version ON release (name, precedence DESC);
            CREATE INDEX release_by_state ON release (bindle, state);

            CREATE TABLE channel (
                app TEXT NOT NULL,
                name TEXT NOT NULL,
                pinned INTEGER NOT NULL, -- whether the versions are a single one
                versions TEXT NOT NULL,
                host TEXT NOT NULL, -- empty for the one that follows from the names
                PRIMARY KEY (app, name)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE channel_variable (
                app TEXT NOT NULL,
                channel TEXT NOT NULL,
                position INTEGER NOT NULL,
                name TEXT NOT NULL,
                value TEXT NOT NULL,
                PRIMARY KEY (app, channel, position),
                FOREIGN KEY (app, channel) REFERENCES channel ON DELETE CASCADE
            ) STRICT, WITHOUT ROWID;
            """),
        // Where the parcels are that are in no row: without a row, beside the store.
        .script(
            """
            CREATE TABLE parcel_place (
                location TEXT NOT NULL, -- as the option has it
                endpoint TEXT NOT NULL, -- empty for the usual one
                directory TEXT NOT NULL,
                cache INTEGER NOT NULL -- bytes in the directory, at most
            ) STRICT;
            """),
    ]

    /// The format in which parcels and entries were as `Format4` knows them.
    static let formatOfPieces = 4

    /// Takes the invoices apart that format 1 kept as a whole.
    private static func splitInvoices(_ connection: SQLiteConnection) throws(StoreError) {
        let rows = try connection.rows("SELECT id, name, version FROM bindle") {
            (row) throws(StoreError) in (number: row.integer(0), name: "\(row.text(1))/\(row.text(2))")
        }
        for row in rows {
            let text = try connection.firstRow("SELECT invoice FROM bindle WHERE id = ?", .integer(row.number)) {
                (row) throws(StoreError) in row.blob(0)
            }
            let invoice: Invoice
            do { invoice = try Invoice(text ?? [], as: .toml, validating: false) } catch {
                throw .corrupt(path: connection.path, detail: "the invoice of \(row.name): \(error.summary)")
            }
            try Format4.insertAll(of: invoice, bindle: row.number, state: 1, on: connection)
        }
        try connection.execute("DROP TABLE reference; ALTER TABLE bindle DROP COLUMN invoice")
    }

    static var currentVersion: Int { migrations.count }

    /// Checks that the file is a store, or empty, and brings it up to date.
    /// - Parameter target: The format to bring it to.
    /// - Returns: The format that it had; 0 for an empty file.
    @discardableResult
    static func prepare(
        _ connection: SQLiteConnection, for target: Int = currentVersion
    ) throws(StoreError) -> Int {
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
        guard version < target else { return version }
        try connection.transaction { () throws(StoreError) in
            try connection.execute("PRAGMA application_id = \(applicationID)")
            for migration in migrations[version..<target] {
                switch migration {
                case .script(let script): try connection.execute(script)
                case .code(let code): try code(connection)
                }
            }
            try connection.execute("PRAGMA user_version = \(target)")
        }
        return version
    }
}
