/// What is looked for in a store.
package struct BindleQuery: Hashable, Sendable {
    /// The text that is looked for; an empty one matches everything. See `isStrict`.
    package var terms: String
    package var versions: VersionRange
    /// Matches to pass over.
    package var offset: Int
    /// Matches to return at most; 0 for all.
    package var limit: Int
    /// Whether the text as it stands is looked for in names, and nowhere else. Otherwise each word of it may be anywhere in
    /// the name, or be a word, or the beginning of one, in name, version, authors and description, and case does not count.
    package var isStrict: Bool
    package var includesYanked: Bool

    package static let defaultLimit = 50
    package static let limits = 0...255
    /// More words than this are refused.
    package static let wordLimit = 64

    package init(
        terms: String = "", versions: VersionRange = .everything, offset: Int = 0, limit: Int = defaultLimit,
        isStrict: Bool = false, includesYanked: Bool = false
    ) {
        self.terms = terms
        self.versions = versions
        self.offset = offset
        self.limit = limit
        self.isStrict = isStrict
        self.includesYanked = includesYanked
    }

    var words: [Substring] { terms.split(whereSeparator: \.isWhitespace) }
}

/// One word as SQLite's full-text search takes it.
///
/// It becomes a phrase in quotes, in which nothing has a meaning of its own, and whose last part may be the beginning of a
/// word: `example.com/hello-wo` finds `example.com/hello-world`.
package struct FullTextWord: Hashable, Sendable {
    /// The word as it was typed.
    package let text: String
    /// The phrase that SQLite looks for.
    let expression: String

    /// `nil` for what has no letter or digit, since such a thing separates words there.
    init?(_ word: Substring) {
        guard word.unicodeScalars.contains(where: \.isInWords) else { return nil }
        text = String(word)
        let phrase = text.filter { $0 != "\0" }.replacing("\"", with: "\"\"")
        expression = "\"\(phrase)\" *"
    }
}

extension Unicode.Scalar {
    /// Whether full-text search takes the character for part of a word, rather than for what separates words.
    fileprivate var isInWords: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .privateUse:
            true
        default: false
        }
    }
}
