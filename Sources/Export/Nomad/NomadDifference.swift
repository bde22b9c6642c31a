import JSON

/// What registering a job would change, as a person reads it: a line for each thing that is added, taken away, or other.
package struct NomadDifference: Hashable, Sendable {
    package private(set) var lines: [String] = []
    /// Whether nothing would change.
    package let isEmpty: Bool

    /// - Parameter plan: what Nomad answers to a plan.
    init(plan: JSONObject) {
        let difference = plan["Diff"]?.object ?? [:]
        isEmpty = difference["Type"]?.string == "None"
        add(difference, kind: "job", named: difference["ID"]?.string, "")
    }

    private static func mark(_ type: String?) -> String? {
        switch type {
        case "Added": "+"
        case "Deleted": "-"
        case "Edited": "~"
        default: nil
        }
    }

    private mutating func add(_ object: JSONObject, kind: String, named name: String?, _ indentation: String) {
        guard let mark = Self.mark(object["Type"]?.string) else { return }
        let updates = (object["Updates"]?.object?.members ?? []).compactMap { member in
            member.value.integer.map { "\($0) \(member.name)" }
        }
        let notes = updates + (object["Annotations"]?.array ?? []).compactMap(\.string)
        let title = [kind, name].compactMap(\.self).joined(separator: " ")
        lines.append("\(indentation)\(mark) \(title)" + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"))
        let inner = indentation + "  "
        for field in object["Fields"]?.array ?? [] { field.object.map { addField($0, inner) } }
        for part in object["Objects"]?.array ?? [] {
            guard let part = part.object else { continue }
            add(part, kind: part["Name"]?.string ?? "", named: nil, inner)
        }
        for (member, kind) in [("TaskGroups", "group"), ("Tasks", "task")] {
            for part in object[member]?.array ?? [] {
                guard let part = part.object else { continue }
                add(part, kind: kind, named: part["Name"]?.string, inner)
            }
        }
    }

    private mutating func addField(_ field: JSONObject, _ indentation: String) {
        guard let mark = Self.mark(field["Type"]?.string), let name = field["Name"]?.string else { return }
        let old = Self.readable(field["Old"]?.string ?? "", name)
        let new = Self.readable(field["New"]?.string ?? "", name)
        let change =
            switch mark {
            case "+": new
            case "-": old
            default: "\(old) → \(new)"
            }
        let notes = (field["Annotations"]?.array ?? []).compactMap(\.string)
        lines.append(
            "\(indentation)\(mark) \(name): \(change)" + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"))
    }

    /// Nomad writes durations as numbers of nanoseconds; a text of several lines is one line here.
    private static func readable(_ value: String, _ name: String) -> String {
        let isDuration = ["Deadline", "Time", "Timeout", "Interval", "Delay", "Splay"].contains { name.hasSuffix($0) }
        if isDuration, let number = Int(value), number > 0, number % 1_000_000_000 == 0 {
            return "\(number / 1_000_000_000)s"
        }
        return value.contains("\n") ? value.debugDescription : value
    }
}
