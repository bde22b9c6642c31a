/// "String": the four forms.
extension TOMLParser {
    /// `"…"` on one line, at whose opening quote the parser stands.
    mutating func parseBasicString() throws(TOMLError) -> String {
        offset += 1
        let start = offset
        while true {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                offset += 1
                return String(decoding: bytes[start..<offset - 1], as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") { break }
            if Self.isControl(byte) { throw unendedOrControl(closing: "\"") }
            offset += 1
        }
        // An escape: from here on the content is not what stands in the text.
        var content = Array(bytes[start..<offset])
        while true {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try parseEscape(into: &content)
            default:
                if Self.isControl(byte) { throw unendedOrControl(closing: "\"") }
                content.append(byte)
                offset += 1
            }
        }
    }

    /// `'…'` on one line, at whose opening quote the parser stands.
    mutating func parseLiteralString() throws(TOMLError) -> String {
        offset += 1
        let start = offset
        while bytes[offset] != UInt8(ascii: "'") {
            if Self.isControl(bytes[offset]) { throw unendedOrControl(closing: "'") }
            offset += 1
        }
        offset += 1
        return String(decoding: bytes[start..<offset - 1], as: UTF8.self)
    }

    /// `"""…"""`, at whose opening quotes the parser stands.
    mutating func parseMultilineBasicString() throws(TOMLError) -> String {
        try parseMultilineString(quote: UInt8(ascii: "\"")) { (parser, content) throws(TOMLError) in
            if parser.isLineEndingBackslash {
                parser.offset += 1
                while true {
                    parser.skipBlanks()
                    let next = parser.bytes[parser.offset]
                    guard next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r") else { break }
                    try parser.takeNewline()
                }
            } else {
                try parser.parseEscape(into: &content)
            }
        }
    }

    /// `'''…'''`, at whose opening quotes the parser stands.
    mutating func parseMultilineLiteralString() throws(TOMLError) -> String {
        try parseMultilineString(quote: UInt8(ascii: "'")) { (parser, content) throws(TOMLError) in
            content.append(UInt8(ascii: "\\"))
            parser.offset += 1
        }
    }

    private mutating func parseMultilineString(
        quote: UInt8, backslash: (inout TOMLParser, inout [UInt8]) throws(TOMLError) -> Void
    ) throws(TOMLError) -> String {
        let opening = position(at: offset)
        offset += 3
        if bytes[offset] == UInt8(ascii: "\n") || bytes[offset] == UInt8(ascii: "\r") { try takeNewline() }
        var content: [UInt8] = []
        while true {
            let byte = bytes[offset]
            switch byte {
            case quote:
                var count = 1
                while count < 6, bytes[offset + count] == quote { count += 1 }
                // Up to two quotes may stand right before the three that end the string.
                if count >= 3 {
                    let kept = min(count - 3, 2)
                    content.append(contentsOf: repeatElement(quote, count: kept))
                    offset += kept + 3
                    return String(decoding: content, as: UTF8.self)
                }
                content.append(contentsOf: repeatElement(quote, count: count))
                offset += count
            case UInt8(ascii: "\\"):
                try backslash(&self, &content)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                let start = offset
                try takeNewline()
                content.append(contentsOf: bytes[start..<offset])
            default:
                if Self.isControl(byte) {
                    if offset == end {
                        let quotes = String(repeating: Character(UnicodeScalar(quote)), count: 3)
                        throw error("the string that begins here is not ended by \(quotes)", at: opening)
                    }
                    throw error("a string cannot contain the control character \(found); write an escape")
                }
                content.append(byte)
                offset += 1
            }
        }
    }

    /// Whether nothing but white space stands between the backslash and the end of its line.
    private var isLineEndingBackslash: Bool {
        var next = offset + 1
        while bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\t") { next += 1 }
        return bytes[next] == UInt8(ascii: "\n")
            || bytes[next] == UInt8(ascii: "\r") && bytes[next + 1] == UInt8(ascii: "\n")
    }

    private mutating func parseEscape(into content: inout [UInt8]) throws(TOMLError) {
        let start = offset
        offset += 2
        switch bytes[start + 1] {
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "\""): content.append(0x22)
        case UInt8(ascii: "\\"): content.append(0x5C)
        case UInt8(ascii: "u"): try parseUnicodeEscape(digitCount: 4, from: start, into: &content)
        case UInt8(ascii: "U"): try parseUnicodeEscape(digitCount: 8, from: start, into: &content)
        default:
            offset = start + 1
            throw error(
                "a string cannot contain the escape of \(found): only \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX and "
                    + "\\UXXXXXXXX are there", at: start)
        }
    }

    private mutating func parseUnicodeEscape(
        digitCount: Int, from start: Int, into content: inout [UInt8]
    ) throws(TOMLError) {
        var code: UInt32 = 0
        for _ in 0..<digitCount {
            guard let digit = Self.hexadecimalDigit(bytes[offset]) else {
                throw error("\(digitCount) hexadecimal digits are expected in this escape, found \(found)")
            }
            code = code << 4 | UInt32(digit)
            offset += 1
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw error("U+\(String(code, radix: 16, uppercase: true)) is not a Unicode scalar value", at: start)
        }
        content.append(contentsOf: String(scalar).utf8)
    }

    private func unendedOrControl(closing: String) -> TOMLError {
        switch bytes[offset] {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"),
            0 where offset == end:
            error("the string is expected to end with \(closing) on this line")
        default:
            error("a string cannot contain the control character \(found); write an escape")
        }
    }

    static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
