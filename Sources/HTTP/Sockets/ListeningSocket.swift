import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A TCP socket that listens, closed with its last reference.
///
/// Several processes may accept from one: its descriptor is inherited, or sent, and adopted on the other side.
package final class ListeningSocket: Sendable {
    /// The local address, with the port that was given by the system if 0 was asked for.
    package let address: SocketAddress
    package let fileDescriptor: Int32

    /// Listens on `address`.
    ///
    /// - Parameter backlog: how many connections the system may hold ready before they are accepted.
    package init(binding address: SocketAddress, backlog: Int32 = 1024) throws(ServerError) {
        let descriptor = makeStreamSocket(family: address.family)
        guard descriptor >= 0 else { throw .system(SystemError(operation: "socket", code: errno)) }
        do throws(ServerError) {
            // Without it, the connections of a server that has just ended would keep its port for a minute.
            try setOption(descriptor, SOL_SOCKET, SO_REUSEADDR)
            if address.family == AF_INET6 { try setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
            let bound = address.withSystemAddress { bind(descriptor, $0, $1) }
            guard bound == 0 else { throw Self.bindError(errno, address) }
            guard listen(descriptor, backlog) == 0 else { throw Self.bindError(errno, address) }
            self.address = try Self.prepare(descriptor)
            fileDescriptor = descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Takes over a socket that listens already, as a child process inherits one.
    package init(adopting fileDescriptor: Int32) throws(ServerError) {
        var accepts: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(fileDescriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &length) == 0, accepts != 0 else {
            throw .notAListeningSocket(fileDescriptor: fileDescriptor)
        }
        address = try Self.prepare(fileDescriptor)
        self.fileDescriptor = fileDescriptor
    }

    deinit {
        close(fileDescriptor)
    }

    /// Makes accepting non-blocking, since another process may be faster, and answers the local address.
    private static func prepare(_ descriptor: Int32) throws(ServerError) -> SocketAddress {
        guard let address = SocketAddress(localAddressOf: descriptor) else {
            throw .notAListeningSocket(fileDescriptor: descriptor)
        }
        guard setNonBlocking(descriptor), fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw .system(SystemError(operation: "fcntl", code: errno))
        }
        // Accepted connections inherit these.
        try setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
        limitUnsentBytes(descriptor)
        return address
    }

    private static func bindError(_ code: Int32, _ address: SocketAddress) -> ServerError {
        switch code {
        case EADDRINUSE: .addressInUse(address)
        case EADDRNOTAVAIL: .addressNotAvailable(address)
        case EACCES, EPERM: .permissionDenied(address)
        default: .system(SystemError(operation: "listen on \(address)", code: code))
        }
    }
}

/// Sets a socket's on-or-off option.
private func setOption(_ descriptor: Int32, _ level: Int32, _ option: Int32) throws(ServerError) {
    guard setSocketOption(descriptor, level, option, 1) else {
        throw .system(SystemError(operation: "setsockopt", code: errno))
    }
}

/// Sets a socket's option that is a number.
@discardableResult
func setSocketOption(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
    var value = value
    return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
}

/// Makes calls on `descriptor` return instead of waiting.
func setNonBlocking(_ descriptor: Int32) -> Bool {
    let flags = fcntl(descriptor, F_GETFL)
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0
}
