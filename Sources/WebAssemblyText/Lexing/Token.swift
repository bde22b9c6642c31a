/// One token of the text format: a range of the source and what the lexer learned about it.
struct Token {
    enum Kind: UInt8 {
        /// `(`; the value is the index of the matching `)` token.
        case open
        /// `)`.
        case close
        /// Starts with a lower-case letter; the value is a ``KeywordCode``, 0 if the word is not known.
        case keyword
        /// Starts with a digit or a sign. Whether it is well formed shows when it is read as a number.
        case number
        /// `$name` or `$"name"`; the value is its symbol.
        case identifier
        /// A string literal, quotes included; the value is 1 if it contains escapes.
        case string
        /// Any other run of characters; never valid.
        case reserved
        /// Stands after the last token.
        case end
    }

    let start: UInt32
    let end: UInt32
    var value: UInt32
    let kind: Kind

    var range: Range<Int> { Int(start)..<Int(end) }
}

/// An annotation that the assembler understands.
struct Annotation {
    enum Kind {
        case custom, name, branchHint

        init?(name: some Collection<UInt8>) {
            if name.elementsEqual("custom".utf8) {
                self = .custom
            } else if name.elementsEqual("name".utf8) {
                self = .name
            } else if name.elementsEqual("metadata.code.branch_hint".utf8) {
                self = .branchHint
            } else {
                return nil
            }
        }
    }

    let kind: Kind
    /// The byte offset of `(@`.
    let offset: UInt32
    /// The index of the token that follows the annotation.
    let tokenIndex: Int
    /// The tokens inside.
    let content: [Token]
}

/// The tokens of a text, comments and annotations taken out, with what is needed to read them.
struct TokenizedSource {
    /// The text, followed by one zero byte.
    let text: [UInt8]
    /// The last token is of kind `.end`.
    let tokens: [Token]
    /// In the order of the text.
    let annotations: [Annotation]
    let symbols: SymbolTable
}
