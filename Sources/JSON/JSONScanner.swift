/// Reads JSON (RFC 8259) token by token in one pass over its bytes, and checks its grammar.
///
/// A token costs what its own bytes cost: no position is counted, and no message is made before something is wrong.
package struct JSONScanner {
    /// What a text consists of. Commas and colons are checked and left out.
    package enum Token: Hashable, Sendable {
        case beginObject, endObject
        case beginArray, endArray
        /// The name of a member, whose value comes next.
        case name(String)
        case string(String)
        /// A number without fraction and exponent that fits 64 bits.
        case integer(Int)
        /// Any other number, rounded to the nearest double, which may be infinite.
        case number(Double)
        case boolean(Bool)
        case null
    }

    /// How deep arrays and objects may nest: deeper than any message of ours, shallower than any thread's stack.
    package static let maximumDepth = 64

    /// What the grammar wants next.
    private enum Expectation {
        case value
        /// A value, or the end of the array that has just begun.
        case firstElement
        /// A name, or the end of the object that has just begun.
        case firstName
        /// A comma, or the end of the innermost array or object; at depth 0, the end of the text.
        case continuation
        /// A value, whose name and colon are read.
        case memberValue
    }

    private let bytes: [UInt8]
    private var offset = 0
    private var expectation = Expectation.value
    /// Whether the arrays and objects around the offset are objects, the innermost in the lowest bit.
    private var containers: UInt64 = 0
    package private(set) var depth = 0
    /// Where the last token begins, in bytes.
    package private(set) var tokenOffset = 0
    /// The steps that the scanner has taken: one for each byte that it looks at in its loops. Only debug builds count
    /// them, for tests of what reading costs.
    package private(set) var steps = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: Tokens

    /// The next token; `nil` at the end of the text, once its one value is complete.
    package mutating func next() throws(JSONError) -> Token? {
        skipSpace()
        switch expectation {
        case .value, .memberValue:
            return try value()
        case .firstElement:
            if take(UInt8(ascii: "]")) { return end(.endArray) }
            return try value()
        case .firstName:
            if take(UInt8(ascii: "}")) { return end(.endObject) }
            return try name()
        case .continuation:
            guard depth > 0 else {
                guard offset == bytes.count else { throw error("more text after the end of the document") }
                return nil
            }
            let isObject = containers & 1 == 1
            if take(UInt8(ascii: ",")) {
                skipSpace()
                return try isObject ? name() : value()
            }
            if take(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return end(isObject ? .endObject : .endArray) }
            throw error(isObject ? "',' or '}' is expected here" : "',' or ']' is expected here")
        }
    }

    /// The next token, where the text cannot be complete yet: within an array or object, or before the first value.
    package mutating func nextInside() throws(JSONError) -> Token {
        guard let token = try next() else { throw error("the text ends where a value is expected") }
        return token
    }

    /// An error at the last token, for readers that want something else.
    package func error(atToken message: String) -> JSONError { JSONError(message, at: tokenOffset) }

    /// The bytes of the last token, for messages.
    package var tokenText: String { String(decoding: bytes[tokenOffset..<offset], as: UTF8.self) }

    private mutating func begin(_ token: Token, isObject: Bool) throws(JSONError) -> Token {
        guard depth < Self.maximumDepth else {
            throw JSONError("the document is nested more than \(Self.maximumDepth) deep", at: tokenOffset)
        }
        depth += 1
        containers = containers << 1 | (isObject ? 1 : 0)
        expectation = isObject ? .firstName : .firstElement
        return token
    }

    private mutating func end(_ token: Token) -> Token {
        tokenOffset = offset - 1
        depth -= 1
        containers >>= 1
        expectation = .continuation
        return token
    }

    private mutating func value() throws(JSONError) -> Token {
        guard offset < bytes.count else { throw error("the text ends where a value is expected") }
        tokenOffset = offset
        switch bytes[offset] {
        case UInt8(ascii: "{"):
            offset += 1
            return try begin(.beginObject, isObject: true)
        case UInt8(ascii: "["):
            offset += 1
            return try begin(.beginArray, isObject: false)
        case UInt8(ascii: "\""):
            expectation = .continuation
            return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            expectation = .continuation
            return try number()
        default:
            expectation = .continuation
            if take(word: "true") { return .boolean(true) }
            if take(word: "false") { return .boolean(false) }
            if take(word: "null") { return .null }
            throw error("a value is expected here")
        }
    }

    /// A member's name and the colon behind it.
    private mutating func name() throws(JSONError) -> Token {
        tokenOffset = offset
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
            throw error("a key in double quotes is expected here")
        }
        let name = try string()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw error("':' is expected after a key") }
        expectation = .memberValue
        return .name(name)
    }

    // MARK: Bytes

    private func error(_ message: String) -> JSONError { JSONError(message, at: offset) }

    @inline(__always)
    private mutating func countStep() {
        #if DEBUG
            steps += 1
        #endif
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D:
                offset += 1
                countStep()
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        countStep()
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - offset >= length else { return false }
        for index in 0..<length where bytes[offset + index] != word.utf8Start[index] { return false }
        offset += length
        return true
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> Token {
        let start = offset
        var isWhole = true
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        if isWhole, let integer = integer(bytes[start..<offset]) { return .integer(integer) }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let number = Double(text) else { throw JSONError("'\(text)' is not a number", at: start) }
        return .number(number)
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
            offset += 1
            countStep()
        }
        guard offset > start else { throw error("a digit is expected here") }
    }

    /// The value of digits with or without a minus sign; `nil` if it does not fit.
    private func integer(_ text: ArraySlice<UInt8>) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        var value = 0
        for digit in isNegative ? text.dropFirst() : text {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let step = Int(digit &- UInt8(ascii: "0"))
            let (sum, isTooLarge) =
                isNegative ? product.subtractingReportingOverflow(step) : product.addingReportingOverflow(step)
            if overflow || isTooLarge { return nil }
            value = sum
        }
        return value
    }

    // MARK: Strings

    /// The string at whose opening quote the offset is. Its bytes are kept as they are.
    private mutating func string() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                offset += 1
                return try validated(bytes[start..<offset - 1], at: start)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw error("a control character in a string has to be written as an escape") }
            offset += 1
            countStep()
        }
        throw error("the text ends within a string")
    }

    /// A string with escapes. The first is at the offset.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var content = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            countStep()
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return try validated(content[...], at: start)
            case UInt8(ascii: "\\"):
                try escape(into: &content)
            case 0..<0x20:
                throw error("a control character in a string has to be written as an escape")
            default:
                content.append(byte)
                offset += 1
            }
        }
        throw error("the text ends within a string")
    }

    private func validated(_ content: ArraySlice<UInt8>, at offset: Int) throws(JSONError) -> String {
        guard let string = String(validating: content, as: UTF8.self) else {
            throw JSONError("this string is not valid UTF-8", at: offset)
        }
        return string
    }

    /// Adds the scalar of the escape at the offset.
    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        let start = offset
        guard offset + 1 < bytes.count else { throw error("the text ends within a string") }
        offset += 2
        switch bytes[offset - 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(bytes[offset - 1])
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            let unit = try hexadecimalUnit()
            if let scalar = Unicode.Scalar(unit) {
                content.append(contentsOf: UTF8.encode(scalar)!)
                return
            }
            guard (0xD800..<0xDC00).contains(unit), take(word: "\\u") else {
                throw JSONError("half of a surrogate pair is not a character", at: start)
            }
            let low = try hexadecimalUnit()
            guard (0xDC00..<0xE000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
            else { throw JSONError("half of a surrogate pair is not a character", at: start) }
            content.append(contentsOf: UTF8.encode(scalar)!)
        default: throw JSONError("there is no such escape", at: start)
        }
    }

    private mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard offset < bytes.count, let digit = Self.hexadecimalDigit(bytes[offset]) else {
                throw error("four hexadecimal digits are expected after \\u")
            }
            unit = unit << 4 | digit
            offset += 1
        }
        return unit
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
