import JSON

/// A part of a job, which is written in two ways: as a block of HCL, and as a member of the JSON that Nomad's API takes.
///
/// In JSON, members have the names of Go's fields, and durations are numbers of nanoseconds.
struct NomadBlock {
    enum Value {
        /// A text in which nothing is replaced when the job is read.
        case text(String)
        /// A text in which Nomad replaces `${…}` when a task starts.
        case runtime(String)
        case integer(Int)
        case boolean(Bool)
        case seconds(Int)
        case list([Value])
        case map([(key: String, value: Value)])
    }

    /// How the block is a member of what it is in.
    enum Place {
        /// The one object of that name.
        case object
        /// An object in the list of that name.
        case list
    }

    /// The block's word in HCL.
    let word: String
    /// What follows the word, and the member that has it in JSON.
    let label: (member: String, text: String)?
    /// The member's name in JSON.
    let member: String
    let place: Place
    var attributes: [(word: String, member: String, value: Value)]
    var blocks: [NomadBlock]

    init(
        _ word: String, label: (member: String, text: String)? = nil, member: String, _ place: Place = .object,
        attributes: [(word: String, member: String, value: Value)] = [], blocks: [NomadBlock] = []
    ) {
        (self.word, self.label, self.member, self.place) = (word, label, member, place)
        (self.attributes, self.blocks) = (attributes, blocks)
    }
}

// MARK: JSON

extension NomadBlock {
    var json: JSONObject {
        var object = JSONObject()
        if let label { object[label.member] = .string(label.text) }
        for attribute in attributes { object[attribute.member] = attribute.value.json }
        for block in blocks {
            switch block.place {
            case .object: object[block.member] = .object(block.json)
            case .list: object[block.member] = .array((object[block.member]?.array ?? []) + [.object(block.json)])
            }
        }
        return object
    }
}

extension NomadBlock.Value {
    fileprivate var json: JSONValue {
        switch self {
        case .text(let text), .runtime(let text): .string(text)
        case .integer(let number): .integer(number)
        case .boolean(let value): .boolean(value)
        case .seconds(let seconds): .integer(seconds * 1_000_000_000)
        case .list(let values): .array(values.map(\.json))
        case .map(let entries): .object(entries.reduce(into: JSONObject()) { $0[$1.key] = $1.value.json })
        }
    }
}

// MARK: HCL

extension NomadBlock {
    /// The block as lines, without line breaks.
    func lines(indentation: String = "") -> [String] {
        let heading = indentation + word + (label.map { " \(Value.text($0.text).hcl)" } ?? "")
        guard !attributes.isEmpty || !blocks.isEmpty else { return ["\(heading) {}"] }
        let inner = indentation + "  "
        let width = attributes.map(\.word.count).max() ?? 0
        var lines = ["\(heading) {"]
        for attribute in attributes {
            let padding = String(repeating: " ", count: width - attribute.word.count)
            lines.append("\(inner)\(attribute.word)\(padding) = \(attribute.value.hcl)")
        }
        for block in blocks {
            if lines.count > 1 { lines.append("") }
            lines += block.lines(indentation: inner)
        }
        return lines + ["\(indentation)}"]
    }
}

extension NomadBlock.Value {
    fileprivate var hcl: String {
        switch self {
        case .text(let text): Self.quoted(text, keepsReferences: false)
        case .runtime(let text): Self.quoted(text, keepsReferences: true)
        case .integer(let number): String(number)
        case .boolean(let value): value ? "true" : "false"
        case .seconds(let seconds): "\"\(seconds)s\""
        case .list(let values): "[\(values.map(\.hcl).joined(separator: ", "))]"
        case .map(let entries):
            entries.isEmpty
                ? "{}"
                : "{ "
                    + entries.map { "\(Self.quoted($0.key, keepsReferences: false)) = \($0.value.hcl)" }
                    .joined(separator: ", ") + " }"
        }
    }

    /// A quoted template (HCL native syntax specification, "Template Expressions").
    private static func quoted(_ text: String, keepsReferences: Bool) -> String {
        var quoted = "\""
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let opens = index + 1 < scalars.count && scalars[index + 1] == "{"
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case "$" where opens && !keepsReferences: quoted += "$$"
            case "%" where opens: quoted += "%%"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
