import JSON
import TOML

/// Documents in JSON whose root is an object, as the tables that all documents are read into.
///
/// Two rules on top of JSON: a member that is `null` is left out, since tables have no such value, and a key that occurs
/// twice is refused.
struct JSONDocument {
    private let bytes: [UInt8]
    private var scanner: JSONScanner
    /// Counts lines and columns, if values are to carry their places.
    private var positions: PositionCounter?

    /// - Parameter withPositions: Whether values carry their places. They are wanted only for a document that turns out to
    ///   be wrong, so readers leave them out at first.
    static func read(_ bytes: [UInt8], withPositions: Bool) throws(TOMLError) -> TOMLTable {
        var document = JSONDocument(bytes: bytes, withPositions: withPositions)
        do throws(JSONError) {
            guard case .beginObject = try document.scanner.nextInside() else {
                // What else is wrong with the text comes first.
                while try document.scanner.next() != nil {}
                throw JSONError("the document is not an object", at: 0)
            }
            let table = try document.table()
            _ = try document.scanner.next()
            return table
        } catch {
            let position = error.position(in: bytes)
            throw TOMLError(
                error.message, at: SourcePosition(line: position.line, column: position.column), in: bytes)
        }
    }

    private init(bytes: [UInt8], withPositions: Bool) {
        self.bytes = bytes
        scanner = JSONScanner(bytes)
        positions = withPositions ? PositionCounter() : nil
    }

    /// The place of the last token, if places are wanted.
    private mutating func position() -> SourcePosition? {
        positions?.advance(to: scanner.tokenOffset, in: bytes)
    }

    /// The rest of the object that has begun.
    private mutating func table() throws(JSONError) -> TOMLTable {
        var table = TOMLTable()
        var nullKeys: [String] = []
        while case .name(let key) = try scanner.nextInside() {
            let keyOffset = scanner.tokenOffset
            let value = try value(beginningWith: scanner.nextInside())
            let isNew = if let value { table.insert(value, at: key) } else { table[key] == nil }
            guard isNew, !nullKeys.contains(where: { $0.utf8.elementsEqual(key.utf8) }) else {
                throw JSONError("the key '\(key)' occurs twice", at: keyOffset)
            }
            if value == nil { nullKeys.append(key) }
        }
        return table
    }

    /// `nil` for `null`.
    private mutating func value(beginningWith token: JSONScanner.Token) throws(JSONError) -> TOMLValue? {
        let position = position()
        switch token {
        case .null: return nil
        case .string(let string): return TOMLValue(.string(string), position: position)
        case .integer(let integer): return TOMLValue(.integer(Int64(integer)), position: position)
        case .boolean(let boolean): return TOMLValue(.boolean(boolean), position: position)
        case .number(let number):
            let text = scanner.tokenText
            guard text.utf8.contains(where: { ".eE".utf8.contains($0) }) else {
                throw scanner.error(atToken: "the number \(text) does not fit 64 bits")
            }
            return TOMLValue(.float(number), position: position)
        case .beginObject: return TOMLValue(.table(try table()), position: position)
        case .beginArray:
            var elements: [TOMLValue] = []
            while true {
                let token = try scanner.nextInside()
                if token == .endArray { return TOMLValue(.array(elements), position: position) }
                guard let element = try value(beginningWith: token) else {
                    throw scanner.error(atToken: "null is not a value of a list")
                }
                elements.append(element)
            }
        case .name, .endArray, .endObject:
            // The scanner has checked the grammar: no value begins so.
            throw scanner.error(atToken: "a value is expected here")
        }
    }

    /// Counts lines and columns from token to token, each byte once.
    private struct PositionCounter {
        private var offset = 0
        private var line = 1
        private var column = 1

        mutating func advance(to end: Int, in bytes: [UInt8]) -> SourcePosition {
            while offset < end {
                if bytes[offset] == UInt8(ascii: "\n") {
                    line += 1
                    column = 1
                } else if bytes[offset] & 0xC0 != 0x80 {
                    column += 1
                }
                offset += 1
            }
            return SourcePosition(line: line, column: column)
        }
    }
}

extension JSONWriter {
    /// Writes a table as an object, keys in the table's order.
    mutating func write(_ table: TOMLTable) {
        beginObject()
        for entry in table.entries {
            name(entry.key)
            write(entry.value)
        }
        endObject()
    }

    private mutating func write(_ value: TOMLValue) {
        switch value.kind {
        case .string(let string): write(string)
        case .integer(let integer): write(integer)
        case .float(let float): write(float)
        case .boolean(let boolean): write(boolean)
        case .offsetDateTime(let time): write(time.description)
        case .localDateTime(let time): write(time.description)
        case .localDate(let date): write(date.description)
        case .localTime(let time): write(time.description)
        case .array(let elements):
            beginArray()
            for element in elements { write(element) }
            endArray()
        case .table(let table): write(table)
        }
    }
}
