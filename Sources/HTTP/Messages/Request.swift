/// A request as the server received it, without its body.
package struct Request: Sendable {
    package let method: Method
    /// The request target, undecoded, in origin form: an absolute path and perhaps a query (`/a/b?c=d`), or `*`. A
    /// target in absolute form has been reduced to this, and its authority put in place of the `Host` field.
    package let target: String
    package let version: Version
    package let headers: Headers
    /// The client's address; `nil` for a request that did not come from a socket.
    package let remoteAddress: SocketAddress?
    /// Whether the client's connection is secured by TLS: the request was for an `https` URL.
    package let isSecured: Bool
    /// When the head was complete.
    package let receivedAt: ContinuousClock.Instant
    /// Counts the requests of a server, from 1.
    package let id: UInt64

    /// A request made in code, for handlers under test.
    package init(
        method: Method = .get, target: String, version: Version = .http11, headers: Headers = [:],
        remoteAddress: SocketAddress? = nil, isSecured: Bool = false, receivedAt: ContinuousClock.Instant = .now,
        id: UInt64 = 0
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.remoteAddress = remoteAddress
        self.isSecured = isSecured
        self.receivedAt = receivedAt
        self.id = id
    }

    /// The target's path as it was sent, not decoded: what stands before the `?`.
    package var path: String {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return target }
        return String(target[..<mark])
    }

    /// The target's query as it was sent, not decoded: what follows the first `?`, or `nil` when there is none.
    package var query: String? {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        return String(target[target.utf8.index(after: mark)...])
    }

    /// The decoded values of the query's parameter `name`, in order: `a=1&a=2` has two called `a`, `a` has one that is
    /// empty. Malformed escapes are left as they are.
    package func queryValues(_ name: String) -> [String] {
        queryParameters.filter { $0.name == name }.map(\.value)
    }

    /// The query's `&`-separated parameters, decoded (`+` is a space), in order.
    package var queryParameters: [(name: String, value: String)] {
        guard let query else { return [] }
        return query.split(separator: "&").map { piece in
            let halves = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = halves[0]
            let value = halves.count > 1 ? halves[1] : ""
            return (
                PercentEncoding.decodeFormField(name) ?? String(name),
                PercentEncoding.decodeFormField(value) ?? String(value)
            )
        }
    }
}
