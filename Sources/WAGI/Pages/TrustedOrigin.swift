import HTTP

/// Who may learn about the project: what has gone wrong, and the source around it, is for its developer.
enum TrustedOrigin {
    /// Names that nobody can register, so that no stranger can let one mean this machine (RFC 6761, 6762, 8375, and
    /// what ICANN has reserved).
    private static let localDomains = [".localhost", ".local", ".test", ".internal", ".home.arpa"]

    /// Whether a request comes from a page of the app itself.
    static func allows(_ request: Request) -> Bool {
        if let site = request.headers["Sec-Fetch-Site"], site != "same-origin" && site != "none" { return false }
        if let origin = request.headers["Origin"] {
            guard let host = request.headers["Host"], origin == "http://\(host)" || origin == "https://\(host)" else {
                return false
            }
        }
        return allowsHost(of: request)
    }

    /// Whether the name by which the server was addressed is none that a stranger's page could have: such a page would
    /// be of the same origin as the app if its name meant this machine (DNS rebinding).
    static func allowsHost(of request: Request) -> Bool {
        guard let field = request.headers["Host"]?.lowercased() else { return false }
        var host = field[...]
        if host.hasPrefix("[") { return host.contains("]") }
        if let colon = host.lastIndex(of: ":") { host = host[..<colon] }
        if host.hasSuffix(".") { host = host.dropLast() }
        if SocketAddress.parse("\(host):1") != nil { return true }
        return !host.isEmpty && (!host.contains(".") || localDomains.contains { host.hasSuffix($0) })
    }
}
