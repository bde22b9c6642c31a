import Platform

/// A table of a document that is read key by key, each with the type it must have.
///
/// A section remembers which keys were asked for, so that `finish` can refuse all others; its errors point at the key
/// or value at fault.
package struct TOMLSection: Sendable {
    package let table: TOMLTable
    /// What the section is called in messages: `[bindle]`, `[[handler]]`, `the file`.
    package let name: String
    /// Where the section begins; nil for the document itself and for tables made in code.
    package let position: SourcePosition?
    private let source: [UInt8]
    private var known: [String] = []

    /// Reads a whole document.
    package init(parsing text: String) throws(TOMLError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Reads a whole document from its bytes, which have to be valid UTF-8.
    package init(parsing bytes: [UInt8]) throws(TOMLError) {
        table = try TOMLTable(parsing: bytes)
        name = "the file"
        position = nil
        source = bytes
    }

    private init(table: TOMLTable, name: String, position: SourcePosition?, source: [UInt8]) {
        self.table = table
        self.name = name
        self.position = position
        self.source = source
    }

    // MARK: Values

    package mutating func string(_ key: String) throws(TOMLError) -> String? {
        try value(key, "a string", \.string)
    }

    package mutating func requiredString(_ key: String) throws(TOMLError) -> String {
        guard let string = try string(key) else { throw missing(key) }
        return string
    }

    package mutating func boolean(_ key: String) throws(TOMLError) -> Bool? {
        try value(key, "true or false", \.boolean)
    }

    package mutating func integer(_ key: String, in range: ClosedRange<Int> = .min ... .max) throws(TOMLError) -> Int? {
        guard let integer = try value(key, "an integer", { $0.integer.map { Int($0) } }) else { return nil }
        guard range.contains(integer) else {
            throw error(
                "'\(key)' has to be between \(range.lowerBound) and \(range.upperBound)", atValueOf: key)
        }
        return integer
    }

    /// A value of any type.
    package mutating func value(_ key: String) -> TOMLValue? {
        known.append(key)
        return table[key]
    }

    /// An array of nothing but strings.
    package mutating func strings(_ key: String) throws(TOMLError) -> [String]? {
        guard let elements = try value(key, "an array of strings", \.array) else { return nil }
        var strings: [String] = []
        strings.reserveCapacity(elements.count)
        for element in elements {
            guard let string = element.string else {
                throw error(
                    "'\(key)' has to be an array of strings, found \(element.kindName)",
                    at: element.position ?? place(of: key))
            }
            strings.append(string)
        }
        return strings
    }

    /// A table of nothing but strings, with any keys, in their order.
    package mutating func stringTable(_ key: String) throws(TOMLError) -> [(key: String, value: String)]? {
        guard let table = try value(key, "a table of strings", \.table) else { return nil }
        var pairs: [(key: String, value: String)] = []
        for entry in table.entries {
            guard let string = entry.value.string else {
                throw error(
                    "'\(key).\(entry.key)' has to be a string, found \(entry.value.kindName)",
                    at: entry.value.position ?? place(of: key))
            }
            pairs.append((entry.key, string))
        }
        return pairs
    }

    /// The table of that key, to be read in the same way.
    package mutating func section(_ key: String) throws(TOMLError) -> TOMLSection? {
        guard let table = try value(key, "a table", \.table) else { return nil }
        return TOMLSection(table: table, name: "[\(key)]", position: place(of: key), source: source)
    }

    /// The tables of an array of tables, none when the key is absent.
    package mutating func sections(_ key: String) throws(TOMLError) -> [TOMLSection] {
        guard let elements = try value(key, "an array of tables, [[\(key)]]", \.array) else { return [] }
        var sections: [TOMLSection] = []
        for element in elements {
            guard let table = element.table else {
                throw error(
                    "'\(key)' has to be an array of tables, [[\(key)]], found \(element.kindName) in it",
                    at: element.position ?? place(of: key))
            }
            sections.append(
                TOMLSection(table: table, name: "[[\(key)]]", position: element.position, source: source))
        }
        return sections
    }

    private mutating func value<Value>(
        _ key: String, _ expectation: String, _ convert: (TOMLValue) -> Value?
    ) throws(TOMLError) -> Value? {
        known.append(key)
        guard let value = table[key] else { return nil }
        guard let converted = convert(value) else {
            throw error("'\(key)' has to be \(expectation), found \(value.kindName)", atValueOf: key)
        }
        return converted
    }

    /// Refuses keys that were not asked for.
    package func finish() throws(TOMLError) {
        guard let first = unknownKeys.first else { return }
        throw error(first.message, at: first.position)
    }

    /// The keys that were not asked for: where they stand, and what is to be said of each.
    package var unknownKeys: [(key: String, position: SourcePosition?, message: String)] {
        table.entries.filter { !known.contains($0.key) }.map { entry in
            let likely = Suggestion.closest(to: entry.key, among: known).map { "did you mean '\($0)'? It" } ?? "it"
            let possible = known.joined(separator: ", ")
            return (
                entry.key, entry.keyPosition, "unknown key '\(entry.key)' in \(name): \(likely) can have \(possible)"
            )
        }
    }

    // MARK: Errors

    /// An error at a key, or where the section begins if the key is absent.
    package func error(_ message: String, atKey key: String) -> TOMLError {
        error(message, at: table.entry(key)?.keyPosition ?? position)
    }

    /// An error at the value of a key, or where the section begins if the key is absent.
    package func error(_ message: String, atValueOf key: String) -> TOMLError {
        error(message, at: table[key]?.position ?? position)
    }

    /// An error at a place of this section's document.
    package func error(_ message: String, at position: SourcePosition?) -> TOMLError {
        TOMLError(message, at: position ?? SourcePosition(line: 1, column: 1), in: source)
    }

    /// The error of a key that has to be there. A key that was hardly meant as it is written is named, and pointed at.
    ///
    /// - Parameter message: What there is to say, if it is more than that the key is not there.
    package func missing(_ key: String, _ message: String? = nil) -> TOMLError {
        let message = message ?? "\(name) has no '\(key)'"
        let others = table.entries.map(\.key).filter { !known.contains($0) }
        guard let typed = Suggestion.closest(to: key, among: others) else { return error(message, at: position) }
        return error("\(message): did you mean it by '\(typed)'?", atKey: typed)
    }

    private func place(of key: String) -> SourcePosition? {
        table[key]?.position
    }
}
