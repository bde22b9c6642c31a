import Bindle
import HTTP

/// What of a request `wasi:http` has no place for: header fields of the names that Spin gives them. A client cannot send any
/// of them.
enum SpinFields {
    /// - Parameters:
    ///   - path: path and query, as the client sent them.
    ///   - client: its address and port.
    static func replacing(in headers: Headers, route: Route, path: String, url: String, client: String?) -> Headers {
        var headers = removing(from: headers)
        headers.add("spin-full-url", url)
        headers.add("spin-matched-route", route.description)
        let below = path.prefix { $0 != "?" }.utf8.dropFirst(route.includesPathsBelow ? route.path.utf8.count : .max)
        headers.add("spin-path-info", String(decoding: below, as: UTF8.self))
        if let client { headers.add("spin-client-addr", client) }
        return headers
    }

    /// What a client has sent, without fields of these names.
    static func removing(from headers: Headers) -> Headers {
        var headers = headers
        for name in headers.map(\.name) where name.lowercased().hasPrefix("spin-") { headers.remove(name) }
        return headers
    }
}
