import WebAssembly

// Additions of integers with a branch on a comparison of the sum: the end of most loops, in one instruction instead of
// two. 24 bytes: target and first addend at 8 and 10, the distance at 12, the second addend at 16, what the sum is
// compared with at 18 if it is a slot, at 20 if it is a number.

@inline(__always)
private func branch32(_ state: State, _ addend: UInt32, _ limit: (State) -> UInt32, _ holds: (UInt32, UInt32) -> Bool) {
    var state = state
    let sum = state.get32(10) &+ addend
    state.set32(8, sum)
    state.accumulator = UInt64(sum)
    // The limit may be the sum's own slot.
    if holds(sum, limit(state)) { return state.jump(12) }
    return state.next(24)
}

@inline(__always)
private func branch64(_ state: State, _ addend: UInt64, _ limit: (State) -> UInt64, _ holds: (UInt64, UInt64) -> Bool) {
    var state = state
    let sum = state.get64(10) &+ addend
    state.set64(8, sum)
    state.accumulator = sum
    if holds(sum, limit(state)) { return state.jump(12) }
    return state.next(24)
}

@inline(__always)
private func branch32SS(_ state: State, _ holds: (UInt32, UInt32) -> Bool) {
    return branch32(state, state.get32(16), { $0.get32(18) }, holds)
}

@inline(__always)
private func branch32SI(_ state: State, _ holds: (UInt32, UInt32) -> Bool) {
    return branch32(state, state.get32(16), { $0.operand32(20) }, holds)
}

@inline(__always)
private func branch32IS(_ state: State, _ holds: (UInt32, UInt32) -> Bool) {
    return branch32(state, UInt32(truncatingIfNeeded: state.signed16(16)), { $0.get32(18) }, holds)
}

@inline(__always)
private func branch32II(_ state: State, _ holds: (UInt32, UInt32) -> Bool) {
    return branch32(state, UInt32(truncatingIfNeeded: state.signed16(16)), { $0.operand32(20) }, holds)
}

@inline(__always)
private func branch64SS(_ state: State, _ holds: (UInt64, UInt64) -> Bool) {
    return branch64(state, state.get64(16), { $0.get64(18) }, holds)
}

@inline(__always)
private func branch64SI(_ state: State, _ holds: (UInt64, UInt64) -> Bool) {
    return branch64(state, state.get64(16), { UInt64(truncatingIfNeeded: $0.signed32(20)) }, holds)
}

@inline(__always)
private func branch64IS(_ state: State, _ holds: (UInt64, UInt64) -> Bool) {
    return branch64(state, UInt64(truncatingIfNeeded: state.signed16(16)), { $0.get64(18) }, holds)
}

@inline(__always)
private func branch64II(_ state: State, _ holds: (UInt64, UInt64) -> Bool) {
    return branch64(
        state, UInt64(truncatingIfNeeded: state.signed16(16)), { UInt64(truncatingIfNeeded: $0.signed32(20)) }, holds)
}

func addSumsAndBranches(to table: inout HandlerTable) {
    addI32SumsAndBranches(to: &table)
    addI64SumsAndBranches(to: &table)
}

private func addI32SumsAndBranches(to table: inout HandlerTable) {
    table[.i32Eq, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Eq, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.eq) }
    table[.i32Ne, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32Ne, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.ne) }
    table[.i32LtS, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtS, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltS) }
    table[.i32LtU, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32LtU, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.ltU) }
    table[.i32GtS, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtS, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtS) }
    table[.i32GtU, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32GtU, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.gtU) }
    table[.i32LeS, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeS, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.leS) }
    table[.i32LeU, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32LeU, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.leU) }
    table[.i32GeS, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeS, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.geS) }
    table[.i32GeU, .slotSlot] = { branch32SS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .slotImmediate] = { branch32SI(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .immediateSlot] = { branch32IS(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
    table[.i32GeU, .immediateImmediate] = { branch32II(State($0, $1, $2, $3, $4, $5, $6), Compare32.geU) }
}

private func addI64SumsAndBranches(to table: inout HandlerTable) {
    table[.i64Eq, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Eq, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.eq) }
    table[.i64Ne, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64Ne, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.ne) }
    table[.i64LtS, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtS, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltS) }
    table[.i64LtU, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64LtU, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.ltU) }
    table[.i64GtS, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtS, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtS) }
    table[.i64GtU, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64GtU, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.gtU) }
    table[.i64LeS, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeS, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.leS) }
    table[.i64LeU, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64LeU, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.leU) }
    table[.i64GeS, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeS, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.geS) }
    table[.i64GeU, .slotSlot] = { branch64SS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .slotImmediate] = { branch64SI(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .immediateSlot] = { branch64IS(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
    table[.i64GeU, .immediateImmediate] = { branch64II(State($0, $1, $2, $3, $4, $5, $6), Compare64.geU) }
}
