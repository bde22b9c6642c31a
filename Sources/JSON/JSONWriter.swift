/// Writes JSON (RFC 8259) on one line, value by value.
///
/// The caller sees to it that names and values, beginnings and ends belong together. Commas and colons come by themselves.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// Whether a comma stands before the next name or value.
    private var isContinued = false

    package init() {}

    /// What is written so far.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// The name of the member whose value is written next.
    package mutating func name(_ name: String) {
        separate()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        isContinued = false
    }

    package mutating func write(_ string: String) {
        separate()
        appendQuoted(string)
    }

    package mutating func write(_ integer: some BinaryInteger) { writeLiteral(String(integer)) }

    /// JSON has no way to write infinities: they become `null`.
    package mutating func write(_ number: Double) { writeLiteral(number.isFinite ? String(number) : "null") }

    package mutating func write(_ boolean: Bool) { writeLiteral(boolean ? "true" : "false") }

    package mutating func writeNull() { writeLiteral("null") }

    package mutating func write(_ value: JSONValue) {
        switch value {
        case .null: writeNull()
        case .boolean(let value): write(value)
        case .integer(let value): write(value)
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let values):
            beginArray()
            for value in values { write(value) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                name(member.name)
                write(member.value)
            }
            endObject()
        }
    }

    /// Ends the line of a whole value; another one may follow.
    package mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        isContinued = false
    }

    // MARK: Bytes

    private mutating func separate() {
        if isContinued { bytes.append(UInt8(ascii: ",")) }
        isContinued = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        isContinued = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        isContinued = true
    }

    private mutating func writeLiteral(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// Escapes what RFC 8259 asks for, and what a terminal or a script within a page would take for something else: DEL
    /// and the separators U+2028 and U+2029.
    private mutating func appendQuoted(_ string: String) {
        var string = string
        bytes.append(UInt8(ascii: "\""))
        string.withUTF8 { content in
            var start = 0
            for index in content.indices {
                let length = Self.escapedLength(content, index)
                guard length > 0 else { continue }
                bytes.append(contentsOf: content[start..<index])
                appendEscape(content[index..<index + length])
                start = index + length
            }
            bytes.append(contentsOf: content[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// How many bytes from `index` on are one escape; 0 if the byte stands for itself.
    private static func escapedLength(_ content: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        switch content[index] {
        case 0..<0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "\\"): 1
        // U+2028 and U+2029 are E2 80 A8 and E2 80 A9. Strings are valid UTF-8: two more bytes follow an E2.
        case 0xE2 where content[index + 1] == 0x80 && content[index + 2] & 0xFE == 0xA8: 3
        default: 0
        }
    }

    private mutating func appendEscape(_ sequence: Slice<UnsafeBufferPointer<UInt8>>) {
        bytes.append(UInt8(ascii: "\\"))
        switch sequence[sequence.startIndex] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(sequence[sequence.startIndex])
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case let byte:
            let code = byte == 0xE2 ? 0x2000 | UInt16(sequence[sequence.endIndex - 1] & 0x3F) : UInt16(byte)
            bytes.append(UInt8(ascii: "u"))
            for shift: UInt16 in [12, 8, 4, 0] {
                let digit = UInt8(truncatingIfNeeded: code >> shift & 0xF)
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
