#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that is open for reading, closed with its last reference.
package final class OpenFile: Sendable {
    package let fileDescriptor: Int32
    /// Size, times and identity, taken once.
    let information: FileInformation

    /// The size in bytes when it was opened.
    package var size: Int64 { information.size }

    /// Takes over `fileDescriptor`, which must be open for reading.
    package init(adopting fileDescriptor: Int32) throws(SystemError) {
        guard let information = FileInformation(of: fileDescriptor) else {
            let error = SystemError(operation: "fstat", code: errno)
            close(fileDescriptor)
            throw error
        }
        self.fileDescriptor = fileDescriptor
        self.information = information
    }

    /// Opens the file at `path`.
    package convenience init(path: String) throws(SystemError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(operation: "open \(path)", code: errno) }
        try self.init(adopting: descriptor)
    }

    deinit {
        close(fileDescriptor)
    }

    /// Reads at `offset` without moving a position: threads may share the file. 0 is the end.
    package func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let count = pread(fileDescriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            if errno != EINTR { throw SystemError(operation: "read", code: errno) }
        }
    }
}

/// What `stat` says of a file, as far as HTTP is interested.
struct FileInformation: Sendable, Equatable {
    enum Kind { case regular, directory, other }

    let kind: Kind
    let size: Int64
    let device: UInt64
    let inode: UInt64
    /// The modification time, in seconds since 1970 and nanoseconds after that.
    let modifiedSeconds: Int64
    let modifiedNanoseconds: Int64

    init?(of fileDescriptor: Int32) {
        var status = stat()
        guard fstat(fileDescriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        default: kind = .other
        }
        size = Int64(status.st_size)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        #if os(Linux)
            modifiedSeconds = Int64(status.st_mtim.tv_sec)
            modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
        #else
            modifiedSeconds = Int64(status.st_mtimespec.tv_sec)
            modifiedNanoseconds = Int64(status.st_mtimespec.tv_nsec)
        #endif
    }
}
