package import Content
import Cryptography
import Glibc
import Platform
import Synchronization

/// The contents of a store, for a process that only reads: another one may be writing meanwhile.
///
/// Small contents are read by a connection of its own, large ones from their files, whose identities are compared with what
/// the store has recorded. The store is opened when the first content is asked for, without its lock. What is open goes on
/// being read when the files are removed; where another store stands at the path then, what is not found is looked for
/// there.
package final class StoreContent: ContentSource {
    private let path: String
    private let heldLimit: Int
    private let state: Mutex<State>

    private struct State: Sendable {
        var opened: Opened?
        /// Files that were asked for, so that they stay readable.
        var held: [SHA256Digest: Held] = [:]
        /// Files that are known by something else than what the store has recorded, and were read and found to be right.
        var verified: [SHA256Digest: FileIdentity] = [:]
        var clock = 0
    }

    private struct Held: Sendable {
        let content: OpenContent
        var lastUse: Int
    }

    /// The connection, which one thread at a time uses.
    private struct Opened: @unchecked Sendable {
        let connection: SQLiteConnection
        let file: FileID?
        /// Where the parcels are that are in no row; `nil` for beside the store.
        let place: ParcelPlace?
    }

    /// - Parameters:
    ///   - path: The store's file. It need not be there yet.
    ///   - heldLimit: How many files are kept open for those that ask again. What others hold is not counted.
    package init(path: String, heldLimit: Int = 512) {
        self.path = path
        self.heldLimit = heldLimit
        state = Mutex(State())
    }

    package func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        let result = state.withLock { state in
            let result = Result { () throws(ContentError) in try open(file, named: name, &state) }
            return (content: result, isRemote: state.opened?.place?.isRemote ?? false)
        }
        do throws(ContentError) { return try result.content.get() } catch {
            guard result.isRemote else { throw error }
        }
        // Others do not wait for what has to come through the network.
        switch ParcelRequest(digest: file.digest, size: file.size).send(toStore: path) {
        case .file(let descriptor):
            let content = OpenContent(adopting: descriptor, of: file)
            try content.verify(named: name)
            state.withLock { hold(content, file.digest, &$0) }
            return content
        case .missing: throw .gone(name: name)
        case .failure(let reason): throw .unavailable(name: name, reason: reason)
        }
    }

    /// Opens the store, so that it goes on being read should it be removed before a content is asked for.
    /// - Returns: Whether there is one.
    @discardableResult
    package func prepare() -> Bool {
        state.withLock { connection(&$0) != nil }
    }

    private func open(
        _ file: ContentFile, named name: String, _ state: inout State
    ) throws(ContentError) -> OpenContent {
        state.clock += 1
        if let held = state.held[file.digest] {
            if held.content.isIntact {
                state.held[file.digest]?.lastUse = state.clock
                return held.content
            }
            state.held[file.digest] = nil
        }
        if let connection = connection(&state), let found = find(file.digest, on: connection) {
            // What has gone from the store may be in the one that has taken its place.
            do throws(ContentError) { return try open(found, file, named: name, &state) } catch {
                guard case .gone = error, reopen(&state) else { throw error }
            }
        } else if !reopen(&state) {
            throw .gone(name: name)
        }
        guard let connection = connection(&state), let found = find(file.digest, on: connection) else {
            throw .gone(name: name)
        }
        return try open(found, file, named: name, &state)
    }

    // MARK: - The store

    private func connection(_ state: inout State) -> SQLiteConnection? {
        if let opened = state.opened { return opened.connection }
        let file = FileStatus(path: path)?.id
        guard file != nil, let connection = try? SQLiteConnection(path: path, access: .readOnly),
            // Has SQLite open the log, too. A store that is not made as a whole yet is opened later.
            let version = try? connection.firstRow("PRAGMA user_version", read: { $0.integer(0) }),
            version == StoreSchema.currentVersion
        else { return nil }
        _ = try? connection.firstRow("SELECT id FROM content LIMIT 1") { (_) throws(StoreError) in true }
        state.opened = Opened(connection: connection, file: file, place: try? ParcelPlaceTable.read(on: connection))
        return connection
    }

    /// Opens the store that has taken the place of the one that was open, if there is one.
    private func reopen(_ state: inout State) -> Bool {
        guard let opened = state.opened, let file = FileStatus(path: path)?.id, file != opened.file else {
            return false
        }
        state.opened = nil
        state.verified = [:]
        return connection(&state) != nil
    }

    /// What the store has of a content.
    private enum Found {
        case bytes([UInt8])
        case file(FileIdentity)
    }

    private func find(_ digest: SHA256Digest, on connection: SQLiteConnection) -> Found? {
        try? connection.firstRow(
            """
            SELECT place, bytes, device, inode, size, modified, changed FROM content
            LEFT JOIN content_file ON content_file.content = content.id WHERE sha256 = ? AND place <> 0
            """, .digest(digest)
        ) { (row) throws(StoreError) in
            row.integer(0) == ContentTable.Place.row.rawValue
                ? .bytes(row.blob(1)) : .file(ContentTable.identity(row, from: 2))
        } ?? nil
    }

    // MARK: - Contents

    private func open(
        _ found: Found, _ file: ContentFile, named name: String, _ state: inout State
    ) throws(ContentError) -> OpenContent {
        switch found {
        case .bytes(let bytes):
            guard bytes.count == file.size else { throw .damaged(name: name) }
            return OpenContent(bytes)
        case .file(let known):
            let content = try open(file, known: known, named: name, &state)
            hold(content, file.digest, &state)
            return content
        }
    }

    private func open(
        _ file: ContentFile, known: FileIdentity, named name: String, _ state: inout State
    ) throws(ContentError) -> OpenContent {
        let directory = state.opened?.place?.directory ?? ContentFiles.path(ofStore: path)
        let path = directory + "/" + file.digest.hex
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            let code = errno
            throw code == ENOENT || code == ENOTDIR ? .gone(name: name) : .unreadable(name: name, code: code)
        }
        let content = OpenContent(adopting: descriptor, of: file)
        if let identity = try content.verify(known: known, state.verified[file.digest], named: name),
            identity != known
        {
            state.verified[file.digest] = identity
        }
        return content
    }

    /// Keeps a file open. Where there are too many, those go that were not asked for the longest.
    private func hold(_ content: OpenContent, _ digest: SHA256Digest, _ state: inout State) {
        guard heldLimit > 0 else { return }
        if state.held.count >= heldLimit {
            let uses = state.held.values.map(\.lastUse).sorted()
            let bound = uses[uses.count / 4]
            state.held = state.held.filter { $0.value.lastUse > bound }
        }
        state.held[digest] = Held(content: content, lastUse: state.clock)
    }
}
