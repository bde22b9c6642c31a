// SHA-256 (FIPS 180-4, section 6.2) by the processor's own instructions, which Swift has no names for.
//
// Header-only: each function is compiled, with the instructions that it names, into the Swift module that calls it.
// Nothing here may be called unless `hippo_sha256_is_available()` says that the processor has them.

#ifndef HIPPO_SHA256_H
#define HIPPO_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#endif

// Section 4.2.2: the fractional parts of the cube roots of the first 64 primes.
static const uint32_t hippo_sha256_constants[64] __attribute__((aligned(64), unused)) = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

// Whether the processor has the instructions.
static inline bool hippo_sha256_is_available(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    const unsigned ssse3 = 1u << 9, sse41 = 1u << 19, sha = 1u << 29;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & ssse3) == 0 || (c & sse41) == 0) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha) != 0;
#elif defined(__aarch64__) && defined(__linux__)
    return (getauxval(AT_HWCAP) & (1u << 6 /* HWCAP_SHA2 */)) != 0;
#elif defined(__aarch64__) && defined(__APPLE__)
    return true;
#else
    return false;
#endif
}

// Works `count` blocks of 64 bytes, which may lie at any address, into the eight words of `state`.

#if defined(__x86_64__)

// Four rounds. The instruction does two, and wants their words in the lower half of its operand.
#define HIPPO_SHA256_ROUNDS(index, message)                                                                            \
    do {                                                                                                               \
        __m128i sum = _mm_add_epi32(message, _mm_load_si128((const __m128i *)&hippo_sha256_constants[index]));         \
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);                                                                 \
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));                                        \
    } while (0)

// The next four words of the message schedule, in the place of the four that are the longest there.
#define HIPPO_SHA256_SCHEDULE(w0, w1, w2, w3)                                                                          \
    w0 = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)), w3)

__attribute__((target("sha,sse4.1,ssse3")))
static inline void hippo_sha256_compress(uint32_t *state, const void *blocks, size_t count) {
    const __m128i bigEndian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    const uint8_t *next = (const uint8_t *)blocks;

    // The instructions want the words as (a, b, e, f) and (c, d, g, h), the first in the highest place.
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);

    for (; count > 0; count -= 1, next += 64) {
        const __m128i abefBefore = abef, cdghBefore = cdgh;
        __m128i w0 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(next + 0)), bigEndian);
        __m128i w1 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(next + 16)), bigEndian);
        __m128i w2 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(next + 32)), bigEndian);
        __m128i w3 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(next + 48)), bigEndian);
        HIPPO_SHA256_ROUNDS(0, w0);
        HIPPO_SHA256_ROUNDS(4, w1);
        HIPPO_SHA256_ROUNDS(8, w2);
        HIPPO_SHA256_ROUNDS(12, w3);
#pragma clang loop unroll(full)
        for (int index = 16; index < 64; index += 16) {
            HIPPO_SHA256_SCHEDULE(w0, w1, w2, w3);
            HIPPO_SHA256_ROUNDS(index, w0);
            HIPPO_SHA256_SCHEDULE(w1, w2, w3, w0);
            HIPPO_SHA256_ROUNDS(index + 4, w1);
            HIPPO_SHA256_SCHEDULE(w2, w3, w0, w1);
            HIPPO_SHA256_ROUNDS(index + 8, w2);
            HIPPO_SHA256_SCHEDULE(w3, w0, w1, w2);
            HIPPO_SHA256_ROUNDS(index + 12, w3);
        }
        abef = _mm_add_epi32(abef, abefBefore);
        cdgh = _mm_add_epi32(cdgh, cdghBefore);
    }

    __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
    __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

#undef HIPPO_SHA256_ROUNDS
#undef HIPPO_SHA256_SCHEDULE

#elif defined(__aarch64__)

__attribute__((target("sha2")))
static inline void hippo_sha256_compress(uint32_t *state, const void *blocks, size_t count) {
    const uint8_t *next = (const uint8_t *)blocks;
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);

    for (; count > 0; count -= 1, next += 64) {
        const uint32x4_t abcdBefore = abcd, efghBefore = efgh;
        uint32x4_t w[4];
#pragma clang loop unroll(full)
        for (int index = 0; index < 4; index += 1)
            w[index] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(next + index * 16)));
#pragma clang loop unroll(full)
        for (int index = 0; index < 16; index += 1) {
            uint32x4_t *oldest = &w[index % 4];
            if (index >= 4)
                *oldest = vsha256su1q_u32(
                    vsha256su0q_u32(*oldest, w[(index + 1) % 4]), w[(index + 2) % 4], w[(index + 3) % 4]);
            const uint32x4_t sum = vaddq_u32(*oldest, vld1q_u32(&hippo_sha256_constants[index * 4]));
            const uint32x4_t abcdThen = abcd;
            abcd = vsha256hq_u32(abcd, efgh, sum);
            efgh = vsha256h2q_u32(efgh, abcdThen, sum);
        }
        abcd = vaddq_u32(abcd, abcdBefore);
        efgh = vaddq_u32(efgh, efghBefore);
    }

    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}

#else

static inline void hippo_sha256_compress(uint32_t *state, const void *blocks, size_t count) {
    (void)state, (void)blocks, (void)count;
    __builtin_trap();
}

#endif

#endif
