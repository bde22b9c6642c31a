import Foundation

extension BindleStore {
    /// Moves a store's file out of the way, with its large parcels and what else belongs to it, so that a new one is made in its place. It need
    /// not be a store that can be opened.
    ///
    /// - Returns: The path that it has now.
    /// - Throws: `StoreError.inUse` while a process has it open.
    package static func setAside(path: String, now: Date = Date()) throws(StoreError) -> String {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else {
            throw .cannotOpen(path: path, detail: String(cString: strerror(ENOENT)))
        }
        // Held until all is moved.
        let lock = try StoreLock(storePath: path)
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        let stem = "\(path).aside-\(format.string(from: now))"
        var target = stem
        var count = 1
        while files.fileExists(atPath: target) || files.fileExists(atPath: ContentFiles.path(ofStore: target)) {
            count += 1
            target = "\(stem)-\(count)"
        }
        // The parcels first: a new store would remove what it has no rows for. Where the rest is not moved any more, the
        // store finds them missing.
        if rename(ContentFiles.path(ofStore: path), ContentFiles.path(ofStore: target)) != 0, errno != ENOENT {
            throw .notWritable(path: path, detail: String(cString: strerror(errno)))
        }
        // The log first: without it, the file is a store of before; the other way round, a new store would take it for
        // its own.
        for suffix in ["-shm", "-wal", ""] {
            guard rename(path + suffix, target + suffix) != 0 else { continue }
            let code = errno
            guard code == ENOENT, !suffix.isEmpty else {
                throw .notWritable(path: path, detail: String(cString: strerror(code)))
            }
        }
        withExtendedLifetime(lock) {}
        return target
    }
}
