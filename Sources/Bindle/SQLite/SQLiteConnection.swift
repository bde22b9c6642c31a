import CSQLite
import Cryptography
import Glibc

/// A value that is bound to a parameter of a statement.
enum SQLiteValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case integer(Int64)
    case text(String)
    case blob([UInt8])
    case null

    init(integerLiteral value: Int64) { self = .integer(value) }
    init(stringLiteral value: String) { self = .text(value) }
    static func integer(_ value: Int) -> SQLiteValue { .integer(Int64(value)) }
    static func digest(_ digest: SHA256Digest) -> SQLiteValue { .blob(digest.bytes) }
}

/// One connection to an SQLite file, for one thread at a time. Statements are prepared once and kept.
final class SQLiteConnection {
    let path: String
    /// Whether the file is to be gone with the process, so that nothing need survive it.
    let isTemporary: Bool
    /// The store's large contents.
    let files: ContentFiles
    private let handle: OpaquePointer
    /// Prepared statements that are not in use, by their text.
    private var idleStatements: [String: SQLiteStatement] = [:]
    /// How long a statement waits for another connection's lock.
    private static let lockTimeoutMilliseconds: Int32 = 10_000

    enum Access {
        case readOnly, readWrite
        /// A file that is not there is not made.
        case readWriteExisting
    }

    /// - Parameter files: The store's large contents, if others use them, too.
    init(
        path: String, access: Access, isTemporary: Bool = false, files: ContentFiles? = nil
    ) throws(StoreError) {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWriteExisting: SQLITE_OPEN_READWRITE
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let handle else {
            let message = String(cString: handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
            sqlite3_close_v2(handle)
            throw StoreError(sqliteCode: code, message: message, sql: nil, path: path)
        }
        self.path = path
        self.isTemporary = isTemporary
        self.files = files ?? ContentFiles(storePath: path, isTemporary: isTemporary)
        self.handle = handle
        sqlite3_busy_timeout(handle, Self.lockTimeoutMilliseconds)
        for (limit, value) in Self.limits { sqlite3_limit(handle, limit, value) }
    }

    private var hasListChange = false

    /// What this program's statements and rows stay below by far: a file that was made to say otherwise is refused before
    /// memory is asked for (https://sqlite.org/limits.html, "Defense Against Dark Arts" in https://sqlite.org/security.html).
    private static let limits: [(Int32, Int32)] = [
        // Bytes of a value or a row. The largest were whole parcels, in stores of format 1.
        (SQLITE_LIMIT_LENGTH, 256 << 20),
        (SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (SQLITE_LIMIT_COLUMN, 100),
        (SQLITE_LIMIT_EXPR_DEPTH, 100),
        (SQLITE_LIMIT_COMPOUND_SELECT, 8),
        (SQLITE_LIMIT_VDBE_OP, 25_000),
        (SQLITE_LIMIT_FUNCTION_ARG, 16),
        // VACUUM attaches the file that it writes.
        (SQLITE_LIMIT_ATTACHED, 1),
        (SQLITE_LIMIT_VARIABLE_NUMBER, 64),
        (SQLITE_LIMIT_TRIGGER_DEPTH, 10),
        (SQLITE_LIMIT_WORKER_THREADS, 0),
    ]

    deinit {
        idleStatements = [:]
        sqlite3_close_v2(handle)
    }

    // MARK: - Statements

    /// Runs statements that have no parameters and whose rows do not matter: a schema, a pragma.
    func execute(_ script: String) throws(StoreError) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, script) }
    }

    /// Runs a statement to its end.
    /// - Returns: The number of rows that it changed.
    @discardableResult
    func run(_ sql: String, _ values: SQLiteValue...) throws(StoreError) -> Int {
        try withStatement(sql, values) { (statement) throws(StoreError) in while try statement.step() {} }
        return Int(sqlite3_changes64(handle))
    }

    /// Runs a statement whose last parameter is a blob that is not copied.
    func run(_ sql: String, _ values: SQLiteValue..., blob: UnsafeRawBufferPointer) throws(StoreError) {
        try withStatement(sql, values) { (statement) throws(StoreError) in
            try statement.bind(uncopied: blob, at: values.count + 1)
            while try statement.step() {}
        }
    }

    /// What `read` makes of each row.
    func rows<Row>(
        _ sql: String, _ values: SQLiteValue..., read: (SQLiteStatement) throws(StoreError) -> Row
    ) throws(StoreError) -> [Row] {
        var rows: [Row] = []
        try withStatement(sql, values) { (statement) throws(StoreError) in
            while try statement.step() { rows.append(try read(statement)) }
        }
        return rows
    }

    /// Calls `body` for each row.
    func forEachRow(
        _ sql: String, _ values: SQLiteValue..., body: (SQLiteStatement) throws(StoreError) -> Void
    ) throws(StoreError) {
        try withStatement(sql, values) { (statement) throws(StoreError) in
            while try statement.step() { try body(statement) }
        }
    }

    /// What `read` makes of the first row, if there is one.
    func firstRow<Row>(
        _ sql: String, _ values: SQLiteValue..., read: (SQLiteStatement) throws(StoreError) -> Row
    ) throws(StoreError) -> Row? {
        var row: Row?
        try withStatement(sql, values) { (statement) throws(StoreError) in
            if try statement.step() { row = try read(statement) }
        }
        return row
    }

    /// The texts of the statements that this connection has run.
    var knownStatements: [String] { Array(idleStatements.keys) }

    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    // MARK: - The list of bindles

    /// Takes note that the list of bindles changes, if the transaction does not fail.
    func noteListChange() { hasListChange = true }

    /// Whether the list may have changed since this was asked the last time.
    func takeListChange() -> Bool {
        defer { hasListChange = false }
        return hasListChange
    }

    /// Takes a prepared statement for as long as the caller uses it, again and again; see `giveBack`.
    func take(_ sql: String) throws(StoreError) -> SQLiteStatement {
        if let idle = idleStatements.removeValue(forKey: sql) { return idle }
        return try prepare(sql)
    }

    func giveBack(_ statement: SQLiteStatement) {
        statement.reset()
        idleStatements[statement.sql] = statement
    }

    private func withStatement(
        _ sql: String, _ values: [SQLiteValue], _ body: (SQLiteStatement) throws(StoreError) -> Void
    ) throws(StoreError) {
        // Taken out while in use, so that a use within a use prepares another.
        let statement = try take(sql)
        defer { giveBack(statement) }
        for (index, value) in values.enumerated() { try statement.bind(value, at: index + 1) }
        try body(statement)
    }

    private func prepare(_ sql: String) throws(StoreError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code, sql) }
        return SQLiteStatement(handle: statement, sql: sql, connection: self)
    }

    fileprivate func failure(_ code: Int32, _ sql: String) -> StoreError {
        StoreError(
            sqliteCode: code, systemCode: sqlite3_system_errno(handle),
            message: String(cString: sqlite3_errmsg(handle)), sql: sql, path: path)
    }

    // MARK: - Transactions

    /// Whether what is committed now need not be brought to the disk.
    private var isWithoutSync = false
    /// Whether something was committed that has to be on the disk before it is acknowledged.
    private var hasUnsyncedChange = false
    /// The files of content that the transaction has made, and those whose rows it has removed.
    private var madeFiles: [SHA256Digest] = []
    private var removedFiles: [SHA256Digest] = []

    /// Takes note of a file that a row of this transaction is of.
    func noteMade(_ digest: SHA256Digest) { madeFiles.append(digest) }

    /// Takes note of a file whose row this transaction has removed.
    func noteRemoved(_ digest: SHA256Digest) { removedFiles.append(digest) }

    /// Has what `body` commits stay in the operating system's cache: it survives the end of the process, and comes to
    /// the disk with the next change that is synced.
    func withoutSync<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        isWithoutSync = true
        defer { isWithoutSync = false }
        return try body()
    }

    /// Whether something has been committed, since this was asked the last time, that has to be on the disk before it is
    /// acknowledged.
    func takeUnsyncedChange() -> Bool {
        defer { hasUnsyncedChange = false }
        return hasUnsyncedChange
    }

    /// Runs `body` in a transaction that has the right to write from its beginning, and undoes it all if `body` fails.
    ///
    /// Files of content are given to the blob store, if there is one, and brought to the disk before the rows that need them are, and are to be removed when the rows that
    /// needed them are gone for good: see `removeDoomedFiles`. The rows come to the disk afterwards: see `WriteAheadLog`.
    func transaction<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        let wantsSync = !isTemporary && !isWithoutSync
        (madeFiles, removedFiles) = ([], [])
        try run("BEGIN IMMEDIATE")
        let result: Result
        do {
            result = try body()
            try files.send(madeFiles)
            if wantsSync { try files.sync(madeFiles) }
            try run("COMMIT")
        } catch {
            rollBack()
            files.discard(madeFiles)
            throw error
        }
        if wantsSync { hasUnsyncedChange = true }
        files.doom(removedFiles)
        if isTemporary { try? removeDoomedFiles() }
        return result
    }

    /// Removes files of content whose rows are gone for good: to be called when all that was committed is on the disk.
    func removeDoomedFiles() throws(StoreError) {
        try files.removeDoomed { (digest) throws(StoreError) in
            try ContentTable.find(digest, on: self)?.place == .file
        }
    }

    /// Starts a transaction that sees the file as it is now, whatever others write meanwhile.
    func beginSnapshot() throws(StoreError) { try run("BEGIN DEFERRED") }

    func rollBack() {
        // Some failures, a full disk among them, have ended the transaction already.
        if sqlite3_get_autocommit(handle) == 0 { _ = sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }
}

/// A prepared statement, and the row that it stands at.
final class SQLiteStatement {
    private let handle: OpaquePointer
    let sql: String
    private unowned let connection: SQLiteConnection
    /// Tells SQLite to copy what is bound: the constant is a cast pointer, which Swift does not import.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    fileprivate init(handle: OpaquePointer, sql: String, connection: SQLiteConnection) {
        self.handle = handle
        self.sql = sql
        self.connection = connection
    }

    deinit {
        sqlite3_finalize(handle)
    }

    fileprivate func bind(_ value: SQLiteValue, at index: Int) throws(StoreError) {
        let index = Int32(index)
        let code =
            switch value {
            case .integer(let integer): sqlite3_bind_int64(handle, index, integer)
            case .text(let text): sqlite3_bind_text(handle, index, text, Int32(text.utf8.count), Self.transient)
            case .blob(let bytes): sqlite3_bind_blob64(handle, index, bytes, UInt64(bytes.count), Self.transient)
            case .null: sqlite3_bind_null(handle, index)
            }
        guard code == SQLITE_OK else { throw connection.failure(code, sql) }
    }

    /// Binds bytes that stay where they are until the statement is reset.
    func bind(uncopied bytes: UnsafeRawBufferPointer, at index: Int) throws(StoreError) {
        let code =
            bytes.isEmpty
            ? sqlite3_bind_zeroblob(handle, Int32(index), 0)
            : sqlite3_bind_blob64(handle, Int32(index), bytes.baseAddress, UInt64(bytes.count), nil)
        guard code == SQLITE_OK else { throw connection.failure(code, sql) }
    }

    func bind(_ value: Int64, at index: Int32) throws(StoreError) {
        let code = sqlite3_bind_int64(handle, index, value)
        guard code == SQLITE_OK else { throw connection.failure(code, sql) }
    }

    func bind(_ text: String, at index: Int32) throws(StoreError) {
        var text = text
        let code = text.withUTF8 { bytes in
            bytes.baseAddress.map { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text(handle, index, $0, Int32(bytes.count), Self.transient)
                }
            } ?? sqlite3_bind_text(handle, index, "", 0, nil)
        }
        guard code == SQLITE_OK else { throw connection.failure(code, sql) }
    }

    func bind(_ digest: SHA256Digest, at index: Int32) throws(StoreError) {
        let code = sqlite3_bind_blob64(handle, index, digest.bytes, 32, Self.transient)
        guard code == SQLITE_OK else { throw connection.failure(code, sql) }
    }

    /// Runs a statement whose parameters are bound, and makes it ready for others.
    func run() throws(StoreError) {
        defer { rewind() }
        while try step() {}
    }

    /// Makes the statement ready to be run again. What is bound stays.
    func rewind() { sqlite3_reset(handle) }

    /// Goes to the next row; `false` when there is none.
    func step() throws(StoreError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw connection.failure(code, sql)
        }
    }

    fileprivate func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    // MARK: - The row

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func boolean(_ column: Int32) -> Bool { integer(column) != 0 }

    func text(_ column: Int32) -> String {
        guard let text = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    func blob(_ column: Int32) -> [UInt8] { Array(bytes(column)) }

    func append(blob column: Int32, to bytes: inout [UInt8]) { bytes.append(contentsOf: self.bytes(column)) }

    /// A digest, stored as its bytes.
    func digest(_ column: Int32) throws(StoreError) -> SHA256Digest {
        guard let digest = SHA256Digest(bytes: bytes(column)) else {
            throw .corrupt(path: connection.path, detail: "a digest has the wrong length")
        }
        return digest
    }

    /// Whether a text has the bytes of a string.
    func isText(_ column: Int32, equalTo string: String) -> Bool {
        guard let text = sqlite3_column_text(handle, column) else { return string.utf8.isEmpty }
        let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(handle, column)))
        return string.utf8.withContiguousStorageIfAvailable { other in
            bytes.count == other.count
                && (bytes.isEmpty || memcmp(bytes.baseAddress!, other.baseAddress!, bytes.count) == 0)
        } ?? bytes.elementsEqual(string.utf8)
    }

    /// The bytes of a blob, which last until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }
}
