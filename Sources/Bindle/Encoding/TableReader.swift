import TOML

/// Takes the fields of one table of an invoice, checking their types, and refuses those that it does not know.
struct TableReader {
    let table: TOMLTable
    let path: InvoicePath
    let position: SourcePosition?

    init(_ table: TOMLTable, at path: InvoicePath, position: SourcePosition?, keys: [String]) throws(InvoiceProblem) {
        self.table = table
        self.path = path
        self.position = position
        for entry in table.entries where !keys.contains(entry.key) {
            let known = keys.joined(separator: ", ")
            throw InvoiceProblem(
                at: path + [.key(entry.key)], "unknown key '\(entry.key)'; the keys here are \(known)",
                position: entry.keyPosition ?? entry.value.position)
        }
    }

    init(_ value: TOMLValue, at path: InvoicePath, keys: [String]) throws(InvoiceProblem) {
        guard let table = value.table else { throw Self.mismatch(value, at: path, wanted: "a table") }
        try self.init(table, at: path, position: value.position, keys: keys)
    }

    private static func mismatch(_ value: TOMLValue, at path: InvoicePath, wanted: String) -> InvoiceProblem {
        InvoiceProblem(at: path, "\(wanted) is wanted here, not \(value.kindName)", position: value.position)
    }

    func path(_ key: String) -> InvoicePath { path + [.key(key)] }

    /// What `value` is read from a field that has to be there.
    func required<Value>(_ key: String, _ value: Value?) throws(InvoiceProblem) -> Value {
        guard let value else {
            throw InvoiceProblem(at: path(key), "the key '\(key)' is missing", position: position)
        }
        return value
    }

    private func field<Value>(
        _ key: String, wanted: String, _ read: (TOMLValue) -> Value?
    ) throws(InvoiceProblem) -> Value? {
        guard let value = table[key] else { return nil }
        guard let result = read(value) else { throw Self.mismatch(value, at: path(key), wanted: wanted) }
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
        guard count >= 0 else {
            throw InvoiceProblem(at: path(key), "\(count) is negative", position: table[key]?.position)
        }
        return Int(count)
    }

    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, of type: Value.Type
    ) throws(InvoiceProblem) -> Value? {
        guard let text = try string(key) else { return nil }
        guard let value = Value(rawValue: text) else {
            let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvoiceProblem(
                at: path(key), "'\(text)' is not one of \(choices)", position: table[key]?.position)
        }
        return value
    }

    func list<Element>(
        _ key: String, _ read: (TOMLValue, InvoicePath) throws(InvoiceProblem) -> Element
    ) throws(InvoiceProblem) -> [Element] {
        guard let values = try field(key, wanted: "an array", { $0.array }) else { return [] }
        var elements: [Element] = []
        elements.reserveCapacity(values.count)
        for (index, value) in values.enumerated() { elements.append(try read(value, path(key) + [.index(index)])) }
        return elements
    }

    func strings(_ key: String) throws(InvoiceProblem) -> [String] {
        try list(key) { (value, path) throws(InvoiceProblem) in
            guard let string = value.string else { throw Self.mismatch(value, at: path, wanted: "a string") }
            return string
        }
    }

    func dictionary<Element>(
        _ key: String, _ read: (TOMLValue, InvoicePath) throws(InvoiceProblem) -> Element
    ) throws(InvoiceProblem) -> [String: Element] {
        guard let table = try field(key, wanted: "a table", { $0.table }) else { return [:] }
        return try Self.dictionary(table, at: path(key), read)
    }

    private static func dictionary<Element>(
        _ table: TOMLTable, at path: InvoicePath,
        _ read: (TOMLValue, InvoicePath) throws(InvoiceProblem) -> Element
    ) throws(InvoiceProblem) -> [String: Element] {
        var result: [String: Element] = [:]
        for entry in table.entries { result[entry.key] = try read(entry.value, path + [.key(entry.key)]) }
        return result
    }

    func stringDictionary(_ key: String) throws(InvoiceProblem) -> [String: String] {
        try dictionary(key, Self.stringValue)
    }

    func nestedStringDictionary(_ key: String) throws(InvoiceProblem) -> [String: [String: String]] {
        try dictionary(key) { (value, path) throws(InvoiceProblem) in
            guard let table = value.table else { throw Self.mismatch(value, at: path, wanted: "a table") }
            return try Self.dictionary(table, at: path, Self.stringValue)
        }
    }

    private static func stringValue(_ value: TOMLValue, at path: InvoicePath) throws(InvoiceProblem) -> String {
        guard let string = value.string else { throw mismatch(value, at: path, wanted: "a string") }
        return string
    }
}
