/// The version of HTTP a message is in. Later minor versions of HTTP/1 are understood as 1.1.
package enum Version: Hashable, Sendable, CustomStringConvertible {
    case http10
    case http11

    package var description: String {
        switch self {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        }
    }
}
