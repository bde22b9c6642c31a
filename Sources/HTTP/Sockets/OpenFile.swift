import Content
package import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that is open for reading, closed with its last reference.
package final class OpenFile: Sendable {
    package let fileDescriptor: Int32
    /// The size in bytes when it was opened.
    package let size: Int64
    /// What closes the descriptor in the end, if that is not this object.
    private let owner: OpenContent?

    /// Takes over `fileDescriptor`, which must be open for reading.
    package init(adopting fileDescriptor: Int32) throws(SystemError) {
        var status = stat()
        guard fstat(fileDescriptor, &status) == 0 else {
            let error = SystemError.last("fstat")
            close(fileDescriptor)
            throw error
        }
        self.fileDescriptor = fileDescriptor
        size = Int64(status.st_size)
        owner = nil
    }

    /// The descriptor of a content, which stays open with this.
    init(_ content: OpenContent, descriptor: Int32) {
        fileDescriptor = descriptor
        size = Int64(content.size)
        owner = content
    }

    /// Opens the file at `path`.
    package convenience init(path: String) throws(SystemError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", path: path) }
        try self.init(adopting: descriptor)
    }

    deinit {
        if owner == nil { close(fileDescriptor) }
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
