package import JSON

/// A place in a JSON value (RFC 6901): `/items/0/id`.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    private let tokens: [String]

    /// The pointer that a text writes; `nil` if it is neither empty nor begins with `/`, or has a `~` that is followed by
    /// neither 0 nor 1.
    package init?(_ text: String) {
        description = text
        guard !text.isEmpty else {
            tokens = []
            return
        }
        guard text.hasPrefix("/") else { return nil }
        var tokens: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let token = Self.unescape(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    private static func unescape(_ part: Substring) -> String? {
        var token = ""
        var rest = part
        while let character = rest.popFirst() {
            guard character == "~" else {
                token.append(character)
                continue
            }
            switch rest.popFirst() {
            case "0": token.append("~")
            case "1": token.append("/")
            default: return nil
            }
        }
        return token
    }

    /// What stands at this place; `nil` if nothing does.
    package func value(in root: JSONValue) -> JSONValue? {
        var value = root
        for token in tokens {
            switch value {
            case .object(let object):
                guard let member = object[token] else { return nil }
                value = member
            case .array(let elements):
                guard let index = Int(token), "\(index)" == token, elements.indices.contains(index) else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value
    }
}
