import TOML

/// Takes the fields of one table of an invoice, checking their types, and refuses those that it does not know.
///
/// A reader does not know where in the document its table is: a problem's path grows while it is passed on to the readers
/// around it, so that nothing is spent on the paths of values that are right.
struct TableReader {
    let table: TOMLTable
    /// Where the table stands, for what is missing in it.
    let position: SourcePosition?

    /// - Throws: An unknown key, unless `keys` has it.
    init(_ table: TOMLTable, position: SourcePosition? = nil, keys: [String]) throws(InvoiceProblem) {
        self.table = table
        self.position = position
        for entry in table.entries where !keys.contains(entry.key) {
            let known = keys.joined(separator: ", ")
            throw InvoiceProblem(
                at: [.key(entry.key)], "unknown key '\(entry.key)'; the keys here are \(known)",
                position: entry.keyPosition ?? entry.value.position)
        }
    }

    /// - Throws: A value that is not a table, or an unknown key.
    init(_ value: TOMLValue, keys: [String]) throws(InvoiceProblem) {
        guard let table = value.table else { throw Self.mismatch(value, wanted: "a table") }
        try self.init(table, position: value.position, keys: keys)
    }

    // MARK: Problems

    private static func mismatch(_ value: TOMLValue, wanted: String) -> InvoiceProblem {
        InvoiceProblem(at: [], "\(wanted) is wanted here, not \(value.kindName)", position: value.position)
    }

    /// What is wrong with the value of a key.
    func problem(_ key: String, _ message: String) -> InvoiceProblem {
        InvoiceProblem(at: [.key(key)], message, position: table[key]?.position)
    }

    /// What `body` makes of a value, the path of its problems beginning with `element`.
    private static func within<Value>(
        _ element: @autoclosure () -> InvoicePathElement, _ body: () throws(InvoiceProblem) -> Value
    ) throws(InvoiceProblem) -> Value {
        do { return try body() } catch { throw error.within(element()) }
    }

    // MARK: Values

    /// What `value` is read from a field that has to be there.
    func required<Value>(_ key: String, _ value: Value?) throws(InvoiceProblem) -> Value {
        guard let value else {
            throw InvoiceProblem(at: [.key(key)], "the key '\(key)' is missing", position: position)
        }
        return value
    }

    /// What `read` makes of a field that has to be there.
    func required<Value>(
        _ key: String, _ read: (TOMLValue) throws(InvoiceProblem) -> Value
    ) throws(InvoiceProblem) -> Value {
        try required(key, optional(key, read))
    }

    /// What `read` makes of a field that may be there.
    func optional<Value>(
        _ key: String, _ read: (TOMLValue) throws(InvoiceProblem) -> Value
    ) throws(InvoiceProblem) -> Value? {
        guard let value = table[key] else { return nil }
        return try Self.within(.key(key)) { () throws(InvoiceProblem) in try read(value) }
    }

    private func field<Value>(
        _ key: String, wanted: String, _ read: (TOMLValue) -> Value?
    ) throws(InvoiceProblem) -> Value? {
        guard let value = table[key] else { return nil }
        guard let result = read(value) else { throw Self.mismatch(value, wanted: wanted).within(.key(key)) }
        return result
    }

    func string(_ key: String) throws(InvoiceProblem) -> String? {
        try field(key, wanted: "a string") { $0.string }
    }

    func requiredString(_ key: String) throws(InvoiceProblem) -> String { try required(key, string(key)) }

    func boolean(_ key: String) throws(InvoiceProblem) -> Bool? {
        try field(key, wanted: "a boolean") { $0.boolean }
    }

    /// An integer that is not negative.
    func requiredCount(_ key: String) throws(InvoiceProblem) -> Int {
        let count = try required(key, field(key, wanted: "an integer") { $0.integer })
        guard count >= 0 else { throw problem(key, "\(count) is negative") }
        return Int(count)
    }

    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, of type: Value.Type
    ) throws(InvoiceProblem) -> Value? {
        guard let text = try string(key) else { return nil }
        guard let value = Value(rawValue: text) else {
            let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw problem(key, "'\(text)' is not one of \(choices)")
        }
        return value
    }

    // MARK: Lists and dictionaries

    /// The elements of an array; none where the key is missing.
    func list<Element>(
        _ key: String, _ read: (TOMLValue) throws(InvoiceProblem) -> Element
    ) throws(InvoiceProblem) -> [Element] {
        guard let values = try field(key, wanted: "an array", { $0.array }) else { return [] }
        var elements: [Element] = []
        elements.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            do { elements.append(try read(value)) } catch {
                throw error.within(.index(index)).within(.key(key))
            }
        }
        return elements
    }

    func strings(_ key: String) throws(InvoiceProblem) -> [String] { try list(key, Self.stringValue) }

    func stringDictionary(_ key: String) throws(InvoiceProblem) -> [String: String] {
        try optional(key) { (value) throws(InvoiceProblem) in try Self.dictionary(value, Self.stringValue) } ?? [:]
    }

    func nestedStringDictionary(_ key: String) throws(InvoiceProblem) -> [String: [String: String]] {
        try optional(key) { (value) throws(InvoiceProblem) in
            try Self.dictionary(value) { (value) throws(InvoiceProblem) in
                try Self.dictionary(value, Self.stringValue)
            }
        } ?? [:]
    }

    private static func dictionary<Element>(
        _ value: TOMLValue, _ read: (TOMLValue) throws(InvoiceProblem) -> Element
    ) throws(InvoiceProblem) -> [String: Element] {
        guard let table = value.table else { throw mismatch(value, wanted: "a table") }
        var result: [String: Element] = [:]
        for entry in table.entries {
            result[entry.key] = try within(.key(entry.key)) { () throws(InvoiceProblem) in try read(entry.value) }
        }
        return result
    }

    private static func stringValue(_ value: TOMLValue) throws(InvoiceProblem) -> String {
        guard let string = value.string else { throw mismatch(value, wanted: "a string") }
        return string
    }
}
