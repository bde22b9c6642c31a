import WebAssembly

// Writing instructions, and remembering what they leave where.

extension Translator {
    /// 16 bytes: slots at 8, 10, 12 and 14.
    mutating func emit(_ handler: Handler, _ a: UInt16, _ b: UInt16, _ c: UInt16, _ d: UInt16) {
        beforeLast = last
        last = .nothing
        buffer.append(HandlerAddress(handler))
        buffer.append(a)
        buffer.append(b)
        buffer.append(c)
        buffer.append(d)
    }

    /// 16 bytes: slots at 8 and 10, 32 bits at 12.
    mutating func emit(_ handler: Handler, _ a: UInt16, _ b: UInt16, _ c: UInt32) {
        emit(handler, a, b, UInt16(truncatingIfNeeded: c), UInt16(truncatingIfNeeded: c >> 16))
    }

    /// 24 bytes: slots at 8 and 10, 32 bits at 12, 64 bits at 16.
    mutating func emitWide(_ handler: Handler, _ a: UInt16, _ b: UInt16, _ c: UInt32, _ d: UInt64) {
        emit(handler, a, b, c)
        buffer.append(d)
    }

    /// An instruction of 16 bytes whose result's slot stands at 8; it can be redirected or withdrawn.
    mutating func emitResult(
        _ handler: Handler, _ target: Int, _ effect: Effect, _ b: UInt16, _ c: UInt16, _ d: UInt16
    ) {
        let before = (accumulatorSlot, floatSlot)
        let start = buffer.count
        emit(handler, UInt16(target), b, c, d)
        wrote(target, effect)
        remember(start, target, nil, before)
    }

    mutating func emitResult(_ handler: Handler, _ target: Int, _ effect: Effect, _ b: UInt16, _ c: UInt32) {
        emitResult(
            handler, target, effect, b, UInt16(truncatingIfNeeded: c), UInt16(truncatingIfNeeded: c >> 16))
    }

    /// The same with 24 bytes.
    mutating func emitWideResult(
        _ handler: Handler, _ target: Int, _ effect: Effect, _ b: UInt16, _ c: UInt32, _ d: UInt64
    ) {
        let before = (accumulatorSlot, floatSlot)
        let start = buffer.count
        emitWide(handler, UInt16(target), b, c, d)
        wrote(target, effect)
        remember(start, target, nil, before)
    }

    /// Notes that the instruction from `start` on computes something that later ones may take over.
    mutating func remember(
        _ start: Int, _ target: Int, _ operation: (opcode: Opcode, first: Source, second: Source)?,
        _ before: (accumulator: Int, float: Int)
    ) {
        last = Emitted(
            start: start, end: buffer.count, destination: target, operation: operation,
            accumulatorSlot: before.accumulator, floatSlot: before.float)
    }

    /// Notes that a slot has a new value, and where a copy of it is.
    mutating func wrote(_ slot: Int, _ effect: Effect) {
        if accumulatorSlot == slot { accumulatorSlot = -1 }
        if floatSlot == slot { floatSlot = -1 }
        switch effect {
        case .none: break
        case .accumulator: accumulatorSlot = slot
        case .float: floatSlot = slot
        }
    }

    /// Keeps later instructions from changing the ones emitted so far.
    mutating func forget() {
        last = .nothing
        beforeLast = .nothing
    }

    /// Keeps what is emitted next from being joined with what was before, since control may come in between.
    mutating func separate() {
        forget()
        lastCopy.end = -1
        fusible.end = -1
    }

    /// Removes an instruction, and all after it, as if they had never been emitted.
    mutating func withdraw(_ emitted: Emitted) {
        buffer.truncate(to: emitted.start)
        accumulatorSlot = emitted.accumulatorSlot
        floatSlot = emitted.floatSlot
        if lastCopy.end > buffer.count { lastCopy.end = -1 }
        if fusible.end > buffer.count { fusible.end = -1 }
        forget()
    }

    /// Control may come from elsewhere to what is emitted next.
    mutating func joinControl() {
        accumulatorSlot = -1
        floatSlot = -1
        separate()
    }

    /// Notes which instruction of the binary the next instruction comes from, for those that can trap or call.
    mutating func noteOrigin() {
        while let last = origins.last, Int(last.code) >= buffer.count { origins.removeLast() }
        origins.append(
            TranslatedFunction.Origin(
                code: UInt32(truncatingIfNeeded: buffer.count), binary: UInt32(truncatingIfNeeded: instructionOffset)))
    }

    /// What the instruction that wrote an operand last computes, if it can still be withdrawn.
    func operation(of operand: Operand) -> (opcode: Opcode, first: Source, second: Source)? {
        guard case .home = operand.place, last.end == buffer.count, last.destination == operand.home else { return nil }
        return last.operation
    }
}
