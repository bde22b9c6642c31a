import JSON

/// The bytes are a JSON text. It is read if, and only if, the grammar allows it; and what was read, written again, is read as
/// the same.
enum JSONDocuments {
    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        var grammar = JSONGrammar(Array(input))
        let isValid = grammar.acceptsAll()
        do throws(JSONError) {
            let value = try JSONValue(parsing: input)
            guard isValid else { fatalError("this is not JSON, and yet it is read as \(value.serialized)") }
            let text = value.serialized
            let again = try JSONValue(parsing: Array(text.utf8))
            guard again == value, again.serialized == text else {
                fatalError("what was read is not what is written:\n\(text)\n\(again.serialized)")
            }
        } catch {
            guard !isValid else { fatalError("this is JSON, and yet: \(error)") }
            guard (0...input.count).contains(error.offset) else { fatalError("an error is outside the text: \(error)") }
            _ = error.position(in: input)
        }
    }
}

/// The grammar of RFC 8259, rule by rule, with the limits of the reader: texts that nest too deep, and numbers that no
/// `Double` holds, are not accepted.
struct JSONGrammar {
    private var rest: ArraySlice<UInt8>
    private var depth = 0

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func acceptsAll() -> Bool { value() && rest.isEmpty }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: byte) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func take(oneOf bytes: String) -> UInt8? {
        guard let first = rest.first, bytes.utf8.contains(first) else { return nil }
        rest.removeFirst()
        return first
    }

    private mutating func take(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest.removeFirst(word.utf8.count)
        return true
    }

    private mutating func space() {
        rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }

    private mutating func value() -> Bool {
        space()
        defer { space() }
        if take("true") || take("false") || take("null") { return true }
        switch rest.first {
        case UInt8(ascii: "{"): return list("{", "}") { $0.string() && $0.member() }
        case UInt8(ascii: "["): return list("[", "]") { $0.value() }
        case UInt8(ascii: "\""): return string()
        default: return number()
        }
    }

    private mutating func member() -> Bool {
        space()
        return take(":" as Unicode.Scalar) && value()
    }

    private mutating func list(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ element: (inout JSONGrammar) -> Bool
    ) -> Bool {
        guard take(opening), depth < JSONScanner.maximumDepth else { return false }
        depth += 1
        defer { depth -= 1 }
        space()
        if take(closing) { return true }
        repeat {
            space()
            guard element(&self) else { return false }
            space()
        } while take("," as Unicode.Scalar)
        return take(closing)
    }

    private mutating func digits() -> Bool {
        let count = rest.prefix { (0x30...0x39).contains($0) }.count
        rest.removeFirst(count)
        return count > 0
    }

    private mutating func number() -> Bool {
        let start = rest
        _ = take("-" as Unicode.Scalar)
        guard take("0" as Unicode.Scalar) || digits() else { return false }
        if take("." as Unicode.Scalar), !digits() { return false }
        if take(oneOf: "eE") != nil {
            _ = take(oneOf: "+-")
            guard digits() else { return false }
        }
        let text = String(decoding: start[..<rest.startIndex], as: UTF8.self)
        return Double(text)?.isFinite ?? false
    }

    private mutating func string() -> Bool {
        guard take("\"" as Unicode.Scalar) else { return false }
        var units: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: units, as: UTF8.self) != nil
            case UInt8(ascii: "\\"):
                if take(oneOf: "\"\\/bfnrt") != nil {
                    units.append(0x20)
                } else {
                    guard let unit = escapedUnit() else { return false }
                    switch unit {
                    case 0xD800..<0xDC00:
                        guard take("\\" as Unicode.Scalar), let low = escapedUnit(), (0xDC00..<0xE000).contains(low)
                        else { return false }
                    case 0xDC00..<0xE000: return false
                    default: break
                    }
                    units.append(0x20)
                }
            case 0..<0x20: return false
            default: units.append(byte)
            }
        }
        return false
    }

    /// The number behind `u`.
    private mutating func escapedUnit() -> Int? {
        guard take("u" as Unicode.Scalar), rest.count >= 4 else { return nil }
        let digits = rest.prefix(4)
        guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        rest.removeFirst(4)
        return Int(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
