/// A request method (RFC 9110 section 9): case-sensitive, any token.
package struct Method: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Whether a method may be called so: a token.
    package var isValid: Bool { !rawValue.isEmpty && rawValue.utf8.allSatisfy(CharacterClass.isToken) }

    package static let get = Method(rawValue: "GET")
    package static let head = Method(rawValue: "HEAD")
    package static let post = Method(rawValue: "POST")
    package static let put = Method(rawValue: "PUT")
    package static let delete = Method(rawValue: "DELETE")
    package static let connect = Method(rawValue: "CONNECT")
    package static let options = Method(rawValue: "OPTIONS")
    package static let trace = Method(rawValue: "TRACE")
    package static let patch = Method(rawValue: "PATCH")

    /// Whether repeating the request has the effect of making it once (RFC 9110 section 9.2.2).
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        default: false
        }
    }

    package var description: String { rawValue }
}
