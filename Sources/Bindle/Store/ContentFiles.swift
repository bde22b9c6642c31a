import CLinux
import Cryptography
import Glibc
package import Platform
import Synchronization

/// The large contents of a store: a file each, named by its digest, in the directory `STORE.parcels` beside the store.
///
/// A file gets its name only when all its bytes are there and have been checked. Rows of the store say which files count:
/// what has no row is what a crash has left, and is removed when the store is opened. See <doc:Store>.
package final class ContentFiles: Sendable {
    /// The path of the directory. It is made with the first file.
    let path: String
    /// Whether the store need not survive the machine, so that nothing has to be synced.
    private let isTemporary: Bool
    package let rowLimit: Int
    private let state = Mutex(State())
    private let isInterrupted = Atomic<Bool>(false)

    private struct State {
        /// The directory that was made or found.
        var directory: FileID?
        /// Files that are not certain to survive the machine yet.
        var unsynced: Set<SHA256Digest> = []
        /// Files whose rows are gone, by a change that may be undone if the machine fails.
        var doomed: Set<SHA256Digest> = []
    }

    /// The directory of a store's contents.
    static func path(ofStore path: String) -> String { path + ".parcels" }

    /// A file takes whole blocks of the disk, mostly of 4,096 bytes: less than a tenth of what is larger than this.
    package static let usualRowLimit = 40_960

    init(storePath: String, isTemporary: Bool, rowLimit: Int = usualRowLimit) {
        path = Self.path(ofStore: storePath)
        self.isTemporary = isTemporary
        self.rowLimit = rowLimit
        state.withLock { $0.directory = FileStatus(path: path)?.id }
    }

    func path(of digest: SHA256Digest) -> String { "\(path)/\(digest.hex)" }

    /// Whether the directory that was in use has been removed, or another stands in its place.
    var isGone: Bool {
        state.withLock { state in
            guard let directory = state.directory else { return false }
            return FileStatus(path: path)?.id != directory
        }
    }

    /// Takes the directory that stands at the path now for the store's, if there is one.
    func reopen() {
        state.withLock { $0 = State(directory: FileStatus(path: path)?.id) }
    }

    private func makeDirectory() throws(StoreError) {
        let code = mkdir(path, 0o700) == 0 ? 0 : errno
        guard code == 0 || code == EEXIST else { throw StoreError(systemCode: code, path: path) }
        state.withLock { if code == 0 || $0.directory == nil { $0.directory = FileStatus(path: path)?.id } }
    }

    // MARK: - Interruption

    /// Has all that takes contents in end with an error, now and from now on. Any thread may call it.
    func interrupt() { isInterrupted.store(true, ordering: .relaxed) }

    /// To be called before each chunk of what may take long.
    func checkInterruption() throws(StoreError) {
        if isInterrupted.load(ordering: .relaxed) { throw .interrupted }
    }

    // MARK: - Writing

    /// Begins a file that gets its name when it is committed.
    package func begin() throws(StoreError) -> PendingContent {
        do throws(StoreError) { return try PendingContent(in: path) } catch {
            try makeDirectory()
            return try PendingContent(in: path)
        }
    }

    /// Gives a file its name. What has the name already is replaced.
    /// - Returns: What the file is known by from now on.
    package func commit(_ file: PendingContent, as digest: SHA256Digest) throws(StoreError) -> FileIdentity {
        let identity = try file.rename(to: path(of: digest))
        state.withLock { state in
            state.doomed.remove(digest)
            if !file.isSynced { state.unsynced.insert(digest) }
        }
        return identity
    }

    /// Brings all files to the disk, and the directory with their names. To be called before a change is acknowledged that
    /// needs them.
    package func sync(_ names: [SHA256Digest]) throws(StoreError) {
        let unsynced = state.withLock { state in
            let unsynced = state.unsynced
            state.unsynced = []
            return unsynced
        }
        guard !isTemporary, !(unsynced.isEmpty && names.isEmpty) else { return }
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
        for digest in doomed where try !isWanted(digest) { discard([digest]) }
    }

    /// Removes files at once.
    package func discard(_ digests: [SHA256Digest]) {
        guard !digests.isEmpty else { return }
        state.withLock { state in
            state.unsynced.subtract(digests)
            state.doomed.subtract(digests)
        }
        for digest in digests { unlink(path(of: digest)) }
    }

    /// Removes what a process that has ended has left in the directory. What others have put there stays.
    func removeLeftover(_ name: String) {
        guard name.hasSuffix(PendingContent.suffix) || SHA256Digest(hex: name) != nil else { return }
        unlink("\(path)/\(name)")
    }

    // MARK: - Looking

    package func verify(_ digest: SHA256Digest, known: FileIdentity) throws(ParcelDamage) -> FileIdentity? {
        let path = path(of: digest)
        guard let found = FileIdentity(path: path), found.size == known.size else { throw ParcelDamage() }
        if found == known { return nil }
        guard let read = try? SHA256.hash(fileAt: path), read.digest == digest, Int64(read.size) == known.size,
            FileIdentity(path: path) == found
        else { throw ParcelDamage() }
        return found
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
