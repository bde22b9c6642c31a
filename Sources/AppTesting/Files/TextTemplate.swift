/// A text with `${NAME}` in it, for which a value is put that an earlier response gave. `$$` is a dollar sign.
package struct TextTemplate: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case text(String)
        case variable(String)
    }

    /// Why a text is no template.
    package enum Malformed: Error, Hashable, Sendable {
        /// `${` without the `}` that ends it.
        case unterminated
        /// `${}`, or a name with other characters than letters, digits, `_` and `-`.
        case invalidName(String)
    }

    private let parts: [Part]

    package init(parsing text: String) throws(Malformed) {
        var parts: [Part] = []
        var literal = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.hasPrefix("$") {
                literal += "$"
                rest = rest.dropFirst()
            } else if rest.hasPrefix("{") {
                guard let end = rest.firstIndex(of: "}") else { throw .unterminated }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                guard Self.isName(name) else { throw .invalidName(name) }
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                parts.append(.variable(name))
                rest = rest[rest.index(after: end)...]
            } else {
                literal += "$"
            }
        }
        literal += rest
        if !literal.isEmpty { parts.append(.text(literal)) }
        self.parts = parts
    }

    /// Whether a capture may have this name: letters, digits, `_` and `-` of ASCII, at least one.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The names of the values that it takes.
    package var variables: [String] {
        parts.compactMap { if case .variable(let name) = $0 { name } else { nil } }
    }

    /// The text, with the values put in. Names that have no value stay as they are written.
    ///
    /// - Parameter escape: what becomes of each value before it is put in.
    package func text(_ values: [String: String], escape: (String) -> String = { $0 }) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let literal): text += literal
            case .variable(let name): text += values[name].map(escape) ?? "${\(name)}"
            }
        }
    }
}
