import Cryptography
import Glibc
import Platform

/// A file of content that is being written under a temporary name. One that is not committed is removed.
final class PendingContent {
    private let path: String
    private var descriptor: Int32
    private(set) var isSynced = false

    /// Names of files that are being written end so.
    static let suffix = ".partial"

    init(in directory: String) throws(StoreError) {
        path = "\(directory)/\(getpid())-\(UInt64.random(in: 0 ... .max))\(Self.suffix)"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(systemCode: errno, path: path) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(path)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress!, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR {
                throw StoreError(systemCode: errno, path: path)
            }
        }
    }

    /// Brings the bytes to the disk.
    func sync() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw StoreError(systemCode: errno, path: path) }
        isSynced = true
    }

    /// Gives the file its name.
    func rename(to target: String) throws(StoreError) -> FileIdentity {
        // Taken after the name is given: a rename changes the second of the times.
        guard Glibc.rename(path, target) == 0 else { throw StoreError(systemCode: errno, path: path) }
        let identity = FileIdentity(descriptor: descriptor)
        // Closing can fail too: on a network file system, that is where a full disk shows.
        let code = Glibc.close(descriptor) == 0 ? 0 : errno
        descriptor = -1
        guard code == 0, let identity else {
            unlink(target)
            throw StoreError(systemCode: code, path: target)
        }
        return identity
    }
}
