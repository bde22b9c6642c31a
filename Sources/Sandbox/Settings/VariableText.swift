/// The text of a variable in `[env]`, where `${NAME}` stands for the value of another one, and `$$` for a dollar sign. Any
/// other dollar sign stands for itself.
struct VariableText: Hashable {
    /// Why a text is not one of these.
    enum Malformed: Error, Hashable, CustomStringConvertible {
        case unterminated
        case invalidName(String)

        var description: String {
            switch self {
            case .unterminated: "'${' has no '}' behind it; '$$' is a dollar sign"
            case .invalidName(let name): "'\(name)' in '${\(name)}' is no name for a variable; '$$' is a dollar sign"
            }
        }
    }

    enum Part: Hashable {
        case text(String)
        /// The value of the variable of this name.
        case variable(String)
    }

    let parts: [Part]

    init(parsing text: String) throws(Malformed) {
        var parts: [Part] = []
        var literal = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[dollar...].dropFirst()
            switch rest.first {
            case "$":
                literal += "$"
                rest = rest.dropFirst()
            case "{":
                guard let end = rest.firstIndex(of: "}") else { throw .unterminated }
                let name = String(rest[..<end].dropFirst())
                guard Self.isName(name) else { throw .invalidName(name) }
                parts += [.text(literal), .variable(name)]
                literal = ""
                rest = rest[end...].dropFirst()
            default: literal += "$"
            }
        }
        parts.append(.text(literal + rest))
        self.parts = parts.filter { $0 != .text("") }
    }

    /// As shells have names: letters, digits and `_`, no digit first.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
