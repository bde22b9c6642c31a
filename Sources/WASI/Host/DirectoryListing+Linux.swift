import Glibc

/// Reads a directory's entries in the file system's order.
///
/// A place in it, a guest's cookie, is the count of entries before it: guests of 32 bits keep it in a `long`, in which
/// the kernel's own offsets (`d_off`) do not fit. These are remembered for each cookie that was given out, so that a
/// cookie stays good when entries before it go.
final class DirectoryListing {
    private let stream: OpaquePointer
    /// The place of the entry that is read next.
    private var position: UInt64 = 0
    /// The kernel's offset of each place that has been read up to, from the start on.
    private var offsets = [0]
    /// The directory's own inode, which stands for that of `..` too: the real one may tell of what is outside a
    /// preopen.
    private let inode: UInt64

    /// Lists the directory behind `fd`, over a descriptor of its own.
    init(of fd: Int32) throws(ErrorNumber) {
        inode = try FileStatus(ofHostDescriptor: fd).inode
        let own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw .current }
        guard let stream = fdopendir(own) else {
            let failure = ErrorNumber.current
            close(own)
            throw failure
        }
        self.stream = stream
    }

    deinit {
        closedir(stream)
    }

    /// Goes to the place `cookie`, or to the end if there are not that many entries. The start shows what is new.
    func seek(to cookie: UInt64) throws(ErrorNumber) {
        guard cookie != position else { return }
        if cookie == 0 {
            rewinddir(stream)
            position = 0
            offsets = [0]
            return
        }
        let known = min(cookie, UInt64(offsets.count - 1))
        if known != position {
            if known == 0 { rewinddir(stream) } else { seekdir(stream, offsets[Int(known)]) }
            position = known
        }
        while position < cookie, try next({ _ in true }) {}
    }

    /// Calls `body` with the next entry. False at the end, and where `body` says that it wants no more.
    func next(_ body: (DirectoryEntry) -> Bool) throws(ErrorNumber) -> Bool {
        errno = 0
        guard let entry = readdir(stream) else {
            if errno != 0 { throw .current }
            return false
        }
        position += 1
        let offset = entry.pointee.d_off
        if position == offsets.count { offsets.append(offset) } else { offsets[Int(position)] = offset }
        return withUnsafePointer(to: &entry.pointee.d_name) { name in
            let start = UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
            let text = UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self)
            let name = UnsafeBufferPointer(start: start, count: strlen(text))
            let isParent = name.count == 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
            return body(
                DirectoryEntry(
                    next: position, inode: isParent ? inode : UInt64(entry.pointee.d_ino),
                    type: type(of: entry, named: text), name: name))
        }
    }

    private func type(of entry: UnsafeMutablePointer<dirent>, named name: UnsafePointer<CChar>) -> FileType {
        guard entry.pointee.d_type == DT_UNKNOWN else {
            return FileType(directoryEntryType: Int(entry.pointee.d_type))
        }
        // Some file systems leave the type out.
        var status = stat()
        guard fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .unknown }
        return FileType(mode: status.st_mode)
    }
}
