/// The eight chaining words of SHA-256 and the function that works a block into them (FIPS 180-4, section 6.2).
struct SHA256State: Sendable {
    /// Section 5.3.3: the fractional parts of the square roots of the first eight primes.
    var words = SIMD8<UInt32>(
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19)

    mutating func compress(_ blocks: UnsafeRawPointer, blockCount: Int) {
        guard blockCount > 0 else { return }
        sha256RoundConstants.withUnsafeBufferPointer { constants in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
                for block in 0..<blockCount {
                    compress(blocks + block * 64, constants.baseAddress!, schedule.baseAddress!)
                }
            }
        }
    }

    @inline(__always)
    private mutating func compress(
        _ block: UnsafeRawPointer, _ constants: UnsafePointer<UInt32>, _ w: UnsafeMutablePointer<UInt32>
    ) {
        for t in 0..<16 {
            w[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: t &* 4, as: UInt32.self))
        }
        for t in 16..<64 {
            let w15 = w[t &- 15], w2 = w[t &- 2]
            let s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 &>> 3)
            let s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 &>> 10)
            w[t] = w[t &- 16] &+ s0 &+ w[t &- 7] &+ s1
        }
        var a = words[0], b = words[1], c = words[2], d = words[3]
        var e = words[4], f = words[5], g = words[6], h = words[7]
        var t = 0
        while t < 64 {
            round(a, b, c, &d, e, f, g, &h, w[t] &+ constants[t])
            round(h, a, b, &c, d, e, f, &g, w[t &+ 1] &+ constants[t &+ 1])
            round(g, h, a, &b, c, d, e, &f, w[t &+ 2] &+ constants[t &+ 2])
            round(f, g, h, &a, b, c, d, &e, w[t &+ 3] &+ constants[t &+ 3])
            round(e, f, g, &h, a, b, c, &d, w[t &+ 4] &+ constants[t &+ 4])
            round(d, e, f, &g, h, a, b, &c, w[t &+ 5] &+ constants[t &+ 5])
            round(c, d, e, &f, g, h, a, &b, w[t &+ 6] &+ constants[t &+ 6])
            round(b, c, d, &e, f, g, h, &a, w[t &+ 7] &+ constants[t &+ 7])
            t &+= 8
        }
        words = words &+ SIMD8(a, b, c, d, e, f, g, h)
    }
}

@inline(__always)
private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &>> count | word &<< (32 &- count)
}

/// One step of section 6.2.2, number 3, without moving the eight words: their names rotate instead.
@inline(__always)
private func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32,
    _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32, _ wk: UInt32
) {
    let choice = g ^ (e & (f ^ g))
    let t1 = h &+ wk &+ choice &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25))
    let majority = (a & b) | (c & (a | b))
    d = d &+ t1
    h = t1 &+ majority &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22))
}

/// Section 4.2.2: the fractional parts of the cube roots of the first 64 primes.
private let sha256RoundConstants: [UInt32] = [
    0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
    0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
    0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
    0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
    0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
    0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
    0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
    0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
]
