import TOML

/// Reads a JSON document (RFC 8259) whose root is an object.
///
/// Foundation's reader loses the order of keys and the places of values, which errors about an invoice point at.
/// A member that is `null` is left out, as the tables have no such value; a key that occurs twice is refused.
struct JSONReader {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    /// Where the current line begins.
    private var lineStart = 0
    private var depth = 0
    /// Deeper than any document of Bindle's, shallower than any thread's stack.
    private static let deepestNesting = 64

    static func read(_ bytes: [UInt8]) throws(TOMLError) -> TOMLTable {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw TOMLError("the text is not valid UTF-8", at: SourcePosition(line: 1, column: 1), in: bytes)
        }
        var reader = JSONReader(bytes: bytes)
        reader.skipSpace()
        let root = try reader.value()
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw reader.error("more text after the end of the document") }
        guard let table = root?.table else {
            throw TOMLError("the document is not an object", at: SourcePosition(line: 1, column: 1), in: bytes)
        }
        return table
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: - Places

    private var position: SourcePosition {
        let scalarCount = bytes[lineStart..<min(offset, bytes.count)].count { $0 & 0xC0 != 0x80 }
        return SourcePosition(line: line, column: scalarCount + 1)
    }

    private func error(_ message: String) -> TOMLError { TOMLError(message, at: position, in: bytes) }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next {
            switch byte {
            case 0x20, 0x09, 0x0D: offset += 1
            case 0x0A:
                offset += 1
                line += 1
                lineStart = offset
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - offset >= length,
            bytes[offset..<offset + length].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: length))
        else { return false }
        offset += length
        return true
    }

    // MARK: - Values

    /// The next value; `nil` for `null`.
    private mutating func value() throws(TOMLError) -> TOMLValue? {
        let position = position
        switch next {
        case UInt8(ascii: "{"): return TOMLValue(.table(try object()), position: position)
        case UInt8(ascii: "["): return TOMLValue(.array(try array()), position: position)
        case UInt8(ascii: "\""): return TOMLValue(.string(try string()), position: position)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            return TOMLValue(try number(), position: position)
        case .none: throw error("the text ends where a value is expected")
        default:
            if take(word: "true") { return TOMLValue(.boolean(true), position: position) }
            if take(word: "false") { return TOMLValue(.boolean(false), position: position) }
            if take(word: "null") { return nil }
            throw error("a value is expected here")
        }
    }

    private mutating func enter() throws(TOMLError) {
        depth += 1
        guard depth <= Self.deepestNesting else {
            throw error("the document is nested more than \(Self.deepestNesting) deep")
        }
        offset += 1
        skipSpace()
    }

    private mutating func object() throws(TOMLError) -> TOMLTable {
        try enter()
        defer { depth -= 1 }
        var table = TOMLTable()
        var nullKeys = Set<String>()
        if take(UInt8(ascii: "}")) { return table }
        while true {
            let keyError = error("a key in double quotes is expected here")
            guard next == UInt8(ascii: "\"") else { throw keyError }
            let keyPosition = position
            let key = try string()
            guard table[key] == nil, !nullKeys.contains(key) else {
                throw TOMLError("the key '\(key)' occurs twice", at: keyPosition, in: bytes)
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("':' is expected after a key") }
            skipSpace()
            if let value = try value() { table[key] = value } else { nullKeys.insert(key) }
            skipSpace()
            if take(UInt8(ascii: "}")) { return table }
            guard take(UInt8(ascii: ",")) else { throw error("',' or '}' is expected here") }
            skipSpace()
        }
    }

    private mutating func array() throws(TOMLError) -> [TOMLValue] {
        try enter()
        defer { depth -= 1 }
        var elements: [TOMLValue] = []
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            guard let element = try value() else { throw error("null is not a value of a list") }
            elements.append(element)
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else { throw error("',' or ']' is expected here") }
            skipSpace()
        }
    }

    private mutating func number() throws(TOMLError) -> TOMLValue.Kind {
        let start = offset
        var isInteger = true
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger {
            guard let integer = Int64(text) else { throw error("the number \(text) does not fit 64 bits") }
            return .integer(integer)
        }
        guard let float = Double(text) else { throw error("'\(text)' is not a number") }
        return .float(float)
    }

    private mutating func digits() throws(TOMLError) {
        guard let byte = next, (0x30...0x39).contains(byte) else { throw error("a digit is expected here") }
        while let byte = next, (0x30...0x39).contains(byte) { offset += 1 }
    }

    private mutating func string() throws(TOMLError) -> String {
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                offset += 1
                text.append(contentsOf: String(try escapedScalar()).utf8)
            case 0..<0x20: throw error("a control character in a string has to be written as an escape")
            default:
                text.append(byte)
                offset += 1
            }
        }
        throw error("the text ends within a string")
    }

    /// The scalar of an escape, of which the backslash is read already.
    private mutating func escapedScalar() throws(TOMLError) -> Unicode.Scalar {
        guard let byte = next else { throw error("the text ends within a string") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try hexadecimalUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            guard (0xD800..<0xDC00).contains(unit), take(word: "\\u") else {
                throw error("half of a surrogate pair is not a character")
            }
            let low = try hexadecimalUnit()
            guard (0xDC00..<0xE000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + UInt32(unit - 0xD800) << 10 + UInt32(low - 0xDC00))
            else { throw error("half of a surrogate pair is not a character") }
            return scalar
        default: throw error("there is no such escape")
        }
    }

    private mutating func hexadecimalUnit() throws(TOMLError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("four hexadecimal digits are expected after \\u")
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
