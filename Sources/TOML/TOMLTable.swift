/// A table of a TOML document, or the document itself: keys and values in the order of their definition.
///
/// Keys are compared byte by byte: two spellings that Unicode holds equivalent are two keys.
/// Two tables are equal when they have equal values for the same keys, in whatever order.
package struct TOMLTable: Sendable {
    package struct Entry: Sendable {
        package let key: String
        /// Where the key stands. Nil when made in code.
        package let keyPosition: SourcePosition?
        package var value: TOMLValue

        package init(key: String, keyPosition: SourcePosition? = nil, value: TOMLValue) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    package internal(set) var entries: [Entry] = []
    /// From a key to its place in `entries`; kept only for tables in which a linear search would be slower.
    private var index: [Key: Int] = [:]
    private static let indexedCount = 12

    package init() {}

    /// Reads a TOML 1.0 document.
    package init(parsing text: String) throws(TOMLError) {
        var parser = TOMLParser(validated: Array(text.utf8))
        self = try parser.parseDocument()
    }

    /// Reads a TOML 1.0 document from its bytes, which have to be valid UTF-8.
    package init(parsing bytes: some Collection<UInt8>) throws(TOMLError) {
        var parser = try TOMLParser(Array(bytes))
        self = try parser.parseDocument()
    }

    package var keys: [String] { entries.map(\.key) }
    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// The value of `key`. A new key goes to the end; nil removes it.
    package subscript(key: String) -> TOMLValue? {
        get { position(of: key).map { entries[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): entries[position].value = value
            case (nil, let value?): append(Entry(key: key, value: value))
            case (let position?, nil): remove(at: position)
            case (nil, nil): break
            }
        }
    }

    /// The entry of `key`, with its position.
    package func entry(_ key: String) -> Entry? { position(of: key).map { entries[$0] } }

    func position(of key: String) -> Int? {
        if index.isEmpty { return entries.firstIndex { Key.areEqual($0.key, key) } }
        return index[Key(string: key)]
    }

    /// Adds a value, unless there is one at the key.
    /// - Returns: Whether it was added.
    package mutating func insert(_ value: TOMLValue, at key: String) -> Bool {
        guard position(of: key) == nil else { return false }
        append(Entry(key: key, value: value))
        return true
    }

    /// Adds an entry whose key is not there yet.
    mutating func append(_ entry: Entry) {
        entries.append(entry)
        if !index.isEmpty {
            index[Key(string: entry.key)] = entries.count - 1
        } else if entries.count > Self.indexedCount {
            buildIndex()
        }
    }

    private mutating func remove(at position: Int) {
        entries.remove(at: position)
        index = [:]
        if entries.count > Self.indexedCount { buildIndex() }
    }

    private mutating func buildIndex() {
        index.reserveCapacity(entries.count * 2)
        for (position, entry) in entries.enumerated() { index[Key(string: entry.key)] = position }
    }

    /// A string compared by its bytes.
    private struct Key: Hashable {
        let string: String

        static func == (left: Key, right: Key) -> Bool { areEqual(left.string, right.string) }
        func hash(into hasher: inout Hasher) { hasher.combine(string) }

        /// Strings with equal bytes are equal to Swift, so that the quick comparison decides nearly always.
        static func areEqual(_ left: String, _ right: String) -> Bool {
            left == right && left.utf8.elementsEqual(right.utf8)
        }
    }
}

extension TOMLTable: Equatable {
    package static func == (left: TOMLTable, right: TOMLTable) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }
}

extension TOMLTable: CustomStringConvertible {
    /// The table as a TOML document.
    package var description: String { serialized() }

    /// The table as a TOML document: in each table first the plain keys, then the tables, then the arrays of tables,
    /// each in their order of definition.
    package func serialized() -> String {
        var writer = TOMLWriter()
        writer.write(document: self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
