/// An integer modulo p = 2^255 - 19, the field of Curve25519 (RFC 8032, section 5.1).
///
/// Five limbs of 51 bits, which stay below 2^52 between operations. No operation's course depends on the value.
struct FieldElement: Sendable {
    private var limbs: (UInt64, UInt64, UInt64, UInt64, UInt64)

    private static let mask: UInt64 = 1 << 51 - 1

    static let zero = FieldElement((0, 0, 0, 0, 0))
    static let one = FieldElement((1, 0, 0, 0, 0))

    private init(_ limbs: (UInt64, UInt64, UInt64, UInt64, UInt64)) {
        self.limbs = limbs
    }

    /// A small number.
    init(_ value: UInt32) {
        limbs = (UInt64(value), 0, 0, 0, 0)
    }

    // MARK: - Bytes

    /// Reads 32 bytes, little-endian, without their highest bit. Any value is taken modulo p.
    init(bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == 32)
        func word(_ offset: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 | UInt64(bytes[bytes.startIndex + offset + $1]) << UInt64($1 * 8) }
        }
        limbs = (
            word(0) & Self.mask, word(6) >> 3 & Self.mask, word(12) >> 6 & Self.mask, word(19) >> 1 & Self.mask,
            word(24) >> 12 & Self.mask
        )
    }

    /// The number below p as 32 bytes, little-endian.
    var bytes: [UInt8] {
        var (l0, l1, l2, l3, l4) = carried(limbs).limbs
        // 1 if the number is p or more: whether adding 19 carries out of the highest limb.
        var quotient = (l0 &+ 19) &>> 51
        quotient = (l1 &+ quotient) &>> 51
        quotient = (l2 &+ quotient) &>> 51
        quotient = (l3 &+ quotient) &>> 51
        quotient = (l4 &+ quotient) &>> 51
        l0 = l0 &+ 19 &* quotient
        l1 = l1 &+ l0 &>> 51
        l2 = l2 &+ l1 &>> 51
        l3 = l3 &+ l2 &>> 51
        l4 = l4 &+ l3 &>> 51
        (l0, l1, l2, l3, l4) = (l0 & Self.mask, l1 & Self.mask, l2 & Self.mask, l3 & Self.mask, l4 & Self.mask)
        let words = [l0 | l1 &<< 51, l1 &>> 13 | l2 &<< 38, l2 &>> 26 | l3 &<< 25, l3 &>> 39 | l4 &<< 12]
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) } }
    }

    /// Whether the number below p is odd: what RFC 8032 calls its sign.
    var isOdd: Bool { bytes[0] & 1 == 1 }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    // MARK: - Arithmetic

    /// The limbs brought below 2^52, without changing the number modulo p.
    private func carried(_ l: (UInt64, UInt64, UInt64, UInt64, UInt64)) -> FieldElement {
        let mask = Self.mask
        return FieldElement(
            (
                l.0 & mask &+ (l.4 &>> 51) &* 19, l.1 & mask &+ (l.0 &>> 51), l.2 & mask &+ (l.1 &>> 51),
                l.3 & mask &+ (l.2 &>> 51), l.4 & mask &+ (l.3 &>> 51)
            ))
    }

    static func + (a: FieldElement, b: FieldElement) -> FieldElement {
        let (a, b) = (a.limbs, b.limbs)
        return zero.carried((a.0 &+ b.0, a.1 &+ b.1, a.2 &+ b.2, a.3 &+ b.3, a.4 &+ b.4))
    }

    static func - (a: FieldElement, b: FieldElement) -> FieldElement {
        let (a, b) = (a.limbs, b.limbs)
        // 4p is added first, limb by limb, so that none goes below zero.
        let (low, other) = (mask &<< 2 &- 72, mask &<< 2)
        return zero.carried(
            (
                a.0 &+ low &- b.0, a.1 &+ other &- b.1, a.2 &+ other &- b.2, a.3 &+ other &- b.3, a.4 &+ other &- b.4
            ))
    }

    static prefix func - (a: FieldElement) -> FieldElement { zero - a }

    static func * (a: FieldElement, b: FieldElement) -> FieldElement {
        let (a, b) = (a.limbs, b.limbs)
        // What goes beyond 2^255 comes back multiplied by 19.
        let (b1, b2, b3, b4) = (b.1 &* 19, b.2 &* 19, b.3 &* 19, b.4 &* 19)
        return reduced(
            product(a.0, b.0) &+ product(a.1, b4) &+ product(a.2, b3) &+ product(a.3, b2) &+ product(a.4, b1),
            product(a.0, b.1) &+ product(a.1, b.0) &+ product(a.2, b4) &+ product(a.3, b3) &+ product(a.4, b2),
            product(a.0, b.2) &+ product(a.1, b.1) &+ product(a.2, b.0) &+ product(a.3, b4) &+ product(a.4, b3),
            product(a.0, b.3) &+ product(a.1, b.2) &+ product(a.2, b.1) &+ product(a.3, b.0) &+ product(a.4, b4),
            product(a.0, b.4) &+ product(a.1, b.3) &+ product(a.2, b.2) &+ product(a.3, b.1) &+ product(a.4, b.0))
    }

    @inline(__always)
    private static func product(_ a: UInt64, _ b: UInt64) -> UInt128 {
        UInt128(truncatingIfNeeded: a) &* UInt128(truncatingIfNeeded: b)
    }

    @inline(__always)
    private static func reduced(
        _ r0: UInt128, _ r1: UInt128, _ r2: UInt128, _ r3: UInt128, _ r4: UInt128
    ) -> FieldElement {
        let r1 = r1 &+ r0 &>> 51
        let r2 = r2 &+ r1 &>> 51
        let r3 = r3 &+ r2 &>> 51
        let r4 = r4 &+ r3 &>> 51
        func low(_ r: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: r) & mask }
        // Limbs below 2^52 make this carry less than 2^56, so that it may be multiplied by 19.
        let l0 = low(r0) &+ UInt64(truncatingIfNeeded: r4 &>> 51) &* 19
        return FieldElement((l0 & mask, low(r1) &+ l0 &>> 51, low(r2), low(r3), low(r4)))
    }

    var squared: FieldElement { self * self }

    /// This, squared `count` times.
    func squared(times count: Int) -> FieldElement {
        var result = self
        for _ in 0..<count { result = result.squared }
        return result
    }

    /// The powers 11 and 2^250 - 1, from which both others are made.
    private var powers: (eleventh: FieldElement, ones: FieldElement) {
        let second = squared
        let ninth = self * second.squared(times: 2)
        let eleventh = ninth * second
        let ones5 = ninth * eleventh.squared
        let ones10 = ones5.squared(times: 5) * ones5
        let ones20 = ones10.squared(times: 10) * ones10
        let ones40 = ones20.squared(times: 20) * ones20
        let ones50 = ones40.squared(times: 10) * ones10
        let ones100 = ones50.squared(times: 50) * ones50
        let ones200 = ones100.squared(times: 100) * ones100
        return (eleventh, ones200.squared(times: 50) * ones50)
    }

    /// The power p - 2, which is the inverse (of 0: 0).
    var inverse: FieldElement {
        let powers = powers
        return powers.ones.squared(times: 5) * powers.eleventh
    }

    /// The power (p - 5) / 8 = 2^252 - 3, which square roots are made from.
    var power252Minus3: FieldElement { powers.ones.squared(times: 2) * self }

    /// The square root of -1: 2 to the power (p - 1) / 4 = 2^253 - 5, which is 2 * (2^252 - 3) + 1.
    static let squareRootOfMinusOne: FieldElement = {
        let two = FieldElement(2)
        return two.power252Minus3.squared * two
    }()

    /// `a` where `condition` is all zeros, `b` where it is all ones, without a branch.
    static func select(_ a: FieldElement, _ b: FieldElement, where condition: UInt64) -> FieldElement {
        let (a, b) = (a.limbs, b.limbs)
        return FieldElement(
            (
                a.0 ^ (condition & (a.0 ^ b.0)), a.1 ^ (condition & (a.1 ^ b.1)), a.2 ^ (condition & (a.2 ^ b.2)),
                a.3 ^ (condition & (a.3 ^ b.3)), a.4 ^ (condition & (a.4 ^ b.4))
            ))
    }
}

extension FieldElement: Equatable {
    static func == (a: FieldElement, b: FieldElement) -> Bool { a.bytes == b.bytes }
}
