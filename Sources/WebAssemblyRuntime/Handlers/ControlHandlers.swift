/// Jumps, returns and moves between slots.
enum ControlHandlers {
    /// What stands for a function's code until it is called: the function's index at 8.
    static let translate: Handler = {
        var state = State($0, $1, $2, $3, $4, $5, $6)
        guard let code = translateFunction(state.code, state.frame, state.context) else { return }
        state.code = code
        return state.dispatch()
    }

    static let unreachable: Handler = {
        return State($0, $1, $2, $3, $4, $5, $6).trap(.unreachable)
    }

    /// The distance at 12.
    static let branch: Handler = {
        return State($0, $1, $2, $3, $4, $5, $6).jump(12)
    }

    /// The slot of the index at 8, the number of labels before the default at 12, the distances from 16 on.
    static let branchTable: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let index = min(state.get32(8), state.operand32(12))
        return state.jump(16 &+ Int(index) &* 4)
    }

    // MARK: Returns: the header's slot at 8

    @inline(__always)
    private static func leave(_ state: State) {
        let header = state.slot(8)
        var state = state
        state.code = header.load(as: UnsafeRawPointer.self)
        state.frame = header.load(fromByteOffset: 8, as: UnsafeMutableRawPointer.self)
        return state.dispatch()
    }

    /// The results, if any, are in their place.
    static let returnPlain: Handler = {
        return leave(State($0, $1, $2, $3, $4, $5, $6))
    }

    /// The result's slot at 10.
    static let returnS: Handler = {
        var state = State($0, $1, $2, $3, $4, $5, $6)
        state.accumulator = state.get64(10)
        state.frame.storeBytes(of: state.accumulator, as: UInt64.self)
        return leave(state)
    }

    static let returnA: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.frame.storeBytes(of: state.accumulator, as: UInt64.self)
        return leave(state)
    }

    /// The result of 32 bits at 12.
    static let returnI: Handler = {
        var state = State($0, $1, $2, $3, $4, $5, $6)
        state.accumulator = UInt64(state.operand32(12))
        state.frame.storeBytes(of: state.accumulator, as: UInt64.self)
        return leave(state)
    }

    /// A result of type `f64`: its slot at 10.
    static let returnDoubleS: Handler = {
        var state = State($0, $1, $2, $3, $4, $5, $6)
        state.float = state.getDouble(10)
        state.frame.storeBytes(of: state.float, as: Double.self)
        return leave(state)
    }

    static let returnDoubleF: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.frame.storeBytes(of: state.float, as: Double.self)
        return leave(state)
    }

    // MARK: Moves: the destination at 8

    /// The source at 10.
    static let copyS: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.set64(8, state.get64(10))
        return state.next(16)
    }

    static let copyA: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.set64(8, state.accumulator)
        return state.next(16)
    }

    static let copyF: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.setDouble(8, state.float)
        return state.next(16)
    }

    /// Two copies at once: from 10 to 8, then from 14 to 12.
    static let copyTwo: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.set64(8, state.get64(10))
        state.set64(12, state.get64(14))
        return state.next(16)
    }

    /// 32 bits at 12.
    static let constant32: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let value = UInt64(state.operand32(12))
        state.set64(8, value)
        return state.next(16, accumulator: value)
    }

    /// 64 bits at 16.
    static let constant64: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let value = state.operand64(16)
        state.set64(8, value)
        return state.next(24, accumulator: value)
    }

    /// Sets slots to zero, four at a time, as many times as 12 says.
    static let zero: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return zero(state, quadruples: Int(state.operand32(12)))
    }

    /// `zeroCounts[n - 1]` sets n times four slots to zero. The optimiser makes a call of a loop whose end it does not
    /// know, before which registers have to be saved; those with the counts of most functions become plain stores.
    static let zeroCounts: [Handler] = [
        { zero(State($0, $1, $2, $3, $4, $5, $6), quadruples: 1) },
        { zero(State($0, $1, $2, $3, $4, $5, $6), quadruples: 2) },
        { zero(State($0, $1, $2, $3, $4, $5, $6), quadruples: 3) },
        { zero(State($0, $1, $2, $3, $4, $5, $6), quadruples: 4) },
        { zero(State($0, $1, $2, $3, $4, $5, $6), quadruples: 5) },
        { zero(State($0, $1, $2, $3, $4, $5, $6), quadruples: 6) },
    ]

    @inline(__always)
    private static func zero(_ state: State, quadruples: Int) {
        var place = state.slot(8)
        let end = place + quadruples &* 32
        while place < end {
            place.storeBytes(of: SIMD2<UInt64>.zero, as: SIMD2<UInt64>.self)
            place.storeBytes(of: SIMD2<UInt64>.zero, toByteOffset: 16, as: SIMD2<UInt64>.self)
            place += 32
        }
        return state.next(16)
    }

    /// The value at 10 if the condition at 14 is not zero, else that at 12.
    static let select: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let value = state.get32(14) != 0 ? state.get64(10) : state.get64(12)
        state.set64(8, value)
        return state.next(16, accumulator: value)
    }

    static let selectA: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let value = state.accumulator32 != 0 ? state.get64(10) : state.get64(12)
        state.set64(8, value)
        return state.next(16, accumulator: value)
    }

    static let selectVector: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let source = state.get32(14) != 0 ? state.slot(10) : state.slot(12)
        let target = state.slot(8)
        let low = source.load(as: UInt64.self)
        let high = source.load(fromByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: low, as: UInt64.self)
        target.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
        return state.next(16)
    }

    // MARK: Globals

    /// A global that the module defines, at the distance from the instance that stands at 12.
    static let globalGet: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let value = state.context.load(fromByteOffset: Int(state.operand32(12)), as: UInt64.self)
        state.set64(8, value)
        return state.next(16, accumulator: value)
    }

    static let globalSetS: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.context.storeBytes(of: state.get64(8), toByteOffset: Int(state.operand32(12)), as: UInt64.self)
        return state.next(16)
    }

    static let globalSetA: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.context.storeBytes(of: state.accumulator, toByteOffset: Int(state.operand32(12)), as: UInt64.self)
        return state.next(16)
    }

    /// Any global: where its cell's address stands is at 12.
    static let globalGetIndirect: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let cell = state.context.load(fromByteOffset: Int(state.operand32(12)), as: UnsafeMutableRawPointer.self)
        let value = cell.load(as: UInt64.self)
        state.set64(8, value)
        return state.next(16, accumulator: value)
    }

    static let globalSetIndirect: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let cell = state.context.load(fromByteOffset: Int(state.operand32(12)), as: UnsafeMutableRawPointer.self)
        cell.storeBytes(of: state.get64(8), as: UInt64.self)
        return state.next(16)
    }

    /// The second half of a vector in a global.
    static let globalGetHigh: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let cell = state.context.load(fromByteOffset: Int(state.operand32(12)), as: UnsafeMutableRawPointer.self)
        state.set64(8, cell.load(fromByteOffset: 8, as: UInt64.self))
        return state.next(16)
    }

    static let globalSetHigh: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let cell = state.context.load(fromByteOffset: Int(state.operand32(12)), as: UnsafeMutableRawPointer.self)
        cell.storeBytes(of: state.get64(8), toByteOffset: 8, as: UInt64.self)
        return state.next(16)
    }
}

/// Translates the function whose stub `code` is and returns where it begins, once there is room for its frame.
@inline(never)
private func translateFunction(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> UnsafeRawPointer? {
    let head = context.assumingMemoryBound(to: InstanceContext.self)
    let index = Int(code.load(fromByteOffset: 8, as: UInt64.self))
    let entry = head.pointee.translated._withUnsafeGuaranteedRef { $0.code.translate(index) }
    guard let entry else {
        trap(code, frame, context, .functionTooLarge)
        return nil
    }
    let end = frame + FrameRequirement.byteCount(of: entry)
    if end > head.pointee.machine.pointee.stackLimit {
        trap(code, frame, context, .callStackExhausted)
        return nil
    }
    return entry
}
