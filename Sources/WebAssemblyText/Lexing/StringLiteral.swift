/// The escapes of string literals.
enum StringLiteral {
    /// The length of the escape that the backslash at `index` begins, or 0 if it is invalid. `text` ends with a zero byte.
    static func escapeLength(_ text: [UInt8], at index: Int) -> Int {
        switch text[index + 1] {
        case UInt8(ascii: "t"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "\""), UInt8(ascii: "'"),
            UInt8(ascii: "\\"):
            return 2
        case UInt8(ascii: "u"):
            return scalarEscape(text, at: index)?.length ?? 0
        default:
            guard text[index + 1].hexadecimalValue != nil, text[index + 2].hexadecimalValue != nil else { return 0 }
            return 3
        }
    }

    /// Reads `\u{…}`: hexadecimal digits, single underscores between them allowed, of a Unicode scalar value.
    private static func scalarEscape(_ text: [UInt8], at index: Int) -> (scalar: Unicode.Scalar, length: Int)? {
        guard text[index + 2] == UInt8(ascii: "{") else { return nil }
        var position = index + 3
        var value: UInt32 = 0
        var mayEnd = false
        while true {
            let byte = text[position]
            position += 1
            if let digit = byte.hexadecimalValue {
                value = value << 4 | UInt32(digit)
                if value > 0x10FFFF { return nil }
                mayEnd = true
            } else if byte == UInt8(ascii: "_") && mayEnd {
                mayEnd = false
            } else if byte == UInt8(ascii: "}") && mayEnd {
                return Unicode.Scalar(value).map { ($0, position - index) }
            } else {
                return nil
            }
        }
    }

    /// Appends the bytes that the checked string literal in `range` (its quotes included) denotes.
    static func decode(_ text: [UInt8], _ range: Range<Int>, into bytes: inout [UInt8]) {
        var index = range.lowerBound + 1
        let end = range.upperBound - 1
        var runStart = index
        while index < end {
            guard text[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            bytes.append(contentsOf: text[runStart..<index])
            switch text[index + 1] {
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "u"):
                if let escape = scalarEscape(text, at: index) {
                    bytes.append(contentsOf: UTF8.encode(escape.scalar)!)
                }
            case let other:
                if let high = other.hexadecimalValue, let low = text[index + 2].hexadecimalValue {
                    bytes.append(high << 4 | low)
                } else {
                    bytes.append(other)
                }
            }
            index += escapeLength(text, at: index)
            runStart = index
        }
        bytes.append(contentsOf: text[runStart..<index])
    }
}
