package import JSON

/// A JSON value whose strings may have `${NAME}` in them.
package indirect enum JSONTemplate: Hashable, Sendable {
    case string(TextTemplate)
    case array([JSONTemplate])
    case object([Member])
    /// A number, a boolean, or null.
    case constant(JSONValue)

    package struct Member: Hashable, Sendable {
        let name: String
        let value: JSONTemplate
    }

    init(_ value: JSONValue) throws(TextTemplate.Malformed) {
        switch value {
        case .string(let text): self = .string(try TextTemplate(parsing: text))
        case .array(let elements):
            self = .array(try elements.map { element throws(TextTemplate.Malformed) in try JSONTemplate(element) })
        case .object(let object):
            self = .object(
                try object.members.map { member throws(TextTemplate.Malformed) in
                    Member(name: member.name, value: try JSONTemplate(member.value))
                })
        default: self = .constant(value)
        }
    }

    /// The names of the values that it takes.
    var variables: [String] {
        switch self {
        case .string(let text): text.variables
        case .array(let elements): elements.flatMap(\.variables)
        case .object(let members): members.flatMap(\.value.variables)
        case .constant: []
        }
    }

    /// The value, with values of captures put in.
    func value(_ values: [String: String]) -> JSONValue {
        switch self {
        case .string(let text): return .string(text.text(values))
        case .array(let elements): return .array(elements.map { $0.value(values) })
        case .object(let members):
            var object = JSONObject()
            for member in members { object.append(member.name, member.value.value(values)) }
            return .object(object)
        case .constant(let value): return value
        }
    }
}
