import CLinux
import Glibc
import Platform

/// Sockets between processes of this machine, named by paths of any length.
enum LocalSocket {
    static func listen(at path: String) throws(SystemError) -> Int32 {
        try open(path) { descriptor, address, length in
            // The mask of permissions belongs to the whole process; who connects is looked at in `isOfThisUser`.
            bind(descriptor, address, length) == 0 && Glibc.listen(descriptor, 64) == 0
        }
    }

    static func connect(to path: String) throws(SystemError) -> Int32 {
        try open(path) { descriptor, address, length in Glibc.connect(descriptor, address, length) == 0 }
    }

    /// Opens a socket, and has its address used, which names the file by its directory's descriptor: an address has room for
    /// 107 bytes only.
    private static func open(
        _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) throws(SystemError) -> Int32 {
        let directory = Glibc.open(FilePath.parent(path), O_PATH | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .last("open", path: FilePath.parent(path)) }
        defer { close(directory) }
        let name = "/proc/self/fd/\(directory)/\(FilePath.name(path))"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard name.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(operation: "open", code: ENAMETOOLONG, path: path)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .last("open a socket") }
        let isDone = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard isDone else {
            let error = SystemError.last("open the socket", path: path)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Whether the peer's process is this user's (SO_PEERCRED, unix(7)).
    static func isOfThisUser(_ connection: Int32) -> Bool {
        // Process, user and group.
        var credentials: (Int32, UInt32, UInt32) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return false }
        return credentials.1 == getuid()
    }

    /// How long it may take until something comes, or goes.
    static func setTimeout(_ seconds: Int, of connection: Int32) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(connection, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }
}
