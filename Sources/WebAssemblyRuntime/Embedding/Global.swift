package import WebAssembly

/// A global variable.
///
/// Sendable because it is a reference into its store, which one thread uses at a time.
package struct Global: Hashable, @unchecked Sendable {
    let cell: UnsafeMutablePointer<GlobalCell>
    package let type: GlobalType
    let store: Store

    init(cell: UnsafeMutablePointer<GlobalCell>, type: GlobalType, store: Store) {
        self.cell = cell
        self.type = type
        self.store = store
    }

    /// Makes a global that guests can import. The value has to be of the type.
    package init(_ type: GlobalType, value: Value, in store: Store) {
        cell = store.makeGlobal()
        self.type = type
        self.store = store
        set(value)
    }

    package static func == (left: Global, right: Global) -> Bool { left.cell == right.cell }

    package func hash(into hasher: inout Hasher) { hasher.combine(cell) }

    package var value: Value {
        store.value(type: type.valueType, low: cell.pointee.low, high: cell.pointee.high)
    }

    /// Sets the value, which has to be of the type; the embedder may set immutable globals no guest has seen yet.
    package func set(_ value: Value) {
        let (low, high) = store.bits(of: value)
        cell.pointee = GlobalCell(low: low, high: high)
    }
}

/// A kind of exception.
///
/// Sendable because it is a reference into its store, which one thread uses at a time.
package struct Tag: Hashable, @unchecked Sendable {
    let record: UnsafeMutablePointer<TagRecord>
    package let type: TagType
    let store: Store

    init(record: UnsafeMutablePointer<TagRecord>, type: TagType, store: Store) {
        self.record = record
        self.type = type
        self.store = store
    }

    /// Makes a tag that guests can import.
    package init(_ type: TagType, in store: Store) {
        record = store.makeTag(type)
        self.type = type
        self.store = store
    }

    package static func == (left: Tag, right: Tag) -> Bool { left.record == right.record }

    package func hash(into hasher: inout Hasher) { hasher.combine(record) }
}
