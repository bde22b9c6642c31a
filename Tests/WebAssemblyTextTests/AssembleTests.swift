import Testing
import WebAssemblyText

@Suite("assemble")
struct AssembleTests {
    private let header: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]

    @Test("an empty module is the header alone", arguments: ["(module)", "", "(; nothing ;)"])
    func emptyModule(text: String) throws {
        #expect(try assemble(text) == header)
    }

    @Test("folded instructions come after their operands")
    func foldedInstructions() throws {
        let folded = try assemble("(func (result i32) (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))")
        let flat = try assemble("(func (result i32) i32.const 1 i32.const 2 i32.const 3 i32.mul i32.add)")
        #expect(folded == flat)
    }

    @Test("an error tells the line, the column and the line's text")
    func errorPlace() {
        let error = #expect(throws: TextFormatError.self) {
            try assemble("(module\n  (func (i32.const 1)\n    (i32.ad))\n)")
        }
        #expect(error?.line == 3)
        #expect(error?.column == 6)
        #expect(error?.sourceLine == "    (i32.ad))")
        #expect(error?.message.hasPrefix("unknown operator i32.ad") == true)
    }

    @Test("A component in text format is told from a module with a mistake, with what makes a binary one of it")
    func components() {
        let error = #expect(throws: TextFormatError.self) { try assemble("\n (component (core module))") }
        #expect(error?.line == 2 && error?.message.contains("wasm-tools parse") == true)
    }
}
