/// The memory of the guest that is calling, for the time of one call. Every access is checked against its end; one
/// beyond it is `EFAULT`.
struct GuestMemory {
    private let bytes: UnsafeMutableRawBufferPointer

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    /// The `count` bytes at `address`.
    func bytes(at address: UInt32, count: UInt32) throws(ErrorNumber) -> UnsafeMutableRawBufferPointer {
        // Both are below 2³², so the sum does not overflow.
        guard Int(address) + Int(count) <= bytes.count else { throw .badAddress }
        return UnsafeMutableRawBufferPointer(rebasing: bytes[Int(address)..<Int(address) + Int(count)])
    }

    /// The bytes of `count` elements of `size` bytes each at `address`.
    func elements(at address: UInt32, count: UInt32, size: Int) throws(ErrorNumber) -> UnsafeMutableRawBufferPointer {
        let (total, overflow) = Int(count).multipliedReportingOverflow(by: size)
        let start = Int(address)
        guard !overflow, start <= bytes.count, total <= bytes.count - start else { throw .badAddress }
        return UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + total])
    }

    /// Writes an integer at `address`, in the guest's byte order.
    func store<Integer: FixedWidthInteger>(_ value: Integer, at address: UInt32) throws(ErrorNumber) {
        try bytes(at: address, count: UInt32(MemoryLayout<Integer>.size)).store(value, at: 0)
    }

    /// The path of `count` bytes at `address`.
    func path(at address: UInt32, count: UInt32) throws(ErrorNumber) -> GuestPath {
        try GuestPath(UnsafeRawBufferPointer(bytes(at: address, count: count)))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Reads an integer of the guest's byte order, little endian. The offset is within a structure whose bounds have
    /// been checked.
    func load<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int) -> Integer {
        Integer(littleEndian: loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// Writes an integer in the guest's byte order, little endian. The offset is within a structure whose bounds have
    /// been checked.
    func store<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Integer.self)
    }

    /// Sets all bytes to zero: a structure's padding, too, has a value.
    func clear() {
        initializeMemory(as: UInt8.self, repeating: 0)
    }
}
