import Platform

/// An open file that is read from its beginning to its end.
struct SequentialFile: ~Copyable {
    let path: String
    let descriptor: Int32

    /// - Parameter path: of any length.
    init(path: String) throws(FileReadError) {
        descriptor = LongPath.open(path, O_RDONLY)
        guard descriptor >= 0 else { throw FileReadError(path: path, code: errno) }
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// The number of its bytes.
    func size() throws(FileReadError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileReadError(path: path, code: errno) }
        return Int64(status.st_size)
    }

    /// Reads until `buffer` is full or the file ends.
    /// - Returns: The number of bytes; 0 at the end.
    func read(filling buffer: UnsafeMutableRawBufferPointer) throws(FileReadError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = Platform.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            if count > 0 {
                filled += count
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw FileReadError(path: path, code: errno)
            }
        }
        return filled
    }
}

/// A file that could not be read, and why.
package struct FileReadError: Error, Hashable, CustomStringConvertible {
    package let path: String
    /// The system's error number.
    package let code: Int32

    package var description: String { "cannot read \(path): \(SystemError.reason(code))" }
}
