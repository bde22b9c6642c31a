import Differences
import JSON
package import SandboxProtocol

/// An answer to a request, as it is compared with another one.
package struct Answer: Hashable, Sendable {
    package var status: Int
    package var fields: [RequestRecording.Field]
    /// As far as it is kept.
    package var body: [UInt8]
    /// How many bytes there were.
    package var total: Int

    package init(status: Int, fields: [RequestRecording.Field], body: [UInt8], total: Int) {
        self.status = status
        self.fields = fields
        self.body = body
        self.total = total
    }
}

/// What is different between two answers to one request: status, fields without `Date`, and body, which is compared as
/// JSON, text or bytes, whatever both are.
struct AnswerComparison {
    /// A field of which the values are others, or that one answer does not have.
    struct Field: Hashable {
        let name: String
        let before: [String]
        let after: [String]
    }

    enum Body: Hashable {
        case same
        /// Values that are others, by their paths (RFC 6901). None if only the writing of the values is another one.
        case json([ValueChange], isCut: Bool)
        case text(LineDifference)
        /// The place of the first byte that is another one.
        case bytes(firstDifference: Int)
    }

    struct ValueChange: Hashable {
        let path: String
        /// `nil` where there is none.
        let before: JSONValue?
        let after: JSONValue?
    }

    let before: Answer
    let after: Answer
    let fields: [Field]
    let body: Body

    private static let maximumChanges = 500

    init(before: Answer, after: Answer) {
        self.before = before
        self.after = after
        fields = Self.compare(before.fields, after.fields)
        body = Self.compare(before, after)
    }

    /// Whether what is compared is the same.
    var isSame: Bool { before.status == after.status && fields.isEmpty && body == .same && before.total == after.total }

    /// Whether only the kept beginnings of bodies are compared.
    var isPartial: Bool { before.body.count < before.total || after.body.count < after.total }

    private static func compare(
        _ before: [RequestRecording.Field], _ after: [RequestRecording.Field]
    ) -> [Field] {
        func values(_ fields: [RequestRecording.Field], _ name: String) -> [String] {
            fields.filter { $0.isNamed(name) }.map(\.valueText)
        }
        var names: [String] = []
        for field in before + after {
            let name = field.nameText
            if name.lowercased() != "date", !names.contains(where: { $0.lowercased() == name.lowercased() }) {
                names.append(name)
            }
        }
        return names.map { Field(name: $0, before: values(before, $0), after: values(after, $0)) }
            .filter { $0.before != $0.after }
    }

    private static func compare(_ before: Answer, _ after: Answer) -> Body {
        var (old, new) = (before.body, after.body)
        // Of one that is not kept as a whole, the beginning is compared.
        if old.count < before.total { new = Array(new.prefix(old.count)) }
        if new.count < after.total { old = Array(old.prefix(new.count)) }
        if old == new { return .same }
        if let oldValue = value(before), let newValue = value(after) {
            var changes: [ValueChange] = []
            collect(oldValue, newValue, "", &changes)
            return .json(Array(changes.prefix(maximumChanges)), isCut: changes.count > maximumChanges)
        }
        if isText(before), isText(after) { return .text(LineDifference(from: old, to: new)) }
        return .bytes(
            firstDifference: zip(old, new).enumerated().first { $1.0 != $1.1 }?.offset ?? min(old.count, new.count))
    }

    private static func isText(_ answer: Answer) -> Bool {
        RequestDetail.text(answer.body, isWhole: answer.body.count == answer.total) != nil
    }

    /// The body as a value, if it is whole, and says that it is JSON.
    private static func value(_ answer: Answer) -> JSONValue? {
        guard answer.body.count == answer.total,
            let type = answer.fields.first(where: { $0.isNamed("Content-Type") })?.valueText.lowercased(),
            type.contains("json")
        else { return nil }
        return try? JSONValue(parsing: answer.body)
    }

    private static func collect(
        _ before: JSONValue, _ after: JSONValue, _ path: String, _ changes: inout [ValueChange]
    ) {
        guard before != after, changes.count <= maximumChanges else { return }
        switch (before, after) {
        case (.object(let old), .object(let new)):
            for name in Set(old.members.map(\.name) + new.members.map(\.name)).sorted() {
                let place = path + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
                switch (old[name], new[name]) {
                case (let old?, let new?): collect(old, new, place, &changes)
                case (let old, let new): changes.append(ValueChange(path: place, before: old, after: new))
                }
            }
        case (.array(let old), .array(let new)):
            for index in 0..<max(old.count, new.count) {
                let place = "\(path)/\(index)"
                if index < old.count, index < new.count {
                    collect(old[index], new[index], place, &changes)
                } else {
                    changes.append(
                        ValueChange(
                            path: place, before: index < old.count ? old[index] : nil,
                            after: index < new.count ? new[index] : nil))
                }
            }
        default: changes.append(ValueChange(path: path, before: before, after: after))
        }
    }

    // MARK: JSON

    func json(_ masking: Masking) -> JSONObject {
        func list(_ texts: [String], _ name: String) -> JSONValue {
            .array(texts.map { .string(masking.hides(field: name) ? Masking.text : $0) })
        }
        var object: JSONObject = [
            "same": .boolean(isSame),
            "status": .object(["before": .integer(before.status), "after": .integer(after.status)]),
            "headers": .array(
                fields.map { field in
                    .object([
                        "name": .string(field.name), "before": list(field.before, field.name),
                        "after": list(field.after, field.name),
                    ])
                }),
        ]
        var body = self.body.json
        body["before"] = .integer(before.total)
        body["after"] = .integer(after.total)
        body["partial"] = .boolean(isPartial)
        object["body"] = .object(body)
        return object
    }
}

extension AnswerComparison.Body {
    fileprivate var json: JSONObject {
        switch self {
        case .same: return ["kind": .string("same")]
        case .json(let changes, let isCut):
            return [
                "kind": .string("json"),
                "changes": .array(
                    changes.map { change in
                        var object: JSONObject = ["path": .string(change.path)]
                        object["before"] = change.before
                        object["after"] = change.after
                        return .object(object)
                    }), "cut": .boolean(isCut),
            ]
        case .text(let difference):
            return [
                "kind": .string("text"), "hunks": .array(difference.hunks.map { .object($0.json) }),
                "cut": .boolean(difference.isCut),
            ]
        case .bytes(let first): return ["kind": .string("bytes"), "firstDifference": .integer(first)]
        }
    }
}
