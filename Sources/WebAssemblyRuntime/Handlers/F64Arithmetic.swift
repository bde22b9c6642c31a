import WebAssembly

// Arithmetic on f64: destination at 8, operands at 10 and 12; an immediate has 64 bits at 16, making 24 bytes.

@inline(__always)
private func doubleSS(_ state: State, _ operation: (Double, Double) -> Double) {
    let result = operation(state.getDouble(10), state.getDouble(12))
    state.setDouble(8, result)
    return state.next(16, float: result)
}

@inline(__always)
private func compareDoubleSS(_ state: State, _ holds: (Double, Double) -> Bool) {
    let result: UInt64 = holds(state.getDouble(10), state.getDouble(12)) ? 1 : 0
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
private func doubleFS(_ state: State, _ operation: (Double, Double) -> Double) {
    let result = operation(state.float, state.getDouble(12))
    state.setDouble(8, result)
    return state.next(16, float: result)
}

@inline(__always)
private func compareDoubleFS(_ state: State, _ holds: (Double, Double) -> Bool) {
    let result: UInt64 = holds(state.float, state.getDouble(12)) ? 1 : 0
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
private func doubleSF(_ state: State, _ operation: (Double, Double) -> Double) {
    let result = operation(state.getDouble(10), state.float)
    state.setDouble(8, result)
    return state.next(16, float: result)
}

@inline(__always)
private func doubleSI(_ state: State, _ operation: (Double, Double) -> Double) {
    let result = operation(state.getDouble(10), Double(bitPattern: state.operand64(16)))
    state.setDouble(8, result)
    return state.next(24, float: result)
}

@inline(__always)
private func compareDoubleSI(_ state: State, _ holds: (Double, Double) -> Bool) {
    let result: UInt64 = holds(state.getDouble(10), Double(bitPattern: state.operand64(16))) ? 1 : 0
    state.set64(8, result)
    return state.next(24, accumulator: result)
}

@inline(__always)
private func doubleFI(_ state: State, _ operation: (Double, Double) -> Double) {
    let result = operation(state.float, Double(bitPattern: state.operand64(16)))
    state.setDouble(8, result)
    return state.next(24, float: result)
}

@inline(__always)
private func compareDoubleFI(_ state: State, _ holds: (Double, Double) -> Bool) {
    let result: UInt64 = holds(state.float, Double(bitPattern: state.operand64(16))) ? 1 : 0
    state.set64(8, result)
    return state.next(24, accumulator: result)
}

@inline(__always)
private func doubleIS(_ state: State, _ operation: (Double, Double) -> Double) {
    let result = operation(Double(bitPattern: state.operand64(16)), state.getDouble(12))
    state.setDouble(8, result)
    return state.next(24, float: result)
}

private enum F64 {
    @inline(__always)
    static func add(_ a: Double, _ b: Double) -> Double { a + b }
    @inline(__always)
    static func sub(_ a: Double, _ b: Double) -> Double { a - b }
    @inline(__always)
    static func mul(_ a: Double, _ b: Double) -> Double { a * b }
    @inline(__always)
    static func div(_ a: Double, _ b: Double) -> Double { a / b }
    @inline(__always)
    static func min(_ a: Double, _ b: Double) -> Double { floatMinimum(a, b) }
    @inline(__always)
    static func max(_ a: Double, _ b: Double) -> Double { floatMaximum(a, b) }
    @inline(__always)
    static func copysign(_ a: Double, _ b: Double) -> Double {
        let sign = UInt64(1) << 63
        return Double(bitPattern: (a.bitPattern & ~sign) | (b.bitPattern & sign))
    }
    @inline(__always)
    static func eq(_ a: Double, _ b: Double) -> Bool { a == b }
    @inline(__always)
    static func ne(_ a: Double, _ b: Double) -> Bool { a != b }
    @inline(__always)
    static func lt(_ a: Double, _ b: Double) -> Bool { a < b }
    @inline(__always)
    static func gt(_ a: Double, _ b: Double) -> Bool { a > b }
    @inline(__always)
    static func le(_ a: Double, _ b: Double) -> Bool { a <= b }
    @inline(__always)
    static func ge(_ a: Double, _ b: Double) -> Bool { a >= b }
}

func addF64Binary(to table: inout HandlerTable) {
    table[.f64Add, .slotSlot] = { doubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.add) }
    table[.f64Add, .accumulatorSlot] = { doubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.add) }
    table[.f64Add, .slotImmediate] = { doubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.add) }
    table[.f64Add, .accumulatorImmediate] = { doubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.add) }
    table[.f64Mul, .slotSlot] = { doubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.mul) }
    table[.f64Mul, .accumulatorSlot] = { doubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.mul) }
    table[.f64Mul, .slotImmediate] = { doubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.mul) }
    table[.f64Mul, .accumulatorImmediate] = { doubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.mul) }
    table[.f64Sub, .slotSlot] = { doubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.sub) }
    table[.f64Sub, .accumulatorSlot] = { doubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.sub) }
    table[.f64Sub, .slotAccumulator] = { doubleSF(State($0, $1, $2, $3, $4, $5, $6), F64.sub) }
    table[.f64Sub, .slotImmediate] = { doubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.sub) }
    table[.f64Sub, .accumulatorImmediate] = { doubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.sub) }
    table[.f64Sub, .immediateSlot] = { doubleIS(State($0, $1, $2, $3, $4, $5, $6), F64.sub) }
    table[.f64Div, .slotSlot] = { doubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.div) }
    table[.f64Div, .accumulatorSlot] = { doubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.div) }
    table[.f64Div, .slotAccumulator] = { doubleSF(State($0, $1, $2, $3, $4, $5, $6), F64.div) }
    table[.f64Div, .slotImmediate] = { doubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.div) }
    table[.f64Div, .accumulatorImmediate] = { doubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.div) }
    table[.f64Div, .immediateSlot] = { doubleIS(State($0, $1, $2, $3, $4, $5, $6), F64.div) }
    table[.f64Min, .slotSlot] = { doubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.min) }
    table[.f64Max, .slotSlot] = { doubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.max) }
    table[.f64Copysign, .slotSlot] = { doubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.copysign) }
    table[.f64Eq, .slotSlot] = { compareDoubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.eq) }
    table[.f64Eq, .accumulatorSlot] = { compareDoubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.eq) }
    table[.f64Eq, .slotImmediate] = { compareDoubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.eq) }
    table[.f64Eq, .accumulatorImmediate] = { compareDoubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.eq) }
    table[.f64Ne, .slotSlot] = { compareDoubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.ne) }
    table[.f64Ne, .accumulatorSlot] = { compareDoubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.ne) }
    table[.f64Ne, .slotImmediate] = { compareDoubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.ne) }
    table[.f64Ne, .accumulatorImmediate] = { compareDoubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.ne) }
    table[.f64Lt, .slotSlot] = { compareDoubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.lt) }
    table[.f64Lt, .accumulatorSlot] = { compareDoubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.lt) }
    table[.f64Lt, .slotImmediate] = { compareDoubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.lt) }
    table[.f64Lt, .accumulatorImmediate] = { compareDoubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.lt) }
    table[.f64Gt, .slotSlot] = { compareDoubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.gt) }
    table[.f64Gt, .accumulatorSlot] = { compareDoubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.gt) }
    table[.f64Gt, .slotImmediate] = { compareDoubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.gt) }
    table[.f64Gt, .accumulatorImmediate] = { compareDoubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.gt) }
    table[.f64Le, .slotSlot] = { compareDoubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.le) }
    table[.f64Le, .accumulatorSlot] = { compareDoubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.le) }
    table[.f64Le, .slotImmediate] = { compareDoubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.le) }
    table[.f64Le, .accumulatorImmediate] = { compareDoubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.le) }
    table[.f64Ge, .slotSlot] = { compareDoubleSS(State($0, $1, $2, $3, $4, $5, $6), F64.ge) }
    table[.f64Ge, .accumulatorSlot] = { compareDoubleFS(State($0, $1, $2, $3, $4, $5, $6), F64.ge) }
    table[.f64Ge, .slotImmediate] = { compareDoubleSI(State($0, $1, $2, $3, $4, $5, $6), F64.ge) }
    table[.f64Ge, .accumulatorImmediate] = { compareDoubleFI(State($0, $1, $2, $3, $4, $5, $6), F64.ge) }
}
