import WebAssembly

// Exceptions: `try_table` and the legacy `try`.

extension Translator {
    mutating func translateException(_ opcode: Opcode) {
        switch opcode {
        case .throw:
            let tag = reader.index()
            let type = module.tags[tag].type
            let count = type.functionType?.parameters.count ?? 0
            settleTop(count)
            let first = count > 0 ? stack[stack.count - count].home : nextHome
            noteOrigin()
            let layout = UInt64(UInt(bitPattern: code.objectLayout(of: type)))
            emitWide(ExceptionHandlers.throw, UInt16(first), 0, UInt32(tag), layout)
            endReachableCode()
        case .throwRef:
            let slot = materializedPop()
            noteOrigin()
            emit(ExceptionHandlers.throwReference, UInt16(slot), 0, 0)
            endReachableCode()
        case .tryTable: translateTryTable()
        case .try: translateTry()
        case .catch:
            let tag = reader.index()
            beginClause(tag: tag)
        case .catchAll: beginClause(tag: nil)
        case .delegate: translateDelegate()
        case .rethrow:
            let control = controls[controls.count - 1 - reader.index()]
            noteOrigin()
            emit(ExceptionHandlers.throwReference, UInt16(control.exceptionSlot), 0, 0)
            endReachableCode()
        default: preconditionFailure("not an instruction of exceptions")
        }
    }

    // MARK: try_table

    private mutating func translateTryTable() {
        let type = readBlockType()
        settleLocals()
        settleTop(type.parameters.count)
        pushControl(.tryTable, type)
        var clauses: [TryTableClause] = []
        for _ in 0..<reader.index() {
            guard let kind = CatchKind(rawValue: reader.byte()) else { preconditionFailure("validated code") }
            let tag = kind.hasTag ? reader.index() : nil
            clauses.append(TryTableClause(kind: kind, tag: tag, depth: reader.index()))
        }
        joinControl()
        controls[controls.count - 1].clauses = clauses
        controls[controls.count - 1].bodyStart = buffer.count
    }

    /// Emits the code that passes caught exceptions on to their labels. The control is the topmost; its body is
    /// complete and its results, if control can get here, in place.
    mutating func endTryTable() {
        let index = controls.count - 1
        let control = controls[index]
        let end = buffer.count
        if control.clauses.isEmpty { return }
        if !control.isUnreachable { emitBranch(toControl: index) }
        var clauses: [ExceptionHandler.Clause] = []
        // The operands below the block are still where they were; those above have to make room.
        let kept = Array(stack[control.height...])
        truncateStack(to: control.height)
        for clause in control.clauses {
            joinControl()
            let target = buffer.count
            for type in clause.tag.map({ module.tags[$0].parameters }) ?? [] { push(.home, type) }
            if clause.kind.passesReference { push(.home, .functionReference) }
            // Labels are counted from outside the block.
            branch(to: clause.depth + 1)
            truncateStack(to: control.height)
            clauses.append(
                ExceptionHandler.Clause(
                    tag: clause.tag, target: target, slot: control.home, passesValues: clause.kind.hasTag,
                    passesReference: clause.kind.passesReference))
        }
        for operand in kept { push(.home, operand.type) }
        joinControl()
        handlers.append(
            ExceptionHandler(
                start: control.bodyStart, end: end, depth: index, clauses: clauses, delegate: nil, exceptionSlot: -1))
    }

    // MARK: Legacy

    private mutating func translateTry() {
        guard hasTryBlocks, let slot = exceptionSlots.popLast() else {
            missesExceptionSlots = true
            failed = true
            return
        }
        let type = readBlockType()
        settleLocals()
        settleTop(type.parameters.count)
        joinControl()
        pushControl(.legacyTry, type)
        controls[controls.count - 1].bodyStart = buffer.count
        controls[controls.count - 1].exceptionSlot = slot
    }

    /// Ends the body, or the clause before, and begins a clause.
    private mutating func beginClause(tag: Int?) {
        let index = controls.count - 1
        let end = buffer.count
        if !controls[index].isUnreachable {
            settleTop(controls[index].results.count)
            emitBranch(toControl: index)
        }
        let control = controls[index]
        truncateStack(to: control.height)
        if control.kind == .legacyTry {
            handlers.append(
                ExceptionHandler(
                    start: control.bodyStart, end: end, depth: index, clauses: [], delegate: nil,
                    exceptionSlot: control.exceptionSlot))
            controls[index].handlerIndex = handlers.count - 1
            controls[index].kind = .legacyCatch
        }
        controls[index].isUnreachable = false
        joinControl()
        for type in tag.map({ module.tags[$0].parameters }) ?? [] { push(.home, type) }
        handlers[controls[index].handlerIndex].clauses.append(
            ExceptionHandler.Clause(
                tag: tag, target: buffer.count, slot: control.home, passesValues: tag != nil, passesReference: false))
    }

    private mutating func translateDelegate() {
        let index = controls.count - 1
        // A block in whose clause this stands does not handle anything here: its body's range does not reach this far.
        let target = index - 1 - reader.index()
        handlers.append(
            ExceptionHandler(
                start: controls[index].bodyStart, end: buffer.count, depth: index, clauses: [],
                delegate: target, exceptionSlot: -1))
        endBlock()
    }
}
