/// A place in the tokens of a text, and what is common to reading modules and scripts from there.
struct TokenReader {
    let source: TokenizedSource
    private let tokens: [Token]
    let text: [UInt8]
    /// The index of the token to be read next.
    var position: Int

    init(_ source: TokenizedSource, at position: Int = 0) {
        self.source = source
        tokens = source.tokens
        text = source.text
        self.position = position
    }

    // MARK: Looking

    var token: Token {
        @inline(__always) get { tokens[position] }
    }

    func token(at index: Int) -> Token { tokens[index] }

    /// The index of the `)` that belongs to the `(` at `index`.
    func closing(of index: Int) -> Int { Int(tokens[index].value) }

    var offset: UInt32 { tokens[position].start }

    var isAtOpen: Bool { tokens[position].kind == .open }
    var isAtClose: Bool { tokens[position].kind == .close }
    var isAtEnd: Bool { tokens[position].kind == .end }
    var isAtString: Bool { tokens[position].kind == .string }
    var isAtIdentifier: Bool { tokens[position].kind == .identifier }
    var isAtNumber: Bool { tokens[position].kind == .number }

    /// Whether the next token is an index: a number or an identifier.
    var isAtIndex: Bool { isAtNumber || isAtIdentifier }

    @inline(__always)
    func isAt(_ keyword: Keyword) -> Bool {
        tokens[position].kind == .keyword && tokens[position].value == UInt32(keyword.rawValue)
    }

    /// Whether the next two tokens are `(` and the keyword.
    @inline(__always)
    func isAtOpening(_ keyword: Keyword) -> Bool { isOpening(keyword, at: position) }

    @inline(__always)
    func isOpening(_ keyword: Keyword, at index: Int) -> Bool {
        guard tokens[index].kind == .open else { return false }
        let next = tokens[index + 1]
        return next.kind == .keyword && next.value == UInt32(keyword.rawValue)
    }

    /// The keyword at `index`, if that is one of ``Keyword``.
    func keyword(at index: Int) -> Keyword? {
        tokens[index].kind == .keyword ? KeywordCode(value: tokens[index].value).keyword : nil
    }

    /// The keyword after the `(` that is the next token.
    var openingKeyword: Keyword? { isAtOpen ? keyword(at: position + 1) : nil }

    /// What the token at `index` looks like.
    func spelling(at index: Int) -> String {
        let token = tokens[index]
        if token.kind == .end { return "the end of the text" }
        let longest = 60
        let bytes = text[token.range]
        return String(decoding: bytes.prefix(longest), as: UTF8.self) + (bytes.count > longest ? "…" : "")
    }

    /// Whether a component begins here, whose text format is another one.
    var isAtComponent: Bool { isAtOpen && text[tokens[position + 1].range].elementsEqual("component".utf8) }

    // MARK: Reading

    mutating func advance() { position += 1 }

    /// Reads `keyword`, if it is next.
    mutating func accept(_ keyword: Keyword) -> Bool {
        guard isAt(keyword) else { return false }
        position += 1
        return true
    }

    /// Reads `(` and `keyword`, if they are next.
    @inline(__always)
    mutating func acceptOpening(_ keyword: Keyword) -> Bool {
        guard isAtOpening(keyword) else { return false }
        position += 2
        return true
    }

    @inline(__always)
    mutating func acceptClose() -> Bool {
        guard tokens[position].kind == .close else { return false }
        position += 1
        return true
    }

    mutating func expectOpen() throws(SyntaxError) {
        guard isAtOpen else { throw unexpected("a parenthesis") }
        position += 1
    }

    @inline(__always)
    mutating func expectClose() throws(SyntaxError) {
        guard tokens[position].kind == .close else { throw unexpected("a closing parenthesis") }
        position += 1
    }

    mutating func expectOpening(_ keyword: Keyword) throws(SyntaxError) {
        guard isAtOpening(keyword) else {
            if isAtOpen { throw unexpected("\(keyword.spelling)", at: position + 1) }
            throw unexpected("(\(keyword.spelling) …)")
        }
        position += 2
    }

    /// Reads an identifier, if one is next, and returns its symbol.
    @inline(__always)
    mutating func acceptIdentifier() -> UInt32? {
        let token = tokens[position]
        guard token.kind == .identifier else { return nil }
        position += 1
        return token.value
    }

    /// Reads a string literal, and appends the bytes it denotes.
    mutating func readString(into bytes: inout [UInt8]) throws(SyntaxError) {
        let token = tokens[position]
        guard token.kind == .string else { throw unexpected("a string") }
        appendString(token, to: &bytes)
        position += 1
    }

    func appendString(_ token: Token, to bytes: inout [UInt8]) {
        if token.value == 0 {
            bytes.append(contentsOf: text[(token.range.lowerBound + 1)..<(token.range.upperBound - 1)])
        } else {
            StringLiteral.decode(text, token.range, into: &bytes)
        }
    }

    /// Reads a string literal that has to denote well-formed UTF-8.
    mutating func readName() throws(SyntaxError) -> [UInt8] {
        let offset = self.offset
        var bytes: [UInt8] = []
        try readString(into: &bytes)
        guard UTF8Validation.isValid(bytes) else { throw SyntaxError(at: offset, "malformed UTF-8 encoding") }
        return bytes
    }

    /// Reads an unsigned number of `bitWidth` bits.
    mutating func readUnsigned(bitWidth: Int) throws(SyntaxError) -> UInt64 {
        let token = tokens[position]
        guard token.kind == .number, let literal = IntegerLiteral(text, token.range), !literal.hasSign else {
            throw unexpected("an unsigned number")
        }
        guard let value = literal.bits(bitWidth) else {
            throw SyntaxError(at: token.start, "i\(bitWidth) constant out of range")
        }
        position += 1
        return value
    }

    mutating func readUInt32() throws(SyntaxError) -> UInt32 {
        UInt32(truncatingIfNeeded: try readUnsigned(bitWidth: 32))
    }

    /// Reads an integer constant of `bitWidth` bits, signed or unsigned; returns its bits.
    @inline(__always)
    mutating func readInteger(bitWidth: Int) throws(SyntaxError) -> UInt64 {
        let token = tokens[position]
        guard token.kind == .number, let literal = IntegerLiteral(text, token.range) else {
            throw unexpected("an integer")
        }
        guard let bits = literal.bits(bitWidth) else {
            throw SyntaxError(at: token.start, "constant out of range: it does not fit in \(bitWidth) bits")
        }
        position += 1
        return bits
    }

    /// Reads a floating-point constant; returns its bits.
    mutating func readFloat(_ format: FloatFormat) throws(SyntaxError) -> UInt64 {
        let token = tokens[position]
        guard token.kind == .number || token.kind == .keyword else { throw unexpected("a number") }
        switch FloatLiteral.read(text, token.range, as: format) {
        case .bits(let bits):
            position += 1
            return bits
        case .outOfRange:
            throw SyntaxError(at: token.start, "constant out of range: \(spelling(at: position))")
        case .malformed:
            throw unexpected("a number")
        }
    }

    // MARK: Errors

    /// The error that the next token is not `expected`.
    func unexpected(_ expected: String) -> SyntaxError { unexpected(expected, at: position) }

    /// The error that the token at `index` is not `expected`. A word that has no meaning anywhere is called an unknown
    /// operator.
    func unexpected(_ expected: String, at index: Int) -> SyntaxError {
        let kind = isMeaningless(at: index) ? "unknown operator" : "unexpected token"
        return SyntaxError(at: tokens[index].start, "\(kind) \(spelling(at: index)): expected \(expected)")
    }

    /// Whether the token at `index` has no meaning anywhere.
    func isMeaningless(at index: Int) -> Bool {
        let token = tokens[index]
        return switch token.kind {
        case .reserved: true
        case .keyword: token.value == 0 && !isSpecialWord(token)
        case .number: !isFloatLiteral(token)
        default: false
        }
    }

    /// Whether the token at `index` is a number, `inf` or `nan`.
    func isAtLiteral(at index: Int) -> Bool {
        let token = tokens[index]
        return token.kind == .number || token.kind == .keyword && token.value == 0 && isFloatLiteral(token)
    }

    /// Whether the token is a number in any form, `inf` and `nan` included.
    func isFloatLiteral(_ token: Token) -> Bool {
        if case .malformed = FloatLiteral.read(text, token.range, as: .binary64) { return false }
        return true
    }

    /// Whether an unlisted keyword is a number's name or part of a memory argument.
    private func isSpecialWord(_ token: Token) -> Bool {
        if isFloatLiteral(token) { return true }
        guard let equals = text[token.range].firstIndex(of: UInt8(ascii: "=")) else { return false }
        let name = text[token.range.lowerBound..<equals]
        return (name.elementsEqual("offset".utf8) || name.elementsEqual("align".utf8))
            && IntegerLiteral(text, (equals + 1)..<token.range.upperBound).map { !$0.hasSign } ?? false
    }
}
