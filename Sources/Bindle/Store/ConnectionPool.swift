import Cryptography
import Glibc
import Platform
import Synchronization

/// The connections of a store: one that writes, which its users take in turn, and as many readers as are in use at a
/// time. Write-ahead logging lets the readers go on while the writer writes.
final class ConnectionPool: Sendable {
    let path: String
    // In this order, in which they are let go: the writer after the readers, since closing it copies the log into the
    // file, and the lock after both.
    private let idleReaders = Mutex(IdleStack<Held>(limit: 8))
    /// Whether a look at the idle readers is to come.
    private let isLookingAtReaders = Atomic(false)
    /// The connection that copies the log into the file, beside the one that writes. Nobody waits for it but who opens the
    /// store anew.
    private let copier = Mutex<Held?>(nil)
    private let settling = Mutex(Settling())
    private let writer: Mutex<Writer>
    let isTemporary: Bool
    /// The store's large contents.
    let files: ContentFiles
    /// Contents whose files were found to be damaged or gone when the store was opened.
    private let lost = Mutex<[SHA256Digest]>([])
    private let ownWrites = Mutex(OwnWrites())
    /// How often the file has been opened anew: readers of a file before are not used again.
    private let generation = Atomic<Int>(0)
    /// How often something has been written, whatever became of it.
    private let changes = Atomic<Int>(0)
    /// How often the list of bindles may have changed.
    private let listChanges = Atomic<Int>(0)

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
        /// Which files are open.
        var parts: Parts?
        /// `nil` where nothing need survive the machine.
        var log: WriteAheadLog?
    }

    /// Which files stand at the paths of a store: the one that it is named after, SQLite's write-ahead log, and the index of
    /// that, which all have to go together.
    private struct Parts: Hashable, Sendable {
        let file: FileID
        let log: FileID
        let index: FileID

        /// - Returns: `nil` if one is missing.
        init?(ofStore path: String) {
            guard let file = FileStatus(path: path)?.id, let log = FileStatus(linkAt: path + "-wal")?.id,
                let index = FileStatus(linkAt: path + "-shm")?.id
            else { return nil }
            (self.file, self.log, self.index) = (file, log, index)
        }
    }

    /// Opens the file, made if need be, and brings its tables up to date.
    /// - Parameters:
    ///   - isTemporary: Whether the file need not survive the process.
    ///   - files: The store's large contents.
    /// - Throws: `StoreError.inUse` when another process has it open.
    init(path: String, isTemporary: Bool, files: ContentFiles) throws(StoreError) {
        self.path = path
        self.isTemporary = isTemporary
        self.files = files
        let (writer, lost) = try Self.open(path, isTemporary: isTemporary, files)
        self.writer = Mutex(writer)
        self.lost.withLock { $0 = lost }
    }

    private static func open(
        _ path: String, isTemporary: Bool, _ files: ContentFiles
    ) throws(StoreError) -> (Writer, lost: [SHA256Digest]) {
        let lock = try StoreLock(storePath: path)
        let connection = try SQLiteConnection(
            path: path, access: .readWrite, isTemporary: isTemporary, files: files)
        // `page_size`: rows of a kilobyte fill small pages well, and a save writes few bytes to the log.
        // `synchronous`: FULL as long as the store is brought up to date. From then on SQLite syncs the log before it copies
        // it, and `WriteAheadLog` before a change is acknowledged: what is committed between two syncs needs one.
        // `secure_delete`: some systems build SQLite to overwrite what it deletes, which makes removing a large parcel
        // as slow as writing it.
        // `wal_autocheckpoint`: only a log of 64 MB is copied into the file by who writes; see `settle`.
        // `cache_size`: 16 MB, in which the indexes of a first start fit; they are given back when all is quiet.
        try connection.execute(
            """
            PRAGMA page_size = \(pageSize);
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = \(isTemporary ? "OFF" : "FULL");
            PRAGMA foreign_keys = ON;
            PRAGMA secure_delete = OFF;
            PRAGMA wal_autocheckpoint = 32768;
            PRAGMA journal_size_limit = 1048576;
            PRAGMA cache_size = -16384;
            """)
        let version = try StoreSchema.prepare(connection)
        if (1...StoreSchema.formatOfPieces).contains(version) {
            // What was moved into files leaves most of the file empty. Should this fail, for want of room, all is there.
            try? connection.execute(
                """
                PRAGMA journal_mode = DELETE;
                PRAGMA page_size = \(pageSize);
                VACUUM;
                """)
            try connection.execute("PRAGMA journal_mode = WAL")
        }
        try ParcelMove.run(on: connection)
        let lost = try reconcile(connection)
        if !isTemporary { try connection.execute("PRAGMA synchronous = NORMAL") }
        let log = isTemporary ? nil : try WriteAheadLog(path: path + "-wal")
        return (
            Writer(held: Held(connection: connection), lock: lock, parts: Parts(ofStore: path), log: log), lost
        )
    }

    private static let pageSize = 2048

    /// Makes rows and files agree: removes the files that have no row, which a crash has left, and takes note of contents
    /// whose files are gone or damaged.
    /// - Returns: The digests of the latter.
    private static func reconcile(_ connection: SQLiteConnection) throws(StoreError) -> [SHA256Digest] {
        let files = connection.files
        let names = files.names()
        let rows = try ContentTable.files(on: connection)
        guard !names.isEmpty || !rows.isEmpty else { return [] }
        var lost: [(number: Int64, digest: SHA256Digest)] = []
        var renewed: [(number: Int64, identity: FileIdentity)] = []
        var known = Set<String>(minimumCapacity: rows.count)
        for row in rows {
            do throws(ParcelDamage) {
                if let identity = try files.verify(row.digest, known: row.identity) {
                    renewed.append((row.number, identity))
                }
                known.insert(row.digest.hex)
            } catch {
                lost.append((row.number, row.digest))
            }
        }
        for name in names where !known.contains(name) { files.removeLeftover(name) }
        if !lost.isEmpty || !renewed.isEmpty {
            try connection.transaction { () throws(StoreError) in
                for content in lost { try ContentTable.lose(content.number, on: connection) }
                for content in renewed {
                    try ContentTable.setIdentity(content.identity, ofFile: content.number, on: connection)
                }
            }
        }
        return lost.map(\.digest)
    }

    /// Contents whose files were found to be damaged or gone when the store was opened.
    var lostContents: [SHA256Digest] { lost.withLock { $0 } }

    /// Whether one of the files that were opened does not stand at its path any more, or the directory of large contents does
    /// not. What is written to it is lost with the process.
    var isGone: Bool { isFileGone || files.isGone }

    private var isFileGone: Bool { writer.withLock { $0.parts == nil || $0.parts != Parts(ofStore: path) } }

    // MARK: - Other programs

    /// What tells whether somebody else has written into the file, or has cut the log, which nobody may: SQLite goes on with the
    /// pages that it has in memory, and finds garbage only where it reads.
    private struct OwnWrites: Sendable {
        /// What the file was known by after the last write of this process.
        var identity: FileIdentity?
        /// How long the log was then, in bytes.
        var logSize = 0
        /// Whether the log is being copied into the file.
        var isCopying = false
    }

    private func noteOwnWrite() {
        ownWrites.withLock { own in
            guard !own.isCopying else { return }
            own.identity = FileIdentity(path: path)
            own.logSize = logSize
        }
    }

    /// Has SQLite look at the file where it is not what this process has left.
    /// - Throws: `StoreError.corrupt` with what it finds.
    private func checkForeignWrites() throws(StoreError) {
        let isForeign = ownWrites.withLock { own in
            guard let identity = own.identity, !own.isCopying, let found = FileIdentity(path: path) else {
                return false
            }
            return found.id == identity.id && (found != identity || logSize < own.logSize)
        }
        guard isForeign else { return }
        // A connection of its own reads the file, and not what is in memory.
        let connection = try SQLiteConnection(path: path, access: .readOnly, files: files)
        let finding = try connection.firstRow("PRAGMA quick_check(1)") { (row) throws(StoreError) in row.text(0) }
        guard finding == "ok" else {
            throw .corrupt(path: path, detail: "another program has written into it: \(finding ?? "it cannot be read")")
        }
    }

    /// How often the file has been opened anew.
    var fileGeneration: Int { generation.load(ordering: .relaxed) }

    /// Another number after each change, before that is acknowledged.
    var changeGeneration: Int { changes.load(ordering: .sequentiallyConsistent) }

    /// The same for what is in the list of bindles: IDs, and whether they are yanked.
    var listGeneration: Int { listChanges.load(ordering: .sequentiallyConsistent) }

    // MARK: - Settling

    /// The copying of the log into the file while nobody writes.
    private struct Settling: Sendable {
        var lastWrite = ContinuousClock.now
        var isScheduled = false
        /// How often it could not be done since it was done.
        var failures = 0
    }

    /// A log of this size is copied into the file when all is quiet, and is empty then.
    private static let settlingSize = 256 << 10
    /// A log of this size is copied even so.
    private static let urgentSize = 48 << 20
    /// How long nobody has written when all is quiet.
    private static let quietTime = Duration.seconds(1)
    /// How long it is before the copying is tried again, at most.
    private static let longestPause = Duration.seconds(60)

    private var logSize: Int {
        Int(FileStatus(path: path + "-wal")?.size ?? 0)
    }

    private func noteWrite() {
        let needsSettling = logSize > Self.settlingSize || files.hasDoomed
        let isNew = settling.withLock { settling in
            settling.lastWrite = .now
            defer { if needsSettling { settling.isScheduled = true } }
            return needsSettling && !settling.isScheduled
        }
        if isNew { scheduleSettling() }
    }

    private func scheduleSettling(after delay: Duration = quietTime) {
        SystemThread.detach(name: "settling", after: delay + .milliseconds(50)) { [weak self] in self?.settle() }
    }

    /// Copies the log into the file and empties it, removes files whose rows are gone, and gives back what is needed under
    /// load only: readers, each with descriptors and pages of its own. Saves go on meanwhile.
    private func settle() {
        let isQuiet = settling.withLock { .now - $0.lastWrite >= Self.quietTime }
        guard isQuiet || logSize > Self.urgentSize else { return scheduleSettling() }
        // Who writes from here on schedules another: what is copied now may be without it.
        settling.withLock { $0.isScheduled = false }
        // What was removed is not made again, and nothing is in the way of who removes it.
        guard !isFileGone else { return }
        ownWrites.withLock { $0.isCopying = true }
        let isDone = copier.withLock { copier in (try? checkpoint(&copier)) ?? false }
        ownWrites.withLock { own in
            own.isCopying = false
            own.identity = FileIdentity(path: path)
            own.logSize = logSize
        }
        guard isDone else { return tryAgainLater() }
        settling.withLock { $0.failures = 0 }
        try? write(isNoted: false) { (connection) throws(StoreError) in
            files.trimIfNeeded()
            try connection.removeDoomedFiles()
            try connection.execute("PRAGMA shrink_memory")
        }
        _ = idleReaders.withLock { $0.takeAll() }
    }

    /// Somebody reads what the log has, or the disk is full: no write may come that would have it tried again.
    private func tryAgainLater() {
        let delay: Duration? = settling.withLock { settling in
            guard !settling.isScheduled else { return nil }
            settling.isScheduled = true
            settling.failures = min(settling.failures + 1, 6)
            return min(Self.quietTime * (1 << (settling.failures - 1)), Self.longestPause)
        }
        if let delay { scheduleSettling(after: delay) }
    }

    private func checkpoint(_ copier: inout Held?) throws(StoreError) -> Bool {
        let generation = generation.load(ordering: .relaxed)
        if copier?.generation != generation { copier = nil }
        let held: Held
        if let open = copier {
            held = open
        } else {
            let connection = try SQLiteConnection(path: path, access: .readWriteExisting, files: files)
            try connection.execute("PRAGMA busy_timeout = 0; PRAGMA synchronous = \(isTemporary ? "OFF" : "FULL")")
            held = Held(connection: connection, generation: generation)
            copier = held
        }
        // What the rows are of is on the disk before they are.
        try files.sync([])
        // The first keeps nobody waiting, and leaves little to the second, which gives up where it would have to wait.
        for mode in ["PASSIVE", "TRUNCATE"] {
            let isBusy = try held.connection.firstRow("PRAGMA wal_checkpoint(\(mode))") { (row) throws(StoreError) in
                row.boolean(0)
            }
            if isBusy != false { return false }
        }
        return true
    }

    /// Copies the log into the file and empties it at once, and removes files whose rows are gone.
    func shrink() throws(StoreError) {
        try write(isNoted: false) { (connection) throws(StoreError) in
            try files.sync([])
            let isBusy = try connection.firstRow("PRAGMA wal_checkpoint(TRUNCATE)") { (row) throws(StoreError) in
                row.boolean(0)
            }
            if isBusy == false { try connection.removeDoomedFiles() }
        }
    }

    // MARK: - Lending

    /// Lets go of the file. Nothing can be written until it is opened anew.
    func close() { writer.withLock { close(&$0) } }

    private func close(_ writer: inout Writer) {
        _ = idleReaders.withLock { $0.takeAll() }
        copier.withLock { $0 = nil }
        writer = Writer()
        generation.add(1, ordering: .relaxed)
        ownWrites.withLock { $0.identity = nil }
    }

    /// Opens what stands at the path now, made if need be.
    func reopen() throws(StoreError) {
        try writer.withLock { (writer) throws(StoreError) in
            let before = writer.parts
            // Closed first: SQLite removes the log that stands at the path then, whosever it is.
            close(&writer)
            if let before { removeLog(of: before) }
            files.reopen()
            let (opened, lost) = try Self.open(path, isTemporary: isTemporary, files)
            writer = opened
            self.lost.withLock { $0 = lost }
            changes.add(1, ordering: .sequentiallyConsistent)
            listChanges.add(1, ordering: .sequentiallyConsistent)
        }
    }

    /// Removes the log of a store whose file has been replaced: SQLite would write it into the file that stands there now.
    private func removeLog(of before: Parts) {
        guard let file = FileStatus(path: path)?.id, file != before.file,
            FileStatus(linkAt: path + "-wal")?.id == before.log
        else { return }
        unlink(path + "-wal")
        unlink(path + "-shm")
    }

    /// Waits for the writing connection and lends it. When it returns, the disk has what was committed, except within
    /// `SQLiteConnection.withoutSync`. Others have the connection while this waits for the disk.
    /// - Parameter isNoted: Whether it counts as a change, after which the log is copied some time.
    func write<Result: Sendable>(
        isNoted: Bool = true, _ body: (SQLiteConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        defer { if isNoted { noteWrite() } }
        let (result, change) = try writer.withLock { (writer) throws(StoreError) in
            guard let held = writer.held else {
                throw .cannotOpen(path: path, detail: SystemError.reason(ENOENT))
            }
            try checkForeignWrites()
            defer {
                noteOwnWrite()
                changes.add(1, ordering: .sequentiallyConsistent)
                if held.connection.takeListChange() { listChanges.add(1, ordering: .sequentiallyConsistent) }
            }
            let result = try body(held.connection)
            return (result, try unsyncedChange(of: held.connection, in: writer.log))
        }
        try change?.sync()
        return result
    }

    /// What has been committed and still has to be brought to the disk.
    private func unsyncedChange(
        of connection: SQLiteConnection, in log: WriteAheadLog?
    ) throws(StoreError) -> WriteAheadLog.Change? {
        guard connection.takeUnsyncedChange(), let log else { return nil }
        log.makeRoom()
        let change = log.noteCommit()
        guard files.hasDoomed else { return change }
        // Not later, when others may have removed rows as well that the disk still has.
        try change.sync()
        try? connection.removeDoomedFiles()
        return nil
    }

    /// The log of the store's changes; `nil` for a temporary store.
    var log: WriteAheadLog? { writer.withLock { $0.log } }

    /// Lends a reading connection.
    func read<Result>(_ body: (SQLiteConnection) throws(StoreError) -> Result) throws(StoreError) -> Result {
        let held = try takeReader()
        defer { giveBack(held) }
        return try body(held.connection)
    }

    /// Takes a reading connection out of the pool, to be given back.
    func takeReader() throws(StoreError) -> Held {
        if let idle = idleReaders.withLock({ $0.take() }) { return idle }
        let generation = generation.load(ordering: .relaxed)
        let connection = try SQLiteConnection(path: path, access: .readOnly, files: files)
        return Held(connection: connection, generation: generation)
    }

    func giveBack(_ held: Held) {
        guard held.generation == generation.load(ordering: .relaxed) else { return }
        if idleReaders.withLock({ $0.giveBack(held) }) { lookAtReadersLater() }
    }

    /// Readers that were needed under load only are let go: each has descriptors and pages of its own.
    private func lookAtReadersLater() {
        guard !isLookingAtReaders.exchange(true, ordering: .acquiringAndReleasing) else { return }
        SystemThread.detach(name: "idle readers", after: Self.quietTime) { [weak self] in
            guard let self else { return }
            isLookingAtReaders.store(false, ordering: .releasing)
            if idleReaders.withLock({ $0.takeUnused() }).hasMore { lookAtReadersLater() }
        }
    }
}
