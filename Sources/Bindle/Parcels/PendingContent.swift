import CLinux
import Cryptography
import Glibc
import Platform

/// A file of content that is being written under a temporary name. One that is not committed is removed.
package final class PendingContent {
    private let path: String
    private var descriptor: Int32
    private(set) var isSynced = false
    /// Whether a blob store has it.
    var isRemote = false

    /// Names of files that are being written end so.
    static let suffix = ".partial"

    /// - Parameter permissions: Who may read it, as far as the umask lets them.
    init(in directory: String, permissions: mode_t = 0o600) throws(StoreError) {
        path = "\(directory)/\(getpid())-\(UInt64.random(in: 0 ... .max))\(Self.suffix)"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
        guard descriptor >= 0 else { throw StoreError(systemCode: errno, path: path) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(path)
    }

    /// How much is written.
    private var end = 0

    package func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) { try write(bytes, at: end) }

    /// Writes bytes at an offset, behind what is there.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreError) {
        var rest = bytes
        end = offset
        while !rest.isEmpty {
            let count = pwrite(descriptor, rest.baseAddress!, rest.count, off_t(end))
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                end += count
            } else if errno != EINTR {
                throw StoreError(systemCode: errno, path: path)
            }
        }
    }

    /// Has the system copy bytes of an open file to the end of what is written: file systems that can share blocks do.
    /// - Parameters:
    ///   - offset: Where to begin, in both files.
    ///   - count: At most so many.
    /// - Returns: The number of bytes; 0 where the file ends, or the system does not copy between these.
    func copy(from source: Int32, at offset: Int, count: Int) -> Int {
        var (from, to) = (off_t(offset), off_t(offset))
        while true {
            let copied = copy_file_range(source, &from, descriptor, &to, count, 0)
            if copied >= 0 { return copied }
            if errno != EINTR { return 0 }
        }
    }

    /// Reads from an offset until `buffer` is full or the file ends.
    /// - Returns: The number of bytes.
    func read(at offset: Int, filling buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset + filled))
            if count > 0 {
                filled += count
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw StoreError(systemCode: errno, path: path)
            }
        }
        return filled
    }

    /// Brings the bytes to the disk.
    func sync() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw StoreError(systemCode: errno, path: path) }
        isSynced = true
    }

    /// The file, opened once more, which stays readable whatever becomes of this.
    func duplicate() throws(StoreError) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw StoreError(systemCode: errno, path: path) }
        return copy
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
