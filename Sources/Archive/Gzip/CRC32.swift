/// The cyclic redundancy check of gzip (RFC 1952 section 8), fed in pieces of any size.
///
/// Sixteen bytes are worked in at a time, with a table for each place among them.
package struct CRC32: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    package init() {}

    /// The check of all bytes so far.
    package var value: UInt32 { ~state }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let tables = Self.tables.entries
        var state = state
        var index = 0
        while bytes.count - index >= 16 {
            let first = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)) ^ state
            let second = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index + 4, as: UInt32.self))
            let third = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index + 8, as: UInt32.self))
            let fourth = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index + 12, as: UInt32.self))
            state =
                Self.word(tables, 12, first) ^ Self.word(tables, 8, second) ^ Self.word(tables, 4, third)
                ^ Self.word(tables, 0, fourth)
            index += 16
        }
        while index < bytes.count {
            state = tables[Int(UInt8(truncatingIfNeeded: state) ^ bytes[index])] ^ (state >> 8)
            index += 1
        }
        self.state = state
    }

    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var check = CRC32()
        bytes.withUnsafeBytes { check.update($0) }
        return check.value
    }

    /// The contribution of four bytes that `following` bytes of the sixteen come after.
    @inline(__always)
    private static func word(_ tables: UnsafePointer<UInt32>, _ following: Int, _ word: UInt32) -> UInt32 {
        tables[(following + 3) << 8 | Int(word & 0xFF)] ^ tables[(following + 2) << 8 | Int(word >> 8 & 0xFF)]
            ^ tables[(following + 1) << 8 | Int(word >> 16 & 0xFF)] ^ tables[following << 8 | Int(word >> 24)]
    }

    /// Table `n` has what each byte contributes when `n` zero bytes come after it. Never freed.
    ///
    /// Sendable because nothing writes to the tables once they are made.
    private struct Tables: @unchecked Sendable {
        let entries: UnsafePointer<UInt32>

        init() {
            let entries = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * 256)
            for byte in 0..<256 {
                var value = UInt32(byte)
                for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
                entries[byte] = value
            }
            for index in 256..<16 * 256 {
                let shorter = entries[index - 256]
                entries[index] = entries[Int(shorter & 0xFF)] ^ (shorter >> 8)
            }
            self.entries = UnsafePointer(entries)
        }
    }

    private static let tables = Tables()
}
