/// A JSON value (RFC 8259), for messages of one line.
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The string, if it is one.
    package var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

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
        var text = ""
        serialize(to: &text)
        return text
    }

    func serialize(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        // JSON has no way to write infinities.
        case .number(let value): text += value.isFinite ? String(value) : "null"
        case .string(let value): Self.serialize(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.serialize(to: &text)
            }
            text += "]"
        case .object(let object):
            object.serialize(to: &text)
        }
    }

    static func serialize(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

/// The members of a JSON object, in order.
package struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package struct Member: Hashable, Sendable {
        package let name: String
        package var value: JSONValue
    }

    package private(set) var members: [Member]

    package init() {
        members = []
    }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = elements.map { Member(name: $0.0, value: $0.1) }
    }

    /// The member of that name. Setting a new one appends it; setting `nil` removes it.
    package subscript(name: String) -> JSONValue? {
        get { members.last { $0.name == name }?.value }
        set {
            if let index = members.lastIndex(where: { $0.name == name }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(name: name, value: newValue))
            }
        }
    }

    mutating func append(_ name: String, _ value: JSONValue) {
        members.append(Member(name: name, value: value))
    }

    /// The object's text on one line.
    package var serialized: String {
        var text = ""
        serialize(to: &text)
        return text
    }

    func serialize(to text: inout String) {
        text += "{"
        for (index, member) in members.enumerated() {
            if index > 0 { text += "," }
            JSONValue.serialize(member.name, to: &text)
            text += ":"
            member.value.serialize(to: &text)
        }
        text += "}"
    }
}
