#if canImport(Glibc)
    package import Glibc
#else
    package import Darwin
#endif

/// An IP address and a port.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address itself.
    package enum IP: Hashable, Sendable {
        /// The four bytes in network order.
        case v4(UInt32)
        /// The sixteen bytes in network order, in two halves, and the scope of a link-local address.
        case v6(high: UInt64, low: UInt64, scope: UInt32)
    }

    package let ip: IP
    /// 0…65535; 0 asks for any free port when binding.
    package let port: UInt16

    package init(ip: IP, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// 127.0.0.1 at `port`.
    package static func loopback(port: UInt16) -> SocketAddress {
        SocketAddress(ip: .v4(0x7F00_0001), port: port)
    }

    /// The address that `text` writes as `127.0.0.1:3000` or `[::1]:3000`; `nil` for anything else, names included.
    package static func parse(_ text: String) -> SocketAddress? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let portText = text[text.index(after: colon)...]
        guard !portText.isEmpty, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(portText)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        return parseIP(String(host)).map { SocketAddress(ip: $0, port: port) }
    }

    /// Where to listen, as people write it: as for `parse`, or `3000`, `:3000` or `localhost:3000`, which all mean the
    /// loopback interface. Only an address that is written out opens a port to others.
    package static func parseListener(_ text: String) -> SocketAddress? {
        for prefix in ["", ":", "localhost:"] where text.hasPrefix(prefix) {
            let digits = text.dropFirst(prefix.count)
            if let loopback = parse("127.0.0.1:\(digits)") { return loopback }
        }
        return parse(text)
    }

    /// The IP address that `text` writes, without brackets.
    package static func parseIP(_ text: String) -> IP? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            return .v4(UInt32(bigEndian: v4.s_addr))
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        return withUnsafeBytes(of: &v6) { bytes in
            .v6(
                high: UInt64(bigEndian: bytes.load(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.load(fromByteOffset: 8, as: UInt64.self)), scope: 0)
        }
    }

    /// The IP address alone: `127.0.0.1`, `::1`.
    package var host: String {
        var text = [CChar](repeating: 0, count: 64)
        switch ip {
        case .v4(let value):
            var address = in_addr(s_addr: value.bigEndian)
            inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        case .v6(let high, let low, _):
            var words = (high.bigEndian, low.bigEndian)
            inet_ntop(AF_INET6, &words, &text, socklen_t(text.count))
        }
        return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// `127.0.0.1:3000`, `[::1]:3000`: as an authority in a URL writes it.
    package var description: String {
        switch ip {
        case .v4: "\(host):\(port)"
        case .v6: "[\(host)]:\(port)"
        }
    }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool {
        switch ip {
        case .v4(let value): value >> 24 == 127
        case .v6(let high, let low, _): high == 0 && (low == 1 || low >> 24 == 0xFFFF_7F)
        }
    }

    /// The addresses by which other machines reach a socket that is bound to this one; none for the loopback interface.
    package var reachableByOthers: [SocketAddress] {
        guard !isLoopback else { return [] }
        let isOfAllInterfaces = ip == .v4(0) || ip == .v6(high: 0, low: 0, scope: 0)
        guard isOfAllInterfaces else { return [self] }
        return Self.addressesOfInterfaces.map { SocketAddress(ip: $0, port: port) }
    }

    /// The IPv4 addresses of the interfaces that are up, loopback ones left out.
    private static var addressesOfInterfaces: [IP] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [IP] = []
        var next = list
        while let interface = next?.pointee {
            next = interface.ifa_next
            guard interface.ifa_flags & UInt32(IFF_UP) != 0, let address = interface.ifa_addr,
                Int32(address.pointee.sa_family) == AF_INET
            else { continue }
            let value = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
            }
            if value >> 24 != 127, !found.contains(.v4(value)) { found.append(.v4(value)) }
        }
        return found
    }

    // MARK: To and from the system's form

    package var family: Int32 {
        switch ip {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }

    /// Calls `body` with the address as the system's calls take it.
    package func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch ip {
        case .v4(let value):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = value.bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .v6(let high, let low, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }

    /// The address that a system call left in `storage`; `nil` unless it is an IP address.
    package init?(_ storage: sockaddr_storage) {
        let family = Int32(storage.ss_family)
        let decoded: SocketAddress? = withUnsafeBytes(of: storage) { bytes in
            switch family {
            case AF_INET:
                let address = bytes.load(as: sockaddr_in.self)
                return SocketAddress(
                    ip: .v4(UInt32(bigEndian: address.sin_addr.s_addr)), port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                var address = bytes.load(as: sockaddr_in6.self)
                let scope = address.sin6_scope_id
                let halves = withUnsafeBytes(of: &address.sin6_addr) {
                    ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                }
                return SocketAddress(
                    ip: .v6(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1), scope: scope),
                    port: UInt16(bigEndian: address.sin6_port))
            default:
                return nil
            }
        }
        guard let decoded else { return nil }
        self = decoded
    }

    /// The local address of a socket.
    package init?(localAddressOf fileDescriptor: Int32) {
        self.init { getsockname(fileDescriptor, $0, $1) }
    }

    /// The address of the peer that a socket is connected to.
    package init?(peerOf fileDescriptor: Int32) {
        self.init { getpeername(fileDescriptor, $0, $1) }
    }

    private init?(_ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask($0, &length) }
        }
        guard result == 0 else { return nil }
        self.init(storage)
    }
}
