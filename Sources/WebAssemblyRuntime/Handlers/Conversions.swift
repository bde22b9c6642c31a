import WebAssembly

// Conversions between integers and floating-point numbers: destination at 8, operand at 10, 16 bytes.

@inline(__always)
private func toDouble(_ state: State, _ result: Double) {
    state.setDouble(8, result)
    return state.next(16, float: result)
}

@inline(__always)
private func toFloat(_ state: State, _ result: Float) {
    state.setFloat(8, result)
    return state.next(16)
}

@inline(__always)
private func toInteger(_ state: State, _ result: UInt64) {
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

/// Truncation of a number that has to lie between two others, themselves excluded.
@inline(__always)
private func truncate<Number: BinaryFloatingPoint>(
    _ state: State, _ number: Number, _ lower: Number, _ upper: Number, _ convert: (Number) -> UInt64
) {
    if number > lower && number < upper { return toInteger(state, convert(number)) }
    return state.trap(number.isNaN ? .invalidConversionToInteger : .integerOverflow)
}

/// Truncation that takes the nearest integer there is, and zero for what is not a number.
@inline(__always)
private func saturate<Number: BinaryFloatingPoint>(
    _ state: State, _ number: Number, _ lower: Number, _ upper: Number, _ minimum: UInt64, _ maximum: UInt64,
    _ convert: (Number) -> UInt64
) {
    if number > lower && number < upper { return toInteger(state, convert(number)) }
    return toInteger(state, number.isNaN ? 0 : number < 0 ? minimum : maximum)
}

private enum Convert {
    @inline(__always)
    static func i32S(_ number: Float) -> UInt64 { UInt64(UInt32(bitPattern: Int32(number))) }
    @inline(__always)
    static func i32U(_ number: Float) -> UInt64 { UInt64(UInt32(truncatingIfNeeded: Int64(number))) }
    @inline(__always)
    static func i64S(_ number: Float) -> UInt64 { UInt64(bitPattern: Int64(number)) }
    @inline(__always)
    static func i64U(_ number: Float) -> UInt64 { UInt64(number) }
    @inline(__always)
    static func i32S(_ number: Double) -> UInt64 { UInt64(UInt32(bitPattern: Int32(number))) }
    @inline(__always)
    static func i32U(_ number: Double) -> UInt64 { UInt64(UInt32(truncatingIfNeeded: Int64(number))) }
    @inline(__always)
    static func i64S(_ number: Double) -> UInt64 { UInt64(bitPattern: Int64(number)) }
    @inline(__always)
    static func i64U(_ number: Double) -> UInt64 { UInt64(number) }
}

func addConversions(to table: inout HandlerTable) {
    addTruncations(to: &table)
    table[.f64ConvertI32S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(Int32(bitPattern: state.get32(10))))
    }
    table[.f32ConvertI32S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(Int32(bitPattern: state.get32(10))))
    }
    table[.f64ConvertI32S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(Int32(bitPattern: state.accumulator32)))
    }
    table[.f32ConvertI32S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(Int32(bitPattern: state.accumulator32)))
    }
    table[.f64ConvertI32U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(state.get32(10)))
    }
    table[.f32ConvertI32U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(state.get32(10)))
    }
    table[.f64ConvertI32U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(state.accumulator32))
    }
    table[.f32ConvertI32U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(state.accumulator32))
    }
    table[.f64ConvertI64S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(Int64(bitPattern: state.get64(10))))
    }
    table[.f32ConvertI64S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(Int64(bitPattern: state.get64(10))))
    }
    table[.f64ConvertI64S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(Int64(bitPattern: state.accumulator)))
    }
    table[.f32ConvertI64S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(Int64(bitPattern: state.accumulator)))
    }
    table[.f64ConvertI64U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(state.get64(10)))
    }
    table[.f32ConvertI64U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(state.get64(10)))
    }
    table[.f64ConvertI64U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(state.accumulator))
    }
    table[.f32ConvertI64U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(state.accumulator))
    }
    table[.f32DemoteF64, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(state.getDouble(10)))
    }
    table[.f32DemoteF64, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toFloat(state, Float(state.float))
    }
    table[.f64PromoteF32, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return toDouble(state, Double(state.getFloat(10)))
    }
}

private func addTruncations(to table: inout HandlerTable) {
    table[.i32TruncF64S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.getDouble(10), -2_147_483_649, 2_147_483_648, Convert.i32S)
    }
    table[.i32TruncSatF64S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(
            state, state.getDouble(10), -2_147_483_649, 2_147_483_648, 0x8000_0000, 0x7FFF_FFFF,
            Convert.i32S)
    }
    table[.i32TruncF64S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.float, -2_147_483_649, 2_147_483_648, Convert.i32S)
    }
    table[.i32TruncSatF64S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(state, state.float, -2_147_483_649, 2_147_483_648, 0x8000_0000, 0x7FFF_FFFF, Convert.i32S)
    }
    table[.i32TruncF64U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.getDouble(10), -1, 4_294_967_296, Convert.i32U)
    }
    table[.i32TruncSatF64U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(state, state.getDouble(10), -1, 4_294_967_296, 0, 0xFFFF_FFFF, Convert.i32U)
    }
    table[.i32TruncF64U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.float, -1, 4_294_967_296, Convert.i32U)
    }
    table[.i32TruncSatF64U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(state, state.float, -1, 4_294_967_296, 0, 0xFFFF_FFFF, Convert.i32U)
    }
    table[.i64TruncF64S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.getDouble(10), -9_223_372_036_854_777_856, 9_223_372_036_854_775_808, Convert.i64S)
    }
    table[.i64TruncSatF64S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(
            state, state.getDouble(10), -9_223_372_036_854_777_856, 9_223_372_036_854_775_808,
            0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF,
            Convert.i64S)
    }
    table[.i64TruncF64S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.float, -9_223_372_036_854_777_856, 9_223_372_036_854_775_808, Convert.i64S)
    }
    table[.i64TruncSatF64S, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(
            state, state.float, -9_223_372_036_854_777_856, 9_223_372_036_854_775_808,
            0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF,
            Convert.i64S)
    }
    table[.i64TruncF64U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.getDouble(10), -1, 18_446_744_073_709_551_616, Convert.i64U)
    }
    table[.i64TruncSatF64U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(state, state.getDouble(10), -1, 18_446_744_073_709_551_616, 0, .max, Convert.i64U)
    }
    table[.i64TruncF64U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.float, -1, 18_446_744_073_709_551_616, Convert.i64U)
    }
    table[.i64TruncSatF64U, .accumulatorSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(state, state.float, -1, 18_446_744_073_709_551_616, 0, .max, Convert.i64U)
    }
    table[.i32TruncF32S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.getFloat(10), -2_147_483_904, 2_147_483_648, Convert.i32S)
    }
    table[.i32TruncSatF32S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(
            state, state.getFloat(10), -2_147_483_904, 2_147_483_648, 0x8000_0000, 0x7FFF_FFFF,
            Convert.i32S)
    }
    table[.i32TruncF32U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.getFloat(10), -1, 4_294_967_296, Convert.i32U)
    }
    table[.i32TruncSatF32U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(state, state.getFloat(10), -1, 4_294_967_296, 0, 0xFFFF_FFFF, Convert.i32U)
    }
    table[.i64TruncF32S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.getFloat(10), -9_223_373_136_366_403_584, 9_223_372_036_854_775_808, Convert.i64S)
    }
    table[.i64TruncSatF32S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(
            state, state.getFloat(10), -9_223_373_136_366_403_584, 9_223_372_036_854_775_808,
            0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF,
            Convert.i64S)
    }
    table[.i64TruncF32U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return truncate(state, state.getFloat(10), -1, 18_446_744_073_709_551_616, Convert.i64U)
    }
    table[.i64TruncSatF32U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return saturate(state, state.getFloat(10), -1, 18_446_744_073_709_551_616, 0, .max, Convert.i64U)
    }
}
