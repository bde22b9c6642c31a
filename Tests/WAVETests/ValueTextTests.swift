import ComponentModel
import Testing
import WAVE

@Suite struct ValueTextTests {
    static let point = ValueType.record(("x", .s32), ("y-axis", .option(.f64)))
    static let shape = ValueType.variant(("empty", nil), ("body", .bytes), ("err", .string))

    /// A value as tools print it, and the type to read it by.
    static let printed: [(String, ValueType, Value)] = [
        ("true", .bool, .bool(true)), ("-128", .s8, .s8(-128)), ("255", .u8, .u8(255)),
        ("18446744073709551615", .u64, .u64(.max)), ("1", .f32, .f32(1)), ("-0", .f64, .f64(-0.0)),
        ("0.1", .f32, .f32(0.1)), ("-inf", .f64, .f64(-.infinity)), ("inf", .f32, .f32(.infinity)),
        ("0.00000015", .f64, .f64(1.5e-7)), ("1500000000000000000000", .f64, .f64(1.5e21)),
        ("12.25", .f64, .f64(12.25)), ("'x'", .char, .char("x")), (#"'\''"#, .char, .char("'")),
        (#"'\u{0}'"#, .char, .char("\0")), (#""a\tb\"\\ ☃ \u{301}""#, .string, .string("a\tb\"\\ ☃ \u{301}")),
        ("[1, 2, 255]", .bytes, .bytes([1, 2, 255])), ("[]", .list(.string), .list([])),
        ("['a', 'b']", .list(.char), .list([.char("a"), .char("b")])),
        (#"(123, "abc")"#, .tuple(.u8, .string), .record([.u8(123), .string("abc")])),
        ("{x: 1}", point, .record([.s32(1), .none])),
        ("{x: 1, y-axis: some(2.5)}", point, .record([.s32(1), .some(.f64(2.5))])),
        ("{:}", .record(("a", .option(.u8))), .record([.none])), ("empty", shape, .variant(0, nil)),
        ("body([79, 75])", shape, .variant(1, .bytes([79, 75]))),
        (#"%err("oops")"#, shape, .variant(2, .string("oops"))),
        ("not-found", .enumeration("ok", "not-found"), .variant(1, nil)), ("%ok", .enumeration("ok"), .variant(0, nil)),
        ("none", .option(.u8), .none), ("some(some(1))", .option(.option(.u8)), .some(.some(.u8(1)))),
        ("ok", .result(), .ok()), ("err", .result(), .error()), ("ok(1)", .result(.u8, .string), .ok(.u8(1))),
        (#"err("x")"#, .result(.u8, .string), .error(.string("x"))),
        ("{read, exec}", .flags("read", "write", "exec"), .flags(5)), ("{}", .flags("read"), .flags(0)),
    ]

    @Test("What is printed is read again as the same value", arguments: printed)
    func roundTrip(_ text: String, _ type: ValueType, _ value: Value) throws {
        #expect(value.wave(as: type) == text)
        #expect(try Value(wave: text, as: type) == value)
    }

    @Test("A number that is none prints as 'nan', and is read so")
    func notANumber() throws {
        #expect(Value.f64(.nan).wave(as: .f64) == "nan")
        guard case .f32(let number) = try Value(wave: "nan", as: .f32) else {
            Issue.record("no number of 32 bits")
            return
        }
        #expect(number.isNaN)
    }

    @Test(
        "Other forms of a value are read as well",
        arguments: [
            ("123", .option(.u8), .some(.u8(123))), (#""flat""#, .result(.string, .u8), .ok(.string("flat"))),
            ("{ write , read, }", .flags("read", "write"), .flags(3)),
            ("[1,2,] // and no more", .list(.u16), .list([.u16(1), .u16(2)])),
            ("{y-axis: none, x: -1,}", point, .record([.s32(-1), .none])),
            ("{%x: 7}", point, .record([.s32(7), .none])), ("6.022e+23", .f64, .f64(6.022e23)),
            ("7", .f32, .f32(7)), ("%body([])", shape, .variant(1, .bytes([]))),
            (#""\u{48}i""#, .string, .string("Hi")),
            ("\"\"\"\n  two\n    lines\\t\n  \"\"\"", .string, .string("two\n  lines\t")),
            ("\"\"\"\r\nfrom Windows\r\n\"\"\"", .string, .string("from Windows")),
        ] as [(String, ValueType, Value)])
    func otherForms(_ text: String, _ type: ValueType, _ value: Value) throws {
        #expect(try Value(wave: text, as: type) == value)
    }

    @Test(
        "A text that is no value of the type is refused, with its place and what is expected",
        arguments: [
            ("256", .u8, 1, "from 0 to 255"), ("1.5", .s32, 1, "whole number"), ("01", .u8, 3, "zero"),
            ("-", .s8, 2, "digits are missing"), ("tru", .bool, 1, "'true' or 'false'"),
            ("%true", .bool, 1, "'true' or 'false'"), ("'ab'", .char, 3, "ends with '"),
            ("\"a", .string, 3, "ends with"),
            (#""\q""#, .string, 4, "no escape"), (#"'\u{d800}'"#, .char, 10, "scalar value"),
            ("[1 2]", .bytes, 4, "','"),
            ("(1)", .tuple(.u8, .u8), 4, "2 values"), ("(1, 2, 3)", .tuple(.u8, .u8), 8, "only 2"),
            ("{y-axis: 1}", point, 1, "'x' is missing"), ("{x: 1, x: 2}", point, 8, "twice"),
            ("{z: 1}", point, 2, "no field 'z'"), ("err(\"x\")", shape, 1, "%err"), ("body", shape, 5, "'('"),
            ("1", .option(.option(.u8)), 1, "'none' or 'some(…)'"), ("{fly}", .flags("read"), 2, "read"),
            ("1 2", .u8, 3, "ends before"), ("", .u8, 1, "the end"), ("aB", .enumeration("aB"), 1, "words"),
            ("&", .u8, 1, "begins no value"),
        ] as [(String, ValueType, Int, String)])
    func refused(_ text: String, _ type: ValueType, _ column: Int, _ part: String) {
        let error = #expect(throws: WAVEError.self) { _ = try Value(wave: text, as: type) }
        #expect(error?.column == column, "\(text): \(error?.description ?? "")")
        #expect(error?.message.contains(part) == true, "\(text): \(error?.description ?? "")")
    }
}
