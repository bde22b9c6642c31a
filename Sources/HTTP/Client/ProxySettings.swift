/// The proxy for requests of plain `http`, as the environment names it. For `https`, libcurl looks at the same variables.
///
/// The variables are those of curl: `http_proxy`, `HTTP_PROXY`, `all_proxy`, `ALL_PROXY`; the first that is set
/// counts, and `no_proxy` or `NO_PROXY`, a list of hosts that are asked directly: names, with all that ends in `.NAME`, IP
/// addresses, or `*`, each perhaps with a port. This machine's loopback addresses always are, since no proxy can reach
/// them.
package struct ProxySettings: Hashable, Sendable {
    /// How a request travels.
    enum Route: Hashable, Sendable {
        case direct
        case proxy(Proxy)
        /// The environment names a proxy that cannot be used; the text says why.
        case unusable(String)
    }

    /// A proxy that speaks HTTP.
    struct Proxy: Hashable, Sendable {
        let url: HTTPURL
        /// The value of `Proxy-Authorization`.
        let authorization: String?
    }

    private let route: Route
    private let exceptions: [Exception]

    private struct Exception: Hashable, Sendable {
        let host: String
        let port: UInt16?
    }

    package init(environment: [String: String]) {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        route = value("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY").map(Self.route) ?? .direct
        exceptions = (value("no_proxy", "NO_PROXY") ?? "")
            .split { $0 == "," || $0.isWhitespace }.map { Self.exception($0) }
    }

    private static func route(_ text: String) -> Route {
        var rest = text[...]
        if let scheme = text.firstRange(of: "://") {
            guard text[..<scheme.lowerBound].lowercased() == "http" else {
                return .unusable("the proxy \(text[..<scheme.upperBound])… is not one of plain HTTP")
            }
            rest = text[scheme.upperBound...]
        }
        var authorization: String?
        if let at = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") {
            let user = PercentEncoding.decode(String(rest[..<at])) ?? String(rest[..<at])
            authorization = "Basic " + base64(Array((user.contains(":") ? user : user + ":").utf8))
            rest = rest[rest.index(after: at)...]
        }
        let authority = rest.prefix { $0 != "/" }
        // Without a port, it is curl's own.
        let port = authority.split(separator: "]").last?.contains(":") == true ? "" : ":1080"
        do {
            return .proxy(Proxy(url: try HTTPURL("http://\(authority)\(port)/"), authorization: authorization))
        } catch {
            return .unusable("the proxy of the environment is no host and port: \(error.problem)")
        }
    }

    private static func exception(_ text: Substring) -> Exception {
        var host = text
        var port: UInt16?
        if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon || text[..<colon].hasSuffix("]"),
            let number = UInt16(text[text.index(after: colon)...])
        {
            (host, port) = (text[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        while host.hasPrefix(".") { host.removeFirst() }
        return Exception(host: host.lowercased(), port: port)
    }

    /// How a request to a URL travels.
    func route(to url: HTTPURL) -> Route {
        guard url.scheme == "http", route != .direct, !Self.isLoopback(url.host) else { return .direct }
        let isException = exceptions.contains { exception in
            (exception.port == nil || exception.port == url.port)
                && (exception.host == "*" || url.host == exception.host || url.host.hasSuffix(".\(exception.host)"))
        }
        return isException ? .direct : route
    }

    package static func isLoopback(_ host: String) -> Bool {
        if let ip = SocketAddress.parseIP(host) { return SocketAddress(ip: ip, port: 0).isLoopback }
        return host == "localhost" || host.hasSuffix(".localhost")
    }

    /// RFC 4648 section 4.
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << ((3 - group.count) * 8)
            for index in 0..<4 { text.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 0x3F] : "=") }
        }
        return text
    }
}
