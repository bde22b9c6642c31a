/// Writes the bits of DEFLATE data, each field from its lowest bit on, into a buffer that is emptied into a sink.
struct BitWriter: ~Copyable {
    private static let capacity = 64 << 10

    private let sink: ByteSink
    private let buffer: UnsafeMutableRawPointer
    private var count = 0
    private var bits: UInt64 = 0
    private var bitCount = 0

    init(_ sink: @escaping ByteSink) {
        self.sink = sink
        buffer = .allocate(byteCount: Self.capacity + 16, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// Appends the lowest `size` bits of `value`, at most 48, the bits above being zero.
    @inline(__always)
    mutating func append(_ value: UInt64, size: Int) throws {
        bits |= value &<< UInt64(bitCount)
        bitCount += size
        // Whole bytes go to the buffer; a word is always written, and its rest is overwritten later.
        buffer.storeBytes(of: bits.littleEndian, toByteOffset: count, as: UInt64.self)
        let bytes = bitCount >> 3
        count += bytes
        bits = bytes == 8 ? 0 : bits &>> UInt64(bytes << 3)
        bitCount &= 7
        if count >= Self.capacity { try flush() }
    }

    /// Fills the byte that was begun with zeros.
    mutating func alignToByte() throws {
        if bitCount > 0 { try append(0, size: 8 - bitCount) }
    }

    /// Appends whole bytes, at a byte's beginning.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        try flush()
        try sink(bytes)
    }

    mutating func flush() throws {
        guard count > 0 else { return }
        try sink(UnsafeRawBufferPointer(start: buffer, count: count))
        count = 0
    }
}
