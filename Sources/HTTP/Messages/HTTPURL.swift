/// An absolute URL of scheme `http` or `https`, in its parts (RFC 3986, RFC 9110 section 4.2), parsed strictly.
package struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    package let scheme: String
    /// The host in lower case, an IPv6 address without its brackets.
    package let host: String
    /// 80 or 443 if the URL does not say.
    package let port: UInt16
    /// The path and query as they are sent, at least `/`.
    package let target: String

    /// The URL that `text` writes; a fragment is dropped.
    package init(_ text: String) throws(HTTPURLError) {
        func problem(_ problem: String) -> HTTPURLError { HTTPURLError(text: text, problem: problem) }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw problem("it has no scheme: begin it with http:// or https://")
        }
        let scheme = text[..<colon].lowercased()
        let afterScheme = text[text.utf8.index(after: colon)...]
        guard afterScheme.hasPrefix("//") else {
            // What is before the colon is a host where a port follows.
            throw problem(
                afterScheme.first?.isWholeNumber == true
                    ? "it has no scheme: begin it with http:// or https://" : "it lacks // after the scheme")
        }
        guard scheme == "http" || scheme == "https" else {
            throw problem("its scheme is \(scheme), neither http nor https")
        }
        let rest = afterScheme.dropFirst(2)
        let authorityEnd = rest.utf8.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = String(rest[..<authorityEnd])
        guard !authority.utf8.contains(UInt8(ascii: "@")) else {
            throw problem("it has a user name or password; send these in an Authorization header")
        }
        guard withUTF8(of: authority, { Authority.isValid($0, allowsEmpty: false) }) else {
            throw problem("its host or port is not valid")
        }
        let target = rest[authorityEnd...].prefix { $0 != "#" }
        guard target.utf8.allSatisfy(CharacterClass.isTarget) else {
            throw problem("its path or query has characters that must be percent-encoded")
        }
        let (host, port) = Self.splitAuthority(authority)
        self.init(
            scheme: scheme, host: host, port: port ?? (scheme == "http" ? 80 : 443),
            target: target.hasPrefix("/") ? String(target) : "/" + target)
    }

    /// Whether `text` can be the host and port of a URL.
    package static func isAuthority(_ text: String) -> Bool {
        !text.utf8.contains(UInt8(ascii: "@")) && withUTF8(of: text) { Authority.isValid($0, allowsEmpty: false) }
    }

    /// Whether `text` can be the path and query of a URL, beginning with a slash.
    package static func isTarget(_ text: String) -> Bool {
        text.hasPrefix("/") && text.utf8.allSatisfy(CharacterClass.isTarget)
    }

    private init(scheme: String, host: String, port: UInt16, target: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
    }

    private static func splitAuthority(_ authority: String) -> (host: String, port: UInt16?) {
        var host = authority[...]
        var port: UInt16?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            host = authority[..<colon]
            port = UInt16(authority[authority.index(after: colon)...])
        }
        if host.hasPrefix("[") { host = host.dropFirst().dropLast() }
        return (host.lowercased(), port)
    }

    /// The URL that `reference`, absolute or relative, means in a document at this one (RFC 3986 section 5).
    package func resolving(_ reference: String) throws(HTTPURLError) -> HTTPURL {
        if Self.hasScheme(reference) { return try HTTPURL(reference) }
        if reference.hasPrefix("//") { return try HTTPURL(scheme + ":" + reference) }
        let reference = String(reference.prefix { $0 != "#" })
        let path = String(target.prefix { $0 != "?" })
        let resolved: String
        if reference.isEmpty {
            resolved = target
        } else if reference.hasPrefix("?") {
            resolved = path + reference
        } else {
            let relative = String(reference.prefix { $0 != "?" })
            let query = reference.dropFirst(relative.count)
            let merged =
                relative.hasPrefix("/")
                ? String(relative) : path[...(path.lastIndex(of: "/") ?? path.startIndex)] + relative
            resolved = Self.removingDotSegments(merged) + query
        }
        guard resolved.utf8.allSatisfy(CharacterClass.isTarget) else {
            throw HTTPURLError(
                text: reference, problem: "it has characters that must be percent-encoded")
        }
        return HTTPURL(scheme: scheme, host: host, port: port, target: resolved)
    }

    /// This URL with `path` (encoded by the caller, a query included) appended to its path, with one slash in between;
    /// its own query is dropped.
    package func appending(_ path: String) throws(HTTPURLError) -> HTTPURL {
        var base = target.prefix { $0 != "?" }
        while base.hasSuffix("/") { base.removeLast() }
        return try HTTPURL("\(scheme)://\(authority)\(base)/\(path.drop { $0 == "/" })")
    }

    /// The host, and the port unless it is the scheme's own: what the `Host` field says.
    package var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == "http" ? 80 : 443) ? host : "\(host):\(port)"
    }

    /// Scheme, host and port, as one text: to whom credentials belong.
    package var origin: String { "\(scheme)://\(authority)" }

    package var description: String { "\(scheme)://\(authority)\(target)" }

    /// A letter, then letters, digits, `+`, `-`, `.`, then a colon, before anything else.
    private static func hasScheme(_ reference: String) -> Bool {
        let scheme = reference.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        return scheme.first?.isLetter == true && reference[scheme.endIndex...].hasPrefix(":")
    }

    private static func removingDotSegments(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".":
                if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default:
                kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}

/// Why a text is no URL.
package struct HTTPURLError: Error, Hashable, CustomStringConvertible {
    package let text: String
    package let problem: String

    package var description: String { "invalid URL \(text.debugDescription): \(problem)" }
}
