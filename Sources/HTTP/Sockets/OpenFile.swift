#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Platform

/// A file that is open for reading, closed with its last reference.
package final class OpenFile: Sendable {
    package let fileDescriptor: Int32
    /// Size, times and identity, taken once.
    let information: FileStatus

    /// The size in bytes when it was opened.
    package var size: Int64 { information.size }

    /// Takes over `fileDescriptor`, which must be open for reading.
    package init(adopting fileDescriptor: Int32) throws(SystemError) {
        guard let information = FileStatus(descriptor: fileDescriptor) else {
            let error = SystemError.last("fstat")
            close(fileDescriptor)
            throw error
        }
        self.fileDescriptor = fileDescriptor
        self.information = information
    }

    /// Opens the file at `path`.
    package convenience init(path: String) throws(SystemError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", path: path) }
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
