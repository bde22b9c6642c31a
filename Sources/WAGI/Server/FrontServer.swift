package import HTTP

/// A server that stands before this one and passes requests on to it, such as a front-end's own.
///
/// See Behind.md.
package struct FrontServer: Sendable {
    package let url: HTTPURL
    /// The addresses that its name had when this was made: nobody else is believed.
    private let addresses: Set<SocketAddress.IP>

    /// What a server that passes a request on says of whom it has it from.
    private static let forwardingFields = [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port",
        "X-Forwarded-Server", "X-Real-IP",
    ]

    init(url: HTTPURL, addresses: [SocketAddress]) {
        self.url = url
        self.addresses = Set(addresses.map { Self.plain($0.ip) })
    }

    /// Finds the server's addresses. Blocks.
    ///
    /// - Throws: if its name is not known.
    package init(url: HTTPURL) throws(ClientError) {
        self.init(url: url, addresses: try url.addresses())
    }

    /// The request as the front server has received it, if it has; any other one as it is.
    ///
    /// What the front server says of a request is believed if it comes from one of its addresses and is for its scheme and
    /// host. A page of its origin is taken for one of this server's own, however its request has come here.
    package func adopt(_ request: Request) -> Request {
        if let client = client(of: request) {
            var headers = request.headers
            for name in Self.forwardingFields { headers.remove(name) }
            return self.request(request, headers, from: client)
        }
        let origins = request.headers.all("Origin")
        guard let first = origins.first, origins.count == 1, first.lowercased() == url.origin else { return request }
        var headers = request.headers
        headers.remove("Sec-Fetch-Site")
        return self.request(request, headers, from: request.remoteAddress)
    }

    private func request(_ request: Request, _ headers: Headers, from client: SocketAddress?) -> Request {
        var headers = headers
        headers.set("Host", url.authority)
        return Request(
            method: request.method, target: request.target, version: request.version, headers: headers,
            remoteAddress: client, isSecured: url.scheme == "https", receivedAt: request.receivedAt, id: request.id)
    }

    /// From whom the front server has a request, as it says; `nil` if it is not to be believed, or says nothing.
    private func client(of request: Request) -> SocketAddress? {
        guard let sender = request.remoteAddress, addresses.contains(Self.plain(sender.ip)),
            request.headers.all("X-Forwarded-Proto").map({ $0.lowercased() }) == [url.scheme],
            request.headers.all("X-Forwarded-Host").map({ $0.lowercased() }) == [url.authority]
        else { return nil }
        // Each server adds whom it has the request from: what stands before may be the client's own invention.
        let list = request.headers.all("X-Forwarded-For").last ?? ""
        let last = list.split(separator: ",").last.map { $0.filter { !$0.isWhitespace } } ?? ""
        return SocketAddress.parseIP(last).map { SocketAddress(ip: $0, port: 0) }
    }

    /// An IPv4 address that a socket for both versions has as one of IPv6 (RFC 4291 section 2.5.5.2), as what it is.
    private static func plain(_ ip: SocketAddress.IP) -> SocketAddress.IP {
        guard case .v6(high: 0, let low, _) = ip, low >> 32 == 0xFFFF else { return ip }
        return .v4(UInt32(truncatingIfNeeded: low))
    }
}
