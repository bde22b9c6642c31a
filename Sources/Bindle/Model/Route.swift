import HTTP

/// Which requests a handler takes: those for a path, or with `/...` at its end for a path and all below it.
package struct Route: Hashable, Sendable, CustomStringConvertible {
    /// As written: `/foo`, `/foo/...`, `/...`.
    package let description: String
    /// The path without `/...`: the empty string for `/...` itself.
    package let path: String
    /// Whether paths below `path` are taken, too.
    package let includesPathsBelow: Bool

    private static let wildcard = "/..."

    package init(_ text: String) {
        description = text
        includesPathsBelow = text.hasSuffix(Self.wildcard)
        path = includesPathsBelow ? String(text.dropLast(Self.wildcard.count)) : text
    }

    /// Whether the route takes the path of a request, as it was sent. Trailing slashes count in exact routes, and
    /// `/foo/...` takes `/foo` but not `/foobar`.
    package func matches(_ requestPath: String) -> Bool {
        guard requestPath.utf8.starts(with: path.utf8) else { return false }
        if requestPath.utf8.count == path.utf8.count { return true }
        return includesPathsBelow && requestPath.utf8.dropFirst(path.utf8.count).first == UInt8(ascii: "/")
    }

    /// Why no request has a path that the route takes, to go on from "matches no request: "; `nil` if some may have.
    package var obstacle: String? {
        guard description.utf8.first == UInt8(ascii: "/") else { return "it does not begin with '/'" }
        if let end = path.first(where: { $0 == "?" || $0 == "#" }) { return "a path ends before '\(end)'" }
        let sent = PercentEncoding.encode(path, keeping: String(decoding: 0x21...0x7E, as: UTF8.self))
        return sent == path ? nil : "clients write '\(path)' as '\(sent)'"
    }

    /// Whether the route takes all that the other one does.
    package func covers(_ other: Route) -> Bool {
        guard matches(other.path) else { return false }
        return includesPathsBelow || !other.includesPathsBelow
    }

    /// The route of a module's sub-route: `subpath` appended to this route's path, without a doubled slash.
    package func appending(_ subpath: String) -> Route {
        let base = path.hasSuffix("/") ? path.dropLast() : path[...]
        return Route(base + (subpath.hasPrefix("/") ? "" : "/") + subpath)
    }

    /// What CGI calls `SCRIPT_NAME`: the path, `/` for `/...`.
    package var scriptName: String { path.isEmpty ? "/" : path }

    /// What follows the route's path in a request's path, as sent.
    package func pathInfo(of requestPath: String) -> Substring {
        guard includesPathsBelow,
            let rest = requestPath.utf8.index(
                requestPath.utf8.startIndex, offsetBy: path.utf8.count, limitedBy: requestPath.utf8.endIndex)
        else { return "" }
        return requestPath[rest...]
    }
}
