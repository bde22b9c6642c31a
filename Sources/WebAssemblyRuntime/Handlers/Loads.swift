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
    _ state: State, _ address: UInt, _ extend: (Stored) -> UInt64
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

@inline(__always)
private func loadS<Stored: BitwiseCopyable>(_ state: State, _ extend: (Stored) -> UInt64) {
    return load(state, state.addressS, extend)
}

@inline(__always)
private func loadA<Stored: BitwiseCopyable>(_ state: State, _ extend: (Stored) -> UInt64) {
    return load(state, state.addressA, extend)
}

@inline(__always)
private func loadI<Stored: BitwiseCopyable>(_ state: State, _ extend: (Stored) -> UInt64) {
    return load(state, state.addressI, extend)
}

@inline(__always)
private func loadIS<Stored: BitwiseCopyable>(_ state: State, _ extend: (Stored) -> UInt64) {
    return load(state, state.addressIS, extend)
}

@inline(__always)
private func loadSS<Stored: BitwiseCopyable>(_ state: State, _ extend: (Stored) -> UInt64) {
    return load(state, state.addressSS, extend)
}

@inline(__always)
private func loadAS<Stored: BitwiseCopyable>(_ state: State, _ extend: (Stored) -> UInt64) {
    return load(state, state.addressAS, extend)
}

@inline(__always)
private func loadDoubleS(_ state: State) { return loadDouble(state, state.addressS) }

@inline(__always)
private func loadDoubleA(_ state: State) { return loadDouble(state, state.addressA) }

@inline(__always)
private func loadDoubleI(_ state: State) { return loadDouble(state, state.addressI) }

@inline(__always)
private func loadDoubleIS(_ state: State) { return loadDouble(state, state.addressIS) }

@inline(__always)
private func loadDoubleSS(_ state: State) { return loadDouble(state, state.addressSS) }

@inline(__always)
private func loadDoubleAS(_ state: State) { return loadDouble(state, state.addressAS) }

// How what is loaded becomes a slot's 64 bits.

@inline(__always)
private func unsigned8(_ value: UInt8) -> UInt64 { UInt64(value) }
@inline(__always)
private func unsigned16(_ value: UInt16) -> UInt64 { UInt64(value) }
@inline(__always)
private func unsigned32(_ value: UInt32) -> UInt64 { UInt64(value) }
@inline(__always)
private func unsigned64(_ value: UInt64) -> UInt64 { value }
@inline(__always)
private func signed8To32(_ value: Int8) -> UInt64 { UInt64(UInt32(bitPattern: Int32(value))) }
@inline(__always)
private func signed16To32(_ value: Int16) -> UInt64 { UInt64(UInt32(bitPattern: Int32(value))) }
@inline(__always)
private func signed8To64(_ value: Int8) -> UInt64 { UInt64(bitPattern: Int64(value)) }
@inline(__always)
private func signed16To64(_ value: Int16) -> UInt64 { UInt64(bitPattern: Int64(value)) }
@inline(__always)
private func signed32To64(_ value: Int32) -> UInt64 { UInt64(bitPattern: Int64(value)) }

func addLoads(to table: inout HandlerTable) {
    table[.i32Load, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i32Load, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i32Load, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i32Load, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i32Load, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i32Load, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i64Load, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), unsigned64) }
    table[.i64Load, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), unsigned64) }
    table[.i64Load, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), unsigned64) }
    table[.i64Load, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), unsigned64) }
    table[.i64Load, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), unsigned64) }
    table[.i64Load, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), unsigned64) }
    table[.f32Load, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.f32Load, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.f32Load, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.f32Load, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.f32Load, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.f32Load, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i32Load8S, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), signed8To32) }
    table[.i32Load8S, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), signed8To32) }
    table[.i32Load8S, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), signed8To32) }
    table[.i32Load8S, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), signed8To32) }
    table[.i32Load8S, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), signed8To32) }
    table[.i32Load8S, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), signed8To32) }
    table[.i32Load8U, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i32Load8U, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i32Load8U, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i32Load8U, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i32Load8U, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i32Load8U, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i32Load16S, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), signed16To32) }
    table[.i32Load16S, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), signed16To32) }
    table[.i32Load16S, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), signed16To32) }
    table[.i32Load16S, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), signed16To32) }
    table[.i32Load16S, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), signed16To32) }
    table[.i32Load16S, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), signed16To32) }
    table[.i32Load16U, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i32Load16U, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i32Load16U, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i32Load16U, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i32Load16U, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i32Load16U, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i64Load8S, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), signed8To64) }
    table[.i64Load8S, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), signed8To64) }
    table[.i64Load8S, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), signed8To64) }
    table[.i64Load8S, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), signed8To64) }
    table[.i64Load8S, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), signed8To64) }
    table[.i64Load8S, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), signed8To64) }
    table[.i64Load8U, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i64Load8U, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i64Load8U, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i64Load8U, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i64Load8U, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i64Load8U, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), unsigned8) }
    table[.i64Load16S, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), signed16To64) }
    table[.i64Load16S, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), signed16To64) }
    table[.i64Load16S, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), signed16To64) }
    table[.i64Load16S, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), signed16To64) }
    table[.i64Load16S, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), signed16To64) }
    table[.i64Load16S, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), signed16To64) }
    table[.i64Load16U, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i64Load16U, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i64Load16U, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i64Load16U, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i64Load16U, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i64Load16U, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), unsigned16) }
    table[.i64Load32S, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), signed32To64) }
    table[.i64Load32S, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), signed32To64) }
    table[.i64Load32S, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), signed32To64) }
    table[.i64Load32S, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), signed32To64) }
    table[.i64Load32S, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), signed32To64) }
    table[.i64Load32S, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), signed32To64) }
    table[.i64Load32U, .slotImmediate] = { loadS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i64Load32U, .immediateSlot] = { loadIS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i64Load32U, .immediateImmediate] = { loadI(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i64Load32U, .accumulatorImmediate] = { loadA(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i64Load32U, .slotSlot] = { loadSS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.i64Load32U, .accumulatorSlot] = { loadAS(State($0, $1, $2, $3, $4, $5, $6), unsigned32) }
    table[.f64Load, .slotImmediate] = { loadDoubleS(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.f64Load, .immediateSlot] = { loadDoubleIS(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.f64Load, .immediateImmediate] = { loadDoubleI(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.f64Load, .accumulatorImmediate] = { loadDoubleA(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.f64Load, .slotSlot] = { loadDoubleSS(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.f64Load, .accumulatorSlot] = { loadDoubleAS(State($0, $1, $2, $3, $4, $5, $6)) }
}
