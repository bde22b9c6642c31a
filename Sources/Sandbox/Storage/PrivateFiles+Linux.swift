import Platform

/// The directory and the files that a sandbox keeps for a project: for its user alone, and never through links, which a
/// repository can bring with it.
package enum PrivateFiles {
    /// What stands where a sandbox keeps something is not to be trusted.
    package struct Refused: Error, CustomStringConvertible {
        package let path: String
        /// What is wrong with it, said of the path.
        package let reason: String
        /// Whether the store is that of a sandbox that starts, which can keep another one.
        var isOfStart = true

        package var description: String {
            let alternative = ", or keep the store elsewhere with --store FILE, or nothing with --ephemeral"
            return "\(path) \(reason). Remove it\(isOfStart ? alternative : "")."
        }
    }

    /// Makes a directory for this user alone, or makes it so. What is above it is made as the umask says.
    ///
    /// - Parameter isOfStart: Whether it is for a sandbox that starts, which can keep its store elsewhere.
    package static func makeDirectory(_ path: String, isOfStart: Bool = false) throws {
        func unusable(_ path: String, _ error: SystemError) -> Storage.Unusable {
            Storage.Unusable(path: path, error: error, isOfStart: isOfStart)
        }
        let parent = FilePath.parent(path)
        if FileStatus(path: parent) == nil {
            do throws(SystemError) { try Directories.make(parent) } catch { throw unusable(parent, error) }
        }
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw unusable(path, .last("write", path: path)) }
        do throws(Refused) { try check(path) } catch {
            throw Refused(path: error.path, reason: error.reason, isOfStart: isOfStart)
        }
        guard FileStatus(linkAt: path)?.isDirectory == true else {
            throw unusable(path, SystemError(operation: "write", code: ENOTDIR, path: path))
        }
        // Where that is not possible, as on some file systems, it is as it is.
        chmod(path, 0o700)
    }

    /// Refuses links, and what belongs to somebody else. What is not there is fine.
    static func check(_ path: String) throws(Refused) {
        guard let status = FileStatus(linkAt: path) else { return }
        if status.kind == .symbolicLink {
            throw Refused(path: path, reason: "is a symbolic link, which hippo-dev does not follow")
        }
        if status.owner != geteuid() { throw Refused(path: path, reason: "belongs to somebody else") }
    }

    /// Refuses links among the files of a store, and makes those that are there private.
    static func checkFiles(ofStore store: String) throws(Refused) {
        let digests = isProjectsOwn(store) ? "\(FilePath.parent(store))/digests" : "\(store).digests"
        for path in ["", "-wal", "-shm", "-journal", ".lock", ".up"].map({ store + $0 }) + [digests] {
            try check(path)
            if FileStatus(linkAt: path)?.isRegular == true { chmod(path, 0o600) }
        }
        // Where large contents are.
        let parcels = store + ".parcels"
        try check(parcels)
        if FileStatus(linkAt: parcels)?.isDirectory == true { chmod(parcels, 0o700) }
    }

    /// For commands that open a store which is there: refuses links among its files and, if it is a project's own, in place
    /// of the directory.
    package static func checkStore(_ store: String) throws(Refused) {
        do throws(Refused) {
            if isProjectsOwn(store) { try check(FilePath.parent(store)) }
            try checkFiles(ofStore: store)
        } catch {
            throw Refused(path: error.path, reason: error.reason, isOfStart: false)
        }
    }

    /// Whether a store is in the directory that a project has for it.
    private static func isProjectsOwn(_ store: String) -> Bool {
        FilePath.name(FilePath.parent(FilePath.absolute(store))) == ".hippo"
    }

    /// Opens a file that is no link, made for this user alone if it has to be; below 0, with `errno`, if that cannot be.
    static func open(_ path: String, _ flags: Int32) -> Int32 {
        Platform.open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }

    /// The content of a file that is no link, up to a size.
    static func content(of path: String, limit: Int = 16 << 20) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard FileStatus(descriptor: descriptor)?.isRegular == true else { return nil }
        return try? FileReader.bytes(of: descriptor, path: path, limit: limit)
    }

    /// Writes a file in place of the one before, at once: whoever reads it finds one or the other.
    ///
    /// - Returns: false, with nothing changed, if that cannot be done.
    @discardableResult
    static func replace(_ path: String, with bytes: [UInt8]) -> Bool {
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL)
        guard descriptor >= 0 else { return false }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        let isWhole = close(descriptor) == 0 && rest.isEmpty && rename(temporary, path) == 0
        if !isWhole { unlink(temporary) }
        return isWhole
    }
}
