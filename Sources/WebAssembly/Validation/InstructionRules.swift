/// How the validator treats an instruction.
enum InstructionRule: UInt8 {
    /// There is no such instruction.
    case illegal
    /// A byte that begins an opcode of several bytes.
    case prefix
    /// Operands and result as the table says, without immediates.
    case simple
    /// A memory argument, then as the table says.
    case memoryAccess
    /// Something of its own.
    case special
}

/// What the validator needs to know of an instruction, in eight bytes.
struct InstructionEntry: BitwiseCopyable {
    var rule = InstructionRule.illegal
    /// Types as single bytes of the binary format; 0 where there is none.
    var first: UInt8 = 0
    var second: UInt8 = 0
    var third: UInt8 = 0
    var result: UInt8 = 0
    var naturalAlignment: UInt8 = 0
    var opcode = Opcode.unreachable

    /// Stands for the address type of the memory that is accessed.
    static let address: UInt8 = 1

    init() {}

    init(_ instruction: Instruction) {
        opcode = instruction.opcode
        naturalAlignment = instruction.naturalAlignment
        guard let signature = instruction.signature else {
            rule = .special
            return
        }
        first = InstructionEntry.byte(signature.first)
        second = InstructionEntry.byte(signature.second)
        third = InstructionEntry.byte(signature.third)
        result = InstructionEntry.byte(signature.result)
        rule =
            switch instruction.immediate {
            case .none: .simple
            case .memoryArgument, .memoryArgumentLane: .memoryAccess
            default: .special
            }
    }

    private static func byte(_ slot: Signature.Slot) -> UInt8 {
        switch slot {
        case .none: 0
        case .i32: 0x7F
        case .i64: 0x7E
        case .f32: 0x7D
        case .f64: 0x7C
        case .v128: 0x7B
        case .address: address
        }
    }
}

/// The entries of all instructions, by the opcode's raw value.
enum InstructionEntries {
    /// ``Opcode/rawValueCount`` entries, for the life of the process.
    nonisolated(unsafe) static let table: UnsafePointer<InstructionEntry> = {
        let table = UnsafeMutablePointer<InstructionEntry>.allocate(capacity: Opcode.rawValueCount)
        table.initialize(repeating: InstructionEntry(), count: Opcode.rawValueCount)
        for instruction in InstructionSet.instructions {
            table[Int(instruction.opcode.rawValue)] = InstructionEntry(instruction)
        }
        for prefix in 0xFB...0xFE { table[prefix].rule = .prefix }
        return UnsafePointer(table)
    }()
}
