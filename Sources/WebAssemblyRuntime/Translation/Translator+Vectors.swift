import WebAssembly

// Instructions on vectors. Their operands are all in slots; nothing of them is folded.

extension Translator {
    mutating func translateVector(_ opcode: Opcode) {
        switch ImmediateKinds.table[Int(opcode.rawValue)] {
        case .memoryArgument: translateVectorAccess(opcode)
        case .memoryArgumentLane: translateLaneAccess(opcode)
        case .v128, .shuffle:
            let low = reader.fixed64()
            let high = reader.fixed64()
            let slots = vectorOperands(opcode)
            let home = nextHome
            emitVectorResult(vectorHandler(opcode, .slotSlot), home, .v128, slots)
            forget()
            buffer.append(low)
            buffer.append(high)
            push(.home, .v128)
        case .lane:
            let lane = UInt16(reader.byte())
            var slots = vectorOperands(opcode)
            let count = NumericSignature.table[Int(opcode.rawValue)].operandCount
            slots[count] = lane
            pushVectorResult(opcode, slots)
        default:
            pushVectorResult(opcode, vectorOperands(opcode))
        }
    }

    private func vectorHandler(_ opcode: Opcode, _ form: OperandForm) -> Handler {
        guard let handler = HandlerTable.vector[opcode, form] else { preconditionFailure("no handler for \(opcode)") }
        return handler
    }

    /// Pops the operands of an instruction; their slots, the first one first, and zeros behind them.
    private mutating func vectorOperands(_ opcode: Opcode) -> [UInt16] {
        var slots: [UInt16] = [0, 0, 0]
        for index in (0..<NumericSignature.table[Int(opcode.rawValue)].operandCount).reversed() {
            slots[index] = UInt16(materializedPop())
        }
        return slots
    }

    private mutating func pushVectorResult(_ opcode: Opcode, _ slots: [UInt16]) {
        let result = NumericSignature.table[Int(opcode.rawValue)].result
        emitVectorResult(vectorHandler(opcode, .slotSlot), nextHome, result, slots)
        push(.home, result)
    }

    /// An instruction of 16 bytes, with operands at 10, 12 and 14.
    private mutating func emitVectorResult(_ handler: Handler, _ home: Int, _ result: ValueType, _ slots: [UInt16]) {
        slotCount = max(slotCount, home + 2)
        let before = (accumulatorSlot, floatSlot)
        let start = buffer.count
        emit(handler, UInt16(home), slots[0], slots[1], slots[2])
        switch result {
        case .v128:
            wrote(home, .none)
            wrote(home + 1, .none)
        case .f64: wrote(home, .float)
        default: wrote(home, .accumulator)
        }
        remember(start, home, nil, before)
    }

    // MARK: Memory

    private mutating func translateVectorAccess(_ opcode: Opcode) {
        let (memory, offset) = reader.memoryArgument()
        let isNear = memory == 0 && module.memories[0].addressType == .i32 && offset <= UInt64(UInt32.max)
        let isStore = opcode == .v128Store
        let value = isStore ? materializedPop() : 0
        let address = materializedPop()
        let target = isStore ? value : nextHome
        slotCount = max(slotCount, target + 2)
        noteOrigin()
        let before = (accumulatorSlot, floatSlot)
        let start = buffer.count
        if isNear {
            emit(vectorHandler(opcode, .slotImmediate), UInt16(target), UInt16(address), UInt32(offset))
        } else {
            emitWide(vectorHandler(opcode, .slotSlot), UInt16(target), UInt16(address), UInt32(memory), offset)
        }
        if isStore { return }
        wrote(target, .none)
        wrote(target + 1, .none)
        remember(start, target, nil, before)
        push(.home, .v128)
    }

    private mutating func translateLaneAccess(_ opcode: Opcode) {
        let (memory, offset) = reader.memoryArgument()
        let lane = UInt16(reader.byte())
        let isStore = NumericSignature.table[Int(opcode.rawValue)].result != .v128
        let vector = materializedPop()
        let address = materializedPop()
        let home = nextHome
        slotCount = max(slotCount, home + 2)
        noteOrigin()
        emitWide(vectorHandler(opcode, .slotSlot), UInt16(home), UInt16(address), UInt32(memory), offset)
        buffer.append(UInt16(vector))
        buffer.append(lane)
        buffer.append(UInt32(0))
        if isStore { return }
        wrote(home, .none)
        wrote(home + 1, .none)
        push(.home, .v128)
    }
}
