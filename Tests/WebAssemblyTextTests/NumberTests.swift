import TestSupport
import Testing

@testable import WebAssemblyText

@Suite("Numbers")
struct NumberTests {
    private func integer(_ text: String, bitWidth: Int) -> UInt64? {
        let bytes = Array(text.utf8) + [0]
        return IntegerLiteral(bytes, 0..<text.utf8.count)?.bits(bitWidth)
    }

    private func float(_ text: String, _ format: FloatFormat) -> FloatLiteral.Outcome {
        FloatLiteral.read(Array(text.utf8) + [0], 0..<text.utf8.count, as: format)
    }

    private func single(_ text: String) -> UInt32? {
        if case .bits(let bits) = float(text, .binary32) { UInt32(bits) } else { nil }
    }

    private func double(_ text: String) -> UInt64? {
        if case .bits(let bits) = float(text, .binary64) { bits } else { nil }
    }

    private func isOutOfRange(_ text: String, _ format: FloatFormat) -> Bool {
        if case .outOfRange = float(text, format) { true } else { false }
    }

    // MARK: Integers

    @Test(
        "integers are decimal or hexadecimal, signed or not",
        arguments: [
            ("0", 0), ("007", 7), ("+5", 5), ("-1", 0xFFFF_FFFF), ("0xFf", 255), ("-0x80000000", 0x8000_0000),
            ("4294967295", 0xFFFF_FFFF), ("-2147483648", 0x8000_0000), ("1_000_000", 1_000_000), ("0x0_1_2", 0x12),
        ] as [(String, UInt64)])
    func integers(text: String, bits: UInt64) {
        #expect(integer(text, bitWidth: 32) == bits)
    }

    @Test(
        "an integer fits as unsigned or as signed, or is refused",
        arguments: [
            "4294967296", "-2147483649", "0x1_0000_0000", "-0x80000001", "99999999999999999999999999",
        ])
    func integersOutOfRange(text: String) {
        #expect(integer(text, bitWidth: 32) == nil)
    }

    @Test("the extremes of 64 bits")
    func integersOf64Bits() {
        #expect(integer("18446744073709551615", bitWidth: 64) == .max)
        #expect(integer("-9223372036854775808", bitWidth: 64) == 1 << 63)
        #expect(integer("18446744073709551616", bitWidth: 64) == nil)
        #expect(integer("-9223372036854775809", bitWidth: 64) == nil)
        #expect(integer("0x1_0000_0000_0000_0000", bitWidth: 64) == nil)
    }

    @Test(
        "what is no integer",
        arguments: ["", "+", "-", "0x", "_1", "1_", "1__2", "0x_1", "0X1", "1a", "0xg", "1.0", "--1"])
    func malformedIntegers(text: String) {
        #expect(IntegerLiteral(Array(text.utf8) + [0], 0..<text.utf8.count) == nil)
    }

    // MARK: Floating point

    @Test(
        "numbers are rounded once, to the nearest single, ties to even",
        arguments: [
            ("1.000000178813934326171874999999", 0x3F80_0001), ("1.000000178813934326171875", 0x3F80_0002),
            ("1.000000059604644775390625", 0x3F80_0000),
            // Through a double this would be a tie, and come out as 1.
            ("1.0000000596046447753906250000000000000000001", 0x3F80_0001),
            ("0x1.000001p0", 0x3F80_0000), ("0x1.0000010000000000000000000001p0", 0x3F80_0001),
            ("0x1.000003p0", 0x3F80_0002),
            ("0x1p-149", 1), ("0x1p-150", 0), ("0x1.0000000000000000001p-150", 1), ("0x1.8p-149", 2),
            ("0x1p-200000", 0),
            ("0x0.00000000000000000000000000000000000000000000000000000000000000001p260", 0x3F80_0000),
            ("1e-45", 1), ("0.7e-45", 0), ("0.71e-45", 1), ("3.4028234e38", 0x7F7F_FFFF),
            ("0x1.fffffefffffffp127", 0x7F7F_FFFF),
            ("340282356779733661637539395458142568447", 0x7F7F_FFFF), ("16777217", 0x4B80_0000),
            ("16777219", 0x4B80_0002),
            ("-0", 0x8000_0000), ("0x10", 0x4180_0000), ("1.", 0x3F80_0000), ("1.e1", 0x4120_0000),
            ("0x1.p1", 0x4000_0000),
            ("1_0.0_1e+0_1", 0x42C8_3333),
        ] as [(String, UInt32)])
    func singles(text: String, bits: UInt32) {
        #expect(single(text) == bits)
    }

    @Test(
        "numbers are rounded once, to the nearest double, ties to even",
        arguments: [
            ("0.1", 0.1), ("1e22", 1e22), ("1e23", 1e23), ("9007199254740993", 9_007_199_254_740_992),
            ("9007199254740993.00000000000000000000000000001", 9_007_199_254_740_994),
            ("2.2250738585072011e-308", 2.2250738585072011e-308),
            ("4.9e-324", .leastNonzeroMagnitude), ("2.4703282292062327e-324", 0),
            ("1.7976931348623157e308", .greatestFiniteMagnitude),
            ("0x1.fffffffffffff7ffffffffffffp1023", .greatestFiniteMagnitude), ("0x1p-1074", .leastNonzeroMagnitude),
            ("0x123456789abcdef01p0", 0x1.23456789abcdfp64),
            ("123456789012345678901234567890", 123_456_789_012_345_678_901_234_567_890),
        ] as [(String, Double)])
    func doubles(text: String, value: Double) {
        #expect(double(text) == value.bitPattern)
    }

    @Test(
        "a finite literal that rounds to infinity is out of range",
        arguments: [
            "0x1.ffffffp127", "0x1p128", "3.5e38", "340282356779733661637539395458142568448", "1e99999999999999999999",
        ])
    func singlesOutOfRange(text: String) {
        #expect(isOutOfRange(text, .binary32))
    }

    @Test(
        "infinity and NaN have names",
        arguments: [
            ("inf", 0x7F80_0000), ("-inf", 0xFF80_0000), ("nan", 0x7FC0_0000), ("-nan", 0xFFC0_0000),
            ("nan:0x1", 0x7F80_0001),
            ("nan:0x7f_ffff", 0x7FFF_FFFF), ("+nan:0x400000", 0x7FC0_0000),
        ] as [(String, UInt32)])
    func specials(text: String, bits: UInt32) {
        #expect(single(text) == bits)
    }

    @Test("a NaN's payload is neither zero nor wider than the format", arguments: ["nan:0x0", "nan:0x800000"])
    func payloadsOutOfRange(text: String) {
        #expect(isOutOfRange(text, .binary32))
    }

    @Test(
        "what is no number",
        arguments: [
            "", "+", ".5", "1e", "1e+", "0x", "0x.1", "0x1p", "1__0", "1_.0", "1._0", "1.0_", "nan:", "nan:1", "nan:0x",
            "infinity",
            "Inf", "nan:canonical", "1f", "0x1.gp1", "1p1",
        ])
    func malformedNumbers(text: String) {
        for format in [FloatFormat.binary32, .binary64] {
            if case .malformed = float(text, format) {} else { Issue.record("\(text) is accepted") }
        }
    }

    @Test("hexadecimal rounding agrees with the standard library's")
    func hexadecimalAgainstStandardLibrary() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            let digits = String(UInt64.random(in: 1 ... .max, using: &generator), radix: 16)
            let point = Int.random(in: 1...digits.count, using: &generator)
            let exponent = Int.random(in: -1200...1100, using: &generator)
            let text = "0x\(digits.prefix(point)).\(digits.dropFirst(point))0p\(exponent)"
            if let expected = Double(text), expected.isFinite {
                #expect(double(text) == expected.bitPattern, "\(text)")
            }
            if let expected = Float(text), expected.isFinite { #expect(single(text) == expected.bitPattern, "\(text)") }
        }
    }

    @Test("every finite number written in full reads back as itself")
    func roundTrip() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<3000 {
            let value = Double(bitPattern: .random(in: .min ... .max, using: &generator))
            if value.isFinite { #expect(double("\(value)") == value.bitPattern) }
            let small = Float(bitPattern: .random(in: .min ... .max, using: &generator))
            if small.isFinite { #expect(single("\(small)") == small.bitPattern) }
        }
    }
}
