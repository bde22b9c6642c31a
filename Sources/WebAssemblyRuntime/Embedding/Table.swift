package import WebAssembly

/// A table of references.
///
/// Sendable because it is a reference into its store, which one thread uses at a time.
package struct Table: Hashable, @unchecked Sendable {
    let record: UnsafeMutablePointer<TableRecord>
    let store: Store

    init(record: UnsafeMutablePointer<TableRecord>, store: Store) {
        self.record = record
        self.store = store
    }

    /// Makes a table that guests can import.
    ///
    /// - Throws: ``Trap/Kind/limitExceeded(_:)`` if the store has no room for it.
    package init(_ type: TableType, initialElement: Reference = .null, in store: Store) throws(Trap) {
        record = try store.makeTable(type, initialElement: store.bits(of: initialElement))
        self.store = store
    }

    package static func == (left: Table, right: Table) -> Bool { left.record == right.record }

    package func hash(into hasher: inout Hasher) { hasher.combine(record) }

    /// The type, the minimum being the present size.
    package var type: TableType {
        let maximum = record.pointee.hasDeclaredMaximum ? record.pointee.maximumCount : nil
        return TableType(
            element: record.pointee.element, limits: Limits(minimum: UInt64(count), maximum: maximum),
            addressType: record.pointee.is64Bit ? .i64 : .i32)
    }

    /// The number of elements.
    package var count: Int { Int(record.pointee.count) }

    /// The element at an index.
    ///
    /// - Throws: ``Trap/Kind/outOfBoundsTableAccess``.
    package func element(at index: Int) throws(Trap) -> Reference {
        guard index >= 0, index < count else { throw Trap(kind: .outOfBoundsTableAccess) }
        record.completeElements()
        return store.reference(record.pointee.elements[index], type: record.pointee.element)
    }

    /// Replaces the element at an index. The reference has to be of the table's element type.
    ///
    /// - Throws: ``Trap/Kind/outOfBoundsTableAccess``.
    package func setElement(at index: Int, to reference: Reference) throws(Trap) {
        guard index >= 0, index < count else { throw Trap(kind: .outOfBoundsTableAccess) }
        record.completeElements()
        record.pointee.elements[index] = store.bits(of: reference)
        record.pointee.isChanged = true
    }

    /// Grows the table.
    ///
    /// - Returns: the number of elements before, or nil if there is no room for more.
    package func grow(by count: UInt64, with reference: Reference) -> UInt64? {
        store.grow(record, by: count, with: store.bits(of: reference))
    }
}
