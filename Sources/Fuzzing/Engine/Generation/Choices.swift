/// Decisions read from a fuzzer's bytes, one after the other; when the bytes have run out, all decisions are the first.
struct Choices {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    var isExhausted: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    /// A number from 0 up to, but not including, `count`, which is positive.
    mutating func index(below count: Int) -> Int {
        count <= 256 ? Int(byte()) % count : (Int(byte()) | Int(byte()) << 8) % count
    }

    /// Whether something comes true that does so once in `count` times.
    mutating func once(in count: Int) -> Bool {
        index(below: count) == count - 1
    }

    /// A number of `byteCount` bytes: small, one at which instructions change what they do, or any.
    mutating func number(byteCount: Int) -> UInt64 {
        let mask = byteCount == 8 ? UInt64.max : (1 << UInt64(byteCount * 8)) - 1
        switch index(below: 4) {
        case 0, 1: return UInt64(bitPattern: Int64(Int8(bitPattern: byte()))) & mask
        case 2:
            let notable: [UInt64] = [
                0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
                0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max, 0x3F80_0000, 0x7F80_0000, 0xFF80_0000,
                0x7FC0_0000, 0x4F00_0000, 0x5F00_0000, 0x3FF0_0000_0000_0000, 0x7FF0_0000_0000_0000,
                0x7FF8_0000_0000_0000, 0x41E0_0000_0000_0000, 0x43E0_0000_0000_0000, 0x0010_0000_0000_0000,
            ]
            return notable[index(below: notable.count)] & mask
        default:
            var number: UInt64 = 0
            for _ in 0..<byteCount { number = number << 8 | UInt64(byte()) }
            return number
        }
    }
}
