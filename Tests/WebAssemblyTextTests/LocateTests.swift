import Testing
import WebAssembly
import WebAssemblyText

@Suite("The place of what is invalid")
struct LocateTests {
    /// What is wrong with a module, as its text's reader is told.
    private func located(_ text: String) throws -> TextFormatError? {
        let bytes = Array(text.utf8)
        let binary = try assemble(bytes)
        let error = try #require(throws: ModuleError.self) { try Module(bytes: binary) }
        return locate(error, in: bytes)
    }

    @Test(
        "is that of the instruction, flat or folded",
        arguments: [
            ("(module (func)\n  (func\n    i64.const 1\n    i32.eqz\n    drop))", 4, 5),
            (
                "(module (func)\n  (func\n    (drop\n      (i32.add\n        (i32.const 1)\n        (i64.const 2)))))",
                4, 7
            ),
            ("(module\n  (func (result i32)\n    (i64.const 1)\n  )\n)", 4, 3),
            ("(module\n  (func\n    (block (result i32)\n      nop\n    )\n    drop))", 5, 5),
            ("(module\n  (func (if (i64.const 1)\n    (then nop))))", 2, 9),
            (
                "(module (import \"a\" \"b\" (func $f (param i32)))\n  (data \"x\")\n  (func (call $f\n    (i64.const 1))))",
                3, 9
            ),
            ("(module (func $first nop)\n(func $second\n  (local.get 7)\n  drop))", 3, 3),
        ])
    func instructions(_ text: String, line: Int, column: Int) throws {
        let error = try #require(try located(text))
        #expect(error.line == line && error.column == column, "\(error)")
    }

    @Test("is unknown outside of functions") func elsewhere() throws {
        #expect(try located("(module (global i32 (i64.const 1)))") == nil)
        #expect(try located("(module (func (export \"a\")) (func (export \"a\")))") == nil)
    }
}
