import WebAssembly

// Loads and stores.

extension Translator {
    mutating func translateMemoryAccess(_ opcode: Opcode) {
        let (memory, offset) = reader.memoryArgument()
        let signature = NumericSignature.table[Int(opcode.rawValue)]
        let isNear = memory == 0 && module.memories[0].addressType == .i32 && offset <= UInt64(UInt32.max)
        if signature.operandCount == 1 {
            if isNear {
                translateLoad(opcode, signature.result, offset)
            } else {
                let address = materialize(pop())
                noteOrigin()
                emitWideResult(
                    farHandler(opcode), nextHome, .none, UInt16(address), UInt32(memory), offset)
                push(.home, signature.result)
            }
        } else {
            let value = pop()
            let address = pop()
            if isNear {
                translateStore(opcode, address, value, offset)
            } else {
                let place = materialize(address)
                let slot = materialize(value)
                noteOrigin()
                emitWide(farHandler(opcode), UInt16(slot), UInt16(place), UInt32(memory), offset)
            }
        }
    }

    private func farHandler(_ opcode: Opcode) -> Handler {
        guard let handler = HandlerTable.far[opcode, .slotSlot] else { preconditionFailure("no handler for \(opcode)") }
        return handler
    }

    private mutating func translateLoad(_ opcode: Opcode, _ result: ValueType, _ offset: UInt64) {
        let operand = pop()
        let home = operand.home
        slotCount = max(slotCount, home + 1)
        let effect: Effect = opcode == .f64Load ? .float : .accumulator
        if case .constant(let bits) = operand.place, bits + offset <= UInt64(UInt32.max) {
            noteOrigin()
            emitLoad(opcode, .immediateImmediate, home, effect, 0, UInt32(bits + offset))
        } else if let (first, second) = addends(of: operand), offset <= UInt64(UInt16.max) {
            withdraw(last)
            noteOrigin()
            if first == accumulatorSlot || second == accumulatorSlot {
                let other = first == accumulatorSlot ? second : first
                emitLoad(opcode, .accumulatorSlot, home, effect, 0, UInt32(other) | UInt32(offset) << 16)
            } else {
                emitLoad(opcode, .slotSlot, home, effect, UInt16(first), UInt32(second) | UInt32(offset) << 16)
            }
        } else if let slot = wrapped(operand) {
            withdraw(last)
            noteOrigin()
            let form: OperandForm = slot == accumulatorSlot ? .accumulatorImmediate : .slotImmediate
            emitLoad(opcode, form, home, effect, UInt16(slot), UInt32(offset))
        } else if let (slot, distance) = displacement(of: operand), offset == 0 {
            withdraw(last)
            noteOrigin()
            emitLoad(opcode, .immediateSlot, home, effect, UInt16(slot), distance)
        } else {
            let slot = materialize(operand)
            noteOrigin()
            let form: OperandForm = slot == accumulatorSlot ? .accumulatorImmediate : .slotImmediate
            emitLoad(opcode, form, home, effect, UInt16(slot), UInt32(offset))
        }
        push(.home, result)
    }

    private mutating func emitLoad(
        _ opcode: Opcode, _ form: OperandForm, _ home: Int, _ effect: Effect, _ b: UInt16, _ c: UInt32
    ) {
        guard let handler = HandlerTable.load[opcode, form] else { preconditionFailure("every load has all its forms") }
        let start = buffer.count
        emitResult(handler, home, effect, b, c)
        fusible = Fusible(start: start, end: buffer.count, destination: home, work: .load(opcode, form, b, c))
    }

    /// The slot whose low half an address is, if that was taken last: accesses look at no more of a slot.
    private func wrapped(_ operand: Operand) -> Int? {
        guard case .home = operand.place, fusible.end == buffer.count, last.end == buffer.count,
            last.destination == operand.home, case .wrapping(let slot) = fusible.work
        else { return nil }
        return slot
    }

    /// The slots whose sum an operand is, if that was computed last and can be left to the access.
    private func addends(of operand: Operand) -> (Int, Int)? {
        guard let sum = operation(of: operand), sum.opcode == .i32Add, let first = sum.first.slot,
            let second = sum.second.slot
        else { return nil }
        return (first, second)
    }

    /// The slot and the constant whose sum an operand is, likewise.
    private func displacement(of operand: Operand) -> (slot: Int, distance: UInt32)? {
        guard let sum = operation(of: operand), sum.opcode == .i32Add, let slot = sum.first.slot,
            case .immediate(let bits) = sum.second, slot != last.accumulatorSlot
        else { return nil }
        return (slot, UInt32(truncatingIfNeeded: bits))
    }

    private mutating func translateStore(_ opcode: Opcode, _ address: Operand, _ value: Operand, _ offset: UInt64) {
        let copied = value.type == .f64 ? floatSlot : accumulatorSlot
        var value = value
        // What is stored: a slot, a slot there is a copy of, or a short constant.
        var encoded: UInt16 = 0
        if case .constant(let bits) = value.place, let short = shortImmediate(bits, opcode) {
            encoded = short
        } else if let slot = value.slot {
            encoded = UInt16(slot)
        } else {
            let slot = materialize(value)
            value.place = .home
            encoded = UInt16(slot)
        }
        let isImmediate = value.slot == nil
        let isCopied = value.slot == copied && opcode != .f32Store
        if value.constant == nil, let (first, second) = addends(of: address), offset <= UInt64(UInt16.max) {
            emitIndexedStore(opcode, first, second, encoded, isImmediate: false, isCopied: isCopied, offset)
            return
        }
        if isImmediate, let (first, second) = addends(of: address), offset <= UInt64(UInt16.max) {
            emitIndexedStore(opcode, first, second, encoded, isImmediate: true, isCopied: false, offset)
            return
        }
        let table = HandlerTable.store
        let form: OperandForm
        let wrapped = self.wrapped(address)
        if wrapped != nil { withdraw(last) }
        var base: UInt16 = 0
        var distance = UInt32(offset)
        if case .constant(let bits) = address.place, bits + offset <= UInt64(UInt32.max) {
            distance = UInt32(bits + offset)
            form = isImmediate ? .immediateImmediate : isCopied ? .immediateAccumulator : .immediateSlot
        } else {
            let slot = wrapped ?? materialize(address)
            base = UInt16(slot)
            if isImmediate {
                form = .slotImmediate
            } else if isCopied, value.slot == (value.type == .f64 ? floatSlot : accumulatorSlot) {
                form = .slotAccumulator
            } else if slot == accumulatorSlot {
                form = .accumulatorSlot
            } else {
                form = .slotSlot
            }
        }
        noteOrigin()
        guard let handler = table[opcode, form] else { preconditionFailure("every store has all its forms") }
        emit(handler, base, encoded, distance)
    }

    private mutating func emitIndexedStore(
        _ opcode: Opcode, _ first: Int, _ second: Int, _ value: UInt16, isImmediate: Bool, isCopied: Bool,
        _ offset: UInt64
    ) {
        // The sum may have replaced the copy that the value was thought to have.
        withdraw(last)
        noteOrigin()
        let isCopied = isCopied && Int(value) == (opcode == .f64Store ? floatSlot : accumulatorSlot)
        let form: OperandForm = isImmediate ? .slotImmediate : isCopied ? .slotAccumulator : .slotSlot
        guard let handler = HandlerTable.indexedStore[opcode, form] else {
            preconditionFailure("every store has all its forms")
        }
        emit(handler, UInt16(first), UInt16(second), value, UInt16(offset))
    }

    /// A constant as the 16 bits that sign extension makes it of, as far as the store looks at it.
    private func shortImmediate(_ bits: UInt64, _ opcode: Opcode) -> UInt16? {
        switch opcode {
        case .i32Store8, .i64Store8, .i32Store16, .i64Store16:
            return UInt16(truncatingIfNeeded: bits)
        case .i32Store, .i64Store32, .f32Store:
            guard let short = Int16(exactly: Int32(truncatingIfNeeded: bits)) else { return nil }
            return UInt16(bitPattern: short)
        default:
            guard let short = Int16(exactly: Int64(bitPattern: bits)) else { return nil }
            return UInt16(bitPattern: short)
        }
    }
}
