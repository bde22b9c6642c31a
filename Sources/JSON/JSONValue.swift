/// A JSON value (RFC 8259).
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The boolean, if it is one.
    package var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    /// The elements, if it is an array.
    package var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The string, if it is one.
    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The integer, if it is one.
    package var integer: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The number, integers included.
    package var number: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// The object, if it is one.
    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The value's text on one line.
    package var serialized: String {
        var writer = JSONWriter()
        writer.write(self)
        return writer.text
    }
}

extension JSONValue {
    /// Parses a whole text of UTF-8. Arrays and objects nest 64 deep at most. Members with the same name are all kept.
    package init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
        var scanner = JSONScanner(Array(bytes))
        self = try Self.value(beginningWith: scanner.nextInside(), &scanner)
        _ = try scanner.next()
    }

    private static func value(
        beginningWith token: JSONScanner.Token, _ scanner: inout JSONScanner
    ) throws(JSONError) -> JSONValue {
        switch token {
        case .null: return .null
        case .boolean(let value): return .boolean(value)
        case .integer(let value): return .integer(value)
        case .number(let value):
            guard value.isFinite else { throw scanner.error(atToken: "the number is out of range") }
            return .number(value)
        case .string(let value): return .string(value)
        case .beginArray:
            var values: [JSONValue] = []
            while true {
                let token = try scanner.nextInside()
                if token == .endArray { return .array(values) }
                values.append(try value(beginningWith: token, &scanner))
            }
        case .beginObject:
            var object = JSONObject()
            while case .name(let name) = try scanner.nextInside() {
                object.append(name, try value(beginningWith: scanner.nextInside(), &scanner))
            }
            return .object(object)
        case .name, .endArray, .endObject:
            // The scanner has checked the grammar: no value begins so.
            throw scanner.error(atToken: "a value is expected here")
        }
    }
}
