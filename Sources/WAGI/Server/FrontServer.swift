package import HTTP

/// A server that stands before this one and passes requests on to it, such as a front-end's own.
///
/// See Behind.md.
package struct FrontServer: Sendable {
    package let url: HTTPURL
    private let addresses: FrontAddresses

    /// What a server that passes a request on says of whom it has it from.
    private static let forwardingFields = [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto",
        "X-Forwarded-Server", "X-Real-IP",
    ]

    /// Blocks for nothing: a name is looked up by `lookUpAddresses`, or when the first request claims to come from there.
    package init(url: HTTPURL) {
        self.init(
            url: url, addresses: url.fixedAddresses.map(FrontAddresses.init) ?? FrontAddresses { try url.addresses() })
    }

    init(url: HTTPURL, addresses: FrontAddresses) {
        self.url = url
        self.addresses = addresses
    }

    /// Looks the server's name up if it has one. Waits for the answer up to `patience`; a later one counts as well.
    package func lookUpAddresses(within patience: Duration) {
        addresses.lookUp(within: patience)
    }

    /// The request as the front server has received it, if that has passed it on; any other one as it is.
    ///
    /// What is said of a request is believed if it comes from one of the front server's addresses, and says its scheme and
    /// host. Does not block.
    package func adopt(_ request: Request) -> Request {
        guard request.headers.contains("X-Forwarded-Proto"), isForFront(request.headers),
            let sender = request.remoteAddress, addresses.contains(sender.ip),
            let client = client(of: request.headers, sender: sender)
        else { return request }
        var headers = request.headers
        for name in Self.forwardingFields { headers.remove(name) }
        headers.set("Host", url.authority)
        return Request(
            method: request.method, target: request.target, version: request.version, headers: headers,
            remoteAddress: client, isSecured: url.scheme == "https", receivedAt: request.receivedAt, id: request.id)
    }

    /// Whether a request is said to have been sent to the front server's scheme and host, once and by everybody who says
    /// something of it.
    private func isForFront(_ headers: Headers) -> Bool {
        let schemes = headers.all("X-Forwarded-Proto")
        // Node's proxies call the scheme of a WebSocket by its own name, and do not tell the host then.
        let ownSchemes = url.scheme == "https" ? ["https", "wss"] : ["http", "ws"]
        guard schemes.count == 1, ownSchemes.contains(schemes[0].lowercased()) else { return false }
        let said = headers.all("X-Forwarded-Host")
        let hosts = said.isEmpty ? headers.all("Host") : said
        return hosts.count == 1 && isOwnAuthority(hosts[0].lowercased())
    }

    private func isOwnAuthority(_ text: String) -> Bool {
        if text == url.authority { return true }
        // The scheme's own port may be there.
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        return text == "\(host):\(url.port)"
    }

    /// From whom the front server has a request; `nil` if what it says is no address.
    ///
    /// Each server adds at the end whom it has the request from: what stands before may be the client's own invention.
    private func client(of headers: Headers, sender: SocketAddress) -> SocketAddress? {
        guard let list = headers.all("X-Forwarded-For").last else { return sender }
        let last = list.split(separator: ",", omittingEmptySubsequences: false).last ?? ""
        let text = last.filter { $0 != " " && $0 != "\t" }
        // With a port, or without one.
        let address = SocketAddress.parse(text) ?? SocketAddress.parse(text.contains(":") ? "[\(text)]:0" : "\(text):0")
        return address.map { SocketAddress(ip: FrontAddresses.plain($0.ip), port: $0.port) }
    }
}
