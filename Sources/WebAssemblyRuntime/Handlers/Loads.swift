import WebAssembly

// Loads from memory 0 with 32-bit addresses: destination at 8. The address is a slot at 10 (or the accumulator) and the
// offset of 32 bits at 12; or the address is the immediate at 12; or it is the wrapped sum of two
// slots at 10 and 12 and an offset of 16 bits at 14; or of the slot at 10 and the immediate at 12.
//
// No sum of an address and an offset overflows 64 bits, so one comparison decides.

extension State {
    @inline(__always)
    var addressS: UInt { UInt(get32(10)) &+ UInt(operand32(12)) }

    @inline(__always)
    var addressA: UInt { UInt(accumulator32) &+ UInt(operand32(12)) }

    @inline(__always)
    var addressI: UInt { UInt(operand32(12)) }

    @inline(__always)
    var addressIS: UInt { UInt(get32(10) &+ operand32(12)) }

    @inline(__always)
    var addressSS: UInt { UInt(get32(10) &+ get32(12)) &+ UInt(operand16(14)) }

    @inline(__always)
    var addressAS: UInt { UInt(accumulator32 &+ get32(12)) &+ UInt(operand16(14)) }
}

@inline(__always)
private func load<Stored: BitwiseCopyable>(
    _ state: State, _ address: UInt, _ type: Stored.Type, _ extend: (Stored) -> UInt64
) {
    if _slowPath(address &+ UInt(MemoryLayout<Stored>.size) > state.size) {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    let result = extend((state.memory + Int(bitPattern: address)).loadUnaligned(as: Stored.self))
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
private func loadDouble(_ state: State, _ address: UInt) {
    if _slowPath(address &+ 8 > state.size) { return state.trap(.outOfBoundsMemoryAccess) }
    let result = (state.memory + Int(bitPattern: address)).loadUnaligned(as: Double.self)
    state.setDouble(8, result)
    return state.next(16, float: result)
}

func addLoads(to table: inout HandlerTable) {
    table[.i32Load, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, UInt32.self) { UInt64($0) }
    }
    table[.i32Load, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, UInt32.self) { UInt64($0) }
    }
    table[.i32Load, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, UInt32.self) { UInt64($0) }
    }
    table[.i32Load, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, UInt32.self) { UInt64($0) }
    }
    table[.i32Load, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, UInt32.self) { UInt64($0) }
    }
    table[.i32Load, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, UInt32.self) { UInt64($0) }
    }
    table[.i64Load, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, UInt64.self) { $0 }
    }
    table[.i64Load, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, UInt64.self) { $0 }
    }
    table[.i64Load, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, UInt64.self) { $0 }
    }
    table[.i64Load, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, UInt64.self) { $0 }
    }
    table[.i64Load, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, UInt64.self) { $0 }
    }
    table[.i64Load, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, UInt64.self) { $0 }
    }
    table[.f32Load, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, UInt32.self) { UInt64($0) }
    }
    table[.f32Load, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, UInt32.self) { UInt64($0) }
    }
    table[.f32Load, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, UInt32.self) { UInt64($0) }
    }
    table[.f32Load, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, UInt32.self) { UInt64($0) }
    }
    table[.f32Load, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, UInt32.self) { UInt64($0) }
    }
    table[.f32Load, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, UInt32.self) { UInt64($0) }
    }
    table[.i32Load8S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, Int8.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load8S, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, Int8.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load8S, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, Int8.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load8S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, Int8.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load8S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, Int8.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load8S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, Int8.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load8U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, UInt8.self) { UInt64($0) }
    }
    table[.i32Load8U, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, UInt8.self) { UInt64($0) }
    }
    table[.i32Load8U, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, UInt8.self) { UInt64($0) }
    }
    table[.i32Load8U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, UInt8.self) { UInt64($0) }
    }
    table[.i32Load8U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, UInt8.self) { UInt64($0) }
    }
    table[.i32Load8U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, UInt8.self) { UInt64($0) }
    }
    table[.i32Load16S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, Int16.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load16S, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, Int16.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load16S, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, Int16.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load16S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, Int16.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load16S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, Int16.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load16S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, Int16.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load16U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, UInt16.self) { UInt64($0) }
    }
    table[.i32Load16U, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, UInt16.self) { UInt64($0) }
    }
    table[.i32Load16U, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, UInt16.self) { UInt64($0) }
    }
    table[.i32Load16U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, UInt16.self) { UInt64($0) }
    }
    table[.i32Load16U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, UInt16.self) { UInt64($0) }
    }
    table[.i32Load16U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, UInt16.self) { UInt64($0) }
    }
    table[.i64Load8S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, Int8.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load8S, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, Int8.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load8S, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, Int8.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load8S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, Int8.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load8S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, Int8.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load8S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, Int8.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load8U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, UInt8.self) { UInt64($0) }
    }
    table[.i64Load8U, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, UInt8.self) { UInt64($0) }
    }
    table[.i64Load8U, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, UInt8.self) { UInt64($0) }
    }
    table[.i64Load8U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, UInt8.self) { UInt64($0) }
    }
    table[.i64Load8U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, UInt8.self) { UInt64($0) }
    }
    table[.i64Load8U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, UInt8.self) { UInt64($0) }
    }
    table[.i64Load16S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, Int16.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load16S, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, Int16.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load16S, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, Int16.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load16S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, Int16.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load16S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, Int16.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load16S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, Int16.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load16U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, UInt16.self) { UInt64($0) }
    }
    table[.i64Load16U, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, UInt16.self) { UInt64($0) }
    }
    table[.i64Load16U, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, UInt16.self) { UInt64($0) }
    }
    table[.i64Load16U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, UInt16.self) { UInt64($0) }
    }
    table[.i64Load16U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, UInt16.self) { UInt64($0) }
    }
    table[.i64Load16U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, UInt16.self) { UInt64($0) }
    }
    table[.i64Load32S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, Int32.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load32S, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, Int32.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load32S, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, Int32.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load32S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, Int32.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load32S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, Int32.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load32S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, Int32.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load32U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressS, UInt32.self) { UInt64($0) }
    }
    table[.i64Load32U, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressIS, UInt32.self) { UInt64($0) }
    }
    table[.i64Load32U, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressI, UInt32.self) { UInt64($0) }
    }
    table[.i64Load32U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressA, UInt32.self) { UInt64($0) }
    }
    table[.i64Load32U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressSS, UInt32.self) { UInt64($0) }
    }
    table[.i64Load32U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.addressAS, UInt32.self) { UInt64($0) }
    }
    table[.f64Load, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return loadDouble(state, state.addressS)
    }
    table[.f64Load, .immediateSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return loadDouble(state, state.addressIS)
    }
    table[.f64Load, .immediateImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return loadDouble(state, state.addressI)
    }
    table[.f64Load, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return loadDouble(state, state.addressA)
    }
    table[.f64Load, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return loadDouble(state, state.addressSS)
    }
    table[.f64Load, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return loadDouble(state, state.addressAS)
    }
}
