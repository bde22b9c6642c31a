import WebAssembly

/// Calls. The callee's frame begins in the caller's at the slot at 8, where the arguments are; the slot of its header,
/// counted from there, is at 10.
enum CallHandlers {
    /// A function of the same module: the address of its entry at 16; 24 bytes.
    static let call: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let entry = state.code.load(fromByteOffset: 16, as: UnsafePointer<UnsafeRawPointer>.self).pointee
        return enter(state, entry, 24)
    }

    /// An imported function: its index at 12; 16 bytes.
    static let callImport: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return enterOther(state, state.instance.pointee.functions + Int(state.operand32(12)), 16)
    }

    /// A function in a table: the slot of the index at 12, the canonical type at 16, at 20 where the table's address
    /// stands; 24 bytes.
    static let callIndirect: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let record = state.tableElement(24) else { return }
        if record.pointee.context == state.context {
            return enter(state, record.pointee.entry.unsafelyUnwrapped.pointee, 24)
        }
        return enterOther(state, record, 24)
    }

    /// A function reference: its slot at 12; 16 bytes.
    static let callReference: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let record = UnsafeMutablePointer<FunctionRecord>(bitPattern: UInt(state.get64(12))) else {
            return state.trap(.nullFunctionReference)
        }
        if record.pointee.context == state.context {
            return enter(state, record.pointee.entry.unsafelyUnwrapped.pointee, 16)
        }
        return enterOther(state, record, 16)
    }

    /// Calls code of the same instance and has it return behind this instruction.
    @inline(__always)
    private static func enter(_ state: State, _ entry: UnsafeRawPointer, _ byteCount: Int) {
        let frame = state.slot(8)
        if _slowPath(frame + FrameRequirement.byteCount(of: entry) > state.machine.pointee.stackLimit) {
            return stackIsExhausted(state.code, state.frame, state.context)
        }
        let header = frame + state.operand16(10) &* 8
        header.storeBytes(of: state.code + byteCount, as: UnsafeRawPointer.self)
        header.storeBytes(of: state.frame, toByteOffset: 8, as: UnsafeMutableRawPointer.self)
        var state = state
        state.code = entry
        state.frame = frame
        return state.dispatch()
    }

    /// Calls a function of another instance or of the host.
    @inline(__always)
    private static func enterOther(_ state: State, _ record: UnsafeMutablePointer<FunctionRecord>, _ byteCount: Int) {
        let frame = state.slot(8)
        let header = frame + state.operand16(10) &* 8
        if let context = record.pointee.context {
            let entry = record.pointee.entry.unsafelyUnwrapped.pointee
            let machine = state.machine
            if _slowPath(frame + FrameRequirement.byteCount(of: entry) > machine.pointee.stackLimit) {
                return stackIsExhausted(state.code, state.frame, state.context)
            }
            machine.pointee.crossingTop.initialize(
                to: Crossing(returnCode: state.code + byteCount, context: state.context))
            machine.pointee.crossingTop += 1
            header.storeBytes(of: staticReturn(), as: UnsafeRawPointer.self)
            header.storeBytes(of: state.frame, toByteOffset: 8, as: UnsafeMutableRawPointer.self)
            var state = state
            state.code = entry
            state.frame = frame
            state.context = context
            return state.reloadingMemory().dispatch()
        }
        let outcome = callHost(record, frame, header, state.code, state.frame, state.context)
        var state = state
        guard outcome == .returned else {
            if outcome != .caught { return }
            state.resume()
            return state.reloadingMemory().dispatch()
        }
        state.float = frame.load(as: Double.self)
        return state.reloadingMemory().next(byteCount, accumulator: frame.load(as: UInt64.self))
    }

    // MARK: Tail calls
    //
    // The arguments stand from the slot at 8 on, where those of a call would; the callee's header has the slot at 10
    // of its frame, which is this function's own, and the number of its argument slots is at 14.

    /// A function of the same module: the slot of this function's header at 12, the callee's entry at 16; 24 bytes.
    static let tailCall: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let entry = state.code.load(fromByteOffset: 16, as: UnsafePointer<UnsafeRawPointer>.self).pointee
        return replace(state, entry)
    }

    /// An imported function: its index at 16; 24 bytes.
    static let tailCallImport: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return replaceByOther(state, state.instance.pointee.functions + Int(state.operand32(16)))
    }

    /// A function in a table: the canonical type at 16, at 20 where the table's address stands, the slot of the index
    /// at 24; 32 bytes.
    static let tailCallIndirect: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let record = state.tableElement(32, indexOffset: 24) else { return }
        return replaceByAny(state, record)
    }

    /// A function reference: its slot at 16; 24 bytes.
    static let tailCallReference: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let record = UnsafeMutablePointer<FunctionRecord>(bitPattern: UInt(state.get64(16))) else {
            return state.trap(.nullFunctionReference)
        }
        return replaceByAny(state, record)
    }

    /// How long the instruction of a call is, for who goes on behind it; nil for a tail call.
    static func byteCount(ofCallAt code: UnsafeRawPointer) -> Int? {
        switch code.load(as: UnsafeRawPointer.self) {
        case HandlerAddress(callImport).address, HandlerAddress(callReference).address: 16
        case HandlerAddress(callIndirect).address: 24
        default: nil
        }
    }

    @inline(__always)
    private static func replaceByAny(_ state: State, _ record: UnsafeMutablePointer<FunctionRecord>) {
        if record.pointee.context == state.context {
            return replace(state, record.pointee.entry.unsafelyUnwrapped.pointee)
        }
        return replaceByOther(state, record)
    }

    /// Puts the callee in the place of this function.
    @inline(__always)
    private static func replace(_ state: State, _ entry: UnsafeRawPointer) {
        if _slowPath(state.frame + FrameRequirement.byteCount(of: entry) > state.machine.pointee.stackLimit) {
            return stackIsExhausted(state.code, state.frame, state.context)
        }
        let header = state.slot(12)
        let returnCode = header.load(as: UnsafeRawPointer.self)
        let caller = header.load(fromByteOffset: 8, as: UnsafeMutableRawPointer.self)
        moveArguments(state)
        let newHeader = state.slot(10)
        newHeader.storeBytes(of: returnCode, as: UnsafeRawPointer.self)
        newHeader.storeBytes(of: caller, toByteOffset: 8, as: UnsafeMutableRawPointer.self)
        // A loop of tail calls has to be stoppable as well.
        if _slowPath(state.machine.pointee.interruptRequest != 0) { return state.trap(.interrupted) }
        var state = state
        state.code = entry
        return state.dispatch()
    }

    @inline(__always)
    private static func moveArguments(_ state: State) {
        let source = state.slot(8)
        for index in 0..<state.operand16(14) {
            let value = source.load(fromByteOffset: index &* 8, as: UInt64.self)
            state.frame.storeBytes(of: value, toByteOffset: index &* 8, as: UInt64.self)
        }
    }

    @inline(__always)
    private static func replaceByOther(_ state: State, _ record: UnsafeMutablePointer<FunctionRecord>) {
        let header = state.slot(12)
        let returnCode = header.load(as: UnsafeRawPointer.self)
        let caller = header.load(fromByteOffset: 8, as: UnsafeMutableRawPointer.self)
        if let context = record.pointee.context {
            let entry = record.pointee.entry.unsafelyUnwrapped.pointee
            let machine = state.machine
            if _slowPath(state.frame + FrameRequirement.byteCount(of: entry) > machine.pointee.stackLimit) {
                return stackIsExhausted(state.code, state.frame, state.context)
            }
            moveArguments(state)
            // If this function was itself called by another instance, the way back is noted already.
            if returnCode != staticReturn() && returnCode != staticLeave() {
                machine.pointee.crossingTop.initialize(to: Crossing(returnCode: returnCode, context: state.context))
                machine.pointee.crossingTop += 1
            }
            let newHeader = state.slot(10)
            newHeader.storeBytes(
                of: returnCode == staticLeave() ? returnCode : staticReturn(), as: UnsafeRawPointer.self)
            newHeader.storeBytes(of: caller, toByteOffset: 8, as: UnsafeMutableRawPointer.self)
            if _slowPath(machine.pointee.interruptRequest != 0) { return state.trap(.interrupted) }
            var state = state
            state.code = entry
            state.context = context
            return state.reloadingMemory().dispatch()
        }
        let frame = state.slot(8)
        let outcome = callHost(
            record, frame, frame + state.operand16(10) &* 8, state.code, state.frame, state.context)
        guard outcome == .returned else {
            if outcome != .caught { return }
            var state = state
            state.resume()
            return state.reloadingMemory().dispatch()
        }
        copyResults(record, from: frame, to: state.frame)
        var after = state.reloadingMemory()
        after.code = returnCode
        after.frame = caller
        after.accumulator = frame.load(as: UInt64.self)
        after.float = frame.load(as: Double.self)
        return after.dispatch()
    }
}

extension State {
    /// The function that `call_indirect` calls, or nil after a trap. The index's slot stands at `indexOffset`.
    @inline(__always)
    fileprivate func tableElement(
        _ byteCount: Int, indexOffset: Int = 12
    ) -> UnsafeMutablePointer<FunctionRecord>? {
        let table = context.load(
            fromByteOffset: Int(operand32(20)), as: UnsafeMutablePointer<TableRecord>.self)
        let index = get64(indexOffset)
        if _slowPath(index >= UInt64(table.pointee.count)) {
            trap(.undefinedElement)
            return nil
        }
        var element = table.pointee.elements[Int(truncatingIfNeeded: index)]
        if _slowPath(element == 0) { element = table.pendingElement(at: Int(truncatingIfNeeded: index)) }
        guard let record = UnsafeMutablePointer<FunctionRecord>(bitPattern: UInt(element)) else {
            WebAssemblyRuntime.trap(code, frame, context, .uninitializedElement, detail: index)
            return nil
        }
        if _slowPath(record.pointee.canonicalType.id != operand32(16)),
            !isCallable(record, as: operand32(16), context)
        {
            trap(.indirectCallTypeMismatch)
            return nil
        }
        return record
    }
}

/// Whether a function whose type is not the wanted one is of a subtype of it.
@inline(never)
private func isCallable(
    _ record: UnsafeMutablePointer<FunctionRecord>, as type: UInt32, _ context: UnsafeMutableRawPointer
) -> Bool {
    let translated = context.assumingMemoryBound(to: InstanceContext.self).pointee.translated
    return translated._withUnsafeGuaranteedRef { translated in
        guard let wanted = translated.module.types.first(where: { $0.id == type }) else { return false }
        return record.pointee.canonicalType.isSubtype(of: wanted)
    }
}

/// There is no room for another frame; or the limit was drawn in to stop the guest.
@inline(never)
private func stackIsExhausted(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) {
    let machine = context.assumingMemoryBound(to: InstanceContext.self).pointee.machine
    return trap(code, frame, context, machine.pointee.interruptRequest != 0 ? .interrupted : .callStackExhausted)
}

@inline(never)
private func staticReturn() -> UnsafeRawPointer { StaticCode.returnToOtherInstance }

@inline(never)
private func staticLeave() -> UnsafeRawPointer { StaticCode.leave }

/// What became of a call of the host.
enum HostOutcome {
    case returned
    /// Execution ends.
    case stopped
    /// A guest's exception came through the host, and is caught: see ``State/resume()``.
    case caught
}

/// Calls a host function with the arguments at `slots`.
@inline(never)
private func callHost(
    _ record: UnsafeMutablePointer<FunctionRecord>, _ slots: UnsafeMutableRawPointer,
    _ header: UnsafeMutableRawPointer, _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer,
    _ context: UnsafeMutableRawPointer
) -> HostOutcome {
    let machine = context.assumingMemoryBound(to: InstanceContext.self).pointee.machine
    let end = header + FrameShape.headerSlotCount * 8
    if end > machine.pointee.stackLimit {
        stackIsExhausted(code, frame, context)
        return .stopped
    }
    let savedTop = machine.pointee.stackTop
    machine.pointee.stackTop = end
    defer { machine.pointee.stackTop = savedTop }
    return record.pointee.host.unsafelyUnwrapped._withUnsafeGuaranteedRef { function in
        machine.pointee.store._withUnsafeGuaranteedRef { store in
            do {
                try function.body(Caller(slots: slots, context: context, storeReference: store))
                return .returned
            } catch {
                return store.endHostCall(by: error, function, slots: slots, end: end, code, frame, context)
            }
        }
    }
}

extension Store {
    /// Sees to what a host function has thrown.
    @inline(never)
    func endHostCall(
        by error: any Error, _ function: HostFunction.Storage, slots: UnsafeMutableRawPointer,
        end: UnsafeMutableRawPointer, _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer,
        _ context: UnsafeMutableRawPointer
    ) -> HostOutcome {
        if let suspension = error as? Suspension {
            suspend(suspension, in: function, slots: slots, end: end, code, frame, context)
            return .stopped
        }
        if case .uncaughtException? = (error as? Trap)?.kind, pendingException != 0 {
            let exception = pendingException
            pendingException = 0
            return raise(exception, code, frame, context) ? .caught : .stopped
        }
        pendingError = error
        trap(code, frame, context, .hostError)
        return .stopped
    }
}

@inline(never)
private func copyResults(
    _ record: UnsafeMutablePointer<FunctionRecord>, from source: UnsafeMutableRawPointer,
    to target: UnsafeMutableRawPointer
) {
    record.pointee.host.unsafelyUnwrapped._withUnsafeGuaranteedRef { function in
        target.copyMemory(from: source, byteCount: function.shape.resultSlotCount * 8)
    }
}
