/// What a byte may be part of, as a set of bits.
struct CharacterClass {
    static let identifier: UInt8 = 1
    static let space: UInt8 = 2
    static let stringContent: UInt8 = 4
    static let digit: UInt8 = 8
    static let hexadecimalDigit: UInt8 = 16
    static let lineComment: UInt8 = 32
    static let blockComment: UInt8 = 64

    /// The bits of each byte.
    static let table: [UInt8] = (0..<256).map { value in
        let byte = UInt8(value)
        var bits: UInt8 = 0
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            bits |= identifier | digit | hexadecimalDigit
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            bits |= identifier
            if byte | 0x20 <= UInt8(ascii: "f") { bits |= hexadecimalDigit }
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            bits |= space
        default:
            if "!#$%&'*+-./:<=>?@\\^_`|~".utf8.contains(byte) { bits |= identifier }
        }
        if byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
            bits |= stringContent
        }
        // The bytes that need no second look inside a comment; a zero byte may be the end of the text.
        if byte < 0x80 && byte != 0 {
            if byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") { bits |= lineComment }
            if byte != UInt8(ascii: ";") && byte != UInt8(ascii: "(") { bits |= blockComment }
        }
        return bits
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
