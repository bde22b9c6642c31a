import Bindle
import Glibc
import Platform

/// Refuses what would fill the disk of a store, before it is written.
///
/// If SQLite found that out half-way, its log would have taken all there is, and nothing could be written any more, not even
/// what takes back the log.
struct DiskSpace {
    /// What else a revision needs, in bytes.
    private static let margin = 1 << 20

    private let store: String
    /// Bytes in the store's file that are in no use.
    private let reusable: () -> Int
    /// The bytes of rows that have been let in, and are not on the disk yet.
    private var pending = 0

    /// - Parameters:
    ///   - store: the store's file.
    ///   - reusable: tells how many bytes of that are in no use; asked only where the disk is nearly full.
    init(beside store: String, reusable: @escaping () -> Int) {
        self.store = store
        self.reusable = reusable
    }

    /// Lets a parcel in.
    ///
    /// - Throws: `StoreError.diskFull` if there is no room for it.
    mutating func require(_ label: Label) throws(StoreError) {
        var status = statvfs()
        guard statvfs(store, &status) == 0 else { return }
        let available = Int128(status.f_bavail) * Int128(status.f_frsize)
        // What is in the log is copied into the file some time.
        let log = Int128(FileStatus(path: store + "-wal")?.size ?? 0)
        let isRow = label.size <= ContentFiles.usualRowLimit
        if isRow { pending = pending.addingReportingOverflow(label.size).partialValue }
        let needed = Int128(Self.margin) + log + Int128(pending) + (isRow ? 0 : Int128(label.size))
        // A row is written twice: to the log, and to the file, unless that has room.
        let whole = needed + Int128(pending)
        guard whole > available else { return }
        if needed <= available, whole - Int128(min(reusable(), pending)) <= available { return }
        // Nothing of what was let in stays; the save may begin anew.
        pending = 0
        throw .diskFull(path: store)
    }
}
