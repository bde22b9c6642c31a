import WebAssembly

/// The instructions that generated modules take from the table by what they leave: all with fixed operands, but those
/// that wait and those that may differ between engines.
private let instructionsByResult: [Signature.Slot: [Instruction]] = {
    let kinds: Set<ImmediateKind> = [.none, .memoryArgument, .memoryArgumentLane, .lane, .shuffle]
    let usable = InstructionSet.instructions.filter {
        $0.signature != nil && kinds.contains($0.immediate) && !$0.mnemonic.contains("relaxed")
            && !$0.mnemonic.contains("atomic.wait")
            && ![.memorySize, .memoryGrow, .unreachable, .nop, .atomicFence].contains($0.opcode)
    }
    return Dictionary(grouping: usable) { $0.signature?.result ?? .none }
}()

extension FunctionGenerator {
    /// An instruction that the table describes, with operands.
    mutating func simple(_ type: GeneratedType?, depth: Int) {
        let slot: Signature.Slot =
            switch type {
            case .i32?: .i32
            case .i64?: .i64
            case .f32?: .f32
            case .f64?: .f64
            case .v128?: .v128
            default: .none
            }
        guard let instructions = instructionsByResult[slot] else { return }
        let instruction = instructions[choices.index(below: instructions.count)]
        guard let signature = instruction.signature else { return }
        let accessesMemory = instruction.immediate == .memoryArgument || instruction.immediate == .memoryArgumentLane
        let isFar = accessesMemory && choices.once(in: 5)
        let isAtomic = instruction.opcode.space == .atomic
        for (place, operand) in [signature.first, signature.second, signature.third].enumerated() where operand != .none
        {
            switch operand {
            case .address: address(isFar: isFar, alignment: isAtomic ? instruction.naturalAlignment : 0, depth: depth)
            case .i32: expression(.i32, depth: depth)
            case .i64: expression(.i64, depth: depth)
            case .f32: float(.f32, of: instruction, place: place, depth: depth)
            case .f64: float(.f64, of: instruction, place: place, depth: depth)
            case .v128: expression(.v128, depth: depth)
            case .none: break
            }
        }
        emit(instruction.opcode, immediates(of: instruction, isFar: isFar, isAtomic: isAtomic))
        if signature.result == .v128, instruction.immediate == .none, !instruction.mnemonic.hasSuffix("splat") {
            if instruction.mnemonic.hasPrefix("f32x4") { hideNaNs(comparison: .f32x4Eq) }
            if instruction.mnemonic.hasPrefix("f64x2") { hideNaNs(comparison: .f64x2Eq) }
        }
    }

    /// A float, one without hidden bits where the instruction brings them to light.
    private mutating func float(_ type: GeneratedType, of instruction: Instruction, place: Int, depth: Int) {
        expression(type, depth: depth)
        let name = instruction.mnemonic
        if name.contains("reinterpret") || name.contains("store") || name.contains("copysign") && place == 1
            || name.contains("splat") || name.contains("replace_lane")
        {
            hideNaN(type)
        }
    }

    /// An address, within the memory mostly.
    private mutating func address(isFar: Bool, alignment: UInt8, depth: Int) {
        let type: GeneratedType = isFar ? .i64 : .i32
        if choices.once(in: 2) {
            integer(Int64(choices.byte()) << Int64(alignment), type)
        } else {
            expression(type, depth: depth)
            if !choices.once(in: 24) {
                integer(0x7FFF & ~((1 << Int64(alignment)) - 1), type)
                emit([isFar ? 0x83 : 0x71])
            }
        }
    }

    private mutating func immediates(of instruction: Instruction, isFar: Bool, isAtomic: Bool) -> [UInt8] {
        switch instruction.immediate {
        case .memoryArgument, .memoryArgumentLane:
            let natural = instruction.naturalAlignment
            let alignment = isAtomic ? natural : UInt8(choices.index(below: Int(natural) + 1))
            var offset: UInt64 = choices.once(in: 2) ? UInt64(choices.byte()) << 3 : 0
            if choices.once(in: 60) { offset = choices.number(byteCount: isFar ? 8 : 4) }
            let argument = (isFar ? [alignment | 0x40, 1] : [alignment]) + Encoding.unsigned(offset)
            if instruction.immediate == .memoryArgument { return argument }
            return argument + [UInt8(choices.index(below: 16 >> Int(instruction.naturalAlignment)))]
        case .lane:
            let name = instruction.mnemonic
            let count = name.hasPrefix("i8x16") ? 16 : name.hasPrefix("i16x8") ? 8 : name.contains("x4") ? 4 : 2
            return [UInt8(choices.index(below: count))]
        case .shuffle: return (0..<16).map { _ in UInt8(choices.index(below: 32)) }
        default: return []
        }
    }

    // MARK: References and objects

    /// An integer that says something about a reference, a memory or a table.
    mutating func question(depth: Int) {
        switch choices.index(below: 11) {
        case 0:
            let references = GeneratedType.allCases.filter(\.isReference)
            expression(references[choices.index(below: references.count)], depth: depth)
            emit([0xD1])
        case 1:
            expression(.structure, depth: depth)
            expression(.i31, depth: depth)
            emit([0xD3])
        case 2:
            expression(.any, depth: depth)
            let targets: [UInt8] = [0x6C, 0x6B, 0x6A, 0x6D, 0, 1, 2, 3, 4, 0x71]
            emit(choices.once(in: 2) ? .refTest : .refTestNull, [targets[choices.index(below: targets.count)]])
        case 3:
            expression(.i31, depth: depth)
            emit(choices.once(in: 2) ? .i31GetS : .i31GetU)
        case 4:
            expression(.structure, depth: depth)
            let field = UInt8(choices.index(below: 2))
            if field == 0 {
                emit(.structGet, [0, 0])
            } else {
                emit(choices.once(in: 2) ? .structGetS : .structGetU, [0, 2])
            }
        case 5:
            expression(.array, depth: depth)
            emit(.arrayLen)
        case 6: emit(choices.once(in: 2) ? [0x3F, 1, 0xA7] : [0x3F, 0])
        case 7:
            expression(.i32, depth: depth)
            integer(1)
            emit([0x71, 0x40, 0])
        case 8: emit(.tableSize, [0])
        case 9:
            expression(.function, depth: depth)
            integer(Int64(choices.index(below: 3)))
            emit(.tableGrow, [0])
        default:
            // A string of bytes from a data segment.
            integer(Int64(choices.index(below: 40)))
            integer(Int64(choices.index(below: 30)))
            emit(.arrayNewData, [UInt8(GeneratedModule.byteArrayType), 1])
            integer(Int64(choices.index(below: 24)))
            emit(choices.once(in: 2) ? .arrayGetS : .arrayGetU, [UInt8(GeneratedModule.byteArrayType)])
        }
    }

    /// A field or element.
    mutating func element(_ type: GeneratedType, depth: Int) {
        if type == .f64 || choices.once(in: 2) {
            expression(.structure, depth: depth)
            emit(.structGet, [0, type == .f64 ? 3 : 1])
        } else {
            expression(.array, depth: depth)
            expression(.i32, depth: depth)
            integer(7)
            emit([0x71])
            emit(.arrayGet, [UInt8(GeneratedModule.arrayType)])
        }
    }

    mutating func reference(_ type: GeneratedType, depth: Int) {
        switch type {
        case .function:
            if choices.once(in: 2) { return constant(.function) }
            integer(Int64(choices.index(below: 11)))
            emit([0x25, 0])
        case .external:
            expression(.any, depth: depth)
            emit(.externConvertAny)
        case .any:
            switch choices.index(below: 7) {
            case 0: expression(.structure, depth: depth)
            case 1: expression(.array, depth: depth)
            case 2: expression(.i31, depth: depth)
            case 3:
                expression(.external, depth: depth)
                emit(.anyConvertExtern)
            case 4:
                integer(Int64(choices.index(below: 6)), .i64)
                emit([0x25, 1])
            case 5:
                let count = choices.index(below: 4)
                for _ in 0..<count { expression(.any, depth: depth) }
                emit(.arrayNewFixed, [UInt8(GeneratedModule.referenceArrayType), UInt8(count)])
                if count > 0, choices.once(in: 2) {
                    integer(Int64(choices.index(below: count)))
                    emit(.arrayGet, [UInt8(GeneratedModule.referenceArrayType)])
                }
            default: branchOnCast(depth: depth)
            }
        case .i31:
            expression(.i32, depth: depth)
            emit(.refI31)
        case .structure:
            switch choices.index(below: 4) {
            case 0:
                expression(.structure, depth: depth)
                emit(.structGet, [0, 4])
            case 1:
                expression(.any, depth: depth)
                emit(.refCastNull, [0])
            default:
                let isSubtype = choices.once(in: 2)
                operands([.i32, .i64, .i32, .f64, .structure], depth: depth)
                if isSubtype { expression(.v128, depth: depth) }
                emit(.structNew, [isSubtype ? 1 : 0])
            }
        case .array:
            if choices.once(in: 2) {
                let count = choices.index(below: 10)
                for _ in 0..<count { expression(.i64, depth: depth + 1) }
                emit(.arrayNewFixed, [UInt8(GeneratedModule.arrayType), UInt8(count)])
            } else {
                expression(.i64, depth: depth)
                expression(.i32, depth: depth)
                integer(15)
                emit([0x71])
                emit(.arrayNew, [UInt8(GeneratedModule.arrayType)])
            }
        default: emit(type.defaultValue)
        }
    }

    /// A value of type `any` that may leave a block early for being a structure, or null.
    private mutating func branchOnCast(depth: Int) {
        emit([0x02, 0x6E])
        labels.append([.any])
        expression(.any, depth: depth)
        switch choices.index(below: 3) {
        case 0: emit(.brOnCast, [3, 0, 0x6E, 0])
        case 1: emit(.brOnCastFail, [3, 0, 0x6E, 0])
        default:
            emit(.brOnNonNull, [0])
            emit([0xD0, 0x6E])
        }
        end()
    }
}
