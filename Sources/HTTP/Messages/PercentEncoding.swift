/// Percent-encoding (RFC 3986 section 2.1).
package enum PercentEncoding {
    /// The value of a hexadecimal digit; `nil` for any other character.
    package static func digit(_ byte: UInt8) -> UInt8? { hexadecimalValue(byte) }

    /// The bytes that `text` stands for, `nil` when a `%` is not followed by two hexadecimal digits.
    package static func decodeBytes(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexadecimalValue),
                let low = iterator.next().flatMap(hexadecimalValue)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// The text that `text` stands for, `nil` when an escape is malformed or the result is not UTF-8.
    package static func decode(_ text: some StringProtocol) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return decodeBytes(text).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// As `decode`, with `+` standing for a space, as in the fields of an HTML form and of queries made from one.
    package static func decodeFormField(_ text: some StringProtocol) -> String? {
        decode(String(text.map { $0 == "+" ? " " : $0 }))
    }

    /// `text` with everything but letters, digits, `-`, `.`, `_`, `~` and the characters of `kept` escaped.
    package static func encode(_ text: some StringProtocol, keeping kept: String = "") -> String {
        let keptBytes = Array(kept.utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if CharacterClass.isUnreserved(byte) || keptBytes.contains(byte) {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(hexadecimalDigit(byte >> 4))
                encoded.append(hexadecimalDigit(byte & 15))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// `path` with each segment's special characters escaped and its slashes kept.
    package static func encodePath(_ path: some StringProtocol) -> String {
        encode(path, keeping: "/!$&'()*+,;=:@")
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x41 + value - 10
    }
}
