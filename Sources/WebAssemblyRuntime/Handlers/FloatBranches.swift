import WebAssembly

// Branches on comparisons of floating-point numbers: operands at 8 and 10, the distance at 12. `gt` and `ge` are
// branches of `lt` and `le` with the operands exchanged.

@inline(__always)
private func branchDouble(_ state: State, _ expected: Bool, _ holds: (Double, Double) -> Bool) {
    if holds(state.getDouble(8), state.getDouble(10)) == expected { return state.jump(12) }
    return state.next(16)
}

@inline(__always)
private func branchFloat(_ state: State, _ expected: Bool, _ holds: (Float, Float) -> Bool) {
    if holds(state.getFloat(8), state.getFloat(10)) == expected { return state.jump(12) }
    return state.next(16)
}

@inline(__always)
private func branchDoubleFS(_ state: State, _ expected: Bool, _ holds: (Double, Double) -> Bool) {
    if holds(state.float, state.getDouble(10)) == expected { return state.jump(12) }
    return state.next(16)
}

func addFloatBranches(to table: inout HandlerTable) {
    table[.f64Eq, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), true) { $0 == $1 } }
    table[.f64Eq, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), true) { $0 == $1 } }
    table[.f64Ne, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), true) { $0 != $1 } }
    table[.f64Ne, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), true) { $0 != $1 } }
    table[.f64Lt, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), true) { $0 < $1 } }
    table[.f64Lt, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), true) { $0 < $1 } }
    table[.f64Gt, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), true) { $0 > $1 } }
    table[.f64Gt, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), true) { $0 > $1 } }
    table[.f64Le, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), true) { $0 <= $1 } }
    table[.f64Le, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), true) { $0 <= $1 } }
    table[.f64Ge, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), true) { $0 >= $1 } }
    table[.f64Ge, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), true) { $0 >= $1 } }
    table[.f32Eq, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), true) { $0 == $1 } }
    table[.f32Ne, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), true) { $0 != $1 } }
    table[.f32Lt, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), true) { $0 < $1 } }
    table[.f32Gt, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), true) { $0 > $1 } }
    table[.f32Le, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), true) { $0 <= $1 } }
    table[.f32Ge, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), true) { $0 >= $1 } }
}

func addNegatedFloatBranches(to table: inout HandlerTable) {
    table[.f64Eq, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), false) { $0 == $1 } }
    table[.f64Eq, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), false) { $0 == $1 } }
    table[.f64Ne, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), false) { $0 != $1 } }
    table[.f64Ne, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), false) { $0 != $1 } }
    table[.f64Lt, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), false) { $0 < $1 } }
    table[.f64Lt, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), false) { $0 < $1 } }
    table[.f64Gt, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), false) { $0 > $1 } }
    table[.f64Gt, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), false) { $0 > $1 } }
    table[.f64Le, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), false) { $0 <= $1 } }
    table[.f64Le, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), false) { $0 <= $1 } }
    table[.f64Ge, .slotSlot] = { branchDouble(State($0, $1, $2, $3, $4, $5, $6), false) { $0 >= $1 } }
    table[.f64Ge, .accumulatorSlot] = { branchDoubleFS(State($0, $1, $2, $3, $4, $5, $6), false) { $0 >= $1 } }
    table[.f32Eq, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), false) { $0 == $1 } }
    table[.f32Ne, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), false) { $0 != $1 } }
    table[.f32Lt, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), false) { $0 < $1 } }
    table[.f32Gt, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), false) { $0 > $1 } }
    table[.f32Le, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), false) { $0 <= $1 } }
    table[.f32Ge, .slotSlot] = { branchFloat(State($0, $1, $2, $3, $4, $5, $6), false) { $0 >= $1 } }
}
