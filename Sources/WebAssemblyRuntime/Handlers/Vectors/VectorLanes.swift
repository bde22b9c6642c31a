import WebAssembly

// Lanes of vectors, one by one and rearranged.

@inline(__always)
private func extract<Vector: SIMD & BitwiseCopyable>(
    _ state: State, _ type: Vector.Type, _ extend: (Vector.Scalar) -> UInt64
) where Vector.Scalar: BitwiseCopyable {
    // Validation has seen that there is such a lane.
    let lane = (state.slot(10) + state.operand16(12) &* MemoryLayout<Vector.Scalar>.size)
    let result = extend(lane.loadUnaligned(as: Vector.Scalar.self))
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
private func replace<Vector: SIMD & BitwiseCopyable>(_ state: State, _ type: Vector.Type)
where Vector.Scalar: BitwiseCopyable {
    // The result may take the place of either operand.
    let value = state.slot(12).loadUnaligned(as: Vector.Scalar.self)
    state.setVector(8, state.getVector(10, as: SIMD16<UInt8>.self))
    (state.slot(8) + state.operand16(14) &* MemoryLayout<Vector.Scalar>.size)
        .storeBytes(of: value, as: Vector.Scalar.self)
    return state.next(16)
}

@inline(__always)
private func splat<Vector: SIMD & BitwiseCopyable>(_ state: State, _ type: Vector.Type)
where Vector.Scalar: BitwiseCopyable {
    state.setVector(8, Vector(repeating: state.slot(10).loadUnaligned(as: Vector.Scalar.self)))
    return state.next(16)
}

@inline(__always)
private func swizzled(_ a: SIMD16<UInt8>, _ indices: SIMD16<UInt8>) -> SIMD16<UInt8> {
    var result = SIMD16<UInt8>()
    for lane in 0..<16 {
        let index = indices[lane]
        result[lane] = index < 16 ? a[Int(index & 15)] : 0
    }
    return result
}

/// Sixteen of the 32 lanes of both, named by the 16 bytes at 16; 32 bytes in all.
@inline(__always)
private func shuffle(_ state: State) {
    let indices = (state.code + 16).loadUnaligned(as: SIMD16<UInt8>.self)
    let a = state.getVector(10, as: SIMD16<UInt8>.self)
    let b = state.getVector(12, as: SIMD16<UInt8>.self)
    var result = SIMD16<UInt8>()
    for lane in 0..<16 {
        let index = Int(indices[lane])
        result[lane] = index & 16 == 0 ? a[index & 15] : b[index & 15]
    }
    state.setVector(8, result)
    return state.next(32)
}

/// The sixteen bytes at 16; 32 bytes in all.
@inline(__always)
private func constant(_ state: State) {
    state.setVector(8, (state.code + 16).loadUnaligned(as: SIMD16<UInt8>.self))
    return state.next(32)
}

func addVectorLanes(to table: inout HandlerTable) {
    table[.v128Const, .slotSlot] = { constant(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.i8x16Shuffle, .slotSlot] = { shuffle(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.i8x16Swizzle, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { swizzled($0, $1) }
    }
    table[.i8x16RelaxedSwizzle, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { swizzled($0, $1) }
    }
    table[.i8x16Splat, .slotSlot] = { splat(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) }
    table[.i8x16ReplaceLane, .slotSlot] = { replace(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) }
    table[.i16x8Splat, .slotSlot] = { splat(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) }
    table[.i16x8ReplaceLane, .slotSlot] = { replace(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) }
    table[.i32x4Splat, .slotSlot] = { splat(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) }
    table[.i32x4ReplaceLane, .slotSlot] = { replace(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) }
    table[.i64x2Splat, .slotSlot] = { splat(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) }
    table[.i64x2ReplaceLane, .slotSlot] = { replace(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) }
    table[.f32x4Splat, .slotSlot] = { splat(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) }
    table[.f32x4ReplaceLane, .slotSlot] = { replace(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) }
    table[.f64x2Splat, .slotSlot] = { splat(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) }
    table[.f64x2ReplaceLane, .slotSlot] = { replace(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) }
    table[.i8x16ExtractLaneS, .slotSlot] = {
        extract(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i8x16ExtractLaneU, .slotSlot] = {
        extract(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { UInt64($0) }
    }
    table[.i16x8ExtractLaneS, .slotSlot] = {
        extract(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i16x8ExtractLaneU, .slotSlot] = {
        extract(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { UInt64($0) }
    }
    table[.i32x4ExtractLane, .slotSlot] = {
        extract(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { UInt64($0) }
    }
    table[.f32x4ExtractLane, .slotSlot] = {
        extract(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { UInt64($0) }
    }
    table[.i64x2ExtractLane, .slotSlot] = { extract(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 } }
    table[.f64x2ExtractLane, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let result = (state.slot(10) + state.operand16(12) &* 8).load(as: Double.self)
        state.setDouble(8, result)
        return state.next(16, float: result)
    }
    table[.i8x16RelaxedLaneselect, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { ($0 & $2) | ($1 & ~$2) }
    }
    table[.i16x8RelaxedLaneselect, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { ($0 & $2) | ($1 & ~$2) }
    }
    table[.i32x4RelaxedLaneselect, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { ($0 & $2) | ($1 & ~$2) }
    }
    table[.i64x2RelaxedLaneselect, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { ($0 & $2) | ($1 & ~$2) }
    }
}
