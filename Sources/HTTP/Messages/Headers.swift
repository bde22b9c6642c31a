/// The header fields of a message, in order: names compare without regard to case, repeated fields are kept
/// (RFC 9110 section 5).
///
/// All names and values stand in one byte buffer, with their bounds beside it, so that a parsed head costs two
/// allocations however many fields it has; a `String` is made only when one is asked for.
package struct Headers: Sendable {
    /// Where one field's name and value stand in `bytes`.
    struct Bounds: Sendable {
        var nameStart: UInt32
        var nameCount: UInt32
        var valueStart: UInt32
        var valueCount: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameCount) }
        var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueCount) }
    }

    var bytes: [UInt8]
    var fields: [Bounds]

    /// No fields.
    package init() {
        bytes = []
        fields = []
    }

    init(bytes: [UInt8], fields: [Bounds]) {
        self.bytes = bytes
        self.fields = fields
    }

    /// The number of fields, repeated ones counted each.
    package var count: Int { fields.count }

    /// Whether there is no field.
    package var isEmpty: Bool { fields.isEmpty }

    /// The value of the first field called `name`; setting replaces all fields of that name, or removes them with
    /// `nil`.
    package subscript(name: String) -> String? {
        get {
            guard let index = firstIndex(of: name) else { return nil }
            return string(fields[index].value)
        }
        set {
            if let newValue { set(name, newValue) } else { remove(name) }
        }
    }

    /// The values of all fields called `name`, in order.
    package func all(_ name: String) -> [String] {
        var values: [String] = []
        withUTF8(of: name) { name in
            for field in fields where matches(field, name) {
                values.append(string(field.value))
            }
        }
        return values
    }

    /// Whether there is a field called `name`.
    package func contains(_ name: String) -> Bool {
        firstIndex(of: name) != nil
    }

    /// Appends a field, keeping those of the same name.
    package mutating func add(_ name: String, _ value: String) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name.utf8)
        let valueStart = bytes.count
        bytes.append(contentsOf: value.utf8)
        fields.append(
            Bounds(
                nameStart: UInt32(nameStart), nameCount: UInt32(valueStart - nameStart),
                valueStart: UInt32(valueStart), valueCount: UInt32(bytes.count - valueStart)))
    }

    /// Appends a field whose value need not be UTF-8, keeping those of the same name.
    package mutating func add(_ name: String, bytes value: [UInt8]) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name.utf8)
        let valueStart = bytes.count
        bytes.append(contentsOf: value)
        fields.append(
            Bounds(
                nameStart: UInt32(nameStart), nameCount: UInt32(valueStart - nameStart),
                valueStart: UInt32(valueStart), valueCount: UInt32(value.count)))
    }

    /// Whether a field may be called so: a token.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(CharacterClass.isToken)
    }

    /// Whether a field may have this value: no control characters but tabs.
    package static func isValue(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy(CharacterClass.isFieldContent) }

    /// Replaces all fields called `name` with one, which stands at the end.
    package mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    /// Removes all fields called `name`.
    package mutating func remove(_ name: String) {
        guard contains(name) else { return }
        let kept = withUTF8(of: name) { name in fields.filter { !matches($0, name) } }
        fields = kept
    }

    /// Whether any of the comma-separated members of the fields called `name` equals `token`, without regard to case:
    /// `Connection: keep-alive, Upgrade` has the tokens `keep-alive` and `upgrade`.
    package func hasToken(_ token: String, in name: String) -> Bool {
        withUTF8(of: name) { name in
            withUTF8(of: token) { token in
                bytes.withUnsafeBytes { buffer in
                    fields.contains { field in
                        matches(field, name) && listMembers(buffer[field.value]) { equalsIgnoringCase($0, token) }
                    }
                }
            }
        }
    }

    // MARK: Without strings

    /// Calls `body` with all names and values, in order, as bytes that are valid during the call.
    package func withFields<Result>(
        _ body: (
            [(name: Slice<UnsafeRawBufferPointer>, value: Slice<UnsafeRawBufferPointer>)]
        ) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes { bytes in try body(fields.map { (bytes[$0.name], bytes[$0.value]) }) }
    }

    /// How many bytes `copyLines` writes.
    package var lineByteCount: Int {
        fields.reduce(0) { $0 + Int($1.nameCount) + Int($1.valueCount) + 4 }
    }

    /// Writes a line `Name: value` for each field, with CR LF.
    ///
    /// - Parameter buffer: of `lineByteCount` bytes.
    package func copyLines(to buffer: UnsafeMutableRawBufferPointer) {
        bytes.withUnsafeBytes { bytes in
            var rest = buffer
            func put(_ piece: UnsafeRawBufferPointer) {
                rest.copyMemory(from: piece)
                rest = UnsafeMutableRawBufferPointer(rebasing: rest[piece.count...])
            }
            let (separator, end): (StaticString, StaticString) = (": ", "\r\n")
            for field in fields {
                put(UnsafeRawBufferPointer(rebasing: bytes[field.name]))
                put(UnsafeRawBufferPointer(start: separator.utf8Start, count: 2))
                put(UnsafeRawBufferPointer(rebasing: bytes[field.value]))
                put(UnsafeRawBufferPointer(start: end.utf8Start, count: 2))
            }
        }
    }

    /// Whether the first field called `name` has this value. It costs no allocation.
    func first(_ name: String, is value: [UInt8]) -> Bool {
        guard let index = firstIndex(of: name), Int(fields[index].valueCount) == value.count else { return false }
        return bytes.withUnsafeBytes { bytes in
            value.withUnsafeBytes { $0.elementsEqual(bytes[fields[index].value]) }
        }
    }

    func firstIndex(of name: String) -> Int? {
        withUTF8(of: name) { name in fields.firstIndex { matches($0, name) } }
    }

    /// Whether there is any field that begins with `If-`.
    var hasConditions: Bool {
        bytes.withUnsafeBytes { bytes in
            fields.contains { field in
                field.nameCount > 3 && bytes[Int(field.nameStart) + 2] == UInt8(ascii: "-")
                    && lowercased(bytes[Int(field.nameStart)]) == UInt8(ascii: "i")
                    && lowercased(bytes[Int(field.nameStart) + 1]) == UInt8(ascii: "f")
            }
        }
    }

    private func matches(_ field: Bounds, _ name: UnsafeRawBufferPointer) -> Bool {
        guard Int(field.nameCount) == name.count else { return false }
        return bytes.withUnsafeBytes { equalsIgnoringCase($0[field.name], name) }
    }

    private func string(_ range: Range<Int>) -> String {
        bytes.withUnsafeBytes { String(decoding: UnsafeRawBufferPointer(rebasing: $0[range]), as: UTF8.self) }
    }

    /// Calls `body` for each member of a comma-separated list, trimmed, until it answers true.
    private func listMembers(
        _ list: Slice<UnsafeRawBufferPointer>, until body: (Slice<UnsafeRawBufferPointer>) -> Bool
    ) -> Bool {
        var rest = list
        while true {
            let comma = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            var member = rest[rest.startIndex..<comma]
            while let first = member.first, isBlank(first) { member.removeFirst() }
            while let last = member.last, isBlank(last) { member.removeLast() }
            if !member.isEmpty && body(member) { return true }
            if comma == rest.endIndex { return false }
            rest = rest[(comma + 1)...]
        }
    }
}

extension Headers: Sequence {
    /// One field.
    package struct Field: Hashable, Sendable {
        /// The name as it was written.
        package let name: String
        /// The value, without white space around it.
        package let value: String
    }

    /// The fields in order.
    package struct Iterator: IteratorProtocol {
        private let headers: Headers
        private var index = 0

        init(_ headers: Headers) {
            self.headers = headers
        }

        package mutating func next() -> Field? {
            guard index < headers.fields.count else { return nil }
            defer { index += 1 }
            let bounds = headers.fields[index]
            return Field(name: headers.string(bounds.name), value: headers.string(bounds.value))
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }
}

extension Headers: ExpressibleByDictionaryLiteral {
    /// The fields of a literal in order, repeated names kept.
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { add(name, value) }
    }
}

extension Headers: Equatable {
    /// Equal fields in equal order; names without regard to case.
    package static func == (left: Headers, right: Headers) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { $0.name.lowercased() == $1.name.lowercased() && $0.value == $1.value }
    }
}

extension Headers: CustomStringConvertible {
    /// One `Name: value` line for each field.
    package var description: String {
        map { "\($0.name): \($0.value)" }.joined(separator: "\n")
    }
}
