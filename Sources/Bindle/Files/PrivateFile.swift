import Platform

/// Files that hold secrets: only their owner may read them.
package enum PrivateFile {
    /// What a file holds; `nil` if there is none.
    ///
    /// A link is not followed, and what others may read, or somebody else has put there, is not believed.
    /// - Parameter limit: The most bytes that the file may have.
    package static func read(_ path: String, limit: Int) throws(PrivateFileError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unreadable(path: path, detail: SystemError.reason(errno))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else { throw .open(path: path) }
        do { return try FileReader.bytes(of: descriptor, path: path, limit: limit) } catch {
            throw .unreadable(path: path, detail: error.reason)
        }
    }

    /// Writes a file, in one step, in a directory that only its owner may enter if it is made here.
    package static func write(_ text: String, to path: String) throws(PrivateFileError) {
        do { try PendingFile.writePrivately(text, to: path) } catch {
            throw .unwritable(path: path, detail: "\(error)")
        }
    }

    /// Does something while no other process, and no other thread, does such a thing with a file of the same directory: so
    /// that what is read, changed and written is not what somebody else has changed meanwhile.
    package static func locking<Result>(
        _ path: String, _ body: () throws(PrivateFileError) -> Result
    ) throws(PrivateFileError) -> Result {
        let directory = FilePath.parent(path)
        do { try Directories.make(directory, permissions: 0o700) } catch {
            throw .unwritable(path: path, detail: "\(error)")
        }
        let descriptor = Platform.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unwritable(path: path, detail: SystemError.reason(errno)) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .unwritable(path: path, detail: SystemError.reason(errno)) }
        }
        return try body()
    }
}

/// Why a secret cannot be read or kept.
package enum PrivateFileError: Error, Hashable, CustomStringConvertible {
    case unreadable(path: String, detail: String)
    /// Others may read the file, or it is somebody else's, or no file.
    case open(path: String)
    case malformed(path: String, detail: String)
    case unwritable(path: String, detail: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let detail): "\(path) cannot be read: \(detail)"
        case .open(let path): "\(path): others may read the file, or have made it; remove it, and a new one is made"
        case .malformed(let path, let detail): "\(path): \(detail); remove the file, and a new one is made"
        case .unwritable(let path, let detail): "\(path) cannot be written: \(detail)"
        }
    }
}
