import BlobStorage
import CLinux
import Cryptography
import Glibc
import HTTP
import Platform
import Synchronization

/// The contents of a store that are not in its rows: a file each, named by its digest. By default they are in the directory
/// `STORE.parcels` beside the store; see ``ParcelLocation`` for where else. Where a blob store has them, these files are a
/// cache of it.
///
/// A file gets its name only when all its bytes are there and have been checked. Rows of the store say which files count:
/// what has no row is what a crash has left, and is removed when the store is opened. See <doc:Store>.
package final class ContentFiles: Sendable {
    /// The path of the directory. It is made with the first file.
    let path: String
    let location: ParcelLocation
    /// Contents of at most this many bytes stay in the store's rows. -1 where all are to be found by their digests.
    let rowLimit: Int
    let cacheLimit: Int
    /// What has the parcels for good; `nil` where these files are all that there is.
    let remote: RemoteParcels?
    /// The directory, if it is in memory.
    private let memory: MemoryDirectory?
    /// Has the credentials for blob stores.
    let environment: [String: String]
    /// Whether nothing has to survive the machine, so that nothing has to be synced.
    private let isTemporary: Bool
    /// Whether files that nothing names any more may be removed: nobody else uses them.
    private let isOwn: Bool
    private let state = Mutex(State())
    private let cancellation = Platform.Cancellation()
    /// Has several who ask for the same parcel wait for one.
    private let fetches = KeyedLock<SHA256Digest>()

    private struct State {
        /// The directory that was made or found.
        var directory: FileID?
        /// Files that are not certain to survive the machine yet.
        var unsynced: Set<SHA256Digest> = []
        /// Files that the blob store has not said to keep yet.
        var unsent: Set<SHA256Digest> = []
        /// Files whose rows are gone, by a change that may be undone if the machine fails.
        var doomed: Set<SHA256Digest> = []
        /// The bytes of the cache; `nil` until they are counted.
        var cachedBytes: Int?
        /// When parcels of the cache were asked for, in an order.
        var uses: [SHA256Digest: Int] = [:]
        var clock = 0
    }

    /// The directory of a store's contents.
    static func path(ofStore path: String) -> String { path + ".parcels" }

    /// A file takes whole blocks of the disk, mostly of 4,096 bytes: less than a tenth of what is larger than this.
    package static let usualRowLimit = 40_960

    /// The files of a store that has all parcels itself.
    init(storePath: String, isTemporary: Bool, rowLimit: Int = usualRowLimit, environment: [String: String] = [:]) {
        path = Self.path(ofStore: storePath)
        location = .store
        self.isTemporary = isTemporary
        self.rowLimit = rowLimit
        (cacheLimit, remote, isOwn, memory) = (0, nil, true, nil)
        self.environment = environment
        state.withLock { $0.directory = FileStatus(path: path)?.id }
    }

    /// - Throws: `StoreError.parcelsUnavailable` where there are no credentials for a blob store; `.notWritable`,
    ///   `.diskFull` where there is no directory for what is in memory.
    convenience init(storePath: String, isTemporary: Bool, storage: ParcelStorage) throws(StoreError) {
        switch storage.location {
        case .store:
            self.init(storePath: storePath, isTemporary: isTemporary, environment: storage.environment)
        case .memory:
            let memory = try MemoryDirectory()
            self.init(memory.path, storage, remote: nil, isTemporary: true, memory: memory)
        case .directory(let path):
            self.init(path + "/sha256", storage, remote: nil, isTemporary: isTemporary)
        case .blobs(let location):
            let cancellation = Platform.Cancellation()
            let blobs: any BlobStore
            do {
                blobs = try location.open(
                    environment: storage.environment, retry: storage.retry, cancellation: cancellation)
            } catch {
                throw .parcelsUnavailable(location: location.description, detail: error.description)
            }
            let remote = RemoteParcels(blobs, location: location.description, cancellation: cancellation)
            self.init(Self.path(ofStore: storePath), storage, remote: remote, isTemporary: true)
        }
    }

    private init(
        _ path: String, _ storage: ParcelStorage, remote: RemoteParcels?, isTemporary: Bool,
        memory: MemoryDirectory? = nil
    ) {
        self.path = path
        location = storage.location
        rowLimit = -1
        cacheLimit = storage.cacheLimit
        self.remote = remote
        self.memory = memory
        self.isTemporary = isTemporary
        environment = storage.environment
        isOwn = storage.isOwn || storage.location == .memory
        state.withLock { $0.directory = FileStatus(path: path)?.id }
    }

    /// Removes what is in memory: nobody asks for it any more.
    func removeMemory() { memory?.remove() }

    /// What the store's file says of these files.
    var place: ParcelPlace { ParcelPlace(location: location, directory: path, cacheLimit: cacheLimit) }

    func path(of digest: SHA256Digest) -> String { "\(path)/\(digest.hex)" }

    /// Whether the directory that was in use has been removed, or another stands in its place. One that is not the store's
    /// own is no part of it.
    var isGone: Bool {
        guard location == .store else { return false }
        return state.withLock { state in
            guard let directory = state.directory else { return false }
            return FileStatus(path: path)?.id != directory
        }
    }

    /// Takes the directory that stands at the path now for the store's, if there is one.
    func reopen() {
        state.withLock { $0 = State(directory: FileStatus(path: path)?.id) }
    }

    private func makeDirectory() throws(StoreError) {
        if case .directory = location, mkdir(path, 0o700) != 0, errno == ENOENT {
            do { try Directories.make(path, permissions: 0o700) } catch {
                throw StoreError(systemCode: error.code, path: path)
            }
        }
        let code = mkdir(path, 0o700) == 0 ? 0 : errno
        guard code == 0 || code == EEXIST else { throw StoreError(systemCode: code, path: path) }
        state.withLock { if code == 0 || $0.directory == nil { $0.directory = FileStatus(path: path)?.id } }
    }

    // MARK: - Interruption

    /// Has all that takes contents in end with an error, now and from now on. Any thread may call it.
    func interrupt() {
        cancellation.cancel()
        remote?.cancel()
    }

    /// To be called before each chunk of what may take long.
    func checkInterruption() throws(StoreError) {
        if cancellation.isCancelled { throw .interrupted }
    }

    // MARK: - Writing

    /// Begins a file that gets its name when it is committed.
    func begin() throws(StoreError) -> PendingContent {
        do throws(StoreError) { return try PendingContent(in: path) } catch {
            try makeDirectory()
            return try PendingContent(in: path)
        }
    }

    /// Gives a file its name. What has the name already is replaced.
    /// - Returns: What the file is known by from now on.
    func commit(_ file: PendingContent, as digest: SHA256Digest) throws(StoreError) -> FileIdentity {
        let identity = try file.rename(to: path(of: digest))
        state.withLock { state in
            state.doomed.remove(digest)
            if !file.isSynced { state.unsynced.insert(digest) }
            if remote != nil, !file.isRemote { state.unsent.insert(digest) }
        }
        noteCached(Int(identity.size))
        return identity
    }

    /// Takes note of a file that is there and that the blob store is to get.
    func noteUnsent(_ digest: SHA256Digest) {
        guard remote != nil else { return }
        state.withLock { _ = $0.unsent.insert(digest) }
    }

    /// Gives the blob store those of the files that it does not have yet. To be called before a change is committed that
    /// needs them: when it returns, they count as stored.
    func send(_ digests: [SHA256Digest]) throws(StoreError) {
        guard let remote else { return }
        let unsent = state.withLock { state in Set(digests).intersection(state.unsent) }
        guard !unsent.isEmpty else { return }
        try remote.put(unsent.map { ($0, path(of: $0)) })
        state.withLock { $0.unsent.subtract(unsent) }
        trimIfNeeded()
    }

    /// The same for one that has no name yet, before others have to wait for it.
    func send(_ file: PendingContent, as digest: SHA256Digest) throws(StoreError) {
        guard let remote, !file.isRemote else { return }
        let open: OpenFile
        let descriptor = try file.duplicate()
        do { open = try OpenFile(adopting: descriptor) } catch { throw StoreError(systemCode: error.code, path: path) }
        try remote.put(digest, open)
        file.isRemote = true
    }

    /// Brings all files to the disk, and the directory with their names. To be called before a change is acknowledged that
    /// needs them.
    func sync(_ names: [SHA256Digest]) throws(StoreError) {
        let unsynced = state.withLock { state in
            let unsynced = state.unsynced
            state.unsynced = []
            return unsynced
        }
        guard !isTemporary, location != .memory, !(unsynced.isEmpty && names.isEmpty) else { return }
        do throws(StoreError) {
            if unsynced.count > Self.singleSyncLimit {
                try syncFileSystem()
            } else {
                for digest in unsynced { try Self.sync(path(of: digest), isOptional: true) }
                try Self.sync(path, isOptional: false)
            }
        } catch {
            state.withLock { $0.unsynced.formUnion(unsynced) }
            throw error
        }
    }

    /// More files than this are synced with all that the file system has: each sync of its own waits for the disk.
    private static let singleSyncLimit = 16

    private func syncFileSystem() throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else { throw StoreError(systemCode: errno, path: path) }
        defer { close(descriptor) }
        guard syncfs(descriptor) == 0 else { throw StoreError(systemCode: errno, path: path) }
    }

    private static func sync(_ path: String, isOptional: Bool) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if isOptional && errno == ENOENT { return }
            throw StoreError(systemCode: errno, path: path)
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreError(systemCode: errno, path: path) }
    }

    // MARK: - Removing

    /// Takes note of files whose rows are gone. They are removed by `removeDoomed`.
    func doom(_ digests: [SHA256Digest]) {
        guard !digests.isEmpty else { return }
        state.withLock { $0.doomed.formUnion(digests) }
    }

    var hasDoomed: Bool { state.withLock { !$0.doomed.isEmpty } }

    /// Removes files whose rows are gone for good.
    /// - Parameter isWanted: Whether a row has come back meanwhile.
    func removeDoomed(unless isWanted: (SHA256Digest) throws(StoreError) -> Bool) throws(StoreError) {
        let doomed = state.withLock { state in
            let doomed = state.doomed
            state.doomed = []
            return doomed
        }
        var rest = doomed
        do throws(StoreError) {
            for digest in doomed {
                if try !isWanted(digest) {
                    if isOwn { try remote?.remove(digest) }
                    discard([digest])
                }
                rest.remove(digest)
            }
        } catch {
            state.withLock { [rest] in $0.doomed.formUnion(rest) }
            throw error
        }
    }

    /// Removes files at once. What others may use stays, and so does what a blob store has.
    func discard(_ digests: [SHA256Digest]) {
        guard !digests.isEmpty else { return }
        state.withLock { state in
            state.unsynced.subtract(digests)
            state.unsent.subtract(digests)
            state.doomed.subtract(digests)
        }
        if case .directory = location, !isOwn { return }
        for digest in digests { unlink(path(of: digest)) }
    }

    /// Removes all files that are named by digests, and the directory if nothing else is in it.
    func removeAll() {
        for name in names() { removeLeftover(name) }
        rmdir(path)
    }

    /// Removes what a process that has ended has left in the directory. What others have put there stays.
    func removeLeftover(_ name: String) {
        if case .directory = location {
            // Another process may be writing it, unless it is old.
            let status = FileStatus(linkAt: "\(path)/\(name)")
            guard name.hasSuffix(PendingContent.suffix), let status,
                status.identity.modificationSeconds < Int64(time(nil)) - 86_400
            else { return }
        }
        guard name.hasSuffix(PendingContent.suffix) || SHA256Digest(hex: name) != nil else { return }
        unlink("\(path)/\(name)")
    }

    // MARK: - The cache of a blob store

    /// Gets a parcel from the blob store. What fits into the cache is there then.
    /// - Returns: A descriptor that the caller closes; `nil` if there is no blob store, or it does not have the parcel.
    /// - Throws: `StoreError.parcelsUnavailable`; `.diskFull`.
    func fetch(_ digest: SHA256Digest, size: Int) throws(StoreError) -> Int32? {
        guard let remote else { return nil }
        return try fetches.withLock(digest) { () throws(StoreError) in
            // Somebody else may have been faster.
            let present = open(path(of: digest), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            if present >= 0 {
                if FileIdentity(descriptor: present)?.size == Int64(size),
                    let read = try? SHA256.hash(fileAt: path(of: digest)), read.digest == digest
                {
                    return present
                }
                close(present)
            }
            let fetched = try remote.fetch(
                digest, size: size, into: { () throws(StoreError) in try begin() },
                write: { (file, bytes) throws(StoreError) in
                    try checkInterruption()
                    try file.write(bytes)
                })
            guard let fetched else { return nil }
            let descriptor = try fetched.duplicate()
            if size <= cacheLimit, (try? fetched.rename(to: path(of: digest))) != nil {
                noteUse(of: digest)
                noteCached(size)
                trimIfNeeded()
            }
            return descriptor
        }
    }

    /// Takes note that a parcel was asked for: what was not for the longest leaves the cache first.
    func noteUse(of digest: SHA256Digest) {
        guard remote != nil else { return }
        state.withLock { state in
            state.clock += 1
            state.uses[digest] = state.clock
        }
    }

    private func noteCached(_ size: Int) {
        guard remote != nil else { return }
        state.withLock { state in
            if let bytes = state.cachedBytes { state.cachedBytes = bytes + size }
        }
    }

    /// Removes files of the cache until it has three quarters of its limit, if it has more than that: those first that were
    /// not asked for the longest. What is open stays readable.
    func trimIfNeeded() {
        guard remote != nil, state.withLock({ $0.cachedBytes.map { $0 > cacheLimit } ?? true }) else { return }
        var files: [(digest: SHA256Digest, identity: FileIdentity)] = []
        for name in names() {
            if let digest = SHA256Digest(hex: name), let identity = identity(of: digest) {
                files.append((digest, identity))
            }
        }
        var sum = files.reduce(0) { $0 + Int($1.identity.size) }
        let (unsent, uses) = state.withLock { ($0.unsent, $0.uses) }
        if sum > cacheLimit {
            files.sort { left, right in
                let (first, second) = (uses[left.digest] ?? 0, uses[right.digest] ?? 0)
                return first == second
                    ? left.identity.modificationTime < right.identity.modificationTime : first < second
            }
            for file in files where sum > cacheLimit / 4 * 3 && !unsent.contains(file.digest) {
                unlink(path(of: file.digest))
                sum -= Int(file.identity.size)
            }
        }
        let present = Set(files.map(\.digest))
        state.withLock { state in
            state.cachedBytes = sum
            state.uses = state.uses.filter { present.contains($0.key) }
        }
    }

    // MARK: - Looking

    /// Compares a file with what it was known by, and reads it if that differs.
    /// - Returns: What it is known by now; `nil` if that is as it was, or if it is for the blob store to say.
    /// - Throws: `ParcelDamage` if it is gone or something else.
    func verify(_ digest: SHA256Digest, known: FileIdentity) throws(ParcelDamage) -> FileIdentity? {
        let path = path(of: digest)
        let found = FileIdentity(path: path)
        if found == known { return nil }
        if let found, found.size == known.size, let read = try? SHA256.hash(fileAt: path), read.digest == digest,
            Int64(read.size) == known.size, FileIdentity(path: path) == found
        {
            return found
        }
        guard remote != nil else { throw ParcelDamage() }
        unlink(path)
        return nil
    }

    /// The names of what is in the directory.
    func names() -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// What a file is known by; `nil` if there is none.
    func identity(of digest: SHA256Digest) -> FileIdentity? { FileIdentity(path: path(of: digest)) }

    /// The bytes that the files take.
    func totalSize() -> Int {
        names().reduce(0) { sum, name in
            sum + Int(FileStatus(linkAt: "\(path)/\(name)")?.size ?? 0)
        }
    }
}

/// A parcel is gone, or is not what it was.
struct ParcelDamage: Error {}

extension FileIdentity {
    /// Of the regular file that an open descriptor is of.
    init?(descriptor: Int32) {
        guard let status = FileStatus(descriptor: descriptor), status.isRegular else { return nil }
        self = status.identity
    }

    /// Of the regular file at a path, which is not followed if it is a link.
    init?(path: String) {
        guard let status = FileStatus(linkAt: path), status.isRegular else { return nil }
        self = status.identity
    }
}
