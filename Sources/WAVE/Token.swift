/// A piece of a text in WAVE.
struct Token {
    enum Kind: Equatable {
        /// One of `{ } ( ) [ ] : ,`.
        case symbol(Character)
        /// A decimal number, or `-inf`.
        case number
        /// A name; one with a `%` before it is never a keyword.
        case label(isEscaped: Bool)
        case char(Unicode.Scalar)
        case string(String)
        case end
    }

    let kind: Kind
    /// As it stands in the text, without the `%` of a label.
    let text: Substring
    let column: Int

    /// What the token is called in messages.
    var name: String {
        switch kind {
        case .end: "the end"
        case .string: "a string"
        case .char: "a character"
        case .symbol, .number, .label: "'\(text)'"
        }
    }

    /// Whether it is a label that is this keyword.
    func isKeyword(_ keyword: Keyword) -> Bool { kind == .label(isEscaped: false) && text == keyword.rawValue }
}

/// Words that mean a value by themselves. A case of that name is written with a `%` before it.
enum Keyword: String {
    case `true`, `false`, inf, nan, some, none, ok, err
}
