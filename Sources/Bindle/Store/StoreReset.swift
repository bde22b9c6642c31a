import Foundation

extension BindleStore {
    /// Moves a store's file out of the way, with what belongs to it, so that a new one is made in its place. It need
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
        while files.fileExists(atPath: target) {
            count += 1
            target = "\(stem)-\(count)"
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
