import WebAssembly

// Stores to memory 0 with 32-bit addresses. The address is a slot at 8, or the accumulator, or nothing; the value
// is a slot or an immediate of 16 bits at 10 (or the accumulator), the offset has 32 bits at 12. Indexed: the address is
// the wrapped sum of two slots at 8 and 10, the value stands at 12, the offset of 16 bits at 14.

extension State {
    @inline(__always)
    fileprivate var targetS: UInt { UInt(get32(8)) &+ UInt(operand32(12)) }

    @inline(__always)
    fileprivate var targetA: UInt { UInt(accumulator32) &+ UInt(operand32(12)) }

    @inline(__always)
    fileprivate var targetI: UInt { UInt(operand32(12)) }

    @inline(__always)
    fileprivate var targetSS: UInt { UInt(get32(8) &+ get32(10)) &+ UInt(operand16(14)) }
}

@inline(__always)
private func store<Stored: BitwiseCopyable>(_ state: State, _ address: UInt, _ value: Stored) {
    if _slowPath(address &+ UInt(MemoryLayout<Stored>.size) > state.size) {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    (state.memory + Int(bitPattern: address)).storeBytes(of: value, as: Stored.self)
    return state.next(16)
}

// The letters are those of the address and of the value.

@inline(__always)
private func storeSS<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetS, state.slot(10).load(as: Stored.self))
}

@inline(__always)
private func storeSA<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetS, Stored(truncatingIfNeeded: state.accumulator))
}

@inline(__always)
private func storeSI<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetS, Stored(truncatingIfNeeded: state.signed16(10)))
}

@inline(__always)
private func storeAS<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetA, state.slot(10).load(as: Stored.self))
}

@inline(__always)
private func storeIS<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetI, state.slot(10).load(as: Stored.self))
}

@inline(__always)
private func storeIA<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetI, Stored(truncatingIfNeeded: state.accumulator))
}

@inline(__always)
private func storeII<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetI, Stored(truncatingIfNeeded: state.signed16(10)))
}

@inline(__always)
private func storeIndexedS<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetSS, state.slot(12).load(as: Stored.self))
}

@inline(__always)
private func storeIndexedA<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetSS, Stored(truncatingIfNeeded: state.accumulator))
}

@inline(__always)
private func storeIndexedI<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return store(state, state.targetSS, Stored(truncatingIfNeeded: state.signed16(12)))
}

@inline(__always)
private func storeDoubleI(_ state: State) { return store(state, state.targetI, state.float) }

@inline(__always)
private func storeDoubleS(_ state: State) { return store(state, state.targetS, state.float) }

@inline(__always)
private func storeDoubleSS(_ state: State) { return store(state, state.targetSS, state.float) }

func addStores(to table: inout HandlerTable) {
    table[.i32Store, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store, .slotAccumulator] = { storeSA(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store, .immediateAccumulator] = { storeIA(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i64Store, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i64Store, .slotAccumulator] = { storeSA(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i64Store, .immediateAccumulator] = { storeIA(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i64Store, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i64Store, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i64Store, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.f32Store, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.f32Store, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.f32Store, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.f32Store, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.f32Store, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store8, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store8, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store8, .slotAccumulator] = { storeSA(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store8, .immediateAccumulator] = { storeIA(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store8, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store8, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store8, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store16, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Store16, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Store16, .slotAccumulator] = { storeSA(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Store16, .immediateAccumulator] = { storeIA(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Store16, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Store16, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Store16, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store8, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store8, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store8, .slotAccumulator] = { storeSA(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store8, .immediateAccumulator] = { storeIA(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store8, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store8, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store8, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store16, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store16, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store16, .slotAccumulator] = { storeSA(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store16, .immediateAccumulator] = { storeIA(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store16, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store16, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store16, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store32, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store32, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store32, .slotAccumulator] = { storeSA(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store32, .immediateAccumulator] = { storeIA(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store32, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store32, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store32, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.f64Store, .slotSlot] = { storeSS(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.f64Store, .immediateSlot] = { storeIS(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.f64Store, .slotAccumulator] = { storeDoubleS(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.f64Store, .immediateAccumulator] = { storeDoubleI(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.f64Store, .slotImmediate] = { storeSI(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.f64Store, .immediateImmediate] = { storeII(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.f64Store, .accumulatorSlot] = { storeAS(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
}

func addIndexedStores(to table: inout HandlerTable) {
    table[.i32Store, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store, .slotAccumulator] = { storeIndexedA(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i64Store, .slotAccumulator] = { storeIndexedA(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i64Store, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.f32Store, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.f32Store, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store8, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store8, .slotAccumulator] = { storeIndexedA(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store8, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store16, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Store16, .slotAccumulator] = { storeIndexedA(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Store16, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store8, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store8, .slotAccumulator] = { storeIndexedA(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store8, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store16, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store16, .slotAccumulator] = { storeIndexedA(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store16, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store32, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store32, .slotAccumulator] = { storeIndexedA(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store32, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.f64Store, .slotSlot] = { storeIndexedS(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.f64Store, .slotAccumulator] = { storeDoubleSS(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.f64Store, .slotImmediate] = { storeIndexedI(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
}
