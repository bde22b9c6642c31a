import TOML

/// Writes an invoice as the reference's programs do, byte by byte: those of version 0.9 write it with the Rust crate `toml`
/// 0.5. Keys stand in the order of the reference's own structures, which is that of `Invoice.table`, tables where their turn
/// is, and a header has an empty line before it unless it is the first thing in its table.
///
/// The reference itself cannot write a label that has an `origin` and annotations or features: in its order, a value would
/// stand behind a table. Here the `origin` comes before those, which it reads.
struct ReferenceDocument {
    private(set) var bytes: [UInt8] = []

    init(_ invoice: Invoice) {
        write(invoice.table, path: [])
    }

    /// Everything in a table, whose header, if it has one, is written.
    private mutating func write(_ table: TOMLTable, path: [String]) {
        for (index, entry) in Self.entries(of: table, path).enumerated() {
            let isFirst = index == 0
            let innerPath = path + [Self.spelling(ofKey: entry.key)]
            switch entry.value.kind {
            case .table(let inner):
                // A table of nothing but tables comes into being by their headers.
                let hasHeader = inner.isEmpty || inner.entries.contains { !Self.isTable($0.value) }
                if hasHeader { writeHeader("[", innerPath, "]", isFirst: isFirst) }
                write(inner, path: innerPath)
            case .array(let elements) where Self.isTable(entry.value):
                for (number, element) in elements.enumerated() {
                    guard let inner = element.table else { continue }
                    writeHeader("[[", innerPath, "]]", isFirst: isFirst && number == 0)
                    write(inner, path: innerPath)
                }
            default:
                append(innerPath[path.count])
                append(" = ")
                write(entry.value)
                append("\n")
            }
        }
    }

    /// The entries of a table in their order: maps, whose keys anybody may choose, by the bytes of these.
    private static func entries(of table: TOMLTable, _ path: [String]) -> [TOMLTable.Entry] {
        let isMap = path == ["annotations"] || path.dropFirst(2).first == "annotations" || path.contains("feature")
        guard isMap else { return table.entries }
        return table.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private static func isTable(_ value: TOMLValue) -> Bool {
        switch value.kind {
        case .table: true
        case .array(let elements): !elements.isEmpty && elements.allSatisfy { $0.table != nil }
        default: false
        }
    }

    private mutating func writeHeader(_ opening: String, _ path: [String], _ closing: String, isFirst: Bool) {
        if !isFirst { append("\n") }
        append(opening + path.joined(separator: ".") + closing + "\n")
    }

    /// Writes a value of those that invoices have.
    private mutating func write(_ value: TOMLValue) {
        switch value.kind {
        case .string(let text): writeString(text)
        case .integer(let number): append(String(number))
        case .boolean(let isTrue): append(isTrue ? "true" : "false")
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(", ") }
                write(element)
            }
            append("]")
        default: preconditionFailure("an invoice has texts, numbers, truths and lists of these")
        }
    }

    private mutating func writeString(_ text: String) {
        append("\"")
        for byte in text.utf8 {
            switch byte {
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0..<0x20, 0x7F: append((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16, uppercase: true))
            default: bytes.append(byte)
            }
        }
        append("\"")
    }

    private mutating func append(_ text: String) { bytes += text.utf8 }

    /// A bare key where that is allowed, else a quoted one.
    private static func spelling(ofKey key: String) -> String {
        let isBare = key.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_")
        }
        if isBare, !key.isEmpty { return key }
        var writer = ReferenceDocument()
        writer.writeString(key)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private init() {}
}
