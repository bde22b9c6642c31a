/// Writes values as TOML 1.0.
struct TOMLWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(document: TOMLTable) {
        writeBody(of: document, path: [])
    }

    /// Everything in `table`, whose header, if it has one, is written already. `path` is that header's keys, as
    /// written.
    private mutating func writeBody(of table: TOMLTable, path: [String]) {
        for entry in table.entries where Layout(entry.value) == .plain {
            append(Self.spelling(ofKey: entry.key))
            append(" = ")
            write(entry.value)
            append("\n")
        }
        for entry in table.entries where Layout(entry.value) == .table {
            guard case .table(let inner) = entry.value.kind else { continue }
            let innerPath = path + [Self.spelling(ofKey: entry.key)]
            // A table of nothing but tables comes into being by their headers.
            if inner.isEmpty || inner.entries.contains(where: { Layout($0.value) == .plain }) {
                writeHeader("[", innerPath, "]")
            }
            writeBody(of: inner, path: innerPath)
        }
        for entry in table.entries where Layout(entry.value) == .arrayOfTables {
            guard case .array(let elements) = entry.value.kind else { continue }
            let innerPath = path + [Self.spelling(ofKey: entry.key)]
            for element in elements {
                guard case .table(let inner) = element.kind else { continue }
                writeHeader("[[", innerPath, "]]")
                writeBody(of: inner, path: innerPath)
            }
        }
    }

    private mutating func writeHeader(_ opening: String, _ path: [String], _ closing: String) {
        if !bytes.isEmpty { append("\n") }
        append(opening)
        append(path.joined(separator: "."))
        append(closing)
        append("\n")
    }

    private mutating func write(_ value: TOMLValue) {
        switch value.kind {
        case .string(let string): writeBasicString(string)
        case .integer(let integer): append(String(integer))
        case .float(let float): append(Self.spelling(of: float))
        case .boolean(let boolean): append(boolean ? "true" : "false")
        case .offsetDateTime(let value): append(value.description)
        case .localDateTime(let value): append(value.description)
        case .localDate(let value): append(value.description)
        case .localTime(let value): append(value.description)
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(", ") }
                write(element)
            }
            append("]")
        case .table(let table):
            append("{")
            for (index, entry) in table.entries.enumerated() {
                append(index > 0 ? ", " : " ")
                append(Self.spelling(ofKey: entry.key))
                append(" = ")
                write(entry.value)
            }
            append(table.isEmpty ? "}" : " }")
        }
    }

    private mutating func writeBasicString(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20, 0x7F:
                append("\\u00")
                if byte < 0x10 { append("0") }
                append(String(byte, radix: 16, uppercase: true))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// A bare key where that is allowed, else a quoted one.
    private static func spelling(ofKey key: String) -> String {
        if !key.isEmpty, key.utf8.allSatisfy(TOMLParser.isBareKeyByte) { return key }
        var writer = TOMLWriter()
        writer.writeBasicString(key)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func spelling(of float: Double) -> String {
        if float.isNaN { return "nan" }
        if float.isInfinite { return float < 0 ? "-inf" : "inf" }
        return float.description
    }

    /// The form in which a table's entry is written.
    private enum Layout {
        case plain
        case table
        case arrayOfTables

        init(_ value: TOMLValue) {
            switch value.kind {
            case .table: self = .table
            case .array(let elements) where !elements.isEmpty && elements.allSatisfy({ $0.table != nil }):
                self = .arrayOfTables
            default: self = .plain
            }
        }
    }
}
