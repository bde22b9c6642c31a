#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What tells, without reading it, whether a file is the one it was.
package struct FileIdentity: Hashable, Sendable {
    /// Bytes.
    package let size: Int64
    /// Nanoseconds since 1970.
    package let modificationTime: Int64
    /// When content or attributes changed last, which no program can set: nanoseconds since 1970.
    package let changeTime: Int64
    package let inode: UInt64
    package let device: UInt64
}

/// What the system says of a file.
struct FileStatus {
    enum Kind { case regular, directory, symbolicLink, other }

    let kind: Kind
    let identity: FileIdentity

    /// The file at `path`, symbolic links followed. Nil when there is none.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// What is at `path` itself, symbolic links not followed. Nil when there is nothing.
    init?(linkAt path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The entry of an open directory, symbolic links not followed. Nil when there is none.
    init?(directory: Int32, name: UnsafePointer<CChar>) {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        #if os(Linux)
            let modified = status.st_mtim
            let changed = status.st_ctim
        #else
            let modified = status.st_mtimespec
            let changed = status.st_ctimespec
        #endif
        identity = FileIdentity(
            size: Int64(status.st_size),
            modificationTime: Int64(modified.tv_sec) &* 1_000_000_000 &+ Int64(modified.tv_nsec),
            changeTime: Int64(changed.tv_sec) &* 1_000_000_000 &+ Int64(changed.tv_nsec),
            inode: UInt64(truncatingIfNeeded: status.st_ino), device: UInt64(truncatingIfNeeded: status.st_dev))
    }
}

/// `path` without symbolic links, or nil when nothing is there.
func resolvedPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}
