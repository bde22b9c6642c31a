import WebAssembly

// Blocks, branches and returns.

extension Translator {
    mutating func translateControl(_ opcode: Opcode) {
        switch opcode {
        case .unreachable:
            noteOrigin()
            emit(ControlHandlers.unreachable, 0, 0, 0)
            endReachableCode()
        case .block:
            let type = readBlockType()
            settleLocals()
            pushControl(.block, type)
        case .loop:
            let type = readBlockType()
            settleLocals()
            settleTop(type.parameters.count)
            joinControl()
            pushControl(.loop, type)
            controls[controls.count - 1].start = buffer.count
        case .if:
            let type = readBlockType()
            translateIf(type)
        case .else: translateElse()
        case .end: endBlock()
        case .br:
            branch(to: reader.index())
            endReachableCode()
        case .brIf: translateBranchIf()
        case .brTable: translateBranchTable()
        case .return:
            emitReturn()
            endReachableCode()
        case .brOnNull: translateBranchOnNull()
        case .brOnNonNull: translateBranchOnNonNull()
        default: preconditionFailure("not a control instruction")
        }
    }

    // MARK: Blocks

    mutating func readBlockType() -> FunctionType {
        let first = reader.peek()
        if first == 0x40 {
            _ = reader.byte()
            return FunctionType(parameters: [], results: [])
        }
        // Value types are negative numbers, that is, have bit 6 of a single byte set.
        if first & 0xC0 == 0x40 { return FunctionType(parameters: [], results: [reader.valueType()]) }
        guard let type = module.types[Int(reader.signed())].functionType else {
            preconditionFailure("block types are function types")
        }
        return type
    }

    mutating func pushControl(_ kind: Control.Kind, _ type: FunctionType) {
        let height = stack.count - type.parameters.count
        let home = height < stack.count ? stack[height].home : nextHome
        controls.append(
            Control(kind: kind, height: height, parameters: type.parameters, results: type.results, home: home))
    }

    private mutating func translateIf(_ type: FunctionType) {
        let condition = pop()
        // The parameters have to be the same for both arms, and settling must not come between a comparison and its
        // branch unless there is something to settle.
        let branch = takeCondition(condition)
        settleLocals()
        settleTop(type.parameters.count)
        let start = emitConditional(branch, taken: false)
        pushControl(.conditional, type)
        patches.append(Patch(instruction: start, field: start + 12, next: -1))
        controls[controls.count - 1].elsePatch = patches.count - 1
    }

    private mutating func translateElse() {
        let index = controls.count - 1
        if !controls[index].isUnreachable {
            settleTop(controls[index].results.count)
            emitBranch(toControl: index)
        }
        let control = controls[index]
        truncateStack(to: control.height)
        bind(control.elsePatch)
        controls[index].elsePatch = -1
        controls[index].kind = .alternative
        controls[index].isUnreachable = false
        joinControl()
        for parameter in control.parameters { push(.home, parameter) }
    }

    /// Ends the innermost block.
    mutating func endBlock() {
        let index = controls.count - 1
        if controls[index].kind == .tryTable {
            if !controls[index].isUnreachable { settleTop(controls[index].results.count) }
            endTryTable()
        }
        let control = controls[index]
        if control.kind == .function {
            if !control.isUnreachable { emitReturn() }
            controls.removeLast()
            return
        }
        if !control.isUnreachable { settleTop(control.results.count) }
        var isReachable = !control.isUnreachable || control.firstPatch >= 0
        if control.elsePatch >= 0 {
            // Without an `else` the parameters are the results.
            bind(control.elsePatch)
            isReachable = true
        }
        if control.kind != .loop { bindAll(control.firstPatch) }
        controls.removeLast()
        truncateStack(to: control.height)
        if control.kind == .loop {
            isReachable = !control.isUnreachable
            forget()
        } else if control.firstPatch >= 0 || control.elsePatch >= 0 {
            joinControl()
        } else {
            forget()
        }
        if isReachable {
            for result in control.results { push(.home, result) }
        } else {
            endReachableCode()
        }
    }

    /// What follows cannot be reached: it is passed over until the block's `else` or `end`.
    mutating func endReachableCode() {
        let index = controls.count - 1
        controls[index].isUnreachable = true
        truncateStack(to: controls[index].height)
        joinControl()
        var depth = 0
        while !reader.isAtEnd {
            let start = reader
            let opcode = reader.opcode()
            switch opcode {
            case .block, .loop, .if, .tryTable, .try:
                depth += 1
            case .else where depth == 0, .catch where depth == 0, .catchAll where depth == 0:
                reader = start
                return
            case .end, .delegate:
                if depth == 0 {
                    reader = start
                    return
                }
                depth -= 1
            default: break
            }
            reader.skipImmediates(ImmediateKinds.table[Int(opcode.rawValue)])
        }
    }

    // MARK: Branches

    /// A condition that was popped, with its comparison if that can become part of the branch.
    enum Condition {
        /// Whether the number in a slot is not zero.
        case slot(Int)
        case comparison(Opcode, Int, Source)
        /// A comparison of floating-point numbers does not hold.
        case negated(Opcode, Int, Int)
    }

    /// Takes the comparison back that a condition is the result of, so that a branch can do it.
    mutating func takeCondition(_ operand: Operand) -> Condition {
        if let compared = operation(of: operand) {
            if compared.opcode.isFloatComparison, let first = compared.first.slot, let second = compared.second.slot {
                withdraw(last)
                return .comparison(compared.opcode, first, .slot(second))
            }
            if compared.opcode == .i32Eq, case .immediate(0) = compared.second, let inner = compared.first.slot,
                let before = beforeLast.operation, beforeLast.end == last.start, beforeLast.destination == inner,
                inner >= operandBase, before.opcode.isFloatComparison,
                let first = before.first.slot, let second = before.second.slot
            {
                withdraw(beforeLast)
                return .negated(before.opcode, first, second)
            }
            if compared.opcode.opposite != nil, let first = compared.first.slot {
                withdraw(last)
                return .comparison(compared.opcode, first, compared.second)
            }
        }
        return .slot(materialize(operand))
    }

    /// The 16 bits of an immediate in a branch.
    private static func short(_ bits: UInt64, _ opcode: Opcode) -> UInt16? {
        let number = opcode.rawValue < 0x50 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
        return Int16(exactly: number).map { UInt16(bitPattern: $0) }
    }

    /// Emits a branch with an open distance at 12, taken if the condition is as said. Returns where it begins.
    mutating func emitConditional(_ condition: Condition, taken: Bool) -> Int {
        let start: Int
        switch condition {
        case .slot(let slot):
            let opcode: Opcode = taken ? .i32Ne : .i32Eq
            if let start = emitFusedConditional(opcode, slot, .immediate(0)) { return start }
            let form: OperandForm = slot == accumulatorSlot ? .accumulatorImmediate : .slotImmediate
            start = buffer.count
            emit(handler(HandlerTable.branchIf, opcode, form), UInt16(slot), 0, 0)
        case .comparison(let opcode, let first, let second):
            if opcode.isFloatComparison {
                return emitFloatConditional(opcode, first, second.slot ?? 0, taken: taken)
            }
            start = emitIntegerConditional(opcode, first, second, taken: taken)
        case .negated(let opcode, let first, let second):
            return emitFloatConditional(opcode, first, second, taken: !taken)
        }
        return start
    }

    private mutating func emitIntegerConditional(_ opcode: Opcode, _ first: Int, _ second: Source, taken: Bool) -> Int {
        var opcode = opcode
        if !taken {
            guard let opposite = opcode.opposite else { preconditionFailure("comparisons of integers have opposites") }
            opcode = opposite
        }
        if let start = emitFusedConditional(opcode, first, second) { return start }
        let start = buffer.count
        switch second {
        case .immediate(let bits):
            let form: OperandForm = first == accumulatorSlot ? .accumulatorImmediate : .slotImmediate
            if let short = Translator.short(bits, opcode) {
                emit(handler(HandlerTable.branchIf, opcode, form), UInt16(first), short, 0)
            } else {
                emitWide(handler(HandlerTable.wideBranchIf, opcode, form), UInt16(first), 0, 0, bits)
            }
        case .slot(let second):
            var (first, second) = (first, second)
            if second == accumulatorSlot, let exchanged = opcode.exchanged {
                swap(&first, &second)
                opcode = exchanged
            }
            let form: OperandForm = first == accumulatorSlot ? .accumulatorSlot : .slotSlot
            emit(handler(HandlerTable.branchIf, opcode, form), UInt16(first), UInt16(second), 0)
        }
        return start
    }

    private mutating func emitFloatConditional(_ opcode: Opcode, _ first: Int, _ second: Int, taken: Bool) -> Int {
        var opcode = opcode
        var (first, second) = (first, second)
        let table = taken ? HandlerTable.branchIf : HandlerTable.branchUnless
        let isDouble = opcode.rawValue >= 0x61
        if isDouble, second == floatSlot, let exchanged = opcode.exchanged {
            swap(&first, &second)
            opcode = exchanged
        }
        let form: OperandForm = isDouble && first == floatSlot ? .accumulatorSlot : .slotSlot
        let start = buffer.count
        emit(handler(table, opcode, form), UInt16(first), UInt16(second), 0)
        return start
    }

    func handler(_ table: HandlerTable, _ opcode: Opcode, _ form: OperandForm) -> Handler {
        guard let handler = table[opcode, form] else { preconditionFailure("no handler for \(opcode)") }
        return handler
    }

    /// Whether a branch to a label finds its values where they have to be.
    private func needsMoves(_ index: Int) -> Bool {
        let control = controls[index]
        if control.kind == .function { return true }
        var home = control.home
        for (position, type) in control.labelTypes.enumerated() {
            let operand = stack[stack.count - control.labelTypes.count + position]
            guard case .home = operand.place, operand.home == home else { return true }
            home += type.slotCount
        }
        return false
    }

    /// Emits a branch, its values being topmost on the stack, where they stay.
    mutating func branch(to depth: Int) {
        let index = controls.count - 1 - depth
        if controls[index].kind == .function {
            emitReturn()
            return
        }
        moveLabelValues(index)
        emitBranch(toControl: index)
    }

    /// Copies the topmost operands to where a label expects them. The homes ascend, so no copy overwrites the source of
    /// a later one.
    private mutating func moveLabelValues(_ index: Int) {
        let control = controls[index]
        let types = control.labelTypes
        var home = control.home
        for (position, type) in types.enumerated() {
            let operand = stack[stack.count - types.count + position]
            if operand.slot != home { move(operand, to: home) }
            home += type.slotCount
        }
        slotCount = max(slotCount, home)
        forget()
    }

    /// Emits a jump to a label whose values are in place.
    mutating func emitBranch(toControl index: Int) {
        if controls[index].kind == .loop { noteOrigin() }
        let start = buffer.count
        emit(ControlHandlers.branch, 0, 0, 0)
        connect(start, start + 12, index)
    }

    /// Makes the distance at `field` lead to a label.
    mutating func connect(_ instruction: Int, _ field: Int, _ index: Int) {
        if controls[index].kind == .loop {
            buffer.set(Int32(truncatingIfNeeded: controls[index].start - instruction), at: field)
        } else {
            patches.append(Patch(instruction: instruction, field: field, next: controls[index].firstPatch))
            controls[index].firstPatch = patches.count - 1
        }
    }

    private mutating func bind(_ patch: Int) {
        guard patch >= 0 else { return }
        let patch = patches[patch]
        buffer.set(Int32(truncatingIfNeeded: buffer.count - patch.instruction), at: patch.field)
    }

    private mutating func bindAll(_ first: Int) {
        var index = first
        while index >= 0 {
            bind(index)
            index = patches[index].next
        }
    }

    /// Leads branches to branches straight to where those lead, and replaces branches to returns by returns.
    func threadJumps() {
        let branch = HandlerAddress(ControlHandlers.branch).address
        let returns = Translator.joinedReturns.map { HandlerAddress($0).address }
        for patch in patches {
            var target = patch.instruction + Int(buffer.get(patch.field, as: Int32.self))
            var steps = 0
            while steps < 8, target < buffer.count, buffer.get(target, as: UnsafeRawPointer.self) == branch {
                target += Int(buffer.get(target + 12, as: Int32.self))
                steps += 1
            }
            guard target < buffer.count else { continue }
            if steps > 0 { buffer.set(Int32(truncatingIfNeeded: target - patch.instruction), at: patch.field) }
            if buffer.get(patch.instruction, as: UnsafeRawPointer.self) == branch,
                returns.contains(buffer.get(target, as: UnsafeRawPointer.self))
            {
                // Both have 16 bytes, and what follows a label expects nothing of the accumulators.
                buffer.set(buffer.get(target, as: UInt64.self), at: patch.instruction)
                buffer.set(buffer.get(target + 8, as: UInt64.self), at: patch.instruction + 8)
            }
        }
    }

    private static let joinedReturns: [Handler] = [
        ControlHandlers.returnPlain, ControlHandlers.returnS, ControlHandlers.returnI, ControlHandlers.returnDoubleS,
    ]

    private mutating func translateBranchIf() {
        let depth = reader.index()
        let condition = takeCondition(pop())
        branch(on: condition, taken: true, to: depth)
    }

    /// Emits a conditional branch; the values stay on the stack.
    mutating func branch(on condition: Condition, taken: Bool, to depth: Int) {
        let index = controls.count - 1 - depth
        if needsMoves(index) {
            let skip = emitConditional(condition, taken: !taken)
            let copies = (accumulatorSlot, floatSlot)
            branch(to: depth)
            (accumulatorSlot, floatSlot) = copies
            buffer.set(Int32(truncatingIfNeeded: buffer.count - skip), at: skip + 12)
            separate()
        } else {
            if controls[index].kind == .loop { noteOrigin() }
            let start = emitConditional(condition, taken: taken)
            connect(start, start + 12, index)
            forget()
        }
    }

    private mutating func translateBranchTable() {
        let count = reader.index()
        var depths: [Int] = []
        depths.reserveCapacity(count + 1)
        for _ in 0...count { depths.append(reader.index()) }
        let slot = materialize(pop())
        noteOrigin()
        let start = buffer.count
        emit(ControlHandlers.branchTable, UInt16(slot), 0, UInt32(count))
        for _ in 0...count { buffer.append(Int32(0)) }
        if count % 2 == 0 { buffer.append(Int32(0)) }
        joinControl()
        // Labels whose values have to be moved first are reached through a piece of code each.
        var detours: [Int: [Int]] = [:]
        var order: [Int] = []
        for (position, depth) in depths.enumerated() {
            let field = start + 16 + position * 4
            let index = controls.count - 1 - depth
            if needsMoves(index) {
                if detours[depth] == nil { order.append(depth) }
                detours[depth, default: []].append(field)
            } else {
                connect(start, field, index)
            }
        }
        for depth in order {
            joinControl()
            for field in detours[depth] ?? [] { buffer.set(Int32(truncatingIfNeeded: buffer.count - start), at: field) }
            branch(to: depth)
        }
        endReachableCode()
    }

    private mutating func translateBranchOnNull() {
        let depth = reader.index()
        let reference = pop()
        let slot = materialize(reference)
        // With the reference popped, the label's values are topmost.
        branch(on: .comparison(.i64Eq, slot, .immediate(0)), taken: true, to: depth)
        repush(reference)
    }

    private mutating func translateBranchOnNonNull() {
        let depth = reader.index()
        let slot = materialize(stack[stack.count - 1])
        branch(on: .comparison(.i64Ne, slot, .immediate(0)), taken: true, to: depth)
        _ = pop()
    }

    /// Pushes an operand back that was popped and perhaps materialised.
    mutating func repush(_ operand: Operand) {
        if case .local(let slot) = operand.place {
            pushLocal(slot, operand.type)
        } else {
            push(.home, operand.type)
        }
    }

    // MARK: Returns

    /// Emits what tells the observer of the results, which the stack's homes get for that.
    private mutating func emitReturnTrace() {
        let first = stack.count - type.results.count
        for operand in stack[first...] where operand.slot != operand.home {
            slotCount = max(slotCount, operand.nextHome)
            move(operand, to: operand.home)
        }
        forget()
        let home = first < stack.count ? stack[first].home : 0
        emit(TraceHandlers.end, UInt16(home), 0, UInt32(functionIndex))
    }

    /// Returns the topmost operands, which stay on the stack.
    mutating func emitReturn() {
        let results = type.results
        let header = UInt16(shape.header)
        if isTraced { emitReturnTrace() }
        if results.isEmpty {
            emit(ControlHandlers.returnPlain, header, 0, 0)
        } else if results.count == 1, results[0] != .v128 {
            let operand = stack[stack.count - 1]
            if case .constant(let bits) = operand.place, bits <= UInt64(UInt32.max), operand.type != .f64 {
                emit(ControlHandlers.returnI, header, 0, UInt32(bits))
                return
            }
            let slot = operand.slot ?? materialize(operand)
            if operand.type == .f64 {
                let isCopied = slot == floatSlot
                emit(isCopied ? ControlHandlers.returnDoubleF : ControlHandlers.returnDoubleS, header, UInt16(slot), 0)
            } else {
                let isCopied = slot == accumulatorSlot
                emit(isCopied ? ControlHandlers.returnA : ControlHandlers.returnS, header, UInt16(slot), 0)
            }
        } else {
            // Results go where the parameters are, which may still have to be read: first out of the way.
            let first = stack.count - results.count
            let copies = stack[first...].map(\.place)
            for index in first..<stack.count {
                let operand = stack[index]
                if case .local(let slot) = operand.place, slot < shape.resultSlotCount {
                    move(operand, to: operand.home)
                    stack[index].place = .home
                }
            }
            var slot = 0
            for index in first..<stack.count {
                if stack[index].slot != slot { move(stack[index], to: slot) }
                slot += stack[index].type.slotCount
            }
            for (offset, place) in copies.enumerated() { stack[first + offset].place = place }
            emit(ControlHandlers.returnPlain, header, 0, 0)
        }
    }
}
