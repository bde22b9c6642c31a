/// The eight chaining words of SHA-512 and the function that works blocks into them (FIPS 180-4, section 6.4).
struct SHA512State: Sendable {
    /// Section 5.3.5: the fractional parts of the square roots of the first eight primes.
    var words = SIMD8<UInt64>(
        0x6A09_E667_F3BC_C908, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1,
        0x510E_527F_ADE6_82D1, 0x9B05_688C_2B3E_6C1F, 0x1F83_D9AB_FB41_BD6B, 0x5BE0_CD19_137E_2179)

    mutating func compress(_ blocks: UnsafeRawPointer, blockCount: Int) {
        var words = words
        for index in 0..<blockCount { words = compressed(words, blocks + index * 128) }
        self.words = words
    }
}

/// Works one block of 128 bytes into `state`. Written out in full, as SHA-256's is, and for the same reason.
@inline(__always)
private func compressed(_ state: SIMD8<UInt64>, _ block: UnsafeRawPointer) -> SIMD8<UInt64> {
    var a = state[0], b = state[1], c = state[2], d = state[3]
    var e = state[4], f = state[5], g = state[6], h = state[7]
    var w0 = word(block, 0), w1 = word(block, 1), w2 = word(block, 2), w3 = word(block, 3)
    var w4 = word(block, 4), w5 = word(block, 5), w6 = word(block, 6), w7 = word(block, 7)
    var w8 = word(block, 8), w9 = word(block, 9), w10 = word(block, 10), w11 = word(block, 11)
    var w12 = word(block, 12), w13 = word(block, 13), w14 = word(block, 14), w15 = word(block, 15)

    // Section 4.2.3: the constants are the fractional parts of the cube roots of the first 80 primes.
    round(a, b, c, &d, e, f, g, &h, w0 &+ 0x428A_2F98_D728_AE22)
    round(h, a, b, &c, d, e, f, &g, w1 &+ 0x7137_4491_23EF_65CD)
    round(g, h, a, &b, c, d, e, &f, w2 &+ 0xB5C0_FBCF_EC4D_3B2F)
    round(f, g, h, &a, b, c, d, &e, w3 &+ 0xE9B5_DBA5_8189_DBBC)
    round(e, f, g, &h, a, b, c, &d, w4 &+ 0x3956_C25B_F348_B538)
    round(d, e, f, &g, h, a, b, &c, w5 &+ 0x59F1_11F1_B605_D019)
    round(c, d, e, &f, g, h, a, &b, w6 &+ 0x923F_82A4_AF19_4F9B)
    round(b, c, d, &e, f, g, h, &a, w7 &+ 0xAB1C_5ED5_DA6D_8118)
    round(a, b, c, &d, e, f, g, &h, w8 &+ 0xD807_AA98_A303_0242)
    round(h, a, b, &c, d, e, f, &g, w9 &+ 0x1283_5B01_4570_6FBE)
    round(g, h, a, &b, c, d, e, &f, w10 &+ 0x2431_85BE_4EE4_B28C)
    round(f, g, h, &a, b, c, d, &e, w11 &+ 0x550C_7DC3_D5FF_B4E2)
    round(e, f, g, &h, a, b, c, &d, w12 &+ 0x72BE_5D74_F27B_896F)
    round(d, e, f, &g, h, a, b, &c, w13 &+ 0x80DE_B1FE_3B16_96B1)
    round(c, d, e, &f, g, h, a, &b, w14 &+ 0x9BDC_06A7_25C7_1235)
    round(b, c, d, &e, f, g, h, &a, w15 &+ 0xC19B_F174_CF69_2694)

    round(a, b, c, &d, e, f, g, &h, extend(&w0, w1, w9, w14) &+ 0xE49B_69C1_9EF1_4AD2)
    round(h, a, b, &c, d, e, f, &g, extend(&w1, w2, w10, w15) &+ 0xEFBE_4786_384F_25E3)
    round(g, h, a, &b, c, d, e, &f, extend(&w2, w3, w11, w0) &+ 0x0FC1_9DC6_8B8C_D5B5)
    round(f, g, h, &a, b, c, d, &e, extend(&w3, w4, w12, w1) &+ 0x240C_A1CC_77AC_9C65)
    round(e, f, g, &h, a, b, c, &d, extend(&w4, w5, w13, w2) &+ 0x2DE9_2C6F_592B_0275)
    round(d, e, f, &g, h, a, b, &c, extend(&w5, w6, w14, w3) &+ 0x4A74_84AA_6EA6_E483)
    round(c, d, e, &f, g, h, a, &b, extend(&w6, w7, w15, w4) &+ 0x5CB0_A9DC_BD41_FBD4)
    round(b, c, d, &e, f, g, h, &a, extend(&w7, w8, w0, w5) &+ 0x76F9_88DA_8311_53B5)
    round(a, b, c, &d, e, f, g, &h, extend(&w8, w9, w1, w6) &+ 0x983E_5152_EE66_DFAB)
    round(h, a, b, &c, d, e, f, &g, extend(&w9, w10, w2, w7) &+ 0xA831_C66D_2DB4_3210)
    round(g, h, a, &b, c, d, e, &f, extend(&w10, w11, w3, w8) &+ 0xB003_27C8_98FB_213F)
    round(f, g, h, &a, b, c, d, &e, extend(&w11, w12, w4, w9) &+ 0xBF59_7FC7_BEEF_0EE4)
    round(e, f, g, &h, a, b, c, &d, extend(&w12, w13, w5, w10) &+ 0xC6E0_0BF3_3DA8_8FC2)
    round(d, e, f, &g, h, a, b, &c, extend(&w13, w14, w6, w11) &+ 0xD5A7_9147_930A_A725)
    round(c, d, e, &f, g, h, a, &b, extend(&w14, w15, w7, w12) &+ 0x06CA_6351_E003_826F)
    round(b, c, d, &e, f, g, h, &a, extend(&w15, w0, w8, w13) &+ 0x1429_2967_0A0E_6E70)

    round(a, b, c, &d, e, f, g, &h, extend(&w0, w1, w9, w14) &+ 0x27B7_0A85_46D2_2FFC)
    round(h, a, b, &c, d, e, f, &g, extend(&w1, w2, w10, w15) &+ 0x2E1B_2138_5C26_C926)
    round(g, h, a, &b, c, d, e, &f, extend(&w2, w3, w11, w0) &+ 0x4D2C_6DFC_5AC4_2AED)
    round(f, g, h, &a, b, c, d, &e, extend(&w3, w4, w12, w1) &+ 0x5338_0D13_9D95_B3DF)
    round(e, f, g, &h, a, b, c, &d, extend(&w4, w5, w13, w2) &+ 0x650A_7354_8BAF_63DE)
    round(d, e, f, &g, h, a, b, &c, extend(&w5, w6, w14, w3) &+ 0x766A_0ABB_3C77_B2A8)
    round(c, d, e, &f, g, h, a, &b, extend(&w6, w7, w15, w4) &+ 0x81C2_C92E_47ED_AEE6)
    round(b, c, d, &e, f, g, h, &a, extend(&w7, w8, w0, w5) &+ 0x9272_2C85_1482_353B)
    round(a, b, c, &d, e, f, g, &h, extend(&w8, w9, w1, w6) &+ 0xA2BF_E8A1_4CF1_0364)
    round(h, a, b, &c, d, e, f, &g, extend(&w9, w10, w2, w7) &+ 0xA81A_664B_BC42_3001)
    round(g, h, a, &b, c, d, e, &f, extend(&w10, w11, w3, w8) &+ 0xC24B_8B70_D0F8_9791)
    round(f, g, h, &a, b, c, d, &e, extend(&w11, w12, w4, w9) &+ 0xC76C_51A3_0654_BE30)
    round(e, f, g, &h, a, b, c, &d, extend(&w12, w13, w5, w10) &+ 0xD192_E819_D6EF_5218)
    round(d, e, f, &g, h, a, b, &c, extend(&w13, w14, w6, w11) &+ 0xD699_0624_5565_A910)
    round(c, d, e, &f, g, h, a, &b, extend(&w14, w15, w7, w12) &+ 0xF40E_3585_5771_202A)
    round(b, c, d, &e, f, g, h, &a, extend(&w15, w0, w8, w13) &+ 0x106A_A070_32BB_D1B8)

    round(a, b, c, &d, e, f, g, &h, extend(&w0, w1, w9, w14) &+ 0x19A4_C116_B8D2_D0C8)
    round(h, a, b, &c, d, e, f, &g, extend(&w1, w2, w10, w15) &+ 0x1E37_6C08_5141_AB53)
    round(g, h, a, &b, c, d, e, &f, extend(&w2, w3, w11, w0) &+ 0x2748_774C_DF8E_EB99)
    round(f, g, h, &a, b, c, d, &e, extend(&w3, w4, w12, w1) &+ 0x34B0_BCB5_E19B_48A8)
    round(e, f, g, &h, a, b, c, &d, extend(&w4, w5, w13, w2) &+ 0x391C_0CB3_C5C9_5A63)
    round(d, e, f, &g, h, a, b, &c, extend(&w5, w6, w14, w3) &+ 0x4ED8_AA4A_E341_8ACB)
    round(c, d, e, &f, g, h, a, &b, extend(&w6, w7, w15, w4) &+ 0x5B9C_CA4F_7763_E373)
    round(b, c, d, &e, f, g, h, &a, extend(&w7, w8, w0, w5) &+ 0x682E_6FF3_D6B2_B8A3)
    round(a, b, c, &d, e, f, g, &h, extend(&w8, w9, w1, w6) &+ 0x748F_82EE_5DEF_B2FC)
    round(h, a, b, &c, d, e, f, &g, extend(&w9, w10, w2, w7) &+ 0x78A5_636F_4317_2F60)
    round(g, h, a, &b, c, d, e, &f, extend(&w10, w11, w3, w8) &+ 0x84C8_7814_A1F0_AB72)
    round(f, g, h, &a, b, c, d, &e, extend(&w11, w12, w4, w9) &+ 0x8CC7_0208_1A64_39EC)
    round(e, f, g, &h, a, b, c, &d, extend(&w12, w13, w5, w10) &+ 0x90BE_FFFA_2363_1E28)
    round(d, e, f, &g, h, a, b, &c, extend(&w13, w14, w6, w11) &+ 0xA450_6CEB_DE82_BDE9)
    round(c, d, e, &f, g, h, a, &b, extend(&w14, w15, w7, w12) &+ 0xBEF9_A3F7_B2C6_7915)
    round(b, c, d, &e, f, g, h, &a, extend(&w15, w0, w8, w13) &+ 0xC671_78F2_E372_532B)

    round(a, b, c, &d, e, f, g, &h, extend(&w0, w1, w9, w14) &+ 0xCA27_3ECE_EA26_619C)
    round(h, a, b, &c, d, e, f, &g, extend(&w1, w2, w10, w15) &+ 0xD186_B8C7_21C0_C207)
    round(g, h, a, &b, c, d, e, &f, extend(&w2, w3, w11, w0) &+ 0xEADA_7DD6_CDE0_EB1E)
    round(f, g, h, &a, b, c, d, &e, extend(&w3, w4, w12, w1) &+ 0xF57D_4F7F_EE6E_D178)
    round(e, f, g, &h, a, b, c, &d, extend(&w4, w5, w13, w2) &+ 0x06F0_67AA_7217_6FBA)
    round(d, e, f, &g, h, a, b, &c, extend(&w5, w6, w14, w3) &+ 0x0A63_7DC5_A2C8_98A6)
    round(c, d, e, &f, g, h, a, &b, extend(&w6, w7, w15, w4) &+ 0x113F_9804_BEF9_0DAE)
    round(b, c, d, &e, f, g, h, &a, extend(&w7, w8, w0, w5) &+ 0x1B71_0B35_131C_471B)
    round(a, b, c, &d, e, f, g, &h, extend(&w8, w9, w1, w6) &+ 0x28DB_77F5_2304_7D84)
    round(h, a, b, &c, d, e, f, &g, extend(&w9, w10, w2, w7) &+ 0x32CA_AB7B_40C7_2493)
    round(g, h, a, &b, c, d, e, &f, extend(&w10, w11, w3, w8) &+ 0x3C9E_BE0A_15C9_BEBC)
    round(f, g, h, &a, b, c, d, &e, extend(&w11, w12, w4, w9) &+ 0x431D_67C4_9C10_0D4C)
    round(e, f, g, &h, a, b, c, &d, extend(&w12, w13, w5, w10) &+ 0x4CC5_D4BE_CB3E_42B6)
    round(d, e, f, &g, h, a, b, &c, extend(&w13, w14, w6, w11) &+ 0x597F_299C_FC65_7E2A)
    round(c, d, e, &f, g, h, a, &b, extend(&w14, w15, w7, w12) &+ 0x5FCB_6FAB_3AD6_FAEC)
    round(b, c, d, &e, f, g, h, &a, extend(&w15, w0, w8, w13) &+ 0x6C44_198C_4A47_5817)
    return state &+ SIMD8(a, b, c, d, e, f, g, h)
}

/// The word at `index` of a block, which is big-endian and may lie anywhere.
@inline(__always)
private func word(_ block: UnsafeRawPointer, _ index: Int) -> UInt64 {
    UInt64(bigEndian: block.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
}

/// Puts the next word of the message schedule (section 6.4.2, number 1) in the place of the word 16 before it, given
/// those 15, 7 and 2 before it.
@inline(__always)
private func extend(_ w16: inout UInt64, _ w15: UInt64, _ w7: UInt64, _ w2: UInt64) -> UInt64 {
    let sigma0 = rotate(w15, 1) ^ rotate(w15, 8) ^ (w15 &>> 7)
    let sigma1 = rotate(w2, 19) ^ rotate(w2, 61) ^ (w2 &>> 6)
    w16 = w16 &+ sigma0 &+ w7 &+ sigma1
    return w16
}

/// One step of section 6.4.2, number 3, without moving the eight words: their names rotate instead.
@inline(__always)
private func round(
    _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: inout UInt64,
    _ e: UInt64, _ f: UInt64, _ g: UInt64, _ h: inout UInt64, _ addend: UInt64
) {
    let choice = g ^ (e & (f ^ g))
    let majority = (a & b) | (c & (a | b))
    let t1 = h &+ addend &+ choice &+ (rotate(e, 14) ^ rotate(e, 18) ^ rotate(e, 41))
    d = d &+ t1
    h = t1 &+ majority &+ (rotate(a, 28) ^ rotate(a, 34) ^ rotate(a, 39))
}

@inline(__always)
private func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
    word &>> count | word &<< (64 &- count)
}
