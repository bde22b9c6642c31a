/// An integer modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point (RFC 8032,
/// section 5.1), or one of 256 bits that is yet to be taken modulo L. No operation's course depends on the value.
struct Scalar: Sendable, Equatable {
    /// Least significant first.
    private var words: [UInt64]

    /// Takes up to 64 bytes, little-endian, modulo L.
    init(reducing bytes: [UInt8]) {
        self.init(reducing: Self.words(bytes))
    }

    /// Takes 32 bytes, little-endian, as they are: for the secret scalar, which is larger than L.
    init(unreduced bytes: [UInt8]) {
        precondition(bytes.count == 32)
        words = Self.words(bytes)
    }

    /// Takes 32 bytes, little-endian, that have to be below L.
    init?(canonical bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init(reducing: bytes)
        guard self.bytes == bytes else { return nil }
    }

    /// One bit at a time from the top: twice what there is, plus the bit, less L if that is no smaller.
    private init(reducing wide: [UInt64]) {
        var r: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for word in wide.reversed() {
            for shift in stride(from: UInt64(63), through: 0, by: -1) {
                r = (
                    r.0 &<< 1 | word &>> shift & 1, r.1 &<< 1 | r.0 &>> 63, r.2 &<< 1 | r.1 &>> 63,
                    r.3 &<< 1 | r.2 &>> 63
                )
                r = Self.subtractingOrder(r)
            }
        }
        words = [r.0, r.1, r.2, r.3]
    }

    private static func subtractingOrder(
        _ r: (UInt64, UInt64, UInt64, UInt64)
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        func subtract(_ a: UInt64, _ b: UInt64, _ borrow: inout UInt64) -> UInt64 {
            let (first, borrow1) = a.subtractingReportingOverflow(b)
            let (second, borrow2) = first.subtractingReportingOverflow(borrow)
            borrow = (borrow1 ? 1 : 0) | (borrow2 ? 1 : 0)
            return second
        }
        var borrow: UInt64 = 0
        let s0 = subtract(r.0, 0x5812_631A_5CF5_D3ED, &borrow)
        let s1 = subtract(r.1, 0x14DE_F9DE_A2F7_9CD6, &borrow)
        let s2 = subtract(r.2, 0, &borrow)
        let s3 = subtract(r.3, 0x1000_0000_0000_0000, &borrow)
        // All ones if the number was smaller than L and stays as it is.
        let keep = 0 &- borrow
        return (
            s0 ^ (keep & (s0 ^ r.0)), s1 ^ (keep & (s1 ^ r.1)), s2 ^ (keep & (s2 ^ r.2)), s3 ^ (keep & (s3 ^ r.3))
        )
    }

    private static func words(_ bytes: [UInt8]) -> [UInt64] {
        stride(from: 0, to: bytes.count, by: 8).map { start in
            var word: UInt64 = 0
            for byte in bytes[start..<start + 8].reversed() { word = word << 8 | UInt64(byte) }
            return word
        }
    }

    /// 32 bytes, little-endian.
    var bytes: [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) } }
    }

    /// The 64 digits in base 16, most significant first.
    var digits: [UInt8] { bytes.reversed().flatMap { [$0 >> 4, $0 & 0xF] } }

    /// `a * b + c` modulo L.
    static func multiplyAdd(_ a: Scalar, _ b: Scalar, _ c: Scalar) -> Scalar {
        var wide = c.words + [0, 0, 0, 0]
        for i in 0..<4 {
            var carry: UInt64 = 0
            for j in 0..<4 {
                // The sum of a product of two words and two more words fits two words.
                let sum = UInt128(a.words[i]) &* UInt128(b.words[j]) &+ UInt128(wide[i + j]) &+ UInt128(carry)
                wide[i + j] = UInt64(truncatingIfNeeded: sum)
                carry = UInt64(truncatingIfNeeded: sum &>> 64)
            }
            for k in i + 4..<8 {
                let sum = UInt128(wide[k]) &+ UInt128(carry)
                wide[k] = UInt64(truncatingIfNeeded: sum)
                carry = UInt64(truncatingIfNeeded: sum &>> 64)
            }
        }
        return Scalar(reducing: wide)
    }
}
