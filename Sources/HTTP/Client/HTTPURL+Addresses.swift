#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension HTTPURL {
    /// The addresses of a host that need not be looked up, since they are the same everywhere: those of an IP address, and of
    /// `localhost` and names below it (RFC 6761 section 6.3). `nil` for any other host.
    package var fixedAddresses: [SocketAddress]? {
        if let ip = SocketAddress.parseIP(host) { return [SocketAddress(ip: ip, port: port)] }
        guard host == "localhost" || host.hasSuffix(".localhost") else { return nil }
        return [.loopback(port: port), SocketAddress(ip: .v6(high: 0, low: 1, scope: 0), port: port)]
    }

    /// The addresses that the URL's host has now, as the system resolves names, with the URL's port. Blocks.
    ///
    /// - Throws: for a name that is not known.
    package func addresses() throws(ClientError) -> [SocketAddress] {
        if let ip = SocketAddress.parseIP(host) { return [SocketAddress(ip: ip, port: port)] }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, String(port), &hints, &list)
        guard result == 0 else {
            throw ClientError(reason: .unknownHost(String(cString: gai_strerror(result))), url: self)
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let current = entry {
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(
                    from: UnsafeRawBufferPointer(start: current.pointee.ai_addr, count: Int(current.pointee.ai_addrlen))
                )
            }
            if let address = SocketAddress(storage) { addresses.append(address) }
            entry = current.pointee.ai_next
        }
        return addresses
    }
}
