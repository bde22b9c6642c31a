import Glibc

/// What a descriptor or a directory's entry refers to: `filetype` of the specification.
package enum FileType: UInt8, Sendable {
    case unknown = 0
    case blockDevice = 1
    case characterDevice = 2
    case directory = 3
    case regularFile = 4
    case datagramSocket = 5
    case streamSocket = 6
    case symbolicLink = 7

    /// The type in the mode of a host's `stat`; a pipe is `unknown`, since WASI has no name for it.
    init(mode: mode_t) {
        self =
            switch mode & S_IFMT {
            case S_IFBLK: .blockDevice
            case S_IFCHR: .characterDevice
            case S_IFDIR: .directory
            case S_IFREG: .regularFile
            case S_IFSOCK: .streamSocket
            case S_IFLNK: .symbolicLink
            default: .unknown
            }
    }

    /// The type in a host's directory entry, which may be `unknown` for a file of any type.
    init(directoryEntryType: Int) {
        self =
            switch directoryEntryType {
            case Int(DT_BLK): .blockDevice
            case Int(DT_CHR): .characterDevice
            case Int(DT_DIR): .directory
            case Int(DT_REG): .regularFile
            case Int(DT_SOCK): .streamSocket
            case Int(DT_LNK): .symbolicLink
            default: .unknown
            }
    }
}

/// What is known of a file: `filestat` of the specification, in the layouts of both editions.
package struct FileStatus: Sendable {
    package var device: UInt64 = 0
    package var inode: UInt64 = 0
    package var type: FileType
    /// Whether it is a pipe, which preview 1 has no type for.
    package var isPipe = false
    package var linkCount: UInt64 = 1
    /// Bytes.
    package var size: UInt64 = 0
    /// Nanoseconds since 1970.
    package var accessTime: UInt64 = 0
    /// Nanoseconds since 1970.
    package var modificationTime: UInt64 = 0
    /// Nanoseconds since 1970.
    package var changeTime: UInt64 = 0

    init(type: FileType) {
        self.type = type
    }

    /// The status of what the host's descriptor `fd` refers to, a symbolic link itself included.
    init(ofHostDescriptor fd: Int32) throws(ErrorNumber) {
        var status = stat()
        guard fstat(fd, &status) == 0 else { throw .current }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        type = FileType(mode: status.st_mode)
        isPipe = status.st_mode & S_IFMT == S_IFIFO
        linkCount = UInt64(truncatingIfNeeded: status.st_nlink)
        size = UInt64(truncatingIfNeeded: status.st_size)
        accessTime = status.st_atim.nanoseconds
        modificationTime = status.st_mtim.nanoseconds
        changeTime = status.st_ctim.nanoseconds
    }
}

extension timespec {
    /// Nanoseconds since the clock's origin. A time before it, or too far after it for 64 bits, is the nearest there
    /// is.
    var nanoseconds: UInt64 {
        guard tv_sec >= 0 else { return 0 }
        let (seconds, overflow) = UInt64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        let (sum, carry) = seconds.addingReportingOverflow(UInt64(tv_nsec))
        return carry ? .max : sum
    }

    init(nanoseconds: UInt64) {
        self.init(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }
}
