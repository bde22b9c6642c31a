import Glibc
import Platform

/// A directory in the machine's memory, removed with its last reference. One whose process has ended without that is removed
/// when the next one is made.
final class MemoryDirectory: Sendable {
    let path: String
    /// The directory, locked: the system gives the lock back when the process ends, however that ends.
    private let descriptor: Int32

    /// What the paths begin with; digits and hyphens follow.
    private static let prefix = "/dev/shm/hippo-dev-"

    init() throws(StoreError) {
        Self.removeLeft()
        path = "\(Self.prefix)\(getuid())-\(UInt64.random(in: 0 ... .max))"
        guard mkdir(path, 0o700) == 0 else { throw StoreError(systemCode: errno, path: path) }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw StoreError(systemCode: errno, path: path)
        }
    }

    deinit {
        remove()
        close(descriptor)
    }

    /// Removes what is in it, before the last reference goes.
    func remove() { try? Directories.removeTree(path) }

    /// Removes what processes of this user have left.
    private static func removeLeft() {
        let own = "hippo-dev-\(getuid())-"
        for name in (try? Directories.names(in: "/dev/shm")) ?? [] where name.hasPrefix(own) {
            remove("/dev/shm/" + name)
        }
    }

    /// Removes a directory that nobody uses any more. The path may come from anybody: one that is not of such a directory is
    /// left alone.
    static func remove(_ path: String) {
        guard path.hasPrefix(prefix),
            path.dropFirst(prefix.count).utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D })
        else { return }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // One that was made a moment ago may not be locked yet.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, let status = FileStatus(descriptor: descriptor),
            status.identity.modificationSeconds < Int64(time(nil)) - 2
        else { return }
        try? Directories.removeTree(path)
    }
}
