/// Which file it is, under whatever name: two names with the same `FileID` are one file.
///
/// A number is given again once its file is gone. What has to know whether a file is still the same one, with the same
/// content, compares `FileIdentity`.
package struct FileID: Hashable, Sendable {
    /// The file system's number.
    package let device: UInt64
    /// The number in that file system.
    package let inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// What tells, without reading it, whether a file is the one it was, with the content that it had.
package struct FileIdentity: Hashable, Sendable {
    package let id: FileID
    /// Bytes.
    package let size: Int64
    /// When the content changed last, or what a program has set: nanoseconds since 1970.
    package let modificationTime: Int64
    /// When content or attributes changed last, which no program can set: nanoseconds since 1970.
    package let changeTime: Int64

    /// The modification time in whole seconds since 1970, rounded down.
    package var modificationSeconds: Int64 {
        modificationTime / 1_000_000_000 - (modificationTime % 1_000_000_000 < 0 ? 1 : 0)
    }

    package init(id: FileID, size: Int64, modificationTime: Int64, changeTime: Int64) {
        self.id = id
        self.size = size
        self.modificationTime = modificationTime
        self.changeTime = changeTime
    }

    /// File systems stamp times with the tick of the kernel's clock, which is up to 10 ms long.
    private static let raceWindow: Int64 = 20_000_000
    /// Some have nothing finer than two seconds, which shows in times that are whole ones.
    private static let coarseRaceWindow: Int64 = 2_500_000_000

    /// Whether the file changed so shortly before `time` that it may change once more and look the same.
    ///
    /// A file that was racy when it was read has to be read again, whatever its identity says.
    ///
    /// - Parameter time: when the identity was taken, or before: nanoseconds since 1970.
    package func isRacy(at time: Int64) -> Bool {
        isRacy(modificationTime, at: time) || isRacy(changeTime, at: time)
    }

    private func isRacy(_ stamp: Int64, at time: Int64) -> Bool {
        stamp > time - (stamp % 1_000_000_000 == 0 ? Self.coarseRaceWindow : Self.raceWindow)
    }
}

/// What the system says of a file.
package struct FileStatus: Hashable, Sendable {
    /// What kind of thing has the name.
    package enum Kind: Hashable, Sendable { case regular, directory, symbolicLink, other }

    package let kind: Kind
    package let identity: FileIdentity
    /// The permissions' twelve bits: `0o644`.
    package let permissions: UInt16
    /// How many names the file has.
    package let linkCount: Int
    /// The owner's number.
    package let owner: UInt32

    /// Which file it is.
    package var id: FileID { identity.id }
    /// Bytes.
    package var size: Int64 { identity.size }
    package var isRegular: Bool { kind == .regular }
    package var isDirectory: Bool { kind == .directory }

    /// The file at `path`, symbolic links followed; `nil` (and `errno`) if there is nothing, or it cannot be looked at.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// What is at `path` itself, a symbolic link at its end not followed; `nil` (and `errno`) as for `init(path:)`.
    package init?(linkAt path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// An entry of an open directory, a symbolic link not followed; `nil` (and `errno`) as for `init(path:)`.
    package init?(directory: Int32, name: UnsafePointer<CChar>) {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }

    /// A file that is open; `nil` (and `errno`) if it is not.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Takes over what a call has found.
    package init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        #if os(Linux)
            let (modified, changed) = (status.st_mtim, status.st_ctim)
        #else
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #endif
        identity = FileIdentity(
            id: FileID(
                device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino)),
            size: Int64(status.st_size), modificationTime: modified.nanoseconds, changeTime: changed.nanoseconds)
        permissions = UInt16(truncatingIfNeeded: status.st_mode & 0o7777)
        linkCount = Int(truncatingIfNeeded: status.st_nlink)
        owner = UInt32(truncatingIfNeeded: status.st_uid)
    }

    /// Whether the file changed so shortly before `time` that it may change once more and look the same: see
    /// `FileIdentity.isRacy(at:)`.
    package func isRacy(at time: Int64) -> Bool { identity.isRacy(at: time) }
}

extension timespec {
    /// The seconds and nanoseconds as one number; it wraps around where that does not fit into 64 bits.
    package var nanoseconds: Int64 { Int64(tv_sec) &* 1_000_000_000 &+ Int64(tv_nsec) }
}
