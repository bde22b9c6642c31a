import CLinux
import Glibc

/// Whether somebody has a file open for writing, as far as the system tells.
package enum OpenForWriting: Hashable, Sendable {
    case yes
    case no
    /// The file system has no leases, or gives this user none.
    case unknown

    /// Asks for a read lease of the file, which is refused as long as somebody may write to it (fcntl(2), "Leases"), and
    /// gives it back at once. Files that are not there are not being written.
    package init(fileAt path: String) {
        let descriptor = LongPath.open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else {
            self = errno == ENOENT || errno == ENOTDIR ? .no : .unknown
            return
        }
        defer { close(descriptor) }
        guard FileStatus(descriptor: descriptor)?.isRegular == true else {
            self = .unknown
            return
        }
        // Who opens the file in this moment waits until the lease is given back, and this process gets a signal: one that
        // is ignored unless somebody has asked for it, in place of SIGIO, which would end it.
        guard fcntl(descriptor, Self.setSignal, SIGURG) == 0 else {
            self = .unknown
            return
        }
        if fcntl(descriptor, F_SETLEASE, Int32(F_RDLCK)) == 0 {
            _ = fcntl(descriptor, F_SETLEASE, Int32(F_UNLCK))
            self = .no
        } else {
            self = errno == EAGAIN ? .yes : .unknown
        }
    }

    /// F_SETSIG, which headers hide.
    private static let setSignal: Int32 = 10
}
