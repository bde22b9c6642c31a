import ComponentModel
import HTTP
import Platform
import WASI

extension ResourceType {
    static let network = ResourceType(wasi: "wasi:sockets/network/network", Network.self)
    static let resolveAddressStream = ResourceType(
        wasi: "wasi:sockets/ip-name-lookup/resolve-address-stream", ResolveAddressStream.self)
    static let tcpSocket = ResourceType(wasi: "wasi:sockets/tcp/tcp-socket", TCPSocket.self)
    static let udpSocket = ResourceType(wasi: "wasi:sockets/udp/udp-socket", UDPSocket.self)
    static let incomingDatagramStream = ResourceType(
        wasi: "wasi:sockets/udp/incoming-datagram-stream", IncomingDatagramStream.self)
    static let outgoingDatagramStream = ResourceType(
        wasi: "wasi:sockets/udp/outgoing-datagram-stream", OutgoingDatagramStream.self)
}

extension ValueType {
    static let networkErrorCode = enumeration(NetworkErrorCode.labels)
    static let ipAddressFamily = enumeration("ipv4", "ipv6")
    static let ipv4Address = tuple(.u8, .u8, .u8, .u8)
    static let ipv6Address = tuple(.u16, .u16, .u16, .u16, .u16, .u16, .u16, .u16)
    static let ipAddress = variant(("ipv4", ipv4Address), ("ipv6", ipv6Address))
    static let ipSocketAddress = variant(
        ("ipv4", record(("port", .u16), ("address", ipv4Address))),
        ("ipv6", record(("port", .u16), ("flow-info", .u32), ("address", ipv6Address), ("scope-id", .u32))))
}

/// The resource `network`: what a component names where it opens sockets. There is one network.
final class Network {}

/// `ip-address-family`.
enum AddressFamily: Int {
    case v4, v6

    var hostValue: Int32 {
        switch self {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }
}

extension SocketAddress.IP {
    var family: AddressFamily {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    /// An `ip-address`.
    var value: Value { .variant(family.rawValue, partsValue) }

    /// An `ipv4-address` or `ipv6-address`.
    fileprivate var partsValue: Value {
        switch self {
        case .v4(let bits):
            .record((0..<4).map { .u8(UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0))) })
        case .v6(let high, let low, _):
            .record(
                [high, low].flatMap { half in
                    (0..<4).map { .u16(UInt16(truncatingIfNeeded: half >> (48 - 16 * $0))) }
                })
        }
    }

    /// Whether it means all interfaces and no peer: `0.0.0.0`, `::`.
    var isUnspecified: Bool {
        switch self {
        case .v4(let bits): bits == 0
        case .v6(let high, let low, _): high == 0 && low == 0
        }
    }

    /// Whether it means one interface: no group, and not all of a network.
    var isUnicast: Bool {
        switch self {
        case .v4(let bits): bits >> 28 != 0xE && bits != .max
        case .v6(let high, _, _): high >> 56 != 0xFF
        }
    }

    /// Whether it is an address of IPv4, written as one of IPv6.
    var isMapped: Bool {
        if case .v6(0, let low, _) = self { low >> 32 == 0xFFFF } else { false }
    }
}

extension SocketAddress {
    /// An `ip-socket-address`.
    var value: Value {
        switch ip {
        case .v4: .variant(0, .record([.u16(port), ip.partsValue]))
        case .v6(_, _, let scope): .variant(1, .record([.u16(port), .u32(0), ip.partsValue, .u32(scope)]))
        }
    }

    init(_ value: Value) {
        let fields = value.payload?.fields ?? []
        if value.caseNumber == 0 {
            let bits = fields[1].fields.reduce(UInt32(0)) { $0 << 8 | UInt32($1.u8) }
            self.init(ip: .v4(bits), port: fields[0].u16)
        } else {
            let parts = fields[2].fields.map { UInt64($0.u16) }
            let halves = [parts[..<4], parts[4...]].map { $0.reduce(UInt64(0)) { $0 << 16 | $1 } }
            self.init(ip: .v6(high: halves[0], low: halves[1], scope: fields[3].u32), port: fields[0].u16)
        }
    }

    /// Fails unless a socket of this family may be bound to it. A component cannot choose its port: others may have a use
    /// for it, and nobody is to connect to a component.
    func requireBindable(_ family: AddressFamily) throws(NetworkErrorCode) {
        guard ip.family == family, ip.isUnicast, !ip.isMapped else { throw .invalidArgument }
        guard port == 0 else { throw .accessDenied }
    }

    /// Fails unless it can be that of a peer.
    func requirePeer(_ family: AddressFamily) throws(NetworkErrorCode) {
        guard ip.family == family, ip.isUnicast, !ip.isMapped, !ip.isUnspecified, port != 0 else {
            throw .invalidArgument
        }
    }
}

extension WASICall {
    /// The `result` of an operation on sockets, with an `error-code`.
    func networkResult(_ body: () throws -> Value?) throws -> Value {
        do {
            return .ok(try body())
        } catch let error as NetworkErrorCode {
            try endIfInterrupted()
            return .error(error.value)
        }
    }

    /// Fails unless one more socket may be open.
    func requireSocket() throws(NetworkErrorCode) {
        guard !context.socketPolicy.allowsNothing else {
            context.socketPolicy.reportRefusalOfSockets()
            throw .accessDenied
        }
        try requireDescriptor()
    }

    /// Fails unless there may be one more of what takes a descriptor.
    func requireDescriptor() throws(NetworkErrorCode) {
        do throws(ErrorNumber) { try context.resources.requireDescriptor() } catch { throw .newSocketLimit }
    }

    /// Fails unless the component may connect to an address.
    func requireAllowed(_ address: SocketAddress) throws(NetworkErrorCode) {
        guard context.socketPolicy.allows(address, context.resolved) else {
            context.socketPolicy.reportRefusal(of: address.description)
            throw .accessDenied
        }
    }
}
