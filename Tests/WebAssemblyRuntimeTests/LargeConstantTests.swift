import Testing
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

@Suite("Constants that do not fit into an instruction")
struct LargeConstantTests {
    private func call(_ text: String, _ arguments: [Value]) throws -> [Value] {
        let module = try Module(bytes: assemble(Array(text.utf8)))
        let store = Store()
        let instance = try Linker().link(module).instantiate(in: store)
        let function = try #require(instance.function(named: "f"))
        return try function.call(arguments)
    }

    @Test("leave an operand alone that was just computed")
    func afterComputation() throws {
        let text = """
            (module (func (export "f") (param i64) (result i32)
              (i64.lt_u
                (i64.add (local.get 0) (i64.const -9223090561878065152))
                (i64.const -9223090561878065152))))
            """
        #expect(try call(text, [.i64(5)]) == [.i32(0)])
        #expect(try call(text, [.i64(9_223_090_561_878_065_152)]) == [.i32(1)])
    }

    @Test("do not take the place of the other operand")
    func beforeComputation() throws {
        let text = """
            (module (func (export "f") (param i64) (result i64)
              (i64.add (i64.const 0x1000000000) (i64.mul (local.get 0) (local.get 0)))))
            """
        #expect(try call(text, [.i64(7)]) == [.i64(0x10_0000_0031)])
    }

    @Test("can be compared with each other")
    func conditionOfConstants() throws {
        let text = """
            (module (func (export "f") (result i32)
              (block (br_if 0 (i32.eqz (i32.const 0))) (return (i32.const 1)))
              (i32.const 2)))
            """
        #expect(try call(text, []) == [.i32(2)])
    }
}
