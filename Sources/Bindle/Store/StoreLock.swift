import Platform

/// The right of one process to work on a store: a lock on the file `STORE.lock` beside it, which also says who has it.
///
/// It is the operating system's lock (`flock`), so that it ends with the process, however that ends. It is not on the
/// database itself, because closing any descriptor of that file would drop SQLite's own locks.
final class StoreLock: Sendable {
    private let descriptor: Int32

    /// How long to wait for a lock whose holder is gone, and how long between two attempts, in microseconds: a child that it
    /// had just made has the lock, too, until it runs another program.
    private static let (patience, pause): (UInt32, UInt32) = (2_000_000, 5_000)

    /// - Throws: `StoreError.inUse` naming the process that holds the lock.
    init(storePath: String) throws(StoreError) {
        let path = storePath + ".lock"
        // Not through a link, which a repository can bring: what it leads to would be emptied.
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            let detail = "\(path): \(SystemError.reason(code))"
            switch code {
            case EACCES, EROFS, EPERM: throw .notWritable(path: storePath, detail: detail)
            case ENOSPC, EDQUOT: throw .diskFull(path: storePath)
            default: throw .cannotOpen(path: storePath, detail: detail)
            }
        }
        var waited: UInt32 = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EWOULDBLOCK, waited < Self.patience, Self.isHolderGone(in: descriptor) {
                usleep(Self.pause)
                waited += Self.pause
                continue
            }
            defer { close(descriptor) }
            guard code == EWOULDBLOCK else {
                throw .cannotOpen(path: storePath, detail: "\(path): \(SystemError.reason(code))")
            }
            throw .inUse(path: storePath, holder: Self.holder(in: descriptor))
        }
        // One that an earlier version has made is for everybody to read.
        _ = fchmod(descriptor, 0o600)
        let note = "\(getpid()) \(ProcessEnvironment.processName)\n"
        // Who holds the lock is for people; that it is held does not hang on it.
        _ = ftruncate(descriptor, 0)
        _ = note.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        // Not before: an object that has all its properties is deinitialised when its initialiser throws, and would close the
        // descriptor once more, which may be somebody else's by then.
        self.descriptor = descriptor
    }

    deinit {
        _ = ftruncate(descriptor, 0)
        close(descriptor)
    }

    /// What the holder has noted: its process ID and its name.
    private static func note(in descriptor: Int32) -> [Substring] {
        var note = [UInt8](repeating: 0, count: 256)
        let count = pread(descriptor, &note, note.count, 0)
        return String(decoding: note.prefix(max(0, count)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    }

    private static func isHolderGone(in descriptor: Int32) -> Bool {
        guard let process = note(in: descriptor).first.flatMap({ pid_t($0) }), process > 0 else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    private static func holder(in descriptor: Int32) -> String {
        let words = note(in: descriptor)
        guard let processID = words.first else { return "another process" }
        return "process \(processID)" + (words.count > 1 ? " (\(words[1]))" : "")
    }
}
