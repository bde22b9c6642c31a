import WebAssembly

// The operand stack, and where values are.

extension Translator {
    /// The home of the operand that will be pushed next.
    var nextHome: Int { stack.last?.nextHome ?? operandBase }

    mutating func push(_ place: Operand.Place, _ type: ValueType) {
        let operand = Operand(place: place, type: type, home: nextHome)
        slotCount = max(slotCount, operand.nextHome)
        stack.append(operand)
    }

    /// Pushes the local in a slot, without copying it yet.
    mutating func pushLocal(_ slot: Int, _ type: ValueType) {
        pendingReads[slot] += 1
        localOperandCount += 1
        push(.local(slot), type)
    }

    private mutating func endRead(of slot: Int) {
        pendingReads[slot] -= 1
        localOperandCount -= 1
    }

    mutating func pushConstant(_ bits: UInt64, _ type: ValueType) {
        push(.constant(bits), type)
    }

    mutating func pop() -> Operand {
        let operand = stack.removeLast()
        if case .local(let slot) = operand.place { endRead(of: slot) }
        return operand
    }

    /// Cuts the stack down to a number of operands.
    mutating func truncateStack(to count: Int) {
        while stack.count > count { _ = pop() }
    }

    /// Makes sure that operands which stand for the local in a slot keep their value when it is assigned to.
    mutating func preserve(_ slot: Int) {
        for index in stack.indices.reversed() {
            guard case .local(slot) = stack[index].place else { continue }
            settle(index)
            if pendingReads[slot] == 0 { return }
        }
    }

    /// Puts the operand at a position of the stack into its home.
    mutating func settle(_ index: Int) {
        let operand = stack[index]
        switch operand.place {
        case .home: return
        case .local(let slot): endRead(of: slot)
        case .constant: break
        }
        move(operand, to: operand.home)
        forget()
        stack[index].place = .home
    }

    /// Puts operands that stand for locals into their homes, since the code that follows may be reached with the locals
    /// changed or not.
    mutating func settleLocals() {
        // From the top, and no further than there are any, so that blocks above a deep stack cost no time.
        var index = stack.count - 1
        while localOperandCount > 0, index >= 0 {
            if case .local = stack[index].place { settle(index) }
            index -= 1
        }
    }

    /// Puts the topmost operands into their homes.
    mutating func settleTop(_ count: Int) {
        for index in (stack.count - count)..<stack.count { settle(index) }
    }

    /// The slot of an operand that has been popped, its home if it was a constant.
    mutating func materialize(_ operand: Operand) -> Int {
        if let slot = operand.slot { return slot }
        slotCount = max(slotCount, operand.nextHome)
        move(operand, to: operand.home)
        return operand.home
    }

    /// The operand as a source.
    func source(_ operand: Operand) -> Source {
        switch operand.place {
        case .home: .slot(operand.home)
        case .local(let slot): .slot(slot)
        case .constant(let bits): .immediate(bits)
        }
    }

    /// Copies a value to a slot.
    mutating func move(_ operand: Operand, to target: Int) {
        switch operand.place {
        case .constant(let bits):
            if bits <= UInt64(UInt32.max) {
                emitResult(ControlHandlers.constant32, target, .accumulator, 0, UInt32(bits))
            } else {
                emitWide(ControlHandlers.constant64, UInt16(target), 0, 0, bits)
                wrote(target, .accumulator)
            }
        case .home, .local:
            guard let slot = operand.slot, slot != target else { return }
            if operand.type == .v128 {
                // Overlapping pairs: in the order that does not overwrite what is still to be read.
                let order = target < slot ? [0, 1] : [1, 0]
                for half in order { copy(slot + half, to: target + half) }
            } else {
                copy(slot, to: target)
            }
        }
    }

    private mutating func copy(_ source: Int, to target: Int) {
        if source == accumulatorSlot {
            emit(ControlHandlers.copyA, UInt16(target), UInt16(source), 0, 0)
        } else if source == floatSlot {
            emit(ControlHandlers.copyF, UInt16(target), UInt16(source), 0, 0)
        } else if lastCopy.end == buffer.count {
            // Two copies in a row are one instruction.
            let first = lastCopy
            lastCopy.end = -1
            buffer.truncate(to: first.end - 16)
            emit(
                ControlHandlers.copyTwo, UInt16(first.target), UInt16(first.source), UInt16(target), UInt16(source))
        } else {
            emit(ControlHandlers.copyS, UInt16(target), UInt16(source), 0, 0)
            lastCopy = (end: buffer.count, source: source, target: target)
        }
        wrote(target, .none)
    }
}
