/// A challenge of `WWW-Authenticate` (RFC 9110, section 11.6.1).
enum Challenge {
    /// - Returns: the scheme in lower case, and the parameters by their names in lower case; `nil` if it is malformed.
    static func read(_ field: String) -> (scheme: String, parameters: [String: String])? {
        var rest = Substring(field).drop { $0 == " " }
        let scheme = rest.prefix { $0 != " " }
        guard !scheme.isEmpty else { return nil }
        rest = rest[scheme.endIndex...]
        var parameters: [String: String] = [:]
        while true {
            rest = rest.drop { $0 == " " || $0 == "," || $0 == "\t" }
            guard !rest.isEmpty else { return (scheme.lowercased(), parameters) }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let name = rest[..<equals].lowercased()
            rest = rest[rest.index(after: equals)...]
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let character = rest.popFirst(), character != "\"" {
                    if character == "\\", let next = rest.popFirst() {
                        value.append(next)
                    } else {
                        value.append(character)
                    }
                }
            } else {
                value = String(rest.prefix { $0 != "," && $0 != " " })
                rest = rest.dropFirst(value.count)
            }
            parameters[name] = value
        }
    }
}
