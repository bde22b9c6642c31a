/// Text that is not JSON.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    /// Where, in bytes from the beginning.
    package let offset: Int
    package let message: String

    package var description: String { "invalid JSON at byte \(offset): \(message)" }
}

extension JSONValue {
    /// Parses a whole text of UTF-8. Arrays and objects nest 64 deep at most.
    package init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
        var parser = JSONParser(bytes: Array(bytes))
        self = try parser.parseText()
    }
}

/// A recursive-descent parser of RFC 8259.
private struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private static let maximumDepth = 64

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parseText() throws(JSONError) -> JSONValue {
        let value = try parseValue()
        skipWhitespace()
        guard position == bytes.count else { throw error("something follows the value") }
        return value
    }

    private func error(_ message: String) -> JSONError {
        JSONError(offset: position, message: message)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipWhitespace()
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let isThere = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        if isThere { position += word.utf8CodeUnitCount }
        return isThere
    }

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        skipWhitespace()
        switch current {
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "{"): return .object(try nested { (parser) throws(JSONError) in try parser.parseObject() })
        case UInt8(ascii: "["): return .array(try nested { (parser) throws(JSONError) in try parser.parseArray() })
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try parseNumber()
        default:
            if take(word: "true") { return .boolean(true) }
            if take(word: "false") { return .boolean(false) }
            if take(word: "null") { return .null }
            throw error("a value is missing")
        }
    }

    private mutating func nested<Value>(
        _ parse: (inout JSONParser) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        guard depth < Self.maximumDepth else { throw error("nested too deeply") }
        depth += 1
        position += 1
        let value = try parse(&self)
        depth -= 1
        return value
    }

    private mutating func parseObject() throws(JSONError) -> JSONObject {
        var object = JSONObject()
        if take("}") { return object }
        repeat {
            skipWhitespace()
            guard current == UInt8(ascii: "\"") else { throw error("a member's name is missing") }
            let name = try parseString()
            guard take(":") else { throw error("':' is missing") }
            object.append(name, try parseValue())
        } while take(",")
        guard take("}") else { throw error("'}' is missing") }
        return object
    }

    private mutating func parseArray() throws(JSONError) -> [JSONValue] {
        var values: [JSONValue] = []
        if take("]") { return values }
        repeat {
            values.append(try parseValue())
        } while take(",")
        guard take("]") else { throw error("']' is missing") }
        return values
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        if current == UInt8(ascii: "-") { position += 1 }
        let startsWithZero = current == UInt8(ascii: "0")
        let digits = skipDigits()
        guard digits > 0, digits == 1 || !startsWithZero else { throw error("not a number") }
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard skipDigits() > 0 else { throw error("a digit is missing") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw error("a digit is missing") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw error("number out of range") }
        return .number(number)
    }

    private mutating func parseString() throws(JSONError) -> String {
        position += 1
        var content: [UInt8] = []
        while true {
            guard let byte = current else { throw error("the string does not end") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: content, as: UTF8.self) else { throw error("not UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                content.append(contentsOf: try parseEscape())
            case 0..<0x20:
                throw error("a control character in a string")
            default:
                content.append(byte)
            }
        }
    }

    private mutating func parseEscape() throws(JSONError) -> [UInt8] {
        guard let byte = current else { throw error("the string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try parseHexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard take(word: "\\u") else { throw error("half a surrogate pair") }
                let low = try parseHexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
            return Array(String(Character(scalar)).utf8)
        default: throw error("an unknown escape")
        }
    }

    private mutating func parseHexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw error("the string does not end") }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw error("not four digits") }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }
}
