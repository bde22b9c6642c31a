/// File names that are not text, as people are shown them.
enum EscapedName {
    /// The bytes as text: what is not UTF-8 as `\xFF`, control characters likewise, and a backslash as two.
    static func text(of bytes: [UInt8]) -> String {
        var text = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            // The longest beginning that is valid: a scalar has at most four bytes.
            let scalar = (1...min(4, rest.count)).lazy.compactMap { length in
                String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars.first.map { ($0, length) }
            }.first
            if let (scalar, length) = scalar {
                switch scalar.value {
                case 0x5C: text += "\\\\"
                case 0..<0x20, 0x7F: text += hexadecimal(UInt8(scalar.value))
                default: text.unicodeScalars.append(scalar)
                }
                rest = rest.dropFirst(length)
            } else {
                text += hexadecimal(rest.removeFirst())
            }
        }
        return text
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "\\x" + (digits.count == 1 ? "0" + digits : digits)
    }
}
