import WebAssembly

/// What the assembler needs of an instruction, found by the value of its keyword token.
struct InstructionEntry {
    /// The bytes of the opcode, the first one lowest.
    private let encoding: UInt32
    private let length: UInt8
    let immediate: ImmediateKind
    let naturalAlignment: UInt8
    /// Whether the text writes a whole reference type, whose nullability chooses between this opcode and the next.
    let takesReferenceType: Bool
    let isBranchIf: Bool

    /// By ``Opcode/rawValue``.
    static let table: [InstructionEntry] = (0..<Opcode.rawValueCount).map { rawValue in
        InstructionEntry((Opcode(rawValue: UInt16(rawValue)) ?? .unreachable).instruction)
    }

    private init(_ instruction: Instruction) {
        let bytes = instruction.opcode.encoding
        encoding = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        length = UInt8(bytes.count)
        immediate = instruction.immediate
        naturalAlignment = instruction.naturalAlignment
        takesReferenceType = instruction.opcode == .refTest || instruction.opcode == .refCast
        isBranchIf = instruction.opcode == .brIf
    }

    @inline(__always)
    func appendOpcode(to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: encoding))
        if length > 1 {
            bytes.append(UInt8(truncatingIfNeeded: encoding >> 8))
            if length > 2 { bytes.append(UInt8(truncatingIfNeeded: encoding >> 16)) }
        }
    }
}

/// The single-byte opcodes of structured control.
enum ControlOpcode {
    static let block = UInt8(Opcode.block.rawValue)
    static let loop = UInt8(Opcode.loop.rawValue)
    static let `if` = UInt8(Opcode.if.rawValue)
    static let `else` = UInt8(Opcode.else.rawValue)
    static let `try` = UInt8(Opcode.try.rawValue)
    static let `catch` = UInt8(Opcode.catch.rawValue)
    static let catchAll = UInt8(Opcode.catchAll.rawValue)
    static let delegate = UInt8(Opcode.delegate.rawValue)
    static let tryTable = UInt8(Opcode.tryTable.rawValue)
    static let end = UInt8(Opcode.end.rawValue)
    static let select = UInt8(Opcode.select.rawValue)
    static let selectTyped = UInt8(Opcode.selectTyped.rawValue)
}
