/// Numbers, names and vectors in the binary format.
extension [UInt8] {
    /// Appends an unsigned LEB128 number.
    @inline(__always)
    mutating func appendUnsigned(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    mutating func appendUnsigned(_ value: Int) {
        appendUnsigned(UInt(value))
    }

    /// Appends a signed LEB128 number.
    @inline(__always)
    mutating func appendSigned(_ value: Int64) {
        var rest = value
        while true {
            let byte = UInt8(truncatingIfNeeded: rest) & 0x7F
            rest >>= 7
            if rest == 0 && byte & 0x40 == 0 || rest == -1 && byte & 0x40 != 0 {
                append(byte)
                return
            }
            append(byte | 0x80)
        }
    }

    /// Appends the `count` lowest bytes of `bits`, the lowest first.
    mutating func appendLittleEndian(_ bits: UInt64, count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))) }
    }

    /// Appends the number of bytes, then the bytes.
    mutating func appendSized(_ bytes: some Collection<UInt8>) {
        appendUnsigned(bytes.count)
        append(contentsOf: bytes)
    }
}

/// A section that is a vector: its entries and how many there are.
struct VectorSection {
    var count = 0
    var entries: [UInt8] = []

    /// The section's content.
    var content: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count + 5)
        bytes.appendUnsigned(count)
        bytes.append(contentsOf: entries)
        return bytes
    }
}
