// Linear memories and tables.

extension FunctionValidator {
    @inline(__always)
    mutating func validateMemoryAccess(_ entry: InstructionEntry) throws(DecodingFailure) {
        let address = try readMemoryArgument(entry)
        if entry.rule == .memoryAccess, entry.opcode.rawValue >= Opcode.Space.vector.rawValue {
            try readLane(entry)
        }
        if entry.third != 0 { try pop(UInt32(entry.third)) }
        if entry.second != 0 { try pop(UInt32(entry.second)) }
        try pop(address)
        if entry.result != 0 { push(UInt32(entry.result)) }
    }

    /// Reads a memory argument and returns the raw value of the memory's address type.
    @inline(__always)
    private mutating func readMemoryArgument(_ entry: InstructionEntry) throws(DecodingFailure) -> UInt32 {
        let flags = try reader.readU32()
        guard flags < 0x80 else { throw .malformed("malformed memop flags", at: instructionStart) }
        let alignment = flags & 0x3F
        let memory = flags & 0x40 == 0 ? 0 : Int(try reader.readU32())
        let offset = try reader.readU64()
        guard memory < tables.memories.count else { throw invalid("unknown memory \(memory)") }
        guard alignment <= UInt32(entry.naturalAlignment) else {
            throw invalid("alignment must not be larger than natural")
        }
        if alignment != UInt32(entry.naturalAlignment), entry.opcode.space == .atomic {
            throw invalid("atomic alignment must be natural")
        }
        let addressType = tables.memories[memory]
        guard offset <= UInt64(UInt32.max) || addressType == ValueType.i64.rawValue else {
            throw invalid("offset out of range")
        }
        return addressType
    }

    /// Reads the lane that follows the memory argument of some vector instructions.
    private mutating func readLane(_ entry: InstructionEntry) throws(DecodingFailure) {
        switch entry.opcode {
        case .v128Load8Lane, .v128Load16Lane, .v128Load32Lane, .v128Load64Lane, .v128Store8Lane, .v128Store16Lane,
            .v128Store32Lane, .v128Store64Lane:
            guard try reader.readByte() < 16 >> entry.naturalAlignment else { throw invalid("invalid lane index") }
        default: break
        }
    }

    mutating func validateMemory(_ opcode: Opcode) throws(DecodingFailure) {
        let i32 = ValueType.i32.rawValue
        switch opcode {
        case .memorySize:
            push(try readMemory())
        case .memoryGrow:
            let address = try readMemory()
            try pop(address)
            push(address)
        case .memoryFill:
            let address = try readMemory()
            try pop(address)
            try pop(i32)
            try pop(address)
        case .memoryCopy:
            let destination = try readMemory()
            let source = try readMemory()
            try pop(narrower(destination, source))
            try pop(source)
            try pop(destination)
        case .memoryInit:
            let segment = try reader.readU32()
            let address = try readMemory()
            try checkDataIndex(segment)
            try pop(i32)
            try pop(i32)
            try pop(address)
        case .dataDrop:
            try readDataIndex()
        case .atomicFence:
            guard try reader.readByte() == 0 else { throw .malformed("zero byte expected", at: instructionStart) }
        default:
            try validateVector(opcode)
        }
    }

    private mutating func readMemory() throws(DecodingFailure) -> UInt32 {
        let index = Int(try reader.readU32())
        guard index < tables.memories.count else { throw invalid("unknown memory \(index)") }
        return tables.memories[index]
    }

    /// The type of a length that both address types hold.
    private func narrower(_ first: UInt32, _ second: UInt32) -> UInt32 {
        first == ValueType.i64.rawValue ? second : first
    }

    /// The vector instructions with immediates that are no memory access.
    private mutating func validateVector(_ opcode: Opcode) throws(DecodingFailure) {
        let v128 = ValueType.v128.rawValue
        switch opcode {
        case .v128Const:
            try reader.skip(16)
            push(v128)
        case .i8x16Shuffle:
            for _ in 0..<16 {
                guard try reader.readByte() < 32 else { throw invalid("invalid lane index") }
            }
            try pop(v128)
            try pop(v128)
            push(v128)
        default:
            guard let laneCount = opcode.laneCount, let signature = opcode.instruction.signature else {
                preconditionFailure("\(opcode.mnemonic) is validated nowhere")
            }
            guard try reader.readByte() < laneCount else { throw invalid("invalid lane index") }
            if signature.operandCount == 2 {
                try pop(UInt32(opcode.entry.second))
                try pop(v128)
            } else {
                try pop(v128)
            }
            push(UInt32(opcode.entry.result))
        }
    }

    mutating func validateTable(_ opcode: Opcode) throws(DecodingFailure) {
        let i32 = ValueType.i32.rawValue
        switch opcode {
        case .tableGet:
            let table = try readTable()
            try pop(table.addressType)
            push(table.element)
        case .tableSet:
            let table = try readTable()
            try pop(table.element)
            try pop(table.addressType)
        case .tableSize:
            push(try readTable().addressType)
        case .tableGrow:
            let table = try readTable()
            try pop(table.addressType)
            try pop(table.element)
            push(table.addressType)
        case .tableFill:
            let table = try readTable()
            try pop(table.addressType)
            try pop(table.element)
            try pop(table.addressType)
        case .tableCopy:
            let destination = try readTable()
            let source = try readTable()
            try requireElements(of: source.element, fit: destination)
            try pop(narrower(destination.addressType, source.addressType))
            try pop(source.addressType)
            try pop(destination.addressType)
        case .tableInit:
            let segment = Int(try reader.readU32())
            let table = try readTable()
            guard segment < tables.elementSegments.count else { throw invalid("unknown elem segment \(segment)") }
            try requireElements(of: tables.elementSegments[segment], fit: table)
            try pop(i32)
            try pop(i32)
            try pop(table.addressType)
        default:  // elem.drop
            _ = try readElementIndex()
        }
    }

    private mutating func readTable() throws(DecodingFailure) -> TableShape {
        let index = Int(try reader.readU32())
        guard index < tables.tables.count else { throw invalid("unknown table \(index)") }
        return tables.tables[index]
    }

    private func requireElements(of type: UInt32, fit table: TableShape) throws(DecodingFailure) {
        let (type, element) = (ValueType(rawValue: type), ValueType(rawValue: table.element))
        guard type.isSubtype(of: element) else {
            throw invalid("type mismatch: elements of type \(type) in a table of \(element)")
        }
    }
}

extension Opcode {
    var entry: InstructionEntry { InstructionEntries.table[Int(rawValue)] }

    /// For an instruction with a lane's index: how many lanes there are.
    var laneCount: UInt8? {
        switch self {
        case .i8x16ExtractLaneS, .i8x16ExtractLaneU, .i8x16ReplaceLane: 16
        case .i16x8ExtractLaneS, .i16x8ExtractLaneU, .i16x8ReplaceLane: 8
        case .i32x4ExtractLane, .i32x4ReplaceLane, .f32x4ExtractLane, .f32x4ReplaceLane: 4
        case .i64x2ExtractLane, .i64x2ReplaceLane, .f64x2ExtractLane, .f64x2ReplaceLane: 2
        default: nil
        }
    }
}
