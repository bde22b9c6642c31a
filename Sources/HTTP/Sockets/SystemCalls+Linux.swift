#if os(Linux)
    import CLinux
    import Glibc

    /// A TCP socket that is not inherited by child processes.
    func makeStreamSocket(family: Int32) -> Int32 {
        socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), Int32(IPPROTO_TCP))
    }

    /// Bounds what the system holds back for a peer that is slow to take it. Without that, megabytes would lie there
    /// before a sender notices how slow the peer is.
    func limitUnsentBytes(_ descriptor: Int32) {
        setSocketOption(descriptor, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, 128 << 10)
    }

    /// What became of an attempt to accept a connection.
    enum AcceptResult {
        case connection(Int32, SocketAddress?)
        /// None is waiting, or another process was faster.
        case none
        /// This connection is gone; the next may be there.
        case lost
        /// The system has no descriptor or memory left.
        case exhausted(Int32)
    }

    /// Accepts a connection that does not block and is not inherited by child processes.
    func acceptConnection(from listener: Int32) -> AcceptResult {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                accept4(listener, $0, &length, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            }
        }
        if descriptor >= 0 { return .connection(descriptor, SocketAddress(storage)) }
        switch errno {
        case EAGAIN: return .none
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(errno)
        case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP: return .none
        // EINTR, ECONNABORTED, and the errors of the network that accept(2) passes on.
        default: return .lost
        }
    }

    /// Sends from `file` at `offset` to a socket without copying through this process.
    ///
    /// - Returns: the bytes sent, 0 at the file's end, or -1 with `errno`.
    func sendFile(_ file: Int32, offset: Int64, count: Int, to socket: Int32) -> Int {
        var position = off_t(offset)
        return sendfile(socket, file, &position, count)
    }
#endif
