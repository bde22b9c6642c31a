import Testing
import WebAssemblyText

@Suite("Scripts")
struct ScriptTests {
    private func command(_ text: String) throws -> Script.Kind {
        try #require(try Script(text).commands.first).kind
    }

    @Test("a text without commands is a script of one module", arguments: ["(func) (memory 0)", "(module (func))"])
    func inlineModule(text: String) throws {
        guard case .module(let module) = try command(text) else { return #expect(Bool(false)) }
        #expect(throws: Never.self) { try module.assemble() }
    }

    @Test("commands know their lines")
    func lines() throws {
        let script = try Script("(module)\n\n(module $m)(register \"a\" $m)\r\n(assert_return (invoke \"f\"))")
        #expect(script.commands.map(\.line) == [1, 3, 3, 4])
    }

    @Test("modules are text, binary or quoted; only a quoted one may be malformed")
    func forms() throws {
        guard case .definition(let binary) = try command(#"(module definition $m binary "\00asm" "\01\00\00\00")"#)
        else {
            return #expect(Bool(false))
        }
        #expect(binary.form == .binary)
        #expect(binary.name == "m")
        #expect(try binary.assemble() == [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0])

        guard
            case .assertMalformed(let quoted, "unknown operator", custom: false) =
                try command(#"(assert_malformed (module quote "(func\n (i32.x" "xx))") "unknown operator")"#)
        else { return #expect(Bool(false)) }
        let error = #expect(throws: TextFormatError.self) { try quoted.assemble() }
        #expect(error?.line == 2)
        #expect(error?.message.hasPrefix("unknown operator i32.xxx") == true)
    }

    @Test("actions have arguments")
    func actions() throws {
        let text = """
            (invoke $i "f" (i32.const -1) (i64.const 2) (f32.const 1) (f64.const nan) (v128.const i32x4 1 2 3 4)
              (ref.null func) (ref.extern 7) (ref.host 8))
            """
        guard case .action(.invoke("i", "f", let arguments)) = try command(text) else { return #expect(Bool(false)) }
        #expect(arguments.count == 8)
        #expect(arguments.prefix(4) == [.i32(0xFFFF_FFFF), .i64(2), .f32(0x3F80_0000), .f64(0x7FF8_0000_0000_0000)])
        if case .v128(let vector) = arguments[4] {
            #expect(vector.low == 0x0000_0002_0000_0001)
            #expect(vector.high == 0x0000_0004_0000_0003)
        }
        #expect(arguments.suffix(3) == [.nullReference(heapType: "func"), .externalReference(7), .hostReference(8)])
    }

    @Test("results are patterns")
    func patterns() throws {
        let text = """
            (assert_return (get "g") (i32.const 1)
              (f32.const nan:canonical) (f64.const nan:arithmetic) (ref.null) (ref.null any)
              (ref.func) (ref.extern) (ref.extern 1) (ref.i31) (ref.eq) (ref.struct) (ref.array)
              (v128.const f32x4 nan:canonical 0 1 nan:arithmetic) (either (i32.const 1) (i32.const 2)))
            """
        guard case .assertReturn(.get(nil, "g"), let patterns) = try command(text) else { return #expect(Bool(false)) }
        #expect(
            patterns == [
                .value(.i32(1)), .f32(.canonical), .f64(.arithmetic), .nullReference, .nullReference,
                .reference(.function),
                .reference(.external), .value(.externalReference(1)), .reference(.i31), .reference(.equatable),
                .reference(.structure), .reference(.array),
                .v128(.f32x4, [.nan(.canonical), .bits(0), .bits(0x3F80_0000), .nan(.arithmetic)]),
                .either([.value(.i32(1)), .value(.i32(2))]),
            ])
    }

    @Test("the other commands")
    func others() throws {
        guard case .instance("a", "b") = try command("(module instance $a $b)") else { return #expect(Bool(false)) }
        guard case .register("n", nil) = try command("(register \"n\")") else { return #expect(Bool(false)) }
        guard case .assertTrap(_, "m") = try command("(assert_trap (invoke \"f\") \"m\")") else {
            return #expect(Bool(false))
        }
        guard case .assertInstantiationTrap(_, "m") = try command("(assert_trap (module) \"m\")") else {
            return #expect(Bool(false))
        }
        guard case .assertExhaustion = try command("(assert_exhaustion (invoke \"f\") \"m\")") else {
            return #expect(Bool(false))
        }
        guard case .assertException = try command("(assert_exception (invoke \"f\"))") else {
            return #expect(Bool(false))
        }
        guard case .assertInvalid = try command("(assert_invalid (module) \"m\")") else { return #expect(Bool(false)) }
        guard case .assertUnlinkable = try command("(assert_unlinkable (module) \"m\")") else {
            return #expect(Bool(false))
        }
    }

    @Test(
        "what is no script is refused",
        arguments: [
            "(module) (assert_nothing)", "(module) (func)", "(assert_return)", "(assert_return (invoke f))",
            "(module) x",
            "(assert_return (invoke \"f\") (i32.const 4294967296))",
            "(assert_return (invoke \"f\") (i32.const nan:canonical))",
            "(assert_trap (invoke \"f\"))", "(module", "(assert_return (invoke \"f\") (v128.const f32x4 1))",
        ])
    func malformed(text: String) {
        #expect(throws: TextFormatError.self) { try Script(text) }
    }
}
