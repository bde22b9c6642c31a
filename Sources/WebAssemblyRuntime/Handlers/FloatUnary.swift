import WebAssembly

// Instructions on one floating-point number: destination at 8, operand at 10, 16 bytes.

@inline(__always)
private func doubleS(_ state: State, _ operation: (Double) -> Double) {
    let result = operation(state.getDouble(10))
    state.setDouble(8, result)
    return state.next(16, float: result)
}

@inline(__always)
private func doubleF(_ state: State, _ operation: (Double) -> Double) {
    let result = operation(state.float)
    state.setDouble(8, result)
    return state.next(16, float: result)
}

@inline(__always)
private func floatS(_ state: State, _ operation: (Float) -> Float) {
    state.setFloat(8, operation(state.getFloat(10)))
    return state.next(16)
}

func addFloatUnary(to table: inout HandlerTable) {
    table[.f64Abs, .slotSlot] = { doubleS(State($0, $1, $2, $3, $4, $5, $6)) { $0.magnitude } }
    table[.f64Abs, .accumulatorSlot] = { doubleF(State($0, $1, $2, $3, $4, $5, $6)) { $0.magnitude } }
    table[.f32Abs, .slotSlot] = { floatS(State($0, $1, $2, $3, $4, $5, $6)) { $0.magnitude } }
    table[.f64Neg, .slotSlot] = { doubleS(State($0, $1, $2, $3, $4, $5, $6)) { -$0 } }
    table[.f64Neg, .accumulatorSlot] = { doubleF(State($0, $1, $2, $3, $4, $5, $6)) { -$0 } }
    table[.f32Neg, .slotSlot] = { floatS(State($0, $1, $2, $3, $4, $5, $6)) { -$0 } }
    table[.f64Ceil, .slotSlot] = { doubleS(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.up) } }
    table[.f64Ceil, .accumulatorSlot] = { doubleF(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.up) } }
    table[.f32Ceil, .slotSlot] = { floatS(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.up) } }
    table[.f64Floor, .slotSlot] = { doubleS(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.down) } }
    table[.f64Floor, .accumulatorSlot] = { doubleF(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.down) } }
    table[.f32Floor, .slotSlot] = { floatS(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.down) } }
    table[.f64Trunc, .slotSlot] = { doubleS(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.towardZero) } }
    table[.f64Trunc, .accumulatorSlot] = { doubleF(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.towardZero) } }
    table[.f32Trunc, .slotSlot] = { floatS(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.towardZero) } }
    table[.f64Nearest, .slotSlot] = { doubleS(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.toNearestOrEven) } }
    table[.f64Nearest, .accumulatorSlot] = {
        doubleF(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.toNearestOrEven) }
    }
    table[.f32Nearest, .slotSlot] = { floatS(State($0, $1, $2, $3, $4, $5, $6)) { $0.rounded(.toNearestOrEven) } }
    table[.f64Sqrt, .slotSlot] = { doubleS(State($0, $1, $2, $3, $4, $5, $6)) { $0.squareRoot() } }
    table[.f64Sqrt, .accumulatorSlot] = { doubleF(State($0, $1, $2, $3, $4, $5, $6)) { $0.squareRoot() } }
    table[.f32Sqrt, .slotSlot] = { floatS(State($0, $1, $2, $3, $4, $5, $6)) { $0.squareRoot() } }
}
