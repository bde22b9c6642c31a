/// What a file begins with.
package enum FileBeginning {
    /// At most the first `count` bytes of a file; `nil` if it cannot be read.
    package static func bytes(of path: String, count: Int) -> [UInt8]? {
        // What has become a pipe meanwhile must not be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var isRead = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let result = read(descriptor, buffer.baseAddress! + filled, count - filled)
                if result < 0 && errno == EINTR { continue }
                if result < 0 { isRead = false }
                if result <= 0 { break }
                filled += result
            }
        }
        return isRead ? bytes : nil
    }
}
