import WebAssembly

// Atomic access to memory.

extension Translator {
    mutating func translateAtomic(_ opcode: Opcode) {
        let (memory, offset) = reader.memoryArgument()
        guard let handler = HandlerTable.atomic[opcode, .slotSlot] else {
            preconditionFailure("no handler for \(opcode)")
        }
        let signature = NumericSignature.table[Int(opcode.rawValue)]
        let isStore = Opcode.i32AtomicStore.rawValue...Opcode.i64AtomicStore32.rawValue ~= opcode.rawValue
        var values: [UInt16] = []
        for _ in 1..<signature.operandCount { values.insert(UInt16(materializedPop()), at: 0) }
        let address = materializedPop()
        let home = nextHome
        slotCount = max(slotCount, home + 1)
        noteOrigin()
        emitWide(handler, isStore ? values[0] : UInt16(home), UInt16(address), UInt32(memory), offset)
        if isStore { return }
        if !values.isEmpty {
            buffer.append(values[0])
            buffer.append(values.count > 1 ? values[1] : 0)
            buffer.append(UInt32(0))
        }
        wrote(home, .none)
        push(.home, signature.result)
    }
}
