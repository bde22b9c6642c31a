import JSON

/// What JSON lacks of what is expected of it: members that are not expected may be there, elements of arrays may not.
enum JSONDifference {
    static func mismatches(expected: JSONValue, actual: JSONValue) -> [Mismatch] {
        mismatches(expected, actual, at: "")
    }

    private static func mismatches(_ expected: JSONValue, _ actual: JSONValue, at path: String) -> [Mismatch] {
        switch (expected, actual) {
        case (.object(let wanted), .object(let found)):
            return wanted.members.flatMap { member in
                let place = "\(path)/\(escaped(member.name))"
                guard let value = found[member.name] else {
                    return [mismatch(place, "expected \(text(member.value)), got nothing")]
                }
                return mismatches(member.value, value, at: place)
            }
        case (.array(let wanted), .array(let found)):
            var mismatches: [Mismatch] = []
            for (index, (value, element)) in zip(wanted, found).enumerated() {
                mismatches += self.mismatches(value, element, at: "\(path)/\(index)")
            }
            if wanted.count != found.count {
                let elements = wanted.count == 1 ? "element" : "elements"
                mismatches.append(mismatch(path, "expected \(wanted.count) \(elements), got \(found.count)"))
            }
            return mismatches
        case (.integer, .number), (.number, .integer):
            if expected.number == actual.number { return [] }
            return [mismatch(path, "expected \(text(expected)), got \(text(actual))")]
        default:
            return expected == actual ? [] : [mismatch(path, "expected \(text(expected)), got \(text(actual))")]
        }
    }

    private static func mismatch(_ path: String, _ line: String) -> Mismatch {
        Mismatch(part: path.isEmpty ? "body" : "body at \(Printable.text(path))", lines: [line])
    }

    /// A member's name in a JSON Pointer (RFC 6901, section 3).
    private static func escaped(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            switch character {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.append(character)
            }
        }
    }

    private static func text(_ value: JSONValue) -> String {
        let longest = 200
        let text = Printable.text(value.serialized)
        return text.count <= longest ? text : text.prefix(longest) + "…"
    }
}
