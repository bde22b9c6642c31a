/// Requests below a path that another server answers.
package struct ProxyRule: Hashable, Sendable {
    /// Without a `/` at its end; empty for all paths.
    package let prefix: String
    /// Where they are sent. Its path stands before that of the request.
    package let url: HTTPURL
    /// Whether the prefix is taken off the path.
    package let strips: Bool

    /// Why a rule is invalid.
    package struct Malformed: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    package init(prefix: String, url text: String, strips: Bool) throws(Malformed) {
        let reading = PathReading(prefix)
        guard prefix.hasPrefix("/"), !prefix.contains("?"), !prefix.contains("#"), !reading.hasDotSegments else {
            throw Malformed(description: "'\(prefix)' is no path; write one like \"/api\"")
        }
        self.prefix = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        guard !reading.isOfSandbox else {
            throw Malformed(description: "'\(prefix)' is the sandbox's own, and is answered by nobody else")
        }
        let url: HTTPURL
        do { url = try HTTPURL(text) } catch { throw Malformed(description: "\(error)") }
        guard !url.target.contains("?") else {
            throw Malformed(description: "'\(text)' has a query: a server that requests are sent to has none")
        }
        self.url = url
        self.strips = strips
    }

    /// Whether a request's path is below the prefix.
    package func takes(_ path: String) -> Bool {
        guard path.utf8.starts(with: prefix.utf8) else { return false }
        let rest = path.utf8.dropFirst(prefix.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    /// Where a request is sent.
    ///
    /// - Parameter target: path and query, which the rule takes.
    package func destination(of target: String) throws(HTTPURLError) -> HTTPURL {
        let kept = strips ? String(Substring(target.utf8.dropFirst(prefix.utf8.count))) : target
        let base = url.target.hasSuffix("/") ? String(url.target.dropLast()) : url.target
        let path = kept.hasPrefix("/") ? kept : "/" + kept
        return try HTTPURL("\(url.scheme)://\(url.authority)\(base)\(path)")
    }
}
