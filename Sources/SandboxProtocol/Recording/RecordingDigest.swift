/// A sum by which a reader notices what is half overwritten: quick, and no protection against whoever means harm.
enum RecordingDigest {
    /// The digest of bytes, in four strands, so that the processor works on them at once.
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let prime: UInt64 = 0x9E37_79B1_85EB_CA87
        var (a, b, c, d) = (prime, prime &* 3, prime &* 5, UInt64(bytes.count))
        var offset = 0
        while offset &+ 32 <= bytes.count {
            a = mixed(a, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            b = mixed(b, bytes.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self))
            c = mixed(c, bytes.loadUnaligned(fromByteOffset: offset &+ 16, as: UInt64.self))
            d = mixed(d, bytes.loadUnaligned(fromByteOffset: offset &+ 24, as: UInt64.self))
            offset &+= 32
        }
        while offset &+ 8 <= bytes.count {
            a = mixed(a, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        while offset < bytes.count {
            b = mixed(b, UInt64(bytes[offset]))
            offset &+= 1
        }
        // What has changed at one place of two strands stands at different ones here.
        let sum = mixed(mixed(mixed(a, rotated(b, 16)), rotated(c, 32)), rotated(d, 48))
        return sum ^ (sum &>> 32)
    }

    /// Of one sum, each word makes another one: the factor is odd. A product carries changes upwards only, so that those of
    /// the highest byte would stay there, and another word's could undo them: the rotation brings them down.
    @inline(__always)
    private static func mixed(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        rotated((sum ^ word) &* 0xD6E8_FEB8_6659_FD93, 29)
    }

    @inline(__always)
    private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { word &<< count | word &>> (64 &- count) }
}
