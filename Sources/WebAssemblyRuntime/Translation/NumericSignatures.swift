import WebAssembly

/// Operands and result of numeric instructions, by opcode.
struct NumericSignature {
    let operandCount: Int
    let operand: ValueType
    let result: ValueType

    static let table: [NumericSignature] = {
        let none = NumericSignature(operandCount: 0, operand: .i32, result: .i32)
        var table = [NumericSignature](repeating: none, count: Opcode.rawValueCount)
        for instruction in InstructionSet.instructions {
            guard let signature = instruction.signature else { continue }
            table[Int(instruction.opcode.rawValue)] = NumericSignature(
                operandCount: signature.operandCount, operand: type(signature.first), result: type(signature.result))
        }
        return table
    }()

    private static func type(_ slot: Signature.Slot) -> ValueType {
        switch slot {
        case .i64: .i64
        case .f32: .f32
        case .f64: .f64
        case .v128: .v128
        default: .i32
        }
    }
}

extension Opcode {
    /// The instruction that computes the same of the operands exchanged.
    var exchanged: Opcode? {
        switch self {
        case .i32Add, .i32Mul, .i32And, .i32Or, .i32Xor, .i32Eq, .i32Ne, .i64Add, .i64Mul, .i64And, .i64Or, .i64Xor,
            .i64Eq, .i64Ne, .f32Add, .f32Mul, .f32Eq, .f32Ne, .f64Add, .f64Mul, .f64Eq, .f64Ne:
            self
        case .i32LtS: .i32GtS
        case .i32LtU: .i32GtU
        case .i32GtS: .i32LtS
        case .i32GtU: .i32LtU
        case .i32LeS: .i32GeS
        case .i32LeU: .i32GeU
        case .i32GeS: .i32LeS
        case .i32GeU: .i32LeU
        case .i64LtS: .i64GtS
        case .i64LtU: .i64GtU
        case .i64GtS: .i64LtS
        case .i64GtU: .i64LtU
        case .i64LeS: .i64GeS
        case .i64LeU: .i64GeU
        case .i64GeS: .i64LeS
        case .i64GeU: .i64LeU
        case .f32Lt: .f32Gt
        case .f32Gt: .f32Lt
        case .f32Le: .f32Ge
        case .f32Ge: .f32Le
        case .f64Lt: .f64Gt
        case .f64Gt: .f64Lt
        case .f64Le: .f64Ge
        case .f64Ge: .f64Le
        default: nil
        }
    }

    /// For a comparison of integers, the one that holds exactly if this does not.
    var opposite: Opcode? {
        switch self {
        case .i32Eq: .i32Ne
        case .i32Ne: .i32Eq
        case .i32LtS: .i32GeS
        case .i32LtU: .i32GeU
        case .i32GtS: .i32LeS
        case .i32GtU: .i32LeU
        case .i32LeS: .i32GtS
        case .i32LeU: .i32GtU
        case .i32GeS: .i32LtS
        case .i32GeU: .i32LtU
        case .i64Eq: .i64Ne
        case .i64Ne: .i64Eq
        case .i64LtS: .i64GeS
        case .i64LtU: .i64GeU
        case .i64GtS: .i64LeS
        case .i64GtU: .i64LeU
        case .i64LeS: .i64GtS
        case .i64LeU: .i64GtU
        case .i64GeS: .i64LtS
        case .i64GeU: .i64LtU
        default: nil
        }
    }

    /// The type of the integers that a comparison of two is of.
    var comparedIntegerType: ValueType? {
        switch rawValue {
        case 0x46...0x4F: .i32
        case 0x51...0x5A: .i64
        default: nil
        }
    }

    var isFloatComparison: Bool { (0x5B...0x66).contains(rawValue) }
}
