import Glibc
import Platform

/// A directory in which something is made ready before it takes its place in a reference server's directory, at once.
///
/// It stands beside `invoices` and `parcels`, where the reference never looks: it gives up reading its invoices at the first
/// directory that has none. Whoever makes it holds a lock on it, so that those of processes that were killed are known.
final class StagingDirectory {
    let path: String
    private let descriptor: Int32

    private static let prefix = ".hippo-dev-"

    init(in root: String) throws(StoreError) {
        while true {
            let path = "\(root)/\(Self.prefix)\(UInt64.random(in: 0 ... .max))"
            guard mkdir(path, 0o777) == 0 else { throw StoreError(systemCode: errno, path: path) }
            let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            // Somebody may have taken it for one that was left behind.
            if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0,
                let status = FileStatus(descriptor: descriptor), FileStatus(path: path)?.id == status.id
            {
                self.path = path
                self.descriptor = descriptor
                return
            }
            if descriptor >= 0 { close(descriptor) }
        }
    }

    deinit {
        // It may have become something else, under another name.
        if FileStatus(path: path)?.id == FileStatus(descriptor: descriptor)?.id { try? Directories.removeTree(path) }
        close(descriptor)
    }

    /// Writes a file in it, down to the disk.
    func write(_ bytes: [UInt8], to name: String) throws(StoreError) {
        let file = try PendingContent(in: path, permissions: 0o666)
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(StoreError) in try file.write(bytes) } }
        try result.get()
        try finish(file, as: name)
    }

    /// Gives a file in it its name, when its bytes are on the disk.
    func finish(_ file: PendingContent, as name: String) throws(StoreError) {
        try file.sync()
        _ = try file.rename(to: "\(path)/\(name)")
        guard fsync(descriptor) == 0 else { throw StoreError(systemCode: errno, path: path) }
    }

    /// Removes what processes have left that were killed.
    static func clean(_ root: String) {
        for name in (try? Directories.names(in: root)) ?? [] where name.hasPrefix(prefix) {
            let path = "\(root)/\(name)"
            let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { try? Directories.removeTree(path) }
            close(descriptor)
        }
    }

    /// Brings to the disk which names a directory has.
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(systemCode: errno, path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreError(systemCode: errno, path: path) }
    }
}
