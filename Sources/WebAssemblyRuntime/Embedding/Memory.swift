package import WebAssembly

/// A linear memory.
///
/// It grows in place, so addresses of bytes hold for the life of the store; and it never shrinks.
///
/// Sendable because it is a reference into its store, which one thread uses at a time.
package struct Memory: Hashable, @unchecked Sendable {
    let record: UnsafeMutablePointer<MemoryRecord>
    let store: Store

    init(record: UnsafeMutablePointer<MemoryRecord>, store: Store) {
        self.record = record
        self.store = store
    }

    /// Makes a memory that guests can import.
    ///
    /// - Throws: ``Trap/Kind/limitExceeded(_:)`` if the store has no room for it.
    package init(_ type: MemoryType, in store: Store) throws(Trap) {
        record = try store.makeMemory(type)
        self.store = store
    }

    package static func == (left: Memory, right: Memory) -> Bool { left.record == right.record }

    package func hash(into hasher: inout Hasher) { hasher.combine(record) }

    /// The type, the minimum being the present size.
    package var type: MemoryType {
        let maximum = record.pointee.hasDeclaredMaximum ? record.pointee.maximumPageCount : nil
        return MemoryType(
            limits: Limits(minimum: UInt64(byteCount / MemoryType.pageByteCount), maximum: maximum),
            addressType: record.pointee.is64Bit ? .i64 : .i32, isShared: record.pointee.isShared)
    }

    /// The present size in bytes.
    @inline(__always)
    package var byteCount: Int { Int(record.pointee.byteCount) }

    /// Grows by a number of pages of 64 KiB.
    ///
    /// - Returns: the number of pages before, or nil if there is no room for more.
    package func grow(byPages count: UInt64) -> UInt64? {
        store.grow(record, byPageCount: count)
    }

    // MARK: Access

    /// The bytes at `address`, where they are; writing to them writes the memory. Valid for the life of the store.
    ///
    /// - Throws: ``Trap/Kind/outOfBoundsMemoryAccess``.
    @inline(__always)
    package func bytes(at address: UInt64, count: UInt64) throws(Trap) -> UnsafeMutableRawBufferPointer {
        let size = UInt64(record.pointee.byteCount)
        guard address <= size, count <= size &- address else { throw Trap(kind: .outOfBoundsMemoryAccess) }
        return UnsafeMutableRawBufferPointer(
            start: record.pointee.base + Int(truncatingIfNeeded: address), count: Int(truncatingIfNeeded: count))
    }

    /// The bytes at a 32-bit address.
    @inline(__always)
    package func bytes(at address: UInt32, count: UInt32) throws(Trap) -> UnsafeMutableRawBufferPointer {
        try bytes(at: UInt64(address), count: UInt64(count))
    }

    /// Reads a little-endian integer.
    @inline(__always)
    package func load<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ address: UInt32, as type: Integer.Type = Integer.self
    ) throws(Trap) -> Integer {
        let place = try bytes(at: UInt64(address), count: UInt64(MemoryLayout<Integer>.size))
        return Integer(littleEndian: place.loadUnaligned(as: Integer.self))
    }

    /// Writes a little-endian integer.
    @inline(__always)
    package func store<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer, at address: UInt32) throws(Trap)
    {
        let place = try bytes(at: UInt64(address), count: UInt64(MemoryLayout<Integer>.size))
        place.storeBytes(of: value.littleEndian, as: Integer.self)
    }

    /// A copy of bytes.
    package func read(_ address: UInt32, count: UInt32) throws(Trap) -> [UInt8] {
        [UInt8](try bytes(at: address, count: count))
    }

    /// Writes bytes.
    package func write(_ source: UnsafeRawBufferPointer, at address: UInt32) throws(Trap) {
        try bytes(at: UInt64(address), count: UInt64(source.count)).copyMemory(from: source)
    }

    /// Writes bytes.
    package func write(_ source: [UInt8], at address: UInt32) throws(Trap) {
        let target = try bytes(at: UInt64(address), count: UInt64(source.count))
        source.withUnsafeBytes { target.copyMemory(from: $0) }
    }

    /// The text in `count` bytes, invalid UTF-8 being repaired.
    package func string(at address: UInt32, count: UInt32) throws(Trap) -> String {
        String(decoding: try bytes(at: address, count: count), as: UTF8.self)
    }
}
