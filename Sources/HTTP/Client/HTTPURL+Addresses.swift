#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension HTTPURL {
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
