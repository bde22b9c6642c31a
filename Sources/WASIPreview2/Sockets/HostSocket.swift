import CLinux
import HTTP
import Platform

/// A socket of the host's that does not block, closed with its last reference.
final class HostSocket {
    enum Kind {
        case stream, datagrams

        fileprivate var hostValue: Int32 {
            switch self {
            case .stream: Int32(SOCK_STREAM.rawValue)
            case .datagrams: Int32(SOCK_DGRAM.rawValue)
            }
        }
    }

    let number: Int32
    let family: AddressFamily

    init(_ kind: Kind, _ family: AddressFamily) throws(NetworkErrorCode) {
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        number = socket(family.hostValue, kind.hostValue | flags, 0)
        self.family = family
        guard number >= 0 else { throw .current }
        if family == .v6 { try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
    }

    deinit {
        if number >= 0 { close(number) }
    }

    func bind(to address: SocketAddress) throws(NetworkErrorCode) {
        guard address.withSystemAddress({ Glibc.bind(number, $0, $1) }) == 0 else {
            throw errno == EAFNOSUPPORT ? .invalidArgument : .current
        }
    }

    /// Begins to connect, or sets the peer of datagrams.
    func connect(to address: SocketAddress) throws(NetworkErrorCode) {
        guard address.withSystemAddress({ Glibc.connect(number, $0, $1) }) != 0, errno != EINPROGRESS else { return }
        switch errno {
        case EAFNOSUPPORT: throw .invalidArgument
        // No port is left that it could get.
        case EADDRNOTAVAIL, EAGAIN: throw .addressInUse
        default: throw .current
        }
    }

    /// The local address, if it has one.
    var localAddress: SocketAddress? { SocketAddress(localAddressOf: number) }

    /// The address of the peer, if it has one.
    var peerAddress: SocketAddress? { SocketAddress(peerOf: number) }

    // MARK: Options

    func option(_ level: Int32, _ name: Int32) throws(NetworkErrorCode) -> Int {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(number, level, name, &value, &length) == 0 else { throw .current }
        return Int(value)
    }

    func set(_ level: Int32, _ name: Int32, _ value: Int) throws(NetworkErrorCode) {
        var value = Int32(clamping: value)
        guard setsockopt(number, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else { throw .current }
    }

    /// How many routers a packet may pass.
    var hopLimit: Int {
        get throws(NetworkErrorCode) {
            switch family {
            case .v4: try option(Int32(IPPROTO_IP), IP_TTL)
            case .v6: try option(Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS)
            }
        }
    }

    func setHopLimit(_ value: Int) throws(NetworkErrorCode) {
        switch family {
        case .v4: try set(Int32(IPPROTO_IP), IP_TTL, value)
        case .v6: try set(Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS, value)
        }
    }
}
