package import Platform

/// A file that is being written beside the place that it takes once it is whole.
package final class PendingFile {
    private let path: String
    private let pendingPath: String
    private var descriptor: Int32

    package init(replacing path: String, permissions: mode_t = 0o644) throws(FileWriteError) {
        self.path = path
        pendingPath = "\(path).\(getpid())-\(UInt32.random(in: 0...(.max))).partial"
        descriptor = open(pendingPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(pendingPath)
    }

    private static func failure(_ path: String) -> FileWriteError {
        FileWriteError(path: path, detail: SystemError.reason(errno))
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileWriteError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Platform.write(descriptor, rest.baseAddress!, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR {
                throw Self.failure(path)
            }
        }
    }

    func write(_ bytes: [UInt8]) throws(FileWriteError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(FileWriteError) in try write(bytes) }
        }
        try result.get()
    }

    /// Gives the file its name. Closing can fail too: on a network file system, that is where a full disk shows.
    package func commit() throws(FileWriteError) {
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0, rename(pendingPath, path) == 0 else {
            let error = Self.failure(path)
            unlink(pendingPath)
            throw error
        }
    }

    /// Gives the file its name, unless there is one of that name already.
    func commitUnlessPresent() throws(FileWriteError) {
        let closed = close(descriptor)
        descriptor = -1
        defer { unlink(pendingPath) }
        guard closed == 0, link(pendingPath, path) == 0 || errno == EEXIST else { throw Self.failure(path) }
    }

    /// Writes a file that only its owner may read, in a directory that only its owner may enter if it is made here.
    /// - Parameter unlessPresent: Whether a file that is there already stays.
    static func writePrivately(_ text: String, to path: String, unlessPresent: Bool = false) throws {
        let directory = FilePath.parent(path)
        try Directories.make(directory, permissions: 0o700)
        let file = try PendingFile(replacing: path, permissions: 0o600)
        try file.write(Array(text.utf8))
        if unlessPresent { try file.commitUnlessPresent() } else { try file.commit() }
    }
}
