/// Reads whole files into memory. A file's size comes from outside: it is checked before memory is asked for.
package enum FileReader {
    /// Why a file was not read.
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case system(SystemError)
        /// The file has more than `limit` bytes, or will not end before.
        case tooLarge(path: String, limit: Int)
        /// There is not so much memory.
        case outOfMemory(path: String, size: Int64)

        package var description: String {
            switch self {
            case .system(let error): error.description
            case .tooLarge(let path, let limit): "\(path) is larger than \(Self.text(limit))"
            case .outOfMemory(let path, let size): "\(path) has \(size) bytes, more than there is memory for"
            }
        }

        /// The sentence without the file's name, for messages that begin with it.
        package var reason: String {
            switch self {
            case .system(let error): error.reason
            case .tooLarge(_, let limit): "the file is larger than \(Self.text(limit))"
            case .outOfMemory(_, let size): "the file has \(size) bytes, more than there is memory for"
            }
        }

        private static func text(_ limit: Int) -> String {
            switch limit {
            case (1 << 30)...: "\(limit >> 30) GiB"
            case (1 << 20)...: "\(limit >> 20) MiB"
            case (1 << 10)...: "\(limit >> 10) KiB"
            default: "\(limit) bytes"
            }
        }
    }

    /// How much is read at once of what does not say its size.
    private static let chunkSize = 64 << 10
    /// Sizes from here on are asked of the system first: an array that cannot be allocated ends the process.
    private static let checkedSize: Int64 = 16 << 20

    /// The content of the file at `path`, which may be a pipe or a device.
    ///
    /// - Parameter limit: the most bytes that the file may have.
    package static func bytes(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(.last("open", path: path)) }
        defer { close(descriptor) }
        return try bytes(of: descriptor, path: path, limit: limit)
    }

    /// What is left to be read of an open file.
    ///
    /// - Parameters:
    ///   - path: what errors call the file.
    ///   - limit: the most bytes that may be left.
    package static func bytes(of descriptor: Int32, path: String, limit: Int) throws(Failure) -> [UInt8] {
        guard let status = FileStatus(descriptor: descriptor) else { throw .system(.last("read", path: path)) }
        if status.isDirectory { throw .system(SystemError(operation: "read", code: EISDIR, path: path)) }
        guard !status.isRegular || status.size <= Int64(limit) else { throw .tooLarge(path: path, limit: limit) }
        // One byte more than the file has, so that its end is met without another chunk.
        let expected = status.isRegular && status.size > 0 ? Int(status.size) + 1 : chunkSize
        if expected > checkedSize {
            guard let memory = malloc(expected) else { throw .outOfMemory(path: path, size: status.size) }
            free(memory)
        }
        var bytes = [UInt8]()
        while true {
            let capacity = max(bytes.isEmpty ? expected : min(bytes.count, limit), chunkSize)
            var failure: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                while count < buffer.count {
                    let result = read(descriptor, buffer.baseAddress! + count, buffer.count - count)
                    if result < 0 && errno == EINTR { continue }
                    if result < 0 { failure = errno }
                    if result <= 0 { break }
                    count += result
                }
            }
            guard failure == 0 else { throw .system(SystemError(operation: "read", code: failure, path: path)) }
            guard bytes.count <= limit - chunk.count else { throw .tooLarge(path: path, limit: limit) }
            if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
            if chunk.count < capacity { return bytes }
        }
    }

    /// The text of a file in UTF-8; what is not UTF-8 is repaired.
    package static func text(of path: String, limit: Int) throws(Failure) -> String {
        String(decoding: try bytes(of: path, limit: limit), as: UTF8.self)
    }

    /// Hands a file's content over in chunks, in order. A chunk is valid during the call only.
    ///
    /// - Throws: `SystemError`, and what `body` throws.
    package static func forEachChunk(
        of path: String, size: Int = 256 << 10, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("read", path: path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError.last("read", path: path) }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
