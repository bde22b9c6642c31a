import JSON

/// A document of JSON with comments and trailing commas, as editors keep their settings in. What is added to it stands
/// beside what is there, which stays as it is, byte for byte.
struct CommentedJSON {
    private(set) var text: String { didSet { bytes = Array(text.utf8) } }
    private var bytes: [UInt8]
    private var root: Node

    /// Reads a document whose value is an object; `nil` if it is not one.
    init?(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
        var parser = Parser(bytes)
        guard let root = parser.document(), case .object = root.kind else { return nil }
        self.root = root
    }

    /// A value, and where it stands.
    fileprivate struct Node {
        enum Kind {
            case object([(name: String, value: Node)])
            case array([Node])
            case string(String)
            case other
        }

        let kind: Kind
        /// From its first byte to behind its last.
        let range: Range<Int>
        /// Where the comma behind the last member or element stands, if there is one.
        var trailingComma: Int?

        var children: [Node] {
            switch kind {
            case .object(let members): members.map(\.value)
            case .array(let elements): elements
            default: []
            }
        }

        func member(_ name: String) -> Node? {
            guard case .object(let members) = kind else { return nil }
            return members.last { $0.name == name }?.value
        }

        /// What tells an element from others: itself if it is a string, its label if it is a task.
        var identity: String? {
            if case .string(let text) = kind { return text }
            if case .string(let label)? = member("label")?.kind { return label }
            return nil
        }
    }

    private struct Edit {
        let place: Int
        let text: String
    }

    /// Adds the members and elements that are not there.
    ///
    /// - Returns: What was added, in words.
    mutating func add(_ addition: JSONObject) -> [String] {
        var edits: [Edit] = []
        let added = add(addition, to: root, &edits)
        guard !added.isEmpty else { return [] }
        for (place, group) in Dictionary(grouping: edits, by: \.place).sorted(by: { $0.key > $1.key }) {
            bytes.insert(contentsOf: group.map(\.text).joined().utf8, at: place)
        }
        text = String(decoding: bytes, as: UTF8.self)
        var parser = Parser(bytes)
        if let root = parser.document() { self.root = root }
        return added
    }

    private func add(_ addition: JSONObject, to node: Node, _ edits: inout [Edit]) -> [String] {
        var added: [String] = []
        var missing: [String] = []
        for member in addition.members {
            guard let there = node.member(member.name) else {
                missing.append("\(JSONValue.string(member.name).serialized): \(member.value.indented())")
                added.append(member.name)
                continue
            }
            switch (there.kind, member.value) {
            case (.object, .object(let inner)): added += add(inner, to: there, &edits)
            case (.array(let elements), .array(let wanted)):
                let known = Set(elements.compactMap(\.identity))
                let new = wanted.filter { value in
                    (value.string ?? value.object?["label"]?.string).map { !known.contains($0) } ?? false
                }
                insert(new.map { $0.indented() }, into: there, &edits)
                added += new.compactMap { $0.string ?? $0.object?["label"]?.string }
            default: break
            }
        }
        insert(missing, into: node, &edits)
        return added
    }

    /// Inserts members or elements behind those that are there, each on a line of its own.
    private func insert(_ items: [String], into node: Node, _ edits: inout [Edit]) {
        guard !items.isEmpty else { return }
        let outer = indentation(at: node.range.lowerBound)
        let inner =
            node.children.first.map { indentation(at: $0.range.lowerBound) }.flatMap { $0 == outer ? nil : $0 }
            ?? outer + "  "
        let isFirst = node.children.isEmpty
        if let last = node.children.last, node.trailingComma == nil {
            edits.append(Edit(place: last.range.upperBound, text: ","))
        }
        // Behind comments that follow the last one, before the white space that leads to the bracket.
        let bracket = node.range.upperBound - 1
        var place = bracket
        while place > node.range.lowerBound + 1, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place - 1]) { place -= 1 }
        let lines = items.map { inner + $0.replacing("\n", with: "\n" + inner) }.joined(separator: ",\n")
        let hasLineEnd = bytes[place..<bracket].contains(UInt8(ascii: "\n"))
        let comma = !isFirst && node.trailingComma != nil ? "," : ""
        edits.append(Edit(place: place, text: "\n" + lines + comma + (hasLineEnd ? "" : "\n" + outer)))
    }

    /// The white space that the line of a place begins with.
    private func indentation(at place: Int) -> String {
        var start = place
        while start > 0, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        return String(decoding: bytes[start..<place].prefix { $0 == 0x20 || $0 == 0x09 }, as: UTF8.self)
    }
}

extension CommentedJSON {
    /// Reads values with their places.
    private struct Parser {
        private let bytes: [UInt8]
        private var place = 0
        private var depth = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func document() -> Node? {
            // A byte order mark is not part of the text.
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
            guard skip(), let node = value(), skip(), place == bytes.count else { return nil }
            return node
        }

        /// Passes over white space and comments; false if a comment has no end.
        private mutating func skip() -> Bool {
            while place < bytes.count {
                switch bytes[place] {
                case 0x20, 0x09, 0x0A, 0x0D: place += 1
                case UInt8(ascii: "/") where bytes[place...].starts(with: "//".utf8):
                    while place < bytes.count, bytes[place] != 0x0A { place += 1 }
                case UInt8(ascii: "/") where bytes[place...].starts(with: "/*".utf8):
                    place += 2
                    while place < bytes.count, !bytes[place...].starts(with: "*/".utf8) { place += 1 }
                    guard place < bytes.count else { return false }
                    place += 2
                default: return true
                }
            }
            return true
        }

        private mutating func value() -> Node? {
            guard place < bytes.count, depth < JSONScanner.maximumDepth else { return nil }
            switch bytes[place] {
            case UInt8(ascii: "{"): return container(until: UInt8(ascii: "}"), isObject: true)
            case UInt8(ascii: "["): return container(until: UInt8(ascii: "]"), isObject: false)
            case UInt8(ascii: "\""):
                let start = place
                return string().map { Node(kind: .string($0), range: start..<place) }
            default:
                let start = place
                while place < bytes.count, !" \t\r\n,]}/".utf8.contains(bytes[place]) { place += 1 }
                guard (try? JSONValue(parsing: bytes[start..<place])) != nil else { return nil }
                return Node(kind: .other, range: start..<place)
            }
        }

        private mutating func container(until end: UInt8, isObject: Bool) -> Node? {
            let start = place
            place += 1
            depth += 1
            defer { depth -= 1 }
            var members: [(name: String, value: Node)] = []
            var comma: Int?
            while true {
                guard skip(), place < bytes.count else { return nil }
                if bytes[place] == end {
                    place += 1
                    let kind: Node.Kind = isObject ? .object(members) : .array(members.map(\.value))
                    return Node(kind: kind, range: start..<place, trailingComma: comma)
                }
                guard members.isEmpty || comma != nil else { return nil }
                var name = ""
                if isObject {
                    guard bytes[place] == UInt8(ascii: "\""), let text = string(), skip(), place < bytes.count,
                        bytes[place] == UInt8(ascii: ":")
                    else { return nil }
                    place += 1
                    guard skip() else { return nil }
                    name = text
                }
                guard let element = value(), skip() else { return nil }
                members.append((name, element))
                comma = nil
                if place < bytes.count, bytes[place] == UInt8(ascii: ",") {
                    comma = place
                    place += 1
                }
            }
        }

        private mutating func string() -> String? {
            let start = place
            place += 1
            while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != 0x0A {
                place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return nil }
            place += 1
            return (try? JSONValue(parsing: bytes[start..<place]))?.string
        }
    }
}
