/// Reads a TOML 1.0 document in one pass over its bytes.
///
/// Section names in comments are those of the TOML 1.0.0 specification.
struct TOMLParser {
    /// The document and a NUL behind it, which is valid nowhere: looking at the next byte needs no check for the end.
    let bytes: [UInt8]
    let end: Int
    var offset = 0
    private var line = 1
    private var lineStart = 0
    /// A place whose column is known, from which later ones on the same line are counted.
    private var anchor: (offset: Int, column: Int) = (0, 1)

    /// Tables and arrays within one another; more of them would take the thread's stack.
    private static let nestingLimit = 200

    init(_ bytes: [UInt8]) throws(TOMLError) {
        self.init(validated: bytes)
        if let invalid = UTF8Validation.firstInvalidOffset(in: bytes) {
            for index in 0..<invalid where bytes[index] == UInt8(ascii: "\n") { beginLine(at: index + 1) }
            throw error("the text is not valid UTF-8 here", at: invalid)
        }
    }

    /// For bytes that are known to be valid UTF-8.
    init(validated bytes: [UInt8]) {
        end = bytes.count
        self.bytes = bytes + [0]
    }

    // MARK: Document

    mutating func parseDocument() throws(TOMLError) -> TOMLTable {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            offset = 3
            beginLine(at: 3, isFirst: true)
        }
        let document = OpenTable(origin: .header, position: nil)
        var table = document
        var depth = 0
        while true {
            skipBlanks()
            switch bytes[offset] {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                try takeNewline()
            case UInt8(ascii: "#"):
                try skipComment()
            case UInt8(ascii: "["):
                (table, depth) = try parseHeader(in: document)
                try expectEndOfLine(after: "the table's header")
            case 0 where offset == end:
                return document.closed()
            default:
                try parseKeyAndValue(into: table, depth: depth)
                try expectEndOfLine(after: "the value")
            }
        }
    }

    /// "Table" and "Array of Tables": the table that the following keys go into, and how deep it lies.
    private mutating func parseHeader(in document: OpenTable) throws(TOMLError) -> (OpenTable, depth: Int) {
        let isArray = bytes[offset + 1] == UInt8(ascii: "[")
        offset += isArray ? 2 : 1
        skipBlanks()
        var table = document
        var depth = 1
        var key = try parseKey()
        skipBlanks()
        while bytes[offset] == UInt8(ascii: ".") {
            table = try parent(key, in: table)
            offset += 1
            skipBlanks()
            key = try parseKey()
            skipBlanks()
            depth += 1
            try check(depth: depth)
        }
        let closing = isArray ? "]]" : "]"
        for byte in closing.utf8 {
            guard bytes[offset] == byte else {
                throw error("a table's header is expected to end with '\(closing)' here, found \(found)")
            }
            offset += 1
        }
        return (try isArray ? newElement(key, in: table) : headedTable(key, in: table), depth)
    }

    /// A table on the way to the one that a header names.
    private func parent(_ key: ParsedKey, in table: OpenTable) throws(TOMLError) -> OpenTable {
        switch table.content(at: key.name) {
        case .nothing: return table.insertTable(.implied, at: key)
        case .child(.table(let child)): return child
        case .child(.array(let array)):
            guard let last = array.last else { return array.beginElement(at: key.position) }
            return last
        case .value(let entry): throw cannotExtend(entry, at: key)
        }
    }

    private func headedTable(_ key: ParsedKey, in table: OpenTable) throws(TOMLError) -> OpenTable {
        switch table.content(at: key.name) {
        case .nothing:
            return table.insertTable(.header, at: key)
        case .child(.table(let child)):
            switch child.origin {
            case .implied:
                child.origin = .header
                return child
            case .header:
                throw error("the table '\(key.name)' is defined already\(place(child.position))", at: key.position)
            case .dottedKey:
                throw error(
                    "the table '\(key.name)' is defined already, by a dotted key\(place(child.position))",
                    at: key.position)
            }
        case .child(.array):
            throw error(
                "'\(key.name)' is an array of tables\(place(table.entry(key.name)?.keyPosition)): "
                    + "write [[\(key.name)]] to add to it", at: key.position)
        case .value(let entry):
            throw cannotExtend(entry, at: key)
        }
    }

    private func newElement(_ key: ParsedKey, in table: OpenTable) throws(TOMLError) -> OpenTable {
        switch table.content(at: key.name) {
        case .nothing: return table.insertArray(at: key).beginElement(at: key.position)
        case .child(.array(let array)): return array.beginElement(at: key.position)
        case .child(.table(let child)):
            throw error(
                "'\(key.name)' is a table\(place(child.position)), not an array of tables", at: key.position)
        case .value(let entry): throw cannotExtend(entry, at: key)
        }
    }

    private func cannotExtend(_ entry: TOMLTable.Entry, at key: ParsedKey) -> TOMLError {
        let kind =
            switch entry.value.kind {
            case .table: "an inline table, to which nothing can be added"
            case .array: "an array of values, to which no table can be added"
            default: "\(entry.value.kindName), not a table"
            }
        return error("'\(key.name)' is \(kind) (it is defined\(place(entry.keyPosition)))", at: key.position)
    }

    private func place(_ position: SourcePosition?) -> String {
        position.map { " on line \($0.line)" } ?? ""
    }

    // MARK: Keys

    /// "Key/Value Pair": `key = value`, the key possibly dotted.
    private mutating func parseKeyAndValue(into table: OpenTable, depth: Int) throws(TOMLError) {
        var table = table
        var depth = depth + 1
        var key = try parseKey()
        skipBlanks()
        while bytes[offset] == UInt8(ascii: ".") {
            table = try dottedTable(key, in: table)
            offset += 1
            skipBlanks()
            key = try parseKey()
            skipBlanks()
            depth += 1
            try check(depth: depth)
        }
        guard bytes[offset] == UInt8(ascii: "=") else {
            throw error("'=' is expected after the key '\(key.name)', found \(found)")
        }
        offset += 1
        skipBlanks()
        if let defined = table.entry(key.name) {
            throw error("the key '\(key.name)' is defined already\(place(defined.keyPosition))", at: key.position)
        }
        table.insert(try parseValue(depth: depth), at: key)
    }

    /// The table that the part of a dotted key before a dot names.
    private func dottedTable(_ key: ParsedKey, in table: OpenTable) throws(TOMLError) -> OpenTable {
        switch table.content(at: key.name) {
        case .nothing:
            return table.insertTable(.dottedKey, at: key)
        case .child(.table(let child)):
            guard child.origin == .dottedKey else {
                throw error(
                    "dotted keys cannot add to the table '\(key.name)', which has a header\(place(child.position))",
                    at: key.position)
            }
            return child
        case .child(.array):
            throw error("dotted keys cannot add to '\(key.name)', an array of tables", at: key.position)
        case .value(let entry):
            throw cannotExtend(entry, at: key)
        }
    }

    /// One part of a key: bare, or quoted as a basic or literal string of one line.
    private mutating func parseKey() throws(TOMLError) -> ParsedKey {
        let position = position(at: offset)
        switch bytes[offset] {
        case UInt8(ascii: "\""):
            return ParsedKey(name: try parseBasicString(), position: position)
        case UInt8(ascii: "'"):
            return ParsedKey(name: try parseLiteralString(), position: position)
        default:
            let start = offset
            while Self.isBareKeyByte(bytes[offset]) { offset += 1 }
            guard offset > start else {
                if bytes[offset] >= 0x80 {
                    throw error("a key with other characters than A-Z a-z 0-9 _ - needs quotes")
                }
                throw error("a key is expected here, found \(found)")
            }
            return ParsedKey(name: String(decoding: bytes[start..<offset], as: UTF8.self), position: position)
        }
    }

    static func isBareKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    // MARK: Values

    mutating func parseValue(depth: Int) throws(TOMLError) -> TOMLValue {
        let position = position(at: offset)
        let kind: TOMLValue.Kind =
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                .string(try startsMultiline(UInt8(ascii: "\"")) ? parseMultilineBasicString() : parseBasicString())
            case UInt8(ascii: "'"):
                .string(try startsMultiline(UInt8(ascii: "'")) ? parseMultilineLiteralString() : parseLiteralString())
            case UInt8(ascii: "["): .array(try parseArray(depth: depth + 1))
            case UInt8(ascii: "{"): .table(try parseInlineTable(depth: depth))
            default: try parseScalar()
            }
        return TOMLValue(kind, position: position)
    }

    private func startsMultiline(_ quote: UInt8) -> Bool {
        bytes[offset + 1] == quote && bytes[offset + 2] == quote
    }

    /// "Array": values between brackets, over any number of lines, a comma after the last one allowed.
    private mutating func parseArray(depth: Int) throws(TOMLError) -> [TOMLValue] {
        try check(depth: depth)
        offset += 1
        var elements: [TOMLValue] = []
        while true {
            try skipBlankLines()
            if bytes[offset] == UInt8(ascii: "]") { break }
            elements.append(try parseValue(depth: depth))
            try skipBlankLines()
            if bytes[offset] == UInt8(ascii: ",") {
                offset += 1
            } else if bytes[offset] != UInt8(ascii: "]") {
                throw error("',' or ']' is expected after an array's element, found \(found)")
            }
        }
        offset += 1
        return elements
    }

    /// "Inline Table": pairs between braces on one line, no comma after the last one.
    private mutating func parseInlineTable(depth: Int) throws(TOMLError) -> TOMLTable {
        try check(depth: depth)
        offset += 1
        let table = OpenTable(origin: .dottedKey, position: nil)
        skipBlanks()
        if bytes[offset] == UInt8(ascii: "}") {
            offset += 1
            return TOMLTable()
        }
        while true {
            skipBlanks()
            try parseKeyAndValue(into: table, depth: depth)
            skipBlanks()
            switch bytes[offset] {
            case UInt8(ascii: ","):
                offset += 1
            case UInt8(ascii: "}"):
                offset += 1
                return table.closed()
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "#"):
                throw error("an inline table has to stand on one line: '}' is missing")
            default:
                throw error("',' or '}' is expected after an inline table's value, found \(found)")
            }
        }
    }

    private func check(depth: Int) throws(TOMLError) {
        if depth > Self.nestingLimit {
            throw error("more than \(Self.nestingLimit) tables or arrays are nested here")
        }
    }

    // MARK: White space, comments, lines

    mutating func skipBlanks() {
        while bytes[offset] == UInt8(ascii: " ") || bytes[offset] == UInt8(ascii: "\t") { offset += 1 }
    }

    /// White space, line breaks and comments, as they may stand within an array.
    private mutating func skipBlankLines() throws(TOMLError) {
        while true {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): offset += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): try takeNewline()
            case UInt8(ascii: "#"): try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(TOMLError) {
        while true {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return }
            if Self.isControl(byte) {
                if offset == end { return }
                throw error("a comment cannot contain the control character \(found)")
            }
            offset += 1
        }
    }

    private mutating func expectEndOfLine(after what: String) throws(TOMLError) {
        skipBlanks()
        switch bytes[offset] {
        case UInt8(ascii: "#"): try skipComment()
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): try takeNewline()
        default:
            if offset < end { throw error("the line is expected to end after \(what), found \(found)") }
        }
    }

    /// Takes LF or CRLF. A lone CR is an error.
    mutating func takeNewline() throws(TOMLError) {
        if bytes[offset] == UInt8(ascii: "\r") {
            guard bytes[offset + 1] == UInt8(ascii: "\n") else {
                throw error("a carriage return without a line feed is not allowed")
            }
            offset += 1
        }
        offset += 1
        beginLine(at: offset)
    }

    /// Control characters other than the tab, which no string and no comment may contain as such. NUL, which ends the
    /// bytes, is one.
    static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F
    }

    private mutating func beginLine(at offset: Int, isFirst: Bool = false) {
        if !isFirst { line += 1 }
        lineStart = offset
        anchor = (offset, 1)
    }

    // MARK: Positions and errors

    /// The position of a byte of the current line, counted on from the last position asked for.
    mutating func position(at offset: Int) -> SourcePosition {
        if offset < anchor.offset { anchor = (lineStart, 1) }
        anchor = (offset, anchor.column + scalarCount(from: anchor.offset, to: offset))
        return SourcePosition(line: line, column: anchor.column)
    }

    private func scalarCount(from start: Int, to end: Int) -> Int {
        var count = 0
        for index in start..<max(start, end) where bytes[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// An error at a byte of the current line, the next one unless given.
    func error(_ message: String, at offset: Int? = nil) -> TOMLError {
        let column = 1 + scalarCount(from: lineStart, to: offset ?? self.offset)
        return error(message, at: SourcePosition(line: line, column: column))
    }

    func error(_ message: String, at position: SourcePosition) -> TOMLError {
        TOMLError(message, at: position, in: bytes[..<end])
    }

    /// The next character, for messages.
    var found: String {
        if offset >= end { return "the end of the text" }
        switch bytes[offset] {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return "the end of the line"
        case 0..<0x20, 0x7F:
            let digits = String(bytes[offset], radix: 16, uppercase: true)
            return "U+" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        default:
            let character = String(decoding: bytes[offset..<min(end, offset + 4)], as: UTF8.self).unicodeScalars.first
            return character.map { "'\($0)'" } ?? "nothing"
        }
    }
}
