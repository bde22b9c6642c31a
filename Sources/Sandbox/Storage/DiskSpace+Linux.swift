import Bindle
import Platform

/// What is left on the disk of a store.
enum DiskSpace {
    /// What else a revision needs, in bytes.
    private static let margin = 1 << 20

    /// Refuses a parcel that would fill the disk.
    ///
    /// If SQLite found that out half-way, its log would have taken all there is, and nothing could be written any more,
    /// not even what takes back the log.
    ///
    /// - Parameter store: the store's file, beside which the WAGI processes' cache is, which needs a copy.
    static func require(_ label: Label, beside store: String) throws(StoreError) {
        var status = statvfs()
        guard statvfs(store, &status) == 0 else { return }
        let available = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        let needed = UInt64(label.size).multipliedReportingOverflow(by: 2)
        guard !available.overflow else { return }
        guard !needed.overflow, available.partialValue > UInt64(margin),
            needed.partialValue <= available.partialValue - UInt64(margin)
        else { throw .diskFull(path: store) }
    }
}
