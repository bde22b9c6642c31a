import Glibc
import Platform
import Synchronization

/// The log that SQLite writes a store's changes to, as far as it has to be on the disk. See <doc:Store>.
///
/// One sync counts for all changes that were committed before it began: while one is under way, others commit, and the next
/// sync is for all of these.
final class WriteAheadLog: Sendable {
    private let path: String
    private let descriptor: Int32
    /// How many changes have been committed that are to be on the disk.
    private let committed = Atomic<Int>(0)
    /// Whoever holds it syncs, and the others wait for it.
    private let synced = Mutex(Synced())
    /// Where the log ended when it was looked at last. It is used by whoever has the writing connection.
    private let knownEnd = Mutex<Int64>(0)

    private struct Synced: Sendable {
        /// How many of the changes are on the disk.
        var changes = 0
        /// How often the disk was waited for.
        var count = 0
        /// Why the disk does not have what it was given.
        var failure: StoreError?
    }

    /// - Parameter path: The path of the log, which SQLite has made.
    init(path: String) throws(StoreError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw StoreError(systemCode: errno, path: path) }
    }

    deinit {
        // No lock of SQLite's is on the log, which closing a descriptor of it would drop.
        close(descriptor)
    }

    // MARK: - Syncing

    /// A change that was committed, and that the disk may not have yet.
    struct Change: Sendable {
        fileprivate let log: WriteAheadLog
        fileprivate let number: Int

        /// Waits until the change is on the disk.
        func sync() throws(StoreError) { try log.sync(number) }
    }

    /// Takes note of a change that has been committed. To be called by whoever has the writing connection.
    func noteCommit() -> Change {
        Change(log: self, number: committed.add(1, ordering: .sequentiallyConsistent).newValue)
    }

    private func sync(_ change: Int) throws(StoreError) {
        try synced.withLock { (synced) throws(StoreError) in
            // Some systems forget a failure once they have told of it, and what they could not write with it. So no later
            // sync says anything of what was written before.
            if let failure = synced.failure { throw failure }
            guard synced.changes < change else { return }
            let all = committed.load(ordering: .sequentiallyConsistent)
            synced.count += 1
            guard fdatasync(descriptor) == 0 else {
                let failure = StoreError(systemCode: errno, path: path)
                synced.failure = failure
                throw failure
            }
            synced.changes = all
        }
    }

    /// How often the disk has been waited for.
    var syncCount: Int { synced.withLock { $0.count } }

    /// Whether the disk has all changes that it is to have.
    var isSynced: Bool { synced.withLock { $0.changes == committed.load(ordering: .sequentiallyConsistent) } }

    // MARK: - Room

    private static let smallestRoom: Int64 = 64 << 10
    private static let largestRoom: Int64 = 1 << 20

    /// Sees to it that the log goes on behind its last change: a sync takes less time that need not tell the disk of another
    /// length, and of other blocks. To be called by whoever has the writing connection, after a change.
    ///
    /// What goes on is zeros, which SQLite takes for the end of the log. While the log is written within them, its length
    /// stays.
    func makeRoom() {
        knownEnd.withLock { knownEnd in
            guard let end = FileStatus(descriptor: descriptor)?.size else { return }
            guard end > knownEnd else { return knownEnd = end }
            let room = min(max(end, Self.smallestRoom), Self.largestRoom)
            let zeros = [UInt8](repeating: 0, count: Int(Self.smallestRoom))
            var position = end
            while position < end + room {
                let count = pwrite(descriptor, zeros, min(zeros.count, Int(end + room - position)), off_t(position))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    // A full disk, mostly, and what is left of it is for changes.
                    _ = ftruncate(descriptor, off_t(end))
                    position = end
                    break
                }
                position += Int64(count)
            }
            knownEnd = position
        }
    }
}
