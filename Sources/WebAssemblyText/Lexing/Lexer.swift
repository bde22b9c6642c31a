/// Splits a text into tokens by the lexical grammar of the text format, checking that it is well-formed UTF-8, that
/// parentheses match and that annotations are well formed. Makes no use of recursion.
struct Lexer {
    /// The text and one zero byte, which no token can contain.
    private let text: [UInt8]
    private let end: Int
    private var index = 0
    private var tokens: [Token] = []
    private var annotations: [Annotation] = []
    private var symbols = SymbolTable()
    /// The indices of the `(` tokens that are still open.
    private var openTokens: [Int] = []
    private var pendingAnnotation: PendingAnnotation?

    /// An annotation whose end has not been reached. Annotations do not nest: `(@` inside of one is plain content.
    private struct PendingAnnotation {
        let name: [UInt8]
        let start: Int
        let depth: Int
        let firstToken: Int
    }

    /// Identifiers inside annotations need not be interned nor well formed.
    private var isInsideAnnotation: Bool { pendingAnnotation != nil }

    private let classes = CharacterClass.table
    private let keywords = KeywordTable.shared

    static func tokenize(_ text: [UInt8]) throws(SyntaxError) -> TokenizedSource {
        guard text.count < UInt32.max else {
            throw SyntaxError(at: 0, "the text is too large: at most 4 GiB can be read")
        }
        var lexer = Lexer(text)
        try lexer.run()
        return TokenizedSource(
            text: lexer.text, tokens: lexer.tokens, annotations: lexer.annotations, symbols: lexer.symbols)
    }

    private init(_ text: [UInt8]) {
        end = text.count
        var terminated: [UInt8] = []
        terminated.reserveCapacity(text.count + 1)
        terminated.append(contentsOf: text)
        terminated.append(0)
        self.text = terminated
        tokens.reserveCapacity(text.count / 5 + 8)
    }

    // MARK: The main loop

    private mutating func run() throws(SyntaxError) {
        while true {
            let byte = text[index]
            let bits = classes[Int(byte)]
            if bits & CharacterClass.space != 0 {
                index += 1
            } else if bits & CharacterClass.identifier != 0 {
                try scanWord()
            } else if byte == UInt8(ascii: "(") {
                try scanOpening()
            } else if byte == UInt8(ascii: ")") {
                try scanClosing()
            } else if byte == UInt8(ascii: "\"") {
                try scanStringToken()
            } else if byte == UInt8(ascii: ";") && text[index + 1] == UInt8(ascii: ";") {
                try skipLineComment()
            } else if ",;[]{}".utf8.contains(byte) {
                append(.reserved, from: index, to: index + 1)
                index += 1
            } else if index == end {
                break
            } else {
                throw illegalCharacter(at: index)
            }
        }
        if let pendingAnnotation {
            throw SyntaxError(at: pendingAnnotation.start, "unclosed annotation")
        }
        if let open = openTokens.last {
            throw SyntaxError(
                at: tokens[open].start, "unexpected token: the text ends inside of this parenthesis")
        }
        append(.end, from: end, to: end)
    }

    private mutating func append(_ kind: Token.Kind, from start: Int, to end: Int, value: UInt32 = 0) {
        tokens.append(Token(start: UInt32(start), end: UInt32(end), value: value, kind: kind))
    }

    private func illegalCharacter(at index: Int) -> SyntaxError {
        if UTF8Validation.sequenceLength(in: text, at: index) == 0 {
            return SyntaxError(at: index, "malformed UTF-8 encoding")
        }
        return SyntaxError(at: index, "illegal character")
    }

    // MARK: Parentheses and annotations

    private mutating func scanOpening() throws(SyntaxError) {
        switch text[index + 1] {
        case UInt8(ascii: ";"):
            try skipBlockComment()
        case UInt8(ascii: "@") where !isInsideAnnotation:
            try scanAnnotation()
        default:
            openTokens.append(tokens.count)
            append(.open, from: index, to: index + 1)
            index += 1
        }
    }

    private mutating func scanClosing() throws(SyntaxError) {
        if let pendingAnnotation, pendingAnnotation.depth == openTokens.count {
            return finish(pendingAnnotation)
        }
        guard let open = openTokens.popLast() else {
            throw SyntaxError(at: index, "unexpected token: this parenthesis closes nothing")
        }
        tokens[open].value = UInt32(tokens.count)
        append(.close, from: index, to: index + 1)
        index += 1
    }

    /// Begins an annotation, `(@name …)`.
    private mutating func scanAnnotation() throws(SyntaxError) {
        let start = index
        let name = try scanAnnotationName()
        pendingAnnotation = PendingAnnotation(
            name: name, start: start, depth: openTokens.count, firstToken: tokens.count)
    }

    /// At the `)` that ends an annotation: keeps what was inside if the annotation is known.
    private mutating func finish(_ annotation: PendingAnnotation) {
        index += 1
        let firstToken = annotation.firstToken
        if let kind = Annotation.Kind(name: annotation.name) {
            annotations.append(
                Annotation(
                    kind: kind, offset: UInt32(annotation.start), tokenIndex: firstToken,
                    content: Array(tokens[firstToken...])))
        }
        tokens.removeSubrange(firstToken...)
        pendingAnnotation = nil
    }

    private mutating func scanAnnotationName() throws(SyntaxError) -> [UInt8] {
        let start = index
        index += 2
        if text[index] == UInt8(ascii: "\"") {
            return try scanQuotedName(orEmpty: SyntaxError(at: start, "empty annotation id"))
        }
        let nameStart = index
        while classes[Int(text[index])] & CharacterClass.identifier != 0 { index += 1 }
        guard index > nameStart else { throw SyntaxError(at: start, "empty annotation id") }
        return Array(text[nameStart..<index])
    }

    // MARK: Comments

    private mutating func skipLineComment() throws(SyntaxError) {
        index += 2
        while true {
            let byte = text[index]
            if classes[Int(byte)] & CharacterClass.lineComment != 0 {
                index += 1
            } else if byte >= 0x80 {
                try skipSequence()
            } else if byte == 0 && index < end {
                index += 1
            } else {
                return
            }
        }
    }

    private mutating func skipBlockComment() throws(SyntaxError) {
        let start = index
        index += 2
        var depth = 1
        while true {
            let byte = text[index]
            if classes[Int(byte)] & CharacterClass.blockComment != 0 {
                index += 1
            } else if byte >= 0x80 {
                try skipSequence()
            } else if byte == UInt8(ascii: ";") && text[index + 1] == UInt8(ascii: ")") {
                index += 2
                depth -= 1
                if depth == 0 { return }
            } else if byte == UInt8(ascii: "(") && text[index + 1] == UInt8(ascii: ";") {
                index += 2
                depth += 1
            } else if byte == 0 && index == end {
                throw SyntaxError(at: start, "unclosed comment")
            } else {
                index += 1
            }
        }
    }

    /// Skips a character beyond ASCII.
    private mutating func skipSequence() throws(SyntaxError) {
        let length = UTF8Validation.sequenceLength(in: text, at: index)
        if length == 0 { throw SyntaxError(at: index, "malformed UTF-8 encoding") }
        index += length
    }

    // MARK: Words

    /// Reads a token that begins with an identifier character.
    private mutating func scanWord() throws(SyntaxError) {
        let start = index
        let first = text[start]
        if first == UInt8(ascii: "$") { return try scanIdentifier() }

        var hash = SymbolTable.combine(SymbolTable.seed, first)
        var position = start + 1
        while true {
            let byte = text[position]
            if classes[Int(byte)] & CharacterClass.identifier == 0 { break }
            hash = SymbolTable.combine(hash, byte)
            position += 1
        }
        index = position
        if text[position] == UInt8(ascii: "\"") { return try scanReserved(from: start) }

        switch first {
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            append(.keyword, from: start, to: position, value: keywords.code(of: text[start..<position], hash: hash))
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            append(.number, from: start, to: position)
        default:
            append(.reserved, from: start, to: position)
        }
    }

    private mutating func scanIdentifier() throws(SyntaxError) {
        let start = index
        index += 1
        if isInsideAnnotation { return try scanReserved(from: start) }

        if text[index] == UInt8(ascii: "\"") {
            let name = try scanQuotedName(orEmpty: SyntaxError(at: start, "empty identifier"))
            guard !continuesWord else { return try scanReserved(from: start) }
            let symbol = symbols.intern(name[...], hash: SymbolTable.hash(name))
            append(.identifier, from: start, to: index, value: symbol)
            return
        }
        var hash = SymbolTable.seed
        var position = index
        while true {
            let byte = text[position]
            if classes[Int(byte)] & CharacterClass.identifier == 0 { break }
            hash = SymbolTable.combine(hash, byte)
            position += 1
        }
        index = position
        guard position > start + 1 else { throw SyntaxError(at: start, "empty identifier") }
        if text[position] == UInt8(ascii: "\"") { return try scanReserved(from: start) }
        let symbol = symbols.intern(text[(start + 1)..<position], hash: hash)
        append(.identifier, from: start, to: position, value: symbol)
    }

    /// Whether the token just read goes on without a separator, which makes all of it one reserved token.
    private var continuesWord: Bool {
        let byte = text[index]
        return classes[Int(byte)] & CharacterClass.identifier != 0 || byte == UInt8(ascii: "\"")
    }

    /// Reads the rest of a run of identifier characters and strings that started at `start`.
    private mutating func scanReserved(from start: Int) throws(SyntaxError) {
        while true {
            let byte = text[index]
            if classes[Int(byte)] & CharacterClass.identifier != 0 {
                index += 1
            } else if byte == UInt8(ascii: "\"") {
                _ = try scanString()
            } else {
                break
            }
        }
        append(.reserved, from: start, to: index)
    }

    // MARK: Strings

    private mutating func scanStringToken() throws(SyntaxError) {
        let start = index
        let hasEscapes = try scanString()
        if continuesWord { return try scanReserved(from: start) }
        append(.string, from: start, to: index, value: hasEscapes ? 1 : 0)
    }

    /// Reads the quoted name of an identifier or annotation. A name that is empty, or broken off by a line break or
    /// another control character, counts as no name at all.
    private mutating func scanQuotedName(orEmpty empty: SyntaxError) throws(SyntaxError) -> [UInt8] {
        let start = index
        var probe = start + 1
        while text[probe] != UInt8(ascii: "\"") {
            let isEscape = text[probe] == UInt8(ascii: "\\")
            if text[probe] < 0x20 || text[probe] == 0x7F { throw empty }
            probe += isEscape && text[probe + 1] != 0 ? 2 : 1
        }
        _ = try scanString()
        var name: [UInt8] = []
        StringLiteral.decode(text, start..<index, into: &name)
        if name.isEmpty { throw empty }
        guard UTF8Validation.isValid(name) else { throw SyntaxError(at: start, "malformed UTF-8 encoding") }
        return name
    }

    /// Reads a string literal at `index`, and checks it. Returns whether it contains escapes.
    private mutating func scanString() throws(SyntaxError) -> Bool {
        let start = index
        var hasEscapes = false
        index += 1
        while true {
            let byte = text[index]
            if classes[Int(byte)] & CharacterClass.stringContent != 0 {
                index += 1
            } else if byte == UInt8(ascii: "\"") {
                index += 1
                return hasEscapes
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                let length = StringLiteral.escapeLength(text, at: index)
                if length == 0 { throw SyntaxError(at: index, "illegal escape in a string") }
                index += length
            } else if byte >= 0x80 {
                try skipSequence()
            } else if index == end || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                throw SyntaxError(at: start, "unclosed string")
            } else {
                throw SyntaxError(at: index, "illegal character in a string: write it as an escape, such as \\00")
            }
        }
    }
}
