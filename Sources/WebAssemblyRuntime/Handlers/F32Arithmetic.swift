import WebAssembly

// Arithmetic on f32: destination at 8, operands at 10 and 12, the immediate of 32 bits at 12.

@inline(__always)
private func floatSS(_ state: State, _ operation: (Float, Float) -> Float) {
    state.setFloat(8, operation(state.getFloat(10), state.getFloat(12)))
    return state.next(16)
}

@inline(__always)
private func compareFloatSS(_ state: State, _ holds: (Float, Float) -> Bool) {
    let result: UInt64 = holds(state.getFloat(10), state.getFloat(12)) ? 1 : 0
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
private func floatSI(_ state: State, _ operation: (Float, Float) -> Float) {
    state.setFloat(8, operation(state.getFloat(10), Float(bitPattern: state.operand32(12))))
    return state.next(16)
}

@inline(__always)
private func compareFloatSI(_ state: State, _ holds: (Float, Float) -> Bool) {
    let result: UInt64 = holds(state.getFloat(10), Float(bitPattern: state.operand32(12))) ? 1 : 0
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
private func floatIS(_ state: State, _ operation: (Float, Float) -> Float) {
    state.setFloat(8, operation(Float(bitPattern: state.operand32(12)), state.getFloat(10)))
    return state.next(16)
}

private enum F32 {
    @inline(__always)
    static func add(_ a: Float, _ b: Float) -> Float { a + b }
    @inline(__always)
    static func sub(_ a: Float, _ b: Float) -> Float { a - b }
    @inline(__always)
    static func mul(_ a: Float, _ b: Float) -> Float { a * b }
    @inline(__always)
    static func div(_ a: Float, _ b: Float) -> Float { a / b }
    @inline(__always)
    static func min(_ a: Float, _ b: Float) -> Float { floatMinimum(a, b) }
    @inline(__always)
    static func max(_ a: Float, _ b: Float) -> Float { floatMaximum(a, b) }
    @inline(__always)
    static func copysign(_ a: Float, _ b: Float) -> Float {
        let sign = UInt32(1) << 31
        return Float(bitPattern: (a.bitPattern & ~sign) | (b.bitPattern & sign))
    }
    @inline(__always)
    static func eq(_ a: Float, _ b: Float) -> Bool { a == b }
    @inline(__always)
    static func ne(_ a: Float, _ b: Float) -> Bool { a != b }
    @inline(__always)
    static func lt(_ a: Float, _ b: Float) -> Bool { a < b }
    @inline(__always)
    static func gt(_ a: Float, _ b: Float) -> Bool { a > b }
    @inline(__always)
    static func le(_ a: Float, _ b: Float) -> Bool { a <= b }
    @inline(__always)
    static func ge(_ a: Float, _ b: Float) -> Bool { a >= b }
}

func addF32Binary(to table: inout HandlerTable) {
    table[.f32Add, .slotSlot] = { floatSS(State($0, $1, $2, $3, $4, $5, $6), F32.add) }
    table[.f32Add, .slotImmediate] = { floatSI(State($0, $1, $2, $3, $4, $5, $6), F32.add) }
    table[.f32Mul, .slotSlot] = { floatSS(State($0, $1, $2, $3, $4, $5, $6), F32.mul) }
    table[.f32Mul, .slotImmediate] = { floatSI(State($0, $1, $2, $3, $4, $5, $6), F32.mul) }
    table[.f32Sub, .slotSlot] = { floatSS(State($0, $1, $2, $3, $4, $5, $6), F32.sub) }
    table[.f32Sub, .slotImmediate] = { floatSI(State($0, $1, $2, $3, $4, $5, $6), F32.sub) }
    table[.f32Sub, .immediateSlot] = { floatIS(State($0, $1, $2, $3, $4, $5, $6), F32.sub) }
    table[.f32Div, .slotSlot] = { floatSS(State($0, $1, $2, $3, $4, $5, $6), F32.div) }
    table[.f32Div, .slotImmediate] = { floatSI(State($0, $1, $2, $3, $4, $5, $6), F32.div) }
    table[.f32Div, .immediateSlot] = { floatIS(State($0, $1, $2, $3, $4, $5, $6), F32.div) }
    table[.f32Min, .slotSlot] = { floatSS(State($0, $1, $2, $3, $4, $5, $6), F32.min) }
    table[.f32Max, .slotSlot] = { floatSS(State($0, $1, $2, $3, $4, $5, $6), F32.max) }
    table[.f32Copysign, .slotSlot] = { floatSS(State($0, $1, $2, $3, $4, $5, $6), F32.copysign) }
    table[.f32Eq, .slotSlot] = { compareFloatSS(State($0, $1, $2, $3, $4, $5, $6), F32.eq) }
    table[.f32Eq, .slotImmediate] = { compareFloatSI(State($0, $1, $2, $3, $4, $5, $6), F32.eq) }
    table[.f32Ne, .slotSlot] = { compareFloatSS(State($0, $1, $2, $3, $4, $5, $6), F32.ne) }
    table[.f32Ne, .slotImmediate] = { compareFloatSI(State($0, $1, $2, $3, $4, $5, $6), F32.ne) }
    table[.f32Lt, .slotSlot] = { compareFloatSS(State($0, $1, $2, $3, $4, $5, $6), F32.lt) }
    table[.f32Lt, .slotImmediate] = { compareFloatSI(State($0, $1, $2, $3, $4, $5, $6), F32.lt) }
    table[.f32Gt, .slotSlot] = { compareFloatSS(State($0, $1, $2, $3, $4, $5, $6), F32.gt) }
    table[.f32Gt, .slotImmediate] = { compareFloatSI(State($0, $1, $2, $3, $4, $5, $6), F32.gt) }
    table[.f32Le, .slotSlot] = { compareFloatSS(State($0, $1, $2, $3, $4, $5, $6), F32.le) }
    table[.f32Le, .slotImmediate] = { compareFloatSI(State($0, $1, $2, $3, $4, $5, $6), F32.le) }
    table[.f32Ge, .slotSlot] = { compareFloatSS(State($0, $1, $2, $3, $4, $5, $6), F32.ge) }
    table[.f32Ge, .slotImmediate] = { compareFloatSI(State($0, $1, $2, $3, $4, $5, $6), F32.ge) }
}
