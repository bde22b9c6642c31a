import Platform

/// A directory for what is in between, which only this user may enter, and which goes with its last reference.
final class TemporaryPlace: Sendable {
    let path: String

    /// Beside a file that is to be written, so that there is room for as much.
    convenience init(beside file: String) throws {
        let directory = FilePath.parent(file)
        try self.init(in: directory)
    }

    init(in directory: String = FilePath.temporaryDirectory) throws {
        path = "\(directory)/.hippo-dev-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        guard mkdir(path, 0o700) == 0 else { throw SystemError.last("make the directory", path: path) }
    }

    deinit {
        try? Directories.removeTree(path)
    }
}
