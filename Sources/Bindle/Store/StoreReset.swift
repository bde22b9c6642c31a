import Platform

extension BindleStore {
    /// Moves a store's file out of the way, with its large parcels and what else belongs to it, so that a new one is made in its place. It need
    /// not be a store that can be opened.
    ///
    /// - Parameter now: the time that the new name tells: seconds since 1970.
    /// - Returns: The path that it has now.
    /// - Throws: `StoreError.inUse` while a process has it open.
    package static func setAside(path: String, now: Int64 = Int64(time(nil))) throws(StoreError) -> String {
        guard FileStatus(path: path) != nil else {
            throw .cannotOpen(path: path, detail: SystemError.reason(ENOENT))
        }
        // Held until all is moved.
        let lock = try StoreLock(storePath: path)
        let stem = "\(path).aside-\(CivilTime(utcAt: now).basic)Z"
        var target = stem
        var count = 1
        while FileStatus(path: target) != nil || FileStatus(path: ContentFiles.path(ofStore: target)) != nil {
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
                throw .notWritable(path: path, detail: SystemError.reason(code))
            }
        }
        withExtendedLifetime(lock) {}
        return target
    }
}
