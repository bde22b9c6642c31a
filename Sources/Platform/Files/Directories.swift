/// Makes, lists and removes directories.
package enum Directories {
    /// Makes a directory and those that it is in, as far as they are not there.
    ///
    /// - Throws: "make the directory PATH", with the reason: "Not a directory" if something else has the name.
    package static func make(_ path: String, permissions: mode_t = 0o777) throws(SystemError) {
        if mkdir(path, permissions) == 0 { return }
        let code = errno
        switch code {
        case EEXIST:
            guard FileStatus(path: path)?.isDirectory == true else {
                throw SystemError(operation: "make the directory", code: ENOTDIR, path: path)
            }
        case ENOENT:
            guard let parent = parent(of: path) else {
                throw SystemError(operation: "make the directory", code: code, path: path)
            }
            try make(parent, permissions: permissions)
            // Another process may have been faster.
            guard mkdir(path, permissions) == 0 || errno == EEXIST else {
                throw .last("make the directory", path: path)
            }
        default: throw SystemError(operation: "make the directory", code: code, path: path)
        }
    }

    /// The names in a directory, in no order, but for `.` and `..`. What is not UTF-8 is repaired.
    ///
    /// - Throws: "read the directory PATH", with the reason.
    package static func names(in path: String) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else { throw .last("read the directory", path: path) }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                guard errno == 0 else { throw .last("read the directory", path: path) }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// Removes what is at a path, with all that is in it if that is a directory. Links are removed, not followed.
    ///
    /// - Throws: "remove PATH", with the reason of what could not be removed; the rest has been.
    package static func removeTree(_ path: String) throws(SystemError) {
        if unlink(path) == 0 { return }
        let code = errno
        // What EISDIR is on Linux may be EPERM elsewhere.
        guard code == EISDIR || code == EPERM, FileStatus(linkAt: path)?.isDirectory == true else {
            throw SystemError(operation: "remove", code: code, path: path)
        }
        var failure: SystemError?
        for name in try names(in: path) {
            do throws(SystemError) {
                try removeTree("\(path)/\(name)")
            } catch {
                failure = failure ?? error
            }
        }
        if rmdir(path) == 0 { return }
        throw failure ?? .last("remove", path: path)
    }

    /// The directory that `path` names something in; `nil` for `/`, and for a name alone, which is in the working
    /// directory.
    private static func parent(of path: String) -> String? {
        let trimmed = path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }
        let parent = trimmed.drop { $0 != UInt8(ascii: "/") }.drop { $0 == UInt8(ascii: "/") }
        guard trimmed.contains(UInt8(ascii: "/")) else { return nil }
        return parent.isEmpty ? (trimmed.count == 0 ? nil : "/") : String(decoding: parent.reversed(), as: UTF8.self)
    }
}
