import Testing
import WebAssembly

@testable import WebAssemblyText

@Suite("Fields of modules")
struct ModuleTests {
    // MARK: Types

    @Test("an abbreviated type use finds the first equal type, or adds one behind all explicit types")
    func implicitTypes() throws {
        let types = try Binary(
            """
            (func $f (result f64) (f64.const 0))
            (func $g (param i32))
            (type $t (func (param i32)))
            (func $h (block (param i32 i32) (result f32) unreachable) drop)
            """)
        #expect(
            types.section(.type) == [4, 0x60, 1, 0x7F, 0, 0x60, 0, 1, 0x7C, 0x60, 0, 0, 0x60, 2, 0x7F, 0x7F, 1, 0x7D])
        #expect(types.section(.function) == [3, 1, 0, 2])
    }

    @Test("only a final type without supertypes, alone in its group, serves an abbreviation")
    func abbreviationsMeanPlainTypes() throws {
        let grouped = try Binary("(rec (type (func)) (type (struct))) (func)")
        #expect(grouped.section(.function) == [1, 2])
        let open = try Binary("(type (sub (func))) (func)")
        #expect(open.section(.function) == [1, 1])
        let alone = try Binary("(rec (type (sub final (func)))) (func)")
        #expect(alone.section(.function) == [1, 0])
    }

    @Test("a type use that says both has to agree with itself")
    func redundantTypeUse() {
        expectSame("(type (func (param i32))) (func (type 0) (param i32))", "(type (func (param i32))) (func (type 0))")
        expectError("(type (func (param i32))) (func (type 0) (param i64))", "inline function type")
        expectError("(type (struct)) (func (type 0) (param i64))", "inline function type")
        expectError("(func (type 0) (param i64))", "unknown type")
        expectError("(func (result i32) (param i32) unreachable)", "unexpected token")
    }

    @Test("parameters that only the type gives have indices before the locals")
    func parametersOfTypeUse() {
        expectSame(
            "(type $t (func (param i32 i64))) (func (type $t) (local $x i32) (local.set $x (local.get 0)))",
            "(type $t (func (param i32 i64))) (func (type $t) (local i32) (local.set 2 (local.get 0)))")
    }

    @Test("recursion groups, supertypes and aggregates")
    func recursiveTypes() throws {
        let types = try Binary(
            """
            (rec (type $list (sub (struct (field $head i8) (field $tail (mut (ref null $list))))))
                 (type $sub (sub final $list (struct (field i8 (mut (ref null $list)) i64)))))
            (type (array (mut i16)))
            """)
        #expect(
            types.section(.type) == [
                2, 0x4E, 2, 0x50, 0, 0x5F, 2, 0x78, 0, 0x63, 0, 1, 0x4F, 1, 0, 0x5F, 3, 0x78, 0, 0x63, 0, 1, 0x7E, 0,
                0x5E, 0x77, 1,
            ])
    }

    @Test("fields are named per structure")
    func fieldNames() {
        expectSame(
            """
            (type $a (struct (field i32) (field $x i32))) (type $b (struct (field $x i32)))
            (func (param (ref $a) (ref $b)) (struct.get $a $x (local.get 0)) (struct.get $b $x (local.get 1)) drop drop)
            """,
            """
            (type (struct (field i32 i32))) (type (struct (field i32)))
            (func (param (ref 0) (ref 1)) (struct.get 0 1 (local.get 0)) (struct.get 1 0 (local.get 1)) drop drop)
            """)
        expectError("(type (struct (field $x i32) (field $x i32)))", "duplicate field")
        expectError("(type $a (struct (field $x i32))) (func (struct.get $a $y))", "unknown field")
    }

    @Test("short and long forms of reference types are the same")
    func referenceTypes() {
        expectSame(
            """
            (func (param funcref externref anyref eqref i31ref structref arrayref
              nullref nullfuncref nullexternref exnref nullexnref))
            """,
            """
            (func (param (ref null func) (ref null extern) (ref null any) (ref null eq) (ref null i31) (ref null struct)
              (ref null array) (ref null none) (ref null nofunc) (ref null noextern) (ref null exn) (ref null noexn)))
            """)
    }

    // MARK: Imports and exports

    @Test("imports and exports may stand in the definition")
    func inlineImportsAndExports() {
        expectSame(
            """
            (func $f (export "a") (export "b") (import "m" "f") (param i32))
            (table (export "t") (import "m" "t") i64 1 2 funcref)
            (memory (import "m" "m") 1 2 shared)
            (global (export "g") (import "m" "g") (mut i32))
            (tag (export "e") (import "m" "e") (param i32))
            """,
            """
            (import "m" "f" (func (param i32))) (import "m" "t" (table i64 1 2 funcref))
            (import "m" "m" (memory 1 2 shared)) (import "m" "g" (global (mut i32))) (import "m" "e" (tag (param i32)))
            (export "a" (func 0)) (export "b" (func 0)) (export "t" (table 0))
            (export "g" (global 0)) (export "e" (tag 0))
            """)
    }

    @Test(
        "imports come before definitions",
        arguments: [
            ("(func)", "import after function"), ("(global i32 (i32.const 0))", "import after global"),
            ("(table 0 funcref)", "import after table"), ("(memory 0)", "import after memory"),
            ("(tag)", "import after tag"),
        ])
    func importOrder(definition: String, message: String) {
        expectError("\(definition) (import \"\" \"\" (func))", message)
        expectError("\(definition) (memory (import \"\" \"\") 1)", message)
    }

    // MARK: Tables, memories and segments

    @Test("contents in place make a segment and give the size")
    func contentsInPlace() {
        expectSame(
            "(table funcref (elem $f $f)) (memory (data \"a\" \"bc\")) (func $f)",
            "(table 2 2 funcref) (elem (i32.const 0) func 0 0) (memory 1 1) (data (i32.const 0) \"abc\") (func)")
        expectSame(
            "(table i64 funcref (elem (ref.null func))) (memory i64 (data))",
            "(table i64 1 1 funcref) (elem (i64.const 0) funcref (ref.null func)) (memory i64 0 0) (data (i64.const 0))"
        )
        expectSame(
            "(type (func)) (table (ref null 0) (elem 0)) (func)",
            "(type (func)) (table 1 1 (ref null 0)) (elem (i32.const 0) (ref null 0) (ref.func 0)) (func)")
    }

    @Test(
        "each form of element segment has its encoding",
        arguments: [
            ("(elem (i32.const 1) 0)", [0, 0x41, 1, 0x0B, 1, 0]), ("(elem func 0)", [1, 0, 1, 0]),
            ("(elem (table 1) (i32.const 1) func 0)", [2, 1, 0x41, 1, 0x0B, 0, 1, 0]),
            ("(elem declare func 0)", [3, 0, 1, 0]),
            ("(elem (offset i32.const 1) funcref (item ref.func 0))", [4, 0x41, 1, 0x0B, 1, 0xD2, 0, 0x0B]),
            ("(elem externref (ref.null extern))", [5, 0x6F, 1, 0xD0, 0x6F, 0x0B]),
            ("(elem (i32.const 1) (ref func) (ref.func 0))", [6, 0, 0x41, 1, 0x0B, 0x64, 0x70, 1, 0xD2, 0, 0x0B]),
            ("(elem declare funcref)", [7, 0x70, 0]),
        ] as [(String, [UInt8])])
    func elementSegments(text: String, bytes: [UInt8]) throws {
        let module = try Binary("(table 1 funcref) (table 1 funcref) (func) \(text)")
        #expect(module.section(.element) == [1] + bytes)
    }

    @Test("data segments are active or passive")
    func dataSegments() throws {
        let module = try Binary(
            """
            (memory 1) (memory $m 1)
            (data (i32.const 0) "a") (data (memory $m) (offset (i32.const 1)) "b") (data "c")
            """
        )
        #expect(module.section(.data) == [3, 0, 0x41, 0, 0x0B, 1, 0x61, 2, 1, 0x41, 1, 0x0B, 1, 0x62, 1, 1, 0x63])
        #expect(module.section(.dataCount) == nil)
    }

    @Test("the data count stands there for the instructions that need it")
    func dataCount() throws {
        #expect(try Binary("(memory 1) (data \"\") (func (data.drop 0))").section(.dataCount) == [1])
    }

    @Test("a table may have an initial element")
    func tableInitializer() throws {
        #expect(
            try Binary("(table 1 (ref func) (ref.func 0)) (func)").section(.table)
                == [1, 0x40, 0, 0x64, 0x70, 0, 1, 0xD2, 0, 0x0B])
    }

    @Test("without 64-bit memories, limits are numbers of 32 bits")
    func limitsWithoutMemory64() {
        let features = Features.all.subtracting(.memory64)
        #expect(throws: Never.self) { try assemble("(memory 0xffff_ffff) (memory i32 1)", features: features) }
        for text in [
            "(memory 0x1_0000_0000)", "(memory i64 1)", "(table 0 0x1_0000_0000 funcref)", "(table i64 0 funcref)",
        ] {
            #expect(throws: Never.self) { try assemble(text) }
            #expect(throws: TextFormatError.self) { try assemble(text, features: features) }
        }
    }

    // MARK: Identifiers

    @Test(
        "an identifier names one thing of a kind",
        arguments: [
            ("(func $f) (func $f)", "duplicate func"), ("(import \"\" \"\" (func $f)) (func $f)", "duplicate func"),
            ("(table $t 0 funcref) (table $t 0 funcref)", "duplicate table"),
            ("(memory $m 0) (memory $m 0)", "duplicate memory"),
            ("(global $g i32 (i32.const 0)) (global $g i32 (i32.const 0))", "duplicate global"),
            ("(tag $t) (tag $t)", "duplicate tag"),
            ("(type $t (func)) (type $t (func))", "duplicate type"),
            ("(elem $e func) (elem $e func)", "duplicate elem"),
            ("(data $d) (data $d)", "duplicate data"), ("(func (param $x i32) (local $x i32))", "duplicate local"),
        ])
    func duplicates(text: String, message: String) {
        expectError(text, message)
    }

    @Test(
        "an identifier is known",
        arguments: [
            ("(func call $f)", "unknown function $f"), ("(func global.get $g)", "unknown global $g"),
            ("(func local.get $x)", "unknown local $x"), ("(func br $l)", "unknown label $l"),
            ("(func (type $t))", "unknown type $t"),
            ("(func throw $e)", "unknown tag $e"), ("(func i32.load $m)", "unknown memory $m"),
            ("(func table.get $t)", "unknown table $t"), ("(func elem.drop $e)", "unknown elem segment $e"),
            ("(func data.drop $d)", "unknown data segment $d"), ("(export \"\" (func $f))", "unknown function $f"),
            ("(start $f)", "unknown function $f"),
        ])
    func unknowns(text: String, message: String) {
        expectError(text, message)
    }

    @Test("an identifier may be used before it is bound")
    func forwardReferences() {
        expectSame(
            """
            (start $f) (export "g" (global $g)) (elem (table $t) (i32.const 0) $f) (func $f call $f)
            (table $t 1 funcref) (global $g i32 (i32.const 0))
            """,
            """
            (start 0) (export "g" (global 0)) (elem (i32.const 0) 0) (func call 0)
            (table 1 funcref) (global i32 (i32.const 0))
            """
        )
    }

    @Test("there is one start function at most")
    func start() {
        expectError("(func) (start 0) (start 0)", "multiple start sections")
    }

    // MARK: Names and annotations

    /// Numbers as bytes, strings as UTF-8.
    private func text(_ parts: any Sendable...) -> [UInt8] {
        parts.flatMap { part -> [UInt8] in
            if let number = part as? Int { [UInt8(number)] } else { Array("\(part)".utf8) }
        }
    }

    @Test("identifiers go into the name section")
    func nameSection() throws {
        let module = try Binary(
            "(module $m (type $t (func)) (func $f (param $x i32) (local i32) (local $y i32) (block $l)) (memory $M 0))")
        let names = module.customSections.first { $0.name == "name" }?.content
        #expect(
            names
                == text(
                    0, 2, 1, "m", 1, 4, 1, 0, 1, "f", 2, 9, 1, 0, 2, 0, 1, "x", 2, 1, "y",
                    3, 6, 1, 0, 1, 0, 1, "l", 4, 4, 1, 0, 1, "t", 6, 4, 1, 0, 1, "M"))
        #expect(try Binary("(module (func (param i32)))").customSections.isEmpty)
    }

    @Test("a name annotation takes the identifier's place in the name section")
    func nameAnnotations() throws {
        let module = try Binary("(module (@name \"Modül\") (func $f (@name \"λ\") (param (@name \"x y\") i32)))")
        #expect(
            module.customSections.first?.content
                == text(0, 7, 6, "Modül", 1, 5, 1, 0, 2, "λ", 2, 8, 1, 0, 1, 0, 3, "x y"))
        expectError("(module (@name \"a\" \"b\"))", "malformed @name annotation")
        expectError("(module (func (nop (@name \"a\"))))", "misplaced @name annotation")
    }

    @Test("custom annotations make custom sections in their place")
    func customAnnotations() throws {
        let module = try Binary(
            """
            (module (@custom "last" "x" "\\01") (type (func)) (@custom "t" (after type) "y")
              (@custom "f" (before first)) (func))
            """)
        #expect(module.sections.map(\.id) == [0, 1, 0, 3, 10, 0])
        #expect(module.customSections.map(\.name) == ["f", "t", "last"])
        #expect(module.customSections.map(\.content) == [[], [0x79], [0x78, 1]])
        expectError("(module (@custom))", "malformed @custom annotation: missing section name")
        expectError("(module (@custom \"a\" (before nothing)))", "malformed @custom annotation: unknown section")
        expectError("(module (func (@custom \"a\")))", "misplaced @custom annotation")
    }

    @Test("branch hints tell the offset of their branch within the body")
    func branchHints() throws {
        let module = try Binary(
            """
            (func (local i32)
              (block (@metadata.code.branch_hint "\\00") (br_if 0 (local.get 0)))
              (@metadata.code.branch_hint "\\01") (if (local.get 0) (then))
              local.get 0 (@metadata.code.branch_hint "\\01") if end)
            """)
        let hints = try #require(module.customSections.first)
        #expect(hints.name == "metadata.code.branch_hint")
        #expect(hints.content == [1, 0, 3, 7, 1, 0, 12, 1, 1, 17, 1, 1])
        expectError("(func (@metadata.code.branch_hint \"\\02\") (if (i32.const 0) (then)))", "malformed @metadata")
    }
}
