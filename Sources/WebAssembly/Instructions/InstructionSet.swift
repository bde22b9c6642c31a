/// Constant-time lookups among all instructions.
package enum InstructionSet {
    /// Every instruction, in order of the opcode's raw value within each group.
    package static let instructions: [Instruction] =
        controlInstructions + variableInstructions + memoryInstructions + numericInstructions + referenceInstructions
        + aggregateInstructions + vectorInstructions + atomicInstructions

    /// By ``Opcode/rawValue``.
    private static let byRawValue: [Instruction?] = {
        var table = [Instruction?](repeating: nil, count: Opcode.rawValueCount)
        for instruction in instructions { table[Int(instruction.opcode.rawValue)] = instruction }
        return table
    }()

    private static let byMnemonic: [String: Instruction] = {
        var table = [String: Instruction](minimumCapacity: instructions.count)
        for instruction in instructions where table[instruction.mnemonic] == nil {
            table[instruction.mnemonic] = instruction
        }
        return table
    }()

    /// The instruction with the given opcode.
    package static func instruction(for opcode: Opcode) -> Instruction {
        guard let instruction = byRawValue[Int(opcode.rawValue)] else {
            preconditionFailure("\(opcode) has no entry in the instruction table")
        }
        return instruction
    }

    /// The instruction that the text format calls `mnemonic`.
    ///
    /// Of instructions that share theirs it is the one without further types: the untyped `select`, and the forms of
    /// `ref.test` and `ref.cast` that refuse null.
    package static func instruction(named mnemonic: String) -> Instruction? {
        byMnemonic[mnemonic]
    }
}

extension Opcode {
    /// The range of encodings an opcode belongs to.
    package enum Space: UInt16, Sendable {
        case plain = 0x000
        /// Prefix 0xFB.
        case garbageCollection = 0x100
        /// Prefix 0xFC.
        case bulk = 0x140
        /// Prefix 0xFE.
        case atomic = 0x180
        /// Prefix 0xFD.
        case vector = 0x200

        /// The byte before the code, or `nil` for ``plain``.
        package var prefix: UInt8? {
            switch self {
            case .plain: nil
            case .garbageCollection: 0xFB
            case .bulk: 0xFC
            case .atomic: 0xFE
            case .vector: 0xFD
            }
        }

        /// How many codes the space has room for.
        var codeCount: UInt32 {
            switch self {
            case .plain: 0x100
            case .garbageCollection, .bulk: 0x40
            case .atomic: 0x80
            case .vector: 0x200
            }
        }
    }

    /// One more than the greatest raw value there can be.
    package static let rawValueCount = 0x400

    package var space: Space {
        switch rawValue {
        case 0x000..<0x100: .plain
        case 0x100..<0x140: .garbageCollection
        case 0x140..<0x180: .bulk
        case 0x180..<0x200: .atomic
        default: .vector
        }
    }

    /// The code after the prefix, an unsigned LEB128 number of 32 bits in the binary format; without a prefix, the
    /// single byte.
    package var code: UInt32 { UInt32(rawValue - space.rawValue) }

    /// The whole encoding.
    package var encoding: [UInt8] {
        guard let prefix = space.prefix else { return [UInt8(truncatingIfNeeded: rawValue)] }
        var bytes = [prefix]
        var rest = code
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
        return bytes
    }

    /// The instruction's entry in the table.
    package var instruction: Instruction { InstructionSet.instruction(for: self) }

    /// The name in the text format.
    package var mnemonic: String { instruction.mnemonic }

    /// The instruction of the given space and code, or `nil` if there is none.
    package init?(space: Space, code: UInt32) {
        guard code < space.codeCount else { return nil }
        self.init(rawValue: space.rawValue + UInt16(truncatingIfNeeded: code))
    }
}
