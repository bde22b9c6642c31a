import Platform

/// A directory of this process alone, removed with all that is in it when its last reference goes.
///
/// Its name has the process's number, so that a later process finds what one left behind that was killed.
final class PrivateDirectory: Sendable {
    let path: String
    private static let prefix = "hippo-dev-wagi-"

    /// Makes a directory in `parent`, and removes there what processes that are no more have left.
    init(in parent: String) throws(LoadError) {
        try Self.make(parent)
        Self.removeAbandoned(in: parent)
        var template = Array("\(parent)/\(Self.prefix)\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw LoadError("no directory can be made here: \(SystemError.reason(errno))", file: parent)
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Makes a directory unless it is there. What it is in has to be there: where that was removed, it is not for this
    /// process to bring it back.
    static func make(_ path: String) throws(LoadError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw LoadError("the directory cannot be made: \(SystemError.reason(errno))", file: path)
    }

    deinit {
        remove()
    }

    /// Removes the directory now. What is open stays readable.
    func remove() {
        try? Directories.removeTree(path)
    }

    private static func removeAbandoned(in parent: String) {
        for name in (try? Directories.names(in: parent)) ?? [] where name.hasPrefix(prefix) {
            let digits = name.dropFirst(prefix.count).prefix { $0.isNumber }
            guard let process = pid_t(digits), kill(process, 0) != 0, errno == ESRCH else { continue }
            let path = "\(parent)/\(name)"
            var status = stat()
            // In a directory that others may write to, only what this user has made is touched.
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid() else {
                continue
            }
            try? Directories.removeTree(path)
        }
    }
}
