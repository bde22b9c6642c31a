import Testing

@testable import WebAssemblyText

@Suite("Tokens")
struct LexicalTests {
    @Test(
        "comments and white space mean nothing",
        arguments: [
            "(module;; to the end of the line\n)", "(;(; nested ;);)(module)", "\t(\r\nmodule\n)\r",
            "(module (;\u{0}\u{7F} ß;))",
            "(module);; no line break behind", "(module ;; ;) (;\r)",
        ])
    func comments(text: String) throws {
        #expect(try Binary(text).sections.isEmpty)
    }

    @Test(
        "a parenthesis, string or comment ends a token",
        arguments: [
            "(func(nop))", "(func nop(nop))", "(func $f;;\n)", "(func br 0(nop))", "(memory 1)(data(i32.const 0)\"a\")",
        ])
    func separation(text: String) throws {
        #expect(throws: Never.self) { try assemble(text) }
    }

    @Test(
        "tokens without anything between them are one token, which means nothing",
        arguments: [
            "(func (i32.const0))", "(data \"a\"\"b\")", "(func $f\"x\")", "(data \"a\"x)", "(func 0drop)",
            "(func br 0$l)", "(func, nop)",
            "(func [nop])",
        ])
    func reserved(text: String) {
        expectError(text, "unknown operator")
    }

    @Test("strings have escapes for bytes and for Unicode scalars")
    func escapes() throws {
        let data = try Binary(#"(data "\t\n\r\"\'\\\00\fF\u{48}\u{1F600}\u{0_0_41}ß")"#).section(.data)
        let bytes: [UInt8] = [9, 10, 13, 34, 39, 92, 0, 0xFF, 0x48, 0xF0, 0x9F, 0x98, 0x80, 0x41, 0xC3, 0x9F]
        #expect(data == [1, 1, UInt8(bytes.count)] + bytes)
    }

    @Test(
        "bad escapes, line breaks and control characters are refused",
        arguments: [
            (#"(data "\x")"#, "illegal escape"), (#"(data "\0")"#, "illegal escape"),
            (#"(data "\u{d800}")"#, "illegal escape"),
            (#"(data "\u{110000}")"#, "illegal escape"), (#"(data "\u{}")"#, "illegal escape"),
            (#"(data "\u{1_}")"#, "illegal escape"),
            ("(data \"a\nb\")", "unclosed string"), ("(data \"a", "unclosed string"), ("(data \"a\\", "illegal escape"),
            ("(data \"\u{1}\")", "illegal character"),
        ])
    func badStrings(text: String, message: String) {
        expectError(text, message)
    }

    @Test("names are UTF-8, data need not be")
    func utf8() {
        #expect(throws: Never.self) { try assemble(#"(data "\ff")"#) }
        expectError(#"(func (export "\ff"))"#, "malformed UTF-8 encoding")
        expectError(#"(import "\ed\a0\80" "" (func))"#, "malformed UTF-8 encoding")
        expectError(#"(import "" "\f4\90\80\80" (func))"#, "malformed UTF-8 encoding")
        expectError(#"(func (export "\c0\80"))"#, "malformed UTF-8 encoding")
    }

    @Test(
        "a source that is no UTF-8 is refused, wherever that shows",
        arguments: [
            [0xFF], Array("(;".utf8) + [0xC3] + Array(";)".utf8),
            Array("(data \"".utf8) + [0xE2, 0x82] + Array("\")".utf8),
            Array(";;".utf8) + [0xF0, 0x80, 0x80, 0x80], Array("(module)".utf8) + [0xED, 0xA0, 0x80],
        ] as [[UInt8]])
    func sourceEncoding(bytes: [UInt8]) {
        let error = #expect(throws: TextFormatError.self) { try assemble(bytes) }
        #expect(error?.message == "malformed UTF-8 encoding")
    }

    @Test("identifiers may be quoted; the same name is the same identifier")
    func quotedIdentifiers() {
        expectSame(#"(func $"a b") (func call $"a\20b")"#, "(func) (func call 0)")
        expectSame(#"(func $ab) (func call $"a\u{62}")"#, "(func) (func call 0)")
        expectError("(func $)", "empty identifier")
        expectError(#"(func $"")"#, "empty identifier")
    }

    @Test("unknown annotations may stand anywhere, and hold anything that is tokens")
    func unknownAnnotations() throws {
        #expect(try Binary(#"((@a)module(@"b c" (x 0x , ; [) "y" (@) $) (@d (@)))"#).sections.isEmpty)
        expectError("(module (@))", "empty annotation id")
        expectError("(module (@a ()", "unclosed annotation")
        expectError("(module (@a \u{1}))", "illegal character")
        expectError("(module (@a ß))", "illegal character")
    }

    @Test("parentheses match")
    func parentheses() {
        expectError("(module", "unexpected token")
        expectError("(module))", "unexpected token")
        expectError("(; (; ;)", "unclosed comment")
    }

    @Test(
        "lines end with LF, CR or both; columns count scalars",
        arguments: [
            ("(module\n  ?)", 2, 3), ("(module\r  ?)", 2, 3), ("(module\r\n  ?)", 2, 3), ("(module\n\n\n?)", 4, 1),
            ("(module (;ß😀;) ?)", 1, 16),
        ])
    func positions(text: String, line: Int, column: Int) {
        let error = #expect(throws: TextFormatError.self) { try assemble(text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test("a caret stands under the place")
    func caret() {
        let error = #expect(throws: TextFormatError.self) { try assemble("(module\n\t(fun))") }
        #expect(error?.description.hasSuffix("\n\t(fun))\n\t ^") == true, "\(String(describing: error))")
    }
}
