import CLinux
import Platform

/// What a directory of the host holds, counted by all processes together whose guests may write there.
///
/// The count is in a small file in shared memory, which is named for the directory and the user. It goes with the last
/// process that uses it. Whoever begins to use it looks through the directory. See <doc:Room>.
final class DirectoryLedger: Sendable {
    struct Count: Equatable {
        /// What has a name in the directory, in bytes.
        var named: Int64 = 0
        /// The lengths of files without a name that guests still have open, in bytes.
        var nameless: Int64 = 0

        var total: Int64 { named + nameless }
    }

    private let directory: HostDescriptor
    private let path: String
    private let descriptor: Int32

    /// Begins to count.
    ///
    /// - Throws: the host's error for the file of the count.
    init(of directory: HostDescriptor) throws(ErrorNumber) {
        guard let id = Platform.FileStatus(descriptor: directory.number)?.id else { throw .current }
        self.directory = directory
        let path = "\(Self.folder)/hippo-dev-\(geteuid())-\(id.device)-\(id.inode)"
        self.path = path
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
            guard descriptor >= 0 else { throw .current }
            guard let status = Platform.FileStatus(descriptor: descriptor), status.isRegular, status.owner == geteuid()
            else {
                close(descriptor)
                throw .operationNotPermitted
            }
            // Nobody else uses it: what a process has left that was killed says nothing.
            let isAlone = flock(descriptor, LOCK_EX | LOCK_NB) == 0
            if !isAlone { _ = flock(descriptor, LOCK_SH) }
            // The last one to use it may have removed it meanwhile.
            guard Platform.FileStatus(descriptor: descriptor)?.linkCount == 1 else {
                close(descriptor)
                continue
            }
            self.descriptor = descriptor
            if isAlone { ftruncate(descriptor, 0) }
            break
        }
        do throws(ErrorNumber) {
            try lock()
            defer { unlock() }
            var count = read()
            recount(&count)
            write(count)
        } catch {
            close(descriptor)
            throw error
        }
        _ = flock(descriptor, LOCK_SH)
    }

    deinit {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
        close(descriptor)
    }

    /// The same for all processes, whatever their directory for temporary files; it is empty after a restart of the machine.
    private static let folder = Platform.FileStatus(path: "/dev/shm")?.isDirectory == true ? "/dev/shm" : "/tmp"

    /// Lets nobody else change the directory or the count meanwhile. To be called by one thread at a time.
    func exclusively<Result>(
        _ body: (inout Count) throws(ErrorNumber) -> Result
    ) throws(ErrorNumber) -> Result {
        try lock()
        defer { unlock() }
        var count = read()
        let before = count
        // What was done before a failure has been done.
        defer { if count != before { write(count) } }
        return try body(&count)
    }

    /// Looks through the directory for what really has a name in it.
    func recount(_ count: inout Count) {
        count.named = DirectoryUsage(ofDirectory: directory.number).cost
    }

    // MARK: The file

    /// A lock that belongs to the descriptor and not to the process, so that two ledgers of one process exclude each other.
    private func lock() throws(ErrorNumber) {
        var range = Self.range(F_WRLCK)
        while fcntl(descriptor, F_OFD_SETLKW, &range) != 0 {
            guard errno == EINTR else { throw .current }
        }
    }

    private func unlock() {
        var range = Self.range(F_UNLCK)
        _ = fcntl(descriptor, F_OFD_SETLK, &range)
    }

    private static func range(_ type: Int32) -> flock {
        var range = flock()
        range.l_type = Int16(type)
        range.l_whence = Int16(SEEK_SET)
        range.l_len = 1
        return range
    }

    private func read() -> Count {
        var count = Count()
        withUnsafeMutableBytes(of: &count) { bytes in
            guard pread(descriptor, bytes.baseAddress, bytes.count, 0) != bytes.count else { return }
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
        }
        return count
    }

    private func write(_ count: Count) {
        withUnsafeBytes(of: count) { _ = pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }
}
