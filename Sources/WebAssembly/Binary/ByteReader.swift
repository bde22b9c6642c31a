/// Reads a range of a binary's bytes from front to back, checking every bound.
///
/// This is the only place that dereferences the binary's memory while it is being decoded. The range lies within the
/// binary, which outlives the reader.
package struct ByteReader {
    private let base: UnsafePointer<UInt8>
    /// The offset in the binary of the next byte.
    package private(set) var position: Int
    /// The offset in the binary after the last byte.
    package let end: Int
    /// The number of bytes in the binary.
    private let limit: Int

    package init(_ binary: ModuleBinary, in range: Range<Int>) {
        self.init(base: binary.bytes, in: range)
    }

    init(base: UnsafeRawBufferPointer, in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= base.count, "a range within the binary")
        // The buffer is never empty: `ModuleBinary` allocates at least a byte.
        self.base = base.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
        position = range.lowerBound
        end = range.upperBound
        limit = base.count
    }

    package var remaining: Int { end - position }

    package var isAtEnd: Bool { position == end }

    @inline(never)
    static func unexpectedEnd(at offset: Int) -> DecodingFailure {
        .malformed("unexpected end of section or function", at: offset)
    }

    @inline(__always)
    package mutating func readByte() throws(DecodingFailure) -> UInt8 {
        guard position < end else { throw ByteReader.unexpectedEnd(at: position) }
        let byte = base[position]
        position += 1
        return byte
    }

    /// The next byte, which stays next.
    @inline(__always)
    package func peek() throws(DecodingFailure) -> UInt8 {
        guard position < end else { throw ByteReader.unexpectedEnd(at: position) }
        return base[position]
    }

    /// Passes over `count` bytes and returns the range they are in.
    @inline(__always)
    @discardableResult
    package mutating func skip(_ count: Int) throws(DecodingFailure) -> Range<Int> {
        // Compared as unsigned numbers, so that a negative count is as much too great.
        guard UInt(bitPattern: count) <= UInt(bitPattern: remaining) else { throw ByteReader.unexpectedEnd(at: end) }
        let start = position
        position += count
        return start..<position
    }

    /// An unsigned LEB128 number of 32 bits.
    @inline(__always)
    package mutating func readU32() throws(DecodingFailure) -> UInt32 {
        if position < end {
            let byte = base[position]
            if byte < 0x80 {
                position += 1
                return UInt32(byte)
            }
        }
        return UInt32(truncatingIfNeeded: try readUnsigned(bits: 32))
    }

    /// An unsigned LEB128 number of 64 bits.
    @inline(__always)
    mutating func readU64() throws(DecodingFailure) -> UInt64 {
        if position < end {
            let byte = base[position]
            if byte < 0x80 {
                position += 1
                return UInt64(byte)
            }
        }
        return try readUnsigned(bits: 64)
    }

    /// A signed LEB128 number of 32 bits.
    @inline(__always)
    mutating func readS32() throws(DecodingFailure) -> Int32 {
        if position < end {
            let byte = base[position]
            if byte < 0x80 {
                position += 1
                return Int32(truncatingIfNeeded: Int8(truncatingIfNeeded: byte << 1) >> 1)
            }
        }
        return Int32(truncatingIfNeeded: try readSigned(bits: 32))
    }

    /// A signed LEB128 number of 33 bits, as type indices have where a type may also stand.
    package mutating func readS33() throws(DecodingFailure) -> Int64 {
        try readSigned(bits: 33)
    }

    /// A signed LEB128 number of 64 bits.
    mutating func readS64() throws(DecodingFailure) -> Int64 {
        try readSigned(bits: 64)
    }

    /// The next byte of a LEB128 number.
    ///
    /// A number is looked at as a whole even where it goes on behind the range, so that one that is malformed in itself
    /// is said to be so; ``checkEnd()`` comes after it.
    private mutating func readNumberByte() throws(DecodingFailure) -> UInt8 {
        guard position < limit else { throw ByteReader.unexpectedEnd(at: end) }
        let byte = base[position]
        position += 1
        return byte
    }

    private func checkEnd() throws(DecodingFailure) {
        guard position <= end else { throw ByteReader.unexpectedEnd(at: end) }
    }

    @inline(never)
    private mutating func readUnsigned(bits: Int) throws(DecodingFailure) -> UInt64 {
        let start = position
        // A reader that has failed stays within its range.
        defer { position = min(position, end) }
        var result: UInt64 = 0
        var shift = 0
        while true {
            let byte = try readNumberByte()
            let payload = UInt64(byte & 0x7F)
            let isLast = byte & 0x80 == 0
            if bits - shift < 7 {
                // The last byte that may be there: only some of its bits may be set.
                guard isLast else { throw .malformed("integer representation too long", at: start) }
                guard payload >> UInt64(bits - shift) == 0 else { throw .malformed("integer too large", at: start) }
                try checkEnd()
                return result | payload << UInt64(shift)
            }
            result |= payload << UInt64(shift)
            if isLast {
                try checkEnd()
                return result
            }
            shift += 7
        }
    }

    @inline(never)
    private mutating func readSigned(bits: Int) throws(DecodingFailure) -> Int64 {
        let start = position
        defer { position = min(position, end) }
        var result: Int64 = 0
        var shift = 0
        while true {
            let byte = try readNumberByte()
            let payload = Int64(byte & 0x7F)
            let isLast = byte & 0x80 == 0
            result |= payload << Int64(shift)
            if bits - shift <= 7 {
                guard isLast else { throw .malformed("integer representation too long", at: start) }
                // The unused bits of the last byte repeat the sign.
                let extended = Int8(truncatingIfNeeded: byte << 1) >> 1
                let sign = extended >> Int8(bits - shift - 1)
                guard sign == 0 || sign == -1 else { throw .malformed("integer too large", at: start) }
                try checkEnd()
                let unused = Int64(64 - bits)
                return (result << unused) >> unused
            }
            shift += 7
            if isLast {
                try checkEnd()
                let unused = Int64(64 - shift)
                return (result << unused) >> unused
            }
        }
    }

    /// Four bytes, little-endian.
    package mutating func readFixed32() throws(DecodingFailure) -> UInt32 {
        let range = try skip(4)
        return UnsafeRawPointer(base).loadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self).littleEndian
    }

    /// Eight bytes, little-endian.
    mutating func readFixed64() throws(DecodingFailure) -> UInt64 {
        let range = try skip(8)
        return UnsafeRawPointer(base).loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self).littleEndian
    }

    /// The number of elements of a vector. Each takes at least a byte.
    ///
    /// Checking it against the bytes that are left keeps a hostile count from reserving memory.
    package mutating func readCount() throws(DecodingFailure) -> Int {
        let start = position
        let count = Int(try readU32())
        guard count <= remaining else {
            throw .malformed("unexpected end of section or function: \(count) elements do not fit", at: start)
        }
        return count
    }

    /// A name: its length, then UTF-8.
    package mutating func readName() throws(DecodingFailure) -> String {
        let start = position
        guard position < end || end < limit else { throw ByteReader.unexpectedEnd(at: end) }
        guard !isAtEnd, case let count = Int(try readU32()), count <= remaining else {
            throw .malformed("length out of bounds: the name goes past the end of its section", at: start)
        }
        let bytes = UnsafeBufferPointer(start: base + position, count: count)
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw .malformed("malformed UTF-8 encoding", at: position)
        }
        position += count
        return name
    }

    /// A reader of the next `count` bytes, which this one passes over.
    package mutating func readSlice(_ count: Int) throws(DecodingFailure) -> ByteReader {
        let range = try skip(count)
        var slice = ByteReader(copying: self, end: range.upperBound)
        slice.position = range.lowerBound
        return slice
    }

    private init(copying other: ByteReader, end: Int) {
        base = other.base
        position = other.position
        self.end = end
        limit = other.limit
    }
}
