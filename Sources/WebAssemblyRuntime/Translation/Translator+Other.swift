import WebAssembly

// Bulk operations, tables and references.

extension Translator {
    mutating func translateOther(_ opcode: Opcode) {
        switch opcode {
        case .memorySize:
            let memory = reader.index()
            emitBulkResult(BulkHandlers.memorySize, [], memory, 0, addressType(ofMemory: memory))
        case .memoryGrow:
            let memory = reader.index()
            let pages = pop()
            emitBulkResult(BulkHandlers.memoryGrow, [pages], memory, 0, addressType(ofMemory: memory))
        // Whatever it does, the accumulators keep what they hold.
        case .memoryCopy:
            let target = reader.index()
            emitBulk(BulkHandlers.memoryCopy, target, reader.index())
        case .memoryFill: emitBulk(BulkHandlers.memoryFill, reader.index(), 0)
        case .memoryInit:
            let segment = reader.index()
            emitBulk(BulkHandlers.memoryInit, reader.index(), segment)
        case .dataDrop:
            emitWide(BulkHandlers.drop, 0, 0, 0, UInt64(reader.index()))
        case .elemDrop:
            emitWide(BulkHandlers.drop, 0, 0, 0, UInt64(module.dataSegments.count + reader.index()))
        case .tableGet:
            let table = reader.index()
            let index = pop()
            noteOrigin()
            emitBulkResult(
                BulkHandlers.tableGet, [index], Int(tablePlace(table)), 0, .functionReference)
        case .tableSet:
            let table = reader.index()
            let value = materializedPop()
            let index = materializedPop()
            noteOrigin()
            emitWide(BulkHandlers.tableSet, UInt16(index), UInt16(value), 0, UInt64(tablePlace(table)))
        case .tableSize:
            let table = reader.index()
            emitBulkResult(BulkHandlers.tableSize, [], Int(tablePlace(table)), 0, addressType(ofTable: table))
        case .tableGrow:
            let table = reader.index()
            let count = pop()
            let element = pop()
            emitBulkResult(
                BulkHandlers.tableGrow, [count, element], Int(tablePlace(table)), 0, addressType(ofTable: table))
        case .tableFill: emitBulk(BulkHandlers.tableFill, Int(tablePlace(reader.index())), 0)
        case .tableCopy:
            let target = reader.index()
            emitBulk(BulkHandlers.tableCopy, Int(tablePlace(target)), Int(tablePlace(reader.index())))
        case .tableInit:
            let segment = reader.index()
            emitBulk(BulkHandlers.tableInit, Int(tablePlace(reader.index())), segment)
        case .refNull:
            _ = reader.signed()
            pushConstant(0, .functionReference)
        case .refIsNull:
            let operand = pop()
            emitBinary(.i64Eq, source(operand), .immediate(0))
            push(.home, .i32)
        case .refEq:
            let second = source(pop())
            let first = source(pop())
            emitBinary(.i64Eq, first, second)
            push(.home, .i32)
        case .refFunc:
            let index = reader.index()
            let home = nextHome
            emitResult(BulkHandlers.functionReference, home, .accumulator, 0, UInt32(index))
            push(.home, .functionReference)
        case .refAsNonNull:
            let operand = pop()
            let slot = materialize(operand)
            noteOrigin()
            emit(BulkHandlers.trapIfNull, UInt16(slot), 0, 0)
            repush(operand)
        default:
            // Every other instruction has been looked at before.
            if !translateObject(opcode) { failed = true }
        }
    }

    private func addressType(ofMemory index: Int) -> ValueType { module.memories[index].addressType.valueType }

    private func addressType(ofTable index: Int) -> ValueType { module.tables[index].addressType.valueType }

    /// The slot of an operand taken from the stack.
    mutating func materializedPop() -> Int { materialize(pop()) }

    /// An instruction on three operands without a result.
    private mutating func emitBulk(_ handler: Handler, _ first: Int, _ second: Int) {
        let c = materializedPop()
        let b = materializedPop()
        let a = materializedPop()
        noteOrigin()
        emitWide(handler, UInt16(a), UInt16(b), UInt32(c), UInt64(first) | UInt64(second) << 32)
    }

    /// An instruction on popped operands, the topmost first, with a result.
    private mutating func emitBulkResult(
        _ handler: Handler, _ operands: [Operand], _ first: Int, _ second: Int, _ result: ValueType
    ) {
        var slots = [0, 0]
        for (index, operand) in operands.enumerated() { slots[index] = materialize(operand) }
        let home = nextHome
        slotCount = max(slotCount, home + 1)
        noteOrigin()
        emitWideResult(
            handler, home, .none, UInt16(slots[0]), UInt32(slots[1]), UInt64(first) | UInt64(second) << 32)
        // Where the accumulator is set as well, not knowing it would be an error: it may hold another slot's value.
        accumulatorSlot = -1
        push(.home, result)
    }
}
