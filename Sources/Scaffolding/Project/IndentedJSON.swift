import JSON

extension JSONValue {
    /// The value's text as people write it: members on lines of their own, two spaces deeper than what they are in;
    /// arrays of scalars, and small objects, on one line.
    func indented() -> String { text(depth: 0) }

    private func text(depth: Int) -> String {
        let inner = String(repeating: "  ", count: depth + 1)
        let outer = String(repeating: "  ", count: depth)
        switch self {
        case .array(let elements):
            if elements.allSatisfy(\.isScalar) {
                return "[" + elements.map(\.serialized).joined(separator: ", ") + "]"
            }
            let lines = elements.map { inner + $0.text(depth: depth + 1) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let object):
            let members = object.members.map { member in
                (JSONValue.string(member.name).serialized, member.value)
            }
            if members.count <= 5, members.allSatisfy(\.1.isScalar) {
                let line = members.map { "\($0.0): \($0.1.serialized)" }.joined(separator: ", ")
                if line.count <= 70 { return members.isEmpty ? "{}" : "{ \(line) }" }
            }
            let lines = members.map { "\(inner)\($0.0): \($0.1.text(depth: depth + 1))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default: return serialized
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }
}
