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

func addStores(to table: inout HandlerTable) {
    table[.i32Store, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt32.self))
    }
    table[.i32Store, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt32.self))
    }
    table[.i32Store, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt32(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store, .immediateAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt32(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt32(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i32Store, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt32(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i32Store, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt32.self))
    }
    table[.i64Store, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt64.self))
    }
    table[.i64Store, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt64.self))
    }
    table[.i64Store, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.accumulator)
    }
    table[.i64Store, .immediateAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.accumulator)
    }
    table[.i64Store, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt64(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i64Store, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt64(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i64Store, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt64.self))
    }
    table[.f32Store, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt32.self))
    }
    table[.f32Store, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt32.self))
    }
    table[.f32Store, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt32(truncatingIfNeeded: state.signed16(10)))
    }
    table[.f32Store, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt32(truncatingIfNeeded: state.signed16(10)))
    }
    table[.f32Store, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt32.self))
    }
    table[.i32Store8, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt8.self))
    }
    table[.i32Store8, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt8.self))
    }
    table[.i32Store8, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt8(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store8, .immediateAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt8(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store8, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt8(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i32Store8, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt8(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i32Store8, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt8.self))
    }
    table[.i32Store16, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt16.self))
    }
    table[.i32Store16, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt16.self))
    }
    table[.i32Store16, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt16(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store16, .immediateAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt16(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store16, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt16(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i32Store16, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt16(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i32Store16, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt16.self))
    }
    table[.i64Store8, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt8.self))
    }
    table[.i64Store8, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt8.self))
    }
    table[.i64Store8, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt8(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store8, .immediateAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt8(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store8, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt8(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i64Store8, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt8(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i64Store8, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt8.self))
    }
    table[.i64Store16, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt16.self))
    }
    table[.i64Store16, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt16.self))
    }
    table[.i64Store16, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt16(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store16, .immediateAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt16(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store16, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt16(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i64Store16, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt16(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i64Store16, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt16.self))
    }
    table[.i64Store32, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt32.self))
    }
    table[.i64Store32, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt32.self))
    }
    table[.i64Store32, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt32(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store32, .immediateAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt32(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store32, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt32(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i64Store32, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt32(truncatingIfNeeded: state.signed16(10)))
    }
    table[.i64Store32, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt32.self))
    }
    table[.f64Store, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.slot(10).load(as: UInt64.self))
    }
    table[.f64Store, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.slot(10).load(as: UInt64.self))
    }
    table[.f64Store, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, state.float)
    }
    table[.f64Store, .immediateAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, state.float)
    }
    table[.f64Store, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetS, UInt64(truncatingIfNeeded: state.signed16(10)))
    }
    table[.f64Store, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetI, UInt64(truncatingIfNeeded: state.signed16(10)))
    }
    table[.f64Store, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetA, state.slot(10).load(as: UInt64.self))
    }
}

func addIndexedStores(to table: inout HandlerTable) {
    table[.i32Store, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt32.self))
    }
    table[.i32Store, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt32(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt32(truncatingIfNeeded: state.signed16(12)))
    }
    table[.i64Store, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt64.self))
    }
    table[.i64Store, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.accumulator)
    }
    table[.i64Store, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt64(truncatingIfNeeded: state.signed16(12)))
    }
    table[.f32Store, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt32.self))
    }
    table[.f32Store, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt32(truncatingIfNeeded: state.signed16(12)))
    }
    table[.i32Store8, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt8.self))
    }
    table[.i32Store8, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt8(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store8, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt8(truncatingIfNeeded: state.signed16(12)))
    }
    table[.i32Store16, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt16.self))
    }
    table[.i32Store16, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt16(truncatingIfNeeded: state.accumulator))
    }
    table[.i32Store16, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt16(truncatingIfNeeded: state.signed16(12)))
    }
    table[.i64Store8, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt8.self))
    }
    table[.i64Store8, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt8(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store8, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt8(truncatingIfNeeded: state.signed16(12)))
    }
    table[.i64Store16, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt16.self))
    }
    table[.i64Store16, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt16(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store16, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt16(truncatingIfNeeded: state.signed16(12)))
    }
    table[.i64Store32, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt32.self))
    }
    table[.i64Store32, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt32(truncatingIfNeeded: state.accumulator))
    }
    table[.i64Store32, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt32(truncatingIfNeeded: state.signed16(12)))
    }
    table[.f64Store, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.slot(12).load(as: UInt64.self))
    }
    table[.f64Store, .slotAccumulator] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, state.float)
    }
    table[.f64Store, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return store(state, state.targetSS, UInt64(truncatingIfNeeded: state.signed16(12)))
    }
}
