/// Writes whole files.
package enum FileWriter {
    /// Writes a file of these bytes, in place of the one that is there.
    ///
    /// - Parameters:
    ///   - permissions: those of a file that is made, less what the process's mask takes away.
    ///   - atomically: whether the file appears under its name only when all has been written, so that nobody ever sees a
    ///     half of it. The file that was there is gone then, with its permissions.
    /// - Throws: "write PATH", with the reason. What was begun atomically is removed.
    package static func write(
        _ bytes: some Collection<UInt8>, to path: String, permissions: mode_t = 0o644, atomically: Bool = false
    ) throws(SystemError) {
        let target = atomically ? "\(path).\(getpid())-\(MonotonicTime.now.nanoseconds)" : path
        let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (atomically ? O_EXCL : 0), permissions)
        guard descriptor >= 0 else { throw .last("write", path: path) }
        var failure = write(Array(bytes), to: descriptor)
        if close(descriptor) != 0, failure == nil { failure = errno }
        if failure == nil, atomically, rename(target, path) != 0 { failure = errno }
        guard let failure else { return }
        if atomically { unlink(target) }
        throw SystemError(operation: "write", code: failure, path: path)
    }

    /// Writes text, in UTF-8.
    package static func write(
        _ text: String, to path: String, permissions: mode_t = 0o644, atomically: Bool = false
    ) throws(SystemError) {
        try write(Array(text.utf8), to: path, permissions: permissions, atomically: atomically)
    }

    /// Writes all bytes to an open file.
    ///
    /// - Parameter path: what errors call the file.
    package static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
    ) throws(SystemError) {
        if let code = write(bytes, to: descriptor) { throw SystemError(operation: "write", code: code, path: path) }
    }

    /// Writes all bytes to an open file; answers the `errno` if that fails.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { write($0, to: descriptor) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        var rest = bytes
        while !rest.isEmpty {
            #if canImport(Glibc)
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            #else
                let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
            #endif
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN {
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&request, 1, -1)
                continue
            }
            guard count >= 0 else { return errno }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return nil
    }
}
