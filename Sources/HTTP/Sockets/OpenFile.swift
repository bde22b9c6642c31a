package import Content
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
    /// The content that the file has to have, if one is known. It is what closes the descriptor in the end.
    private let content: OpenContent?

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
        content = nil
    }

    /// The descriptor of a content, which stays open with this.
    package init(_ content: OpenContent, descriptor: Int32) {
        fileDescriptor = descriptor
        size = Int64(content.size)
        self.content = content
    }

    /// Opens the file at `path`.
    package convenience init(path: String) throws(SystemError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", path: path) }
        try self.init(adopting: descriptor)
    }

    deinit {
        if content == nil { close(fileDescriptor) }
    }

    /// Whether the file has the content that it has to have: see `OpenContent.isIntact`. Always true where none is known.
    var isIntact: Bool { content?.isIntact ?? true }

    /// Whose file it is; `nil` where no content is known that it has to have.
    var owner: OpenContent.Owner? { content?.owner }

    /// Reads a range: less of it only where the file ends before.
    package func bytes(in range: Range<Int64>) throws(SystemError) -> [UInt8] {
        var problem: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            do throws(SystemError) {
                while count < range.count {
                    let rest = UnsafeMutableRawBufferPointer(
                        UnsafeMutableBufferPointer(rebasing: buffer[count..<range.count]))
                    let read = try read(at: range.lowerBound + Int64(count), into: rest)
                    guard read > 0 else { return }
                    count += read
                }
            } catch {
                problem = error
            }
        }
        if let problem { throw problem }
        return bytes
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
