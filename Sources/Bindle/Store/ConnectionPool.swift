import Platform
import Synchronization

/// The connections of a store: one that writes, which its users take in turn, and as many readers as are in use at a
/// time. Write-ahead logging lets the readers go on while the writer writes.
final class ConnectionPool: Sendable {
    let path: String
    // In this order, in which they are let go: the writer after the readers, since closing it copies the log into the
    // file, and the lock after both.
    private let idleReaders = Mutex<[Held]>([])
    private let writer: Mutex<Writer>
    private let isTemporary: Bool
    /// How often the file has been opened anew: readers of a file before are not used again.
    private let generation = Atomic<Int>(0)
    /// Readers that are kept when nobody uses them.
    private static let idleReaderLimit = 8

    /// A connection on its way between threads: it is used by one at a time, as SQLite asks for.
    ///
    /// Sendable because one thread uses it at a time: whoever has taken it out of the pool.
    struct Held: @unchecked Sendable {
        let connection: SQLiteConnection
        var generation = 0
    }

    private struct Writer: Sendable {
        /// `nil` after the file has gone, and could not be opened anew.
        var held: Held?
        var lock: StoreLock?
        var file: OpenedFile?
    }

    /// Which file it is that stands at a path.
    private struct OpenedFile: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    /// Opens the file, made if need be, and brings its tables up to date.
    /// - Parameter isTemporary: Whether the file need not survive the process.
    /// - Throws: `StoreError.inUse` when another process has it open.
    init(path: String, isTemporary: Bool) throws(StoreError) {
        self.path = path
        self.isTemporary = isTemporary
        writer = Mutex(try Self.open(path, isTemporary: isTemporary))
    }

    private static func open(_ path: String, isTemporary: Bool) throws(StoreError) -> Writer {
        let lock = try StoreLock(storePath: path)
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
        return Writer(held: Held(connection: connection), lock: lock, file: OpenedFile(path))
    }

    /// Whether the file that was opened does not stand at its path any more.
    var isGone: Bool {
        writer.withLock { $0.file == nil || $0.file != OpenedFile(path) }
    }

    /// Opens what stands at the path now, made if need be.
    func reopen() throws(StoreError) {
        try writer.withLock { (writer) throws(StoreError) in
            // Closed first: SQLite removes the log that stands at the path then, whosever it is.
            idleReaders.withLock { $0 = [] }
            writer.held = nil
            writer.lock = nil
            writer.file = nil
            generation.add(1, ordering: .relaxed)
            writer = try Self.open(path, isTemporary: isTemporary)
        }
    }

    /// Waits for the writing connection and lends it.
    func write<Result: Sendable>(
        _ body: (SQLiteConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try writer.withLock { (writer) throws(StoreError) in
            guard let held = writer.held else {
                throw .cannotOpen(path: path, detail: SystemError.reason(ENOENT))
            }
            return try body(held.connection)
        }
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
        let generation = generation.load(ordering: .relaxed)
        let connection = try SQLiteConnection(path: path, access: .readOnly)
        return Held(connection: connection, generation: generation)
    }

    func giveBack(_ held: Held) {
        guard held.generation == generation.load(ordering: .relaxed) else { return }
        idleReaders.withLock { if $0.count < Self.idleReaderLimit { $0.append(held) } }
    }
}
