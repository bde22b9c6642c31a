import Synchronization

/// The connections of a store: one that writes, which its users take in turn, and as many readers as are in use at a
/// time. Write-ahead logging lets the readers go on while the writer writes.
final class ConnectionPool: Sendable {
    let path: String
    // In this order, in which they are let go: the writer after the readers, since closing it copies the log into the
    // file, and the lock after both.
    private let idleReaders = Mutex<[Held]>([])
    private let writer: Mutex<Held>
    private let lock: StoreLock
    /// Readers that are kept when nobody uses them.
    private static let idleReaderLimit = 8

    /// A connection on its way between threads: it is used by one at a time, as SQLite asks for.
    struct Held: @unchecked Sendable {
        let connection: SQLiteConnection
    }

    /// Opens the file, made if need be, and brings its tables up to date.
    /// - Parameter isTemporary: Whether the file need not survive the process.
    /// - Throws: `StoreError.inUse` when another process has it open.
    init(path: String, isTemporary: Bool) throws(StoreError) {
        self.path = path
        lock = try StoreLock(storePath: path)
        let connection = try SQLiteConnection(path: path, access: .readWrite, isTemporary: isTemporary)
        // `page_size`: parcels are long rows, which large pages hold in fewer steps.
        // `synchronous = FULL`: in write-ahead logging, less would lose acknowledged changes when the machine fails.
        // `secure_delete`: some systems build SQLite to overwrite what it deletes, which makes removing a large parcel
        // as slow as writing it.
        // `wal_autocheckpoint`: the log is copied into the file every 64 MB, since each time costs two syncs.
        try connection.execute(
            """
            PRAGMA page_size = 16384;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = \(isTemporary ? "OFF" : "FULL");
            PRAGMA foreign_keys = ON;
            PRAGMA secure_delete = OFF;
            PRAGMA wal_autocheckpoint = 4096;
            PRAGMA journal_size_limit = 134217728;
            """)
        try StoreSchema.prepare(connection)
        writer = Mutex(Held(connection: connection))
    }

    /// Waits for the writing connection and lends it.
    func write<Result: Sendable>(
        _ body: (SQLiteConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try writer.withLock { (held) throws(StoreError) in try body(held.connection) }
    }

    /// Lends a reading connection.
    func read<Result>(_ body: (SQLiteConnection) throws(StoreError) -> Result) throws(StoreError) -> Result {
        let held = try takeReader()
        defer { giveBack(held) }
        return try body(held.connection)
    }

    /// Takes a reading connection out of the pool, to be given back.
    func takeReader() throws(StoreError) -> Held {
        if let idle = idleReaders.withLock({ $0.popLast() }) { return idle }
        let connection = try SQLiteConnection(path: path, access: .readOnly)
        return Held(connection: connection)
    }

    func giveBack(_ held: Held) {
        idleReaders.withLock { if $0.count < Self.idleReaderLimit { $0.append(held) } }
    }
}
