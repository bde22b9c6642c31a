import Testing

@testable import WebAssemblyText

@Suite("Instructions")
struct InstructionTests {
    /// Expects that two bodies of a function in the same surroundings are the same.
    private func expectSameBody(_ left: String, _ right: String, _ location: Testing.SourceLocation = #_sourceLocation)
    {
        let surroundings = """
            (type $t (func (param i32) (result i32))) (table $t0 1 funcref) (table $t1 1 funcref) 
            (memory $m0 1) (memory $m1 1)
            (tag $e0) (tag $e1) (data $d0 "") (data $d1 "") (elem $e0 func) (elem $e1 func)
            """
        expectSame(
            "(module \(surroundings) (func \(left)))", "(module \(surroundings) (func \(right)))", location)
    }

    /// The code of a function without locals, without the closing `end`.
    private func code(_ body: String) throws -> [UInt8] {
        Array(try #require(try Binary("(memory 1) (func \(body))").section(.code)).dropFirst(3).dropLast())
    }

    @Test(
        "folded instructions are their operands, then themselves",
        arguments: [
            ("(i32.store offset=8 (i32.const 1) (i32.const 2))", "i32.const 1 i32.const 2 i32.store offset=8"),
            (
                "(drop (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))",
                "i32.const 1 i32.const 2 i32.const 3 i32.mul i32.add drop"
            ),
            ("(block $l (br_if $l (i32.const 0)) nop)", "block i32.const 0 br_if 0 nop end"),
            ("(loop (result i32) (i32.const 0)) drop", "loop (result i32) i32.const 0 end drop"),
            ("(if (i32.const 1) (then nop) (else (nop)))", "i32.const 1 if nop else nop end"),
            (
                "(if $l (result i32) (i32.const 0) (i32.eqz) (then (i32.const 1)) (else (br $l (i32.const 2)))) drop",
                "i32.const 0 i32.eqz if (result i32) i32.const 1 else i32.const 2 br 0 end drop"
            ),
            (
                "(select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)) drop",
                "i32.const 1 i32.const 2 i32.const 3 select (result i32) drop"
            ),
            (
                "(drop (block (result i32) i32.const 0 if nop end i32.const 1))",
                "block (result i32) i32.const 0 if nop end i32.const 1 end drop"
            ),
        ])
    func folding(folded: String, flat: String) {
        expectSameBody(folded, flat)
    }

    @Test(
        "labels count outwards; an inner one hides an outer one of its name until it ends",
        arguments: [
            ("block $a block $b br $a br $b end end", "block block br 1 br 0 end end"),
            ("block $a block $a br $a end br $a end", "block block br 0 end br 0 end"),
            ("block $a (loop $a (br $a)) br $a end $a", "block (loop (br 0)) br 0 end"),
            ("block $a (br_table 0 $a 1 (i32.const 0)) end", "block i32.const 0 br_table 0 0 1 end"),
            (
                "(block $l (if $l (br_if $l (i32.const 0)) (i32.const 1) (then (br $l))))",
                "block i32.const 0 br_if 0 i32.const 1 if br 0 end end"
            ),
        ])
    func labels(named: String, numbered: String) {
        expectSameBody(named, numbered)
    }

    @Test(
        "a label after else and end is the block's",
        arguments: [
            "block $a end $b", "block end $a", "i32.const 0 if $a else $b end", "loop $a block $b end $a end $b",
        ])
    func mismatchingLabels(body: String) {
        expectError("(func \(body))", "mismatching label")
    }

    @Test("try_table: the labels of its clauses are those around it")
    func tryTable() {
        expectSameBody(
            "block $l try_table $l (catch $e1 $l) (catch_ref 0 0) (catch_all $l) (catch_all_ref $l) br $l end end",
            "(block (try_table (catch 1 0) (catch_ref 0 0) (catch_all 0) (catch_all_ref 0) (br 0)))")
    }

    @Test(
        "legacy exceptions: delegate counts from outside of its try",
        arguments: [
            ("(block $l (try $t (do (br $t) (throw $e1)) (delegate $l)))", "block try br 0 throw 1 delegate 0 end"),
            (
                "(try $t (do nop) (catch $e0 (rethrow $t)) (catch 1) (catch_all (br $t)))",
                "try nop catch 0 rethrow 0 catch 1 catch_all br 0 end"
            ),
            ("(try (do))", "try end"),
        ])
    func legacyExceptions(folded: String, flat: String) {
        expectSameBody(folded, flat)
    }

    @Test(
        "indices of tables, memories and segments may be left out",
        arguments: [
            ("i32.load", "i32.load 0 offset=0 align=4"), ("i64.load8_u $m1 offset=3", "i64.load8_u 1 offset=3 align=1"),
            ("memory.size memory.grow memory.fill", "memory.size 0 memory.grow $m0 memory.fill 0"),
            ("memory.copy", "memory.copy 0 0"),
            ("memory.copy $m1 $m0", "memory.copy 1 0"), ("memory.init $d1", "memory.init 0 1"),
            ("memory.init $m1 $d1", "memory.init 1 1"),
            ("table.get table.set $t1", "table.get 0 table.set 1"), ("table.copy", "table.copy $t0 $t0"),
            ("table.init $e1", "table.init 0 1"), ("table.init $t1 $e1", "table.init 1 1"),
            ("call_indirect (type $t)", "call_indirect 0 (param i32) (result i32)"),
            ("return_call_indirect $t1 (type $t)", "return_call_indirect 1 (type 0)"),
            ("v128.load8_lane 3", "v128.load8_lane 0 offset=0 3"),
            ("v128.load8_lane 1 3", "v128.load8_lane $m1 align=1 3"),
            ("v128.store64_lane offset=1 align=2 1", "v128.store64_lane 0 offset=1 align=2 1"),
        ])
    func optionalIndices(short: String, long: String) {
        expectSameBody(short, long)
    }

    @Test(
        "memory arguments",
        arguments: [
            ("i32.load", [0x28, 2, 0]),
            ("i32.load offset=0xFFFF_FFFF_FFFF_FFFF align=1", [0x28, 0] + [UInt8](repeating: 0xFF, count: 9) + [1]),
            ("i32.load 300", [0x28, 0x42, 0xAC, 2, 0]), ("v128.load align=16", [0xFD, 0, 4, 0]),
            ("i32.atomic.rmw.add", [0xFE, 0x1E, 2, 0]), ("v128.load32_zero", [0xFD, 0x5C, 2, 0]),
        ] as [(String, [UInt8])])
    func memoryArguments(text: String, bytes: [UInt8]) throws {
        #expect(try code(text) == bytes)
    }

    @Test(
        "constants",
        arguments: [
            ("i32.const -1", [0x41, 0x7F]), ("i32.const 0xFFFF_FFFF", [0x41, 0x7F]), ("i32.const 64", [0x41, 0xC0, 0]),
            ("i64.const -9223372036854775808", [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F]),
            ("f32.const 1", [0x43, 0, 0, 0x80, 0x3F]), ("f64.const -nan:0x1", [0x44, 1, 0, 0, 0, 0, 0, 0xF0, 0xFF]),
            ("v128.const i64x2 -1 2", [0xFD, 0x0C] + [UInt8](repeating: 0xFF, count: 8) + [2, 0, 0, 0, 0, 0, 0, 0]),
            (
                "v128.const f32x4 1 -0 inf nan",
                [0xFD, 0x0C, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x80, 0, 0, 0x80, 0x7F, 0, 0, 0xC0, 0x7F]
            ),
            (
                "v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 255",
                [0xFD, 0x0C, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]
            ),
        ] as [(String, [UInt8])])
    func constants(text: String, bytes: [UInt8]) throws {
        #expect(try code(text) == bytes)
    }

    @Test(
        "casts take a reference type, whose null chooses the opcode",
        arguments: [
            ("ref.test (ref any)", [0xFB, 0x14, 0x6E]), ("ref.test anyref", [0xFB, 0x15, 0x6E]),
            ("ref.cast (ref 5)", [0xFB, 0x16, 5]),
            ("ref.cast (ref null 5)", [0xFB, 0x17, 5]),
            ("br_on_cast 0 anyref (ref i31)", [0xFB, 0x18, 1, 0, 0x6E, 0x6C]),
            ("br_on_cast_fail 1 (ref eq) (ref null 2)", [0xFB, 0x19, 2, 1, 0x6D, 2]), ("ref.null 64", [0xD0, 0xC0, 0]),
        ] as [(String, [UInt8])])
    func casts(text: String, bytes: [UInt8]) throws {
        #expect(try code(text) == bytes)
    }

    @Test("select with types is another instruction")
    func select() throws {
        #expect(try code("select") == [0x1B])
        #expect(try code("select (result)") == [0x1C, 0])
        #expect(try code("select (result i32) (result f64)") == [0x1C, 2, 0x7F, 0x7C])
    }

    @Test("runs of locals of one type are encoded as one")
    func locals() throws {
        #expect(
            try Binary("(func (local i32 i32) (local $x i32) (local i64))").section(.code) == [
                1, 6, 2, 3, 0x7F, 1, 0x7E, 0x0B,
            ])
    }

    @Test(
        "what is wrong is said",
        arguments: [
            ("(i32.ad)", "unknown operator i32.ad"), ("(get_local 0)", "unknown operator get_local"),
            ("0", "unexpected token 0"),
            ("(i32.const)", "unexpected token )"), ("(i32.const x)", "unknown operator x"),
            ("(i32.const 0x)", "unknown operator 0x"),
            ("(i32.const 1.5)", "unexpected token 1.5"), ("(i32.const 4294967296)", "constant out of range"),
            ("(f32.const 0x1p128)", "constant out of range"), ("(f32.const nan:canonical)", "unexpected token"),
            ("(i32.load align=3 (i32.const 0))", "alignment must be a power of two"),
            ("(i32.load align=0 (i32.const 0))", "alignment must be a power of two"),
            ("(i32.load offset=-1 (i32.const 0))", "unknown operator offset=-1"),
            ("(i32.load offset=0x1_0000_0000_0000_0000)", "i64 constant out of range"),
            ("(br -1)", "unexpected token -1"),
            ("(br 4294967296)", "i32 constant out of range"),
            ("(v128.const i8x16 1 2)", "wrong number of lane literals"),
            ("(v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)", "constant out of range"),
            ("(i8x16.extract_lane_s 256)", "i8 constant out of range"), ("(i8x16.shuffle 0)", "invalid lane length"),
            ("end", "unexpected token end"), ("else", "unexpected token else"), ("block", "unexpected token )"),
            ("(if (i32.const 0))", "unexpected token )"), ("(if (i32.const 0) (else))", "unexpected token else"),
            ("(if (i32.const 0) (then) (nop))", "unexpected token ("), ("(i32.add nop)", "unexpected token nop"),
            ("(then)", "unexpected token then"),
            ("(try (catch 0))", "unexpected token catch"),
            ("(try (do) (catch_all) (catch 0))", "unexpected token catch"),
            ("try catch_all catch 0 end", "unexpected token catch"), ("(block (param $x i32))", "unexpected token $x"),
            ("(call_indirect (param $x i32))", "unexpected token $x"), ("(memory.copy 0)", "unexpected token )"),
            ("(local i32) (param i32)", "unexpected token param"), ("(br_table)", "unexpected token )"),
            ("(func)", "unexpected token func"),
        ])
    func errors(body: String, message: String) {
        expectError("(memory 1) (func \(body))", message)
    }
}
