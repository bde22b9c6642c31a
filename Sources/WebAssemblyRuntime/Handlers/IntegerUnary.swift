import WebAssembly

// Instructions on one integer: destination at 8, operand at 10, 16 bytes.

@inline(__always)
private func unary32S(_ state: State, _ operation: (UInt32) -> UInt32) {
    let result = operation(state.get32(10))
    state.set32(8, result)
    return state.next(16, accumulator: UInt64(result))
}

@inline(__always)
private func unary32A(_ state: State, _ operation: (UInt32) -> UInt32) {
    let result = operation(state.accumulator32)
    state.set32(8, result)
    return state.next(16, accumulator: UInt64(result))
}

@inline(__always)
private func unary64S(_ state: State, _ operation: (UInt64) -> UInt64) {
    let result = operation(state.get64(10))
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
private func unary64A(_ state: State, _ operation: (UInt64) -> UInt64) {
    let result = operation(state.accumulator)
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

private enum I32Unary {
    @inline(__always)
    static func eqz(_ a: UInt32) -> UInt32 { a == 0 ? 1 : 0 }
    @inline(__always)
    static func clz(_ a: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: a.leadingZeroBitCount) }
    @inline(__always)
    static func ctz(_ a: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: a.trailingZeroBitCount) }
    @inline(__always)
    static func popcnt(_ a: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: a.nonzeroBitCount) }
    @inline(__always)
    static func extend8S(_ a: UInt32) -> UInt32 { UInt32(bitPattern: Int32(Int8(truncatingIfNeeded: a))) }
    @inline(__always)
    static func extend16S(_ a: UInt32) -> UInt32 { UInt32(bitPattern: Int32(Int16(truncatingIfNeeded: a))) }
    @inline(__always)
    static func wrapI64(_ a: UInt32) -> UInt32 { a }
}

private enum I64Unary {
    @inline(__always)
    static func eqz(_ a: UInt64) -> UInt64 { a == 0 ? 1 : 0 }
    @inline(__always)
    static func clz(_ a: UInt64) -> UInt64 { UInt64(truncatingIfNeeded: a.leadingZeroBitCount) }
    @inline(__always)
    static func ctz(_ a: UInt64) -> UInt64 { UInt64(truncatingIfNeeded: a.trailingZeroBitCount) }
    @inline(__always)
    static func popcnt(_ a: UInt64) -> UInt64 { UInt64(truncatingIfNeeded: a.nonzeroBitCount) }
    @inline(__always)
    static func extend8S(_ a: UInt64) -> UInt64 { UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: a))) }
    @inline(__always)
    static func extend16S(_ a: UInt64) -> UInt64 { UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: a))) }
    @inline(__always)
    static func extend32S(_ a: UInt64) -> UInt64 { UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: a))) }
    @inline(__always)
    static func extendI32S(_ a: UInt64) -> UInt64 { UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: a))) }
}

func addIntegerUnary(to table: inout HandlerTable) {
    table[.i32Eqz, .slotSlot] = { unary32S(State($0, $1, $2, $3, $4, $5, $6), I32Unary.eqz) }
    table[.i32Eqz, .accumulatorSlot] = { unary32A(State($0, $1, $2, $3, $4, $5, $6), I32Unary.eqz) }
    table[.i32Clz, .slotSlot] = { unary32S(State($0, $1, $2, $3, $4, $5, $6), I32Unary.clz) }
    table[.i32Clz, .accumulatorSlot] = { unary32A(State($0, $1, $2, $3, $4, $5, $6), I32Unary.clz) }
    table[.i32Ctz, .slotSlot] = { unary32S(State($0, $1, $2, $3, $4, $5, $6), I32Unary.ctz) }
    table[.i32Ctz, .accumulatorSlot] = { unary32A(State($0, $1, $2, $3, $4, $5, $6), I32Unary.ctz) }
    table[.i32Popcnt, .slotSlot] = { unary32S(State($0, $1, $2, $3, $4, $5, $6), I32Unary.popcnt) }
    table[.i32Popcnt, .accumulatorSlot] = { unary32A(State($0, $1, $2, $3, $4, $5, $6), I32Unary.popcnt) }
    table[.i32Extend8S, .slotSlot] = { unary32S(State($0, $1, $2, $3, $4, $5, $6), I32Unary.extend8S) }
    table[.i32Extend8S, .accumulatorSlot] = { unary32A(State($0, $1, $2, $3, $4, $5, $6), I32Unary.extend8S) }
    table[.i32Extend16S, .slotSlot] = { unary32S(State($0, $1, $2, $3, $4, $5, $6), I32Unary.extend16S) }
    table[.i32Extend16S, .accumulatorSlot] = { unary32A(State($0, $1, $2, $3, $4, $5, $6), I32Unary.extend16S) }
    table[.i32WrapI64, .slotSlot] = { unary32S(State($0, $1, $2, $3, $4, $5, $6), I32Unary.wrapI64) }
    table[.i32WrapI64, .accumulatorSlot] = { unary32A(State($0, $1, $2, $3, $4, $5, $6), I32Unary.wrapI64) }
    table[.i64Eqz, .slotSlot] = { unary64S(State($0, $1, $2, $3, $4, $5, $6), I64Unary.eqz) }
    table[.i64Eqz, .accumulatorSlot] = { unary64A(State($0, $1, $2, $3, $4, $5, $6), I64Unary.eqz) }
    table[.i64Clz, .slotSlot] = { unary64S(State($0, $1, $2, $3, $4, $5, $6), I64Unary.clz) }
    table[.i64Clz, .accumulatorSlot] = { unary64A(State($0, $1, $2, $3, $4, $5, $6), I64Unary.clz) }
    table[.i64Ctz, .slotSlot] = { unary64S(State($0, $1, $2, $3, $4, $5, $6), I64Unary.ctz) }
    table[.i64Ctz, .accumulatorSlot] = { unary64A(State($0, $1, $2, $3, $4, $5, $6), I64Unary.ctz) }
    table[.i64Popcnt, .slotSlot] = { unary64S(State($0, $1, $2, $3, $4, $5, $6), I64Unary.popcnt) }
    table[.i64Popcnt, .accumulatorSlot] = { unary64A(State($0, $1, $2, $3, $4, $5, $6), I64Unary.popcnt) }
    table[.i64Extend8S, .slotSlot] = { unary64S(State($0, $1, $2, $3, $4, $5, $6), I64Unary.extend8S) }
    table[.i64Extend8S, .accumulatorSlot] = { unary64A(State($0, $1, $2, $3, $4, $5, $6), I64Unary.extend8S) }
    table[.i64Extend16S, .slotSlot] = { unary64S(State($0, $1, $2, $3, $4, $5, $6), I64Unary.extend16S) }
    table[.i64Extend16S, .accumulatorSlot] = { unary64A(State($0, $1, $2, $3, $4, $5, $6), I64Unary.extend16S) }
    table[.i64Extend32S, .slotSlot] = { unary64S(State($0, $1, $2, $3, $4, $5, $6), I64Unary.extend32S) }
    table[.i64Extend32S, .accumulatorSlot] = { unary64A(State($0, $1, $2, $3, $4, $5, $6), I64Unary.extend32S) }
    table[.i64ExtendI32S, .slotSlot] = { unary64S(State($0, $1, $2, $3, $4, $5, $6), I64Unary.extendI32S) }
    table[.i64ExtendI32S, .accumulatorSlot] = { unary64A(State($0, $1, $2, $3, $4, $5, $6), I64Unary.extendI32S) }
}
