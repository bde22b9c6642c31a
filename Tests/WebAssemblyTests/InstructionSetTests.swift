import Testing
import WebAssembly

@Suite("Instruction set")
struct InstructionSetTests {
    @Test("every opcode has exactly one entry, with its own encoding")
    func completeness() {
        #expect(InstructionSet.instructions.count == Opcode.allCases.count)
        #expect(Set(InstructionSet.instructions.map(\.opcode)).count == Opcode.allCases.count)
        #expect(Set(Opcode.allCases.map(\.encoding)).count == Opcode.allCases.count)
    }

    @Test("mnemonics are shared only by forms of one instruction")
    func mnemonics() {
        let byMnemonic = Dictionary(grouping: InstructionSet.instructions, by: \.mnemonic)
        let shared = byMnemonic.filter { $0.value.count > 1 }.keys.sorted()
        #expect(shared == ["ref.cast", "ref.test", "select"])
        #expect(InstructionSet.instruction(named: "select")?.opcode == .select)
        #expect(InstructionSet.instruction(named: "i32.load8_s")?.opcode == .i32Load8S)
        #expect(InstructionSet.instruction(named: "i32.load8") == nil)
    }

    @Test(
        "opcodes are encoded as the specification's index of instructions has them",
        arguments: [
            (Opcode.unreachable, [0x00]), (.end, [0x0B]), (.i32Const, [0x41]), (.i64Extend32S, [0xC4]),
            (.structNew, [0xFB, 0x00]), (.i31GetU, [0xFB, 0x1E]), (.tableFill, [0xFC, 0x11]),
            (.v128Load, [0xFD, 0x00]), (.i8x16Abs, [0xFD, 0x60]), (.i16x8Abs, [0xFD, 0x80, 0x01]),
            (.f64x2ConvertLowI32x4U, [0xFD, 0xFF, 0x01]), (.i32x4RelaxedDotI8x16I7x16AddS, [0xFD, 0x93, 0x02]),
            (.atomicFence, [0xFE, 0x03]), (.i64AtomicRmw32CmpxchgU, [0xFE, 0x4E]),
        ] as [(Opcode, [UInt8])])
    func encodings(opcode: Opcode, encoding: [UInt8]) {
        #expect(opcode.encoding == encoding)
    }

    @Test("an opcode is found again by its space and code")
    func roundTrip() {
        for opcode in Opcode.allCases {
            #expect(Opcode(space: opcode.space, code: opcode.code) == opcode)
        }
        #expect(Opcode(space: .vector, code: 0x9A) == nil)
        #expect(Opcode(space: .garbageCollection, code: 0x40) == nil)
    }

    @Test("simple instructions tell their operands and result")
    func signatures() throws {
        let store = try #require(Opcode.i64Store8.instruction.signature)
        #expect(store.operandCount == 2)
        #expect(store.first == .address && store.second == .i64 && store.result == .none)
        #expect(Opcode.i64Store8.instruction.naturalAlignment == 0)
        #expect(Opcode.v128Bitselect.instruction.signature?.operandCount == 3)
        #expect(Opcode.call.instruction.signature == nil)
        #expect(Opcode.callIndirect.instruction.immediate == .callIndirect)
    }
}
