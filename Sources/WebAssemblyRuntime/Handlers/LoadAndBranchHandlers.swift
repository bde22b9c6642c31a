import WebAssembly

// Loads of 32 bits or fewer with a branch on what is loaded, as in the search for the end of a text or of a list. 24
// bytes: destination at 8, the address's slot at 10 (or the accumulator), the distance at 12, the offset of 32 bits at
// 16, or a slot to be added at 16 and an offset of 16 bits at 18; at 20 the number that is compared with.

extension State {
    @inline(__always)
    fileprivate var fusedAddressS: UInt { UInt(get32(10)) &+ UInt(operand32(16)) }

    @inline(__always)
    fileprivate var fusedAddressA: UInt { UInt(accumulator32) &+ UInt(operand32(16)) }

    @inline(__always)
    fileprivate var fusedAddressSS: UInt { UInt(get32(10) &+ get32(16)) &+ UInt(operand16(18)) }
}

@inline(__always)
private func load<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ state: State, _ address: UInt, _ type: Stored.Type, branchIfEqual: Bool
) {
    if _slowPath(address &+ UInt(MemoryLayout<Stored>.size) > state.size) {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    let result = UInt32(truncatingIfNeeded: (state.memory + Int(bitPattern: address)).loadUnaligned(as: Stored.self))
    state.set32(8, result)
    var state = state
    state.accumulator = UInt64(result)
    if (result == state.operand32(20)) == branchIfEqual { return state.jump(12) }
    return state.next(24)
}

@inline(__always)
private func branchIfS<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return load(state, state.fusedAddressS, type, branchIfEqual: true)
}

@inline(__always)
private func branchIfA<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return load(state, state.fusedAddressA, type, branchIfEqual: true)
}

@inline(__always)
private func branchIfSS<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return load(state, state.fusedAddressSS, type, branchIfEqual: true)
}

@inline(__always)
private func branchUnlessS<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return load(state, state.fusedAddressS, type, branchIfEqual: false)
}

@inline(__always)
private func branchUnlessA<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return load(state, state.fusedAddressA, type, branchIfEqual: false)
}

@inline(__always)
private func branchUnlessSS<Stored: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    return load(state, state.fusedAddressSS, type, branchIfEqual: false)
}

func addLoadsAndBranchesIfEqual(to table: inout HandlerTable) {
    table[.i32Load, .slotImmediate] = { branchIfS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Load, .accumulatorImmediate] = { branchIfA(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Load, .slotSlot] = { branchIfSS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Load8U, .slotImmediate] = { branchIfS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Load8U, .accumulatorImmediate] = { branchIfA(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Load8U, .slotSlot] = { branchIfSS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Load8S, .slotImmediate] = { branchIfS(State($0, $1, $2, $3, $4, $5, $6), Int8.self) }
    table[.i32Load8S, .accumulatorImmediate] = { branchIfA(State($0, $1, $2, $3, $4, $5, $6), Int8.self) }
    table[.i32Load8S, .slotSlot] = { branchIfSS(State($0, $1, $2, $3, $4, $5, $6), Int8.self) }
    table[.i32Load16U, .slotImmediate] = { branchIfS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Load16U, .accumulatorImmediate] = { branchIfA(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Load16U, .slotSlot] = { branchIfSS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Load16S, .slotImmediate] = { branchIfS(State($0, $1, $2, $3, $4, $5, $6), Int16.self) }
    table[.i32Load16S, .accumulatorImmediate] = { branchIfA(State($0, $1, $2, $3, $4, $5, $6), Int16.self) }
    table[.i32Load16S, .slotSlot] = { branchIfSS(State($0, $1, $2, $3, $4, $5, $6), Int16.self) }
}

func addLoadsAndBranchesUnlessEqual(to table: inout HandlerTable) {
    table[.i32Load, .slotImmediate] = { branchUnlessS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Load, .accumulatorImmediate] = { branchUnlessA(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Load, .slotSlot] = { branchUnlessSS(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Load8U, .slotImmediate] = { branchUnlessS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Load8U, .accumulatorImmediate] = { branchUnlessA(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Load8U, .slotSlot] = { branchUnlessSS(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Load8S, .slotImmediate] = { branchUnlessS(State($0, $1, $2, $3, $4, $5, $6), Int8.self) }
    table[.i32Load8S, .accumulatorImmediate] = { branchUnlessA(State($0, $1, $2, $3, $4, $5, $6), Int8.self) }
    table[.i32Load8S, .slotSlot] = { branchUnlessSS(State($0, $1, $2, $3, $4, $5, $6), Int8.self) }
    table[.i32Load16U, .slotImmediate] = { branchUnlessS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Load16U, .accumulatorImmediate] = { branchUnlessA(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Load16U, .slotSlot] = { branchUnlessSS(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i32Load16S, .slotImmediate] = { branchUnlessS(State($0, $1, $2, $3, $4, $5, $6), Int16.self) }
    table[.i32Load16S, .accumulatorImmediate] = { branchUnlessA(State($0, $1, $2, $3, $4, $5, $6), Int16.self) }
    table[.i32Load16S, .slotSlot] = { branchUnlessSS(State($0, $1, $2, $3, $4, $5, $6), Int16.self) }
}
