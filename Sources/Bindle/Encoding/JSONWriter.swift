import TOML

/// Writes a table as JSON (RFC 8259), keys in the table's order.
enum JSONWriter {
    static func write(_ table: TOMLTable) -> [UInt8] {
        var bytes: [UInt8] = []
        append(table, to: &bytes)
        return bytes
    }

    private static func append(_ table: TOMLTable, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, entry) in table.entries.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(entry.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(entry.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ value: TOMLValue, to bytes: inout [UInt8]) {
        switch value.kind {
        case .string(let string): append(string, to: &bytes)
        case .integer(let integer): bytes.append(contentsOf: String(integer).utf8)
        case .float(let float): bytes.append(contentsOf: (float.isFinite ? String(float) : "null").utf8)
        case .boolean(let boolean): bytes.append(contentsOf: (boolean ? "true" : "false").utf8)
        case .offsetDateTime(let time): append(time.description, to: &bytes)
        case .localDateTime(let time): append(time.description, to: &bytes)
        case .localDate(let date): append(date.description, to: &bytes)
        case .localTime(let time): append(time.description, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .table(let table): append(table, to: &bytes)
        }
    }

    private static func append(_ string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: [0x5C, byte])
            case UInt8(ascii: "\\"): bytes.append(contentsOf: [0x5C, byte])
            case UInt8(ascii: "\n"): bytes.append(contentsOf: [0x5C, UInt8(ascii: "n")])
            case UInt8(ascii: "\r"): bytes.append(contentsOf: [0x5C, UInt8(ascii: "r")])
            case UInt8(ascii: "\t"): bytes.append(contentsOf: [0x5C, UInt8(ascii: "t")])
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
                bytes.append(contentsOf: digits.utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
