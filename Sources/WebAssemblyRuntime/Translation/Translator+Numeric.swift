import WebAssembly

// Arithmetic, comparisons and conversions.

extension Translator {
    mutating func translateNumeric(_ opcode: Opcode) {
        switch opcode {
        case .i64ExtendI32U: retype(.i64)
        case .i32ReinterpretF32: retype(.i32)
        case .i64ReinterpretF64: retype(.i64)
        case .f32ReinterpretI32: retype(.f32)
        case .f64ReinterpretI64: retype(.f64)
        case .i32Eqz: translateZeroTest(.i32Eq)
        case .i64Eqz: translateZeroTest(.i64Eq)
        default:
            let signature = NumericSignature.table[Int(opcode.rawValue)]
            if signature.operandCount == 2 {
                let second = source(pop())
                let first = source(pop())
                if opcode.canTrap { noteOrigin() }
                emitBinary(opcode, first, second)
                push(.home, signature.result)
            } else {
                if opcode.canTrap { noteOrigin() }
                emitUnary(opcode, signature)
            }
        }
    }

    /// The bits of a slot mean the same after these conversions: integers are stored extended by zeros.
    private mutating func retype(_ type: ValueType) {
        stack[stack.count - 1].type = type
    }

    private mutating func translateZeroTest(_ opcode: Opcode) {
        let operand = pop()
        if opcode == .i32Eq, let compared = operation(of: operand), let opposite = compared.opcode.opposite {
            withdraw(last)
            emitBinary(opposite, compared.first, compared.second)
        } else {
            emitBinary(opcode, source(operand), .immediate(0))
        }
        push(.home, .i32)
    }

    private mutating func emitUnary(_ opcode: Opcode, _ signature: NumericSignature) {
        let operand = pop()
        let slot = materialize(operand)
        let isCopied = slot == (signature.operand == .f64 ? floatSlot : accumulatorSlot)
        let table = HandlerTable.unary
        let copied = isCopied ? table[opcode, .accumulatorSlot] : nil
        guard let handler = copied ?? table[opcode, .slotSlot] else { preconditionFailure("no handler for \(opcode)") }
        let start = buffer.count
        emitResult(handler, operand.home, Effect(result: signature.result), UInt16(slot), 0)
        if opcode == .i32WrapI64 {
            fusible = Fusible(
                start: start, end: buffer.count, destination: operand.home, work: .wrapping(slot: slot))
        }
        push(.home, signature.result)
    }

    /// Emits a computation whose operands were popped, into the home of the first one.
    mutating func emitBinary(_ opcode: Opcode, _ first: Source, _ second: Source) {
        let signature = NumericSignature.table[Int(opcode.rawValue)]
        let home = nextHome
        slotCount = max(slotCount, home + 2)
        var opcode = opcode
        var first = first
        var second = second
        let table = HandlerTable.binary
        while true {
            // Looked up anew each time: a constant put into a slot passes through the accumulator.
            let copied = signature.operand == .f64 ? floatSlot : accumulatorSlot
            if let exchanged = opcode.exchanged, prefersExchange(first, second, copied: copied) {
                opcode = exchanged
                swap(&first, &second)
            }
            let form = self.form(first, second, copied, signature.operand) { table[opcode, $0] != nil }
            if let form, let handler = table[opcode, form] {
                let before = (accumulatorSlot, floatSlot)
                let start = buffer.count
                encode(handler, home, first, second, signature.operand)
                wrote(home, Effect(result: signature.result))
                remember(start, home, (opcode, first, second), before)
                noteSum(start, home, opcode, first, second)
                return
            }
            if case .slot(let slot) = first, case .immediate(let bits) = second, signature.operand == .i64,
                let handler = HandlerTable.wideBinary[
                    opcode, slot == copied ? .accumulatorImmediate : .slotImmediate]
            {
                emitWideResult(handler, home, .accumulator, UInt16(slot), 0, bits)
                return
            }
            // A constant that no form takes goes into the home of its operand.
            if case .immediate(let bits) = second {
                // If the operands were exchanged, the other one may be in the second home.
                let free = first.slot == home + 1 ? home : home + 1
                let operand = Operand(place: .constant(bits), type: signature.operand, home: free)
                second = .slot(materialize(operand))
            } else if case .immediate(let bits) = first {
                let operand = Operand(place: .constant(bits), type: signature.operand, home: home)
                first = .slot(materialize(operand))
            } else {
                preconditionFailure("no handler for \(opcode)")
            }
        }
    }

    /// Notes an addition for a branch that may follow: the end of most loops. To take a constant away is to add its
    /// opposite.
    private mutating func noteSum(_ start: Int, _ home: Int, _ opcode: Opcode, _ first: Source, _ second: Source) {
        guard case .slot(let first) = first else { return }
        let work: Fusible.Work
        switch (opcode, second) {
        case (.i32Add, _), (.i64Add, _): work = .addition(opcode, first: first, second: second)
        case (.i32Sub, .immediate(let bits)):
            work = .addition(.i32Add, first: first, second: .immediate(UInt64(0 &- UInt32(truncatingIfNeeded: bits))))
        case (.i64Sub, .immediate(let bits)):
            work = .addition(.i64Add, first: first, second: .immediate(0 &- bits))
        default: return
        }
        fusible = Fusible(start: start, end: buffer.count, destination: home, work: work)
    }

    private func prefersExchange(_ first: Source, _ second: Source, copied: Int) -> Bool {
        switch (first, second) {
        case (.immediate, .slot): true
        case (.slot(let first), .slot(let second)): second == copied && first != copied
        default: false
        }
    }

    /// The best form there is for two operands. One may be the copied slot.
    private func form(
        _ first: Source, _ second: Source, _ copied: Int, _ type: ValueType, _ exists: (OperandForm) -> Bool
    ) -> OperandForm? {
        switch (first, second) {
        case (.slot(let a), .slot(let b)):
            if a == copied, exists(.accumulatorSlot) { return .accumulatorSlot }
            if b == copied, exists(.slotAccumulator) { return .slotAccumulator }
            return exists(.slotSlot) ? .slotSlot : nil
        case (.slot(let a), .immediate(let bits)):
            guard fits(bits, type) else { return nil }
            if a == copied, exists(.accumulatorImmediate) { return .accumulatorImmediate }
            return exists(.slotImmediate) ? .slotImmediate : nil
        case (.immediate(let bits), .slot):
            return fits(bits, type) && exists(.immediateSlot) ? .immediateSlot : nil
        default:
            return nil
        }
    }

    /// Whether an immediate can stand in the instruction: integers of 64 bits have to be 32-bit ones extended.
    private func fits(_ bits: UInt64, _ type: ValueType) -> Bool {
        type != .i64 || Int32(exactly: Int64(bitPattern: bits)) != nil
    }

    private mutating func encode(
        _ handler: Handler, _ home: Int, _ first: Source, _ second: Source, _ type: ValueType
    ) {
        let target = UInt16(home)
        switch (first, second) {
        case (.slot(let a), .slot(let b)):
            emit(handler, target, UInt16(a), UInt16(b), 0)
        case (.slot(let a), .immediate(let bits)):
            if type == .f64 {
                emitWide(handler, target, UInt16(a), 0, bits)
            } else {
                emit(handler, target, UInt16(a), UInt32(truncatingIfNeeded: bits))
            }
        case (.immediate(let bits), .slot(let b)):
            if type == .f64 {
                emitWide(handler, target, 0, UInt32(b), bits)
            } else {
                emit(handler, target, UInt16(b), UInt32(truncatingIfNeeded: bits))
            }
        case (.immediate, .immediate):
            preconditionFailure("two immediates have no form")
        }
    }
}

extension Opcode {
    /// Whether a numeric instruction can trap.
    fileprivate var canTrap: Bool {
        switch rawValue {
        case 0x6D...0x70, 0x7F...0x82, 0xA8...0xAB, 0xAE...0xB1: true
        default: false
        }
    }
}
