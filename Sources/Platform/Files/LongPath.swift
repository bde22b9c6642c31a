#if canImport(Glibc)
    import CLinux
    import Glibc
#else
    import Darwin
#endif

/// Calls with paths of any length. The system takes no more than 4,095 bytes at a time (`PATH_MAX`), so that what lies
/// deeper is reached by several steps.
package enum LongPath {
    /// What one step may have, in bytes.
    private static let longestStep = 4000

    #if os(Linux)
        /// Opens directories on the way, which need not be readable.
        private static let stepFlags = O_PATH | O_DIRECTORY | O_CLOEXEC
    #else
        private static let stepFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    #endif

    /// Whether the system takes the path as it is.
    package static func isShort(_ path: String) -> Bool { path.utf8.count <= longestStep }

    /// Opens what is at `path`: a descriptor that the caller closes, or -1 (and `errno`).
    package static func open(_ path: String, _ flags: Int32) -> Int32 {
        if isShort(path) { return openat(AT_FDCWD, path, flags | O_CLOEXEC) }
        var path = path
        return path.withUTF8 { open($0, in: AT_FDCWD, flags) }
    }

    /// Opens what is at a path relative to an open directory, which an empty path is itself: a descriptor that the caller
    /// closes, or -1 (and `errno`).
    package static func open(_ path: UnsafeBufferPointer<UInt8>, in directory: Int32, _ flags: Int32) -> Int32 {
        step(path, in: directory) { openat($0, $1, flags | O_CLOEXEC) }
    }

    /// What is at `path`; `nil` (and `errno`) if there is nothing, or it cannot be looked at.
    ///
    /// - Parameter followsLinks: whether a symbolic link at the end of the path is followed.
    package static func status(_ path: String, followsLinks: Bool = true) -> FileStatus? {
        var path = path
        return path.withUTF8 { status($0, in: AT_FDCWD, followsLinks: followsLinks) }
    }

    /// What is at a path relative to an open directory; as `status(_:followsLinks:)`.
    package static func status(
        _ path: UnsafeBufferPointer<UInt8>, in directory: Int32, followsLinks: Bool
    ) -> FileStatus? {
        var status = stat()
        let result = step(path, in: directory) {
            fstatat($0, $1, &status, followsLinks ? 0 : AT_SYMLINK_NOFOLLOW)
        }
        return result == 0 ? FileStatus(status) : nil
    }

    /// Calls `body` with a directory and what is left of the path, which is short enough.
    private static func step(
        _ path: UnsafeBufferPointer<UInt8>, in directory: Int32, _ body: (Int32, UnsafePointer<CChar>) -> Int32
    ) -> Int32 {
        var rest = path
        var current = directory
        defer { if current != directory { closeKeepingError(current) } }
        while rest.count > longestStep {
            guard let slash = rest[..<longestStep].lastIndex(of: UInt8(ascii: "/")) else {
                errno = ENAMETOOLONG
                return -1
            }
            // A slash at the very beginning is the root of all.
            let end = max(slash, 1)
            let next = call(UnsafeBufferPointer(rebasing: rest[..<end])) { openat(current, $0, stepFlags) }
            guard next >= 0 else { return -1 }
            if current != directory { close(current) }
            current = next
            rest = UnsafeBufferPointer(rebasing: rest[(slash + 1)...])
        }
        return call(rest) { body(current, $0) }
    }

    /// Calls `body` with the path and a zero after it.
    private static func call(
        _ path: UnsafeBufferPointer<UInt8>, _ body: (UnsafePointer<CChar>) -> Int32
    ) -> Int32 {
        guard !path.isEmpty else { return body(".") }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: path.count + 1) { buffer in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(path))
            buffer[path.count] = 0
            return body(buffer.baseAddress!)
        }
    }

    private static func closeKeepingError(_ descriptor: Int32) {
        let code = errno
        close(descriptor)
        errno = code
    }
}
