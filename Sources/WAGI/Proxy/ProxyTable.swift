import HTTP

/// The servers that answer requests in place of the app, by prefixes of paths.
struct ProxyTable: Sendable {
    private let proxies: [Proxy]

    /// - Parameters:
    ///   - pseudonym: what this server calls itself in `Via`, by which loops are found.
    ///   - forbiddenPort: the port of the sandbox's own Bindle server, which no request may reach.
    init(_ rules: [ProxyRule], pseudonym: String, forbiddenPort: UInt16?) {
        // The longest prefix wins.
        proxies = rules.sorted { $0.prefix.utf8.count > $1.prefix.utf8.count }.map {
            Proxy($0, pseudonym: pseudonym, forbiddenPort: forbiddenPort)
        }
    }

    /// The one that answers requests for a path; `nil` if none does, as for the sandbox's own paths.
    func proxy(for path: String) -> Proxy? {
        guard let proxy = proxies.first(where: { $0.rule.takes(path) }), !PathReading(path).isOfSandbox else {
            return nil
        }
        return proxy
    }
}
