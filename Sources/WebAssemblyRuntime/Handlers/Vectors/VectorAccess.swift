import WebAssembly

// How instructions on vectors reach their operands: the slot of the result at 8, those of the operands at 10, 12 and
// 14, 16 bytes in all. A vector takes two slots. The first is named. A lane's number follows the operands.

extension State {
    /// The vector whose first slot stands at `offset` in the instruction, seen as lanes of some type.
    @inline(__always)
    func getVector<Vector: SIMD & BitwiseCopyable>(_ offset: Int, as type: Vector.Type) -> Vector {
        slot(offset).loadUnaligned(as: Vector.self)
    }

    @inline(__always)
    func setVector<Vector: SIMD & BitwiseCopyable>(_ offset: Int, _ value: Vector) {
        slot(offset).storeBytes(of: value, as: Vector.self)
    }
}

@inline(__always)
func vectorUnary<Vector: SIMD & BitwiseCopyable>(
    _ state: State, _ type: Vector.Type, _ operation: (Vector) -> Vector
) {
    state.setVector(8, operation(state.getVector(10, as: type)))
    return state.next(16)
}

/// Of vectors of one shape, one of another.
@inline(__always)
func vectorUnary<Operand: SIMD & BitwiseCopyable, Result: SIMD & BitwiseCopyable>(
    _ state: State, from type: Operand.Type, to result: Result.Type, _ operation: (Operand) -> Result
) {
    state.setVector(8, operation(state.getVector(10, as: type)))
    return state.next(16)
}

@inline(__always)
func vectorBinary<Vector: SIMD & BitwiseCopyable>(
    _ state: State, _ type: Vector.Type, _ operation: (Vector, Vector) -> Vector
) {
    state.setVector(8, operation(state.getVector(10, as: type), state.getVector(12, as: type)))
    return state.next(16)
}

/// Of two vectors of one shape, one of another.
@inline(__always)
func vectorBinary<Operand: SIMD & BitwiseCopyable, Result: SIMD & BitwiseCopyable>(
    _ state: State, from type: Operand.Type, to result: Result.Type, _ operation: (Operand, Operand) -> Result
) {
    state.setVector(8, operation(state.getVector(10, as: type), state.getVector(12, as: type)))
    return state.next(16)
}

@inline(__always)
func vectorTernary<Vector: SIMD & BitwiseCopyable>(
    _ state: State, _ type: Vector.Type, _ operation: (Vector, Vector, Vector) -> Vector
) {
    state.setVector(
        8, operation(state.getVector(10, as: type), state.getVector(12, as: type), state.getVector(14, as: type)))
    return state.next(16)
}

/// A comparison, lane by lane: all ones where it holds, zeros elsewhere. `Mask` has signed lanes of the same size.
@inline(__always)
func vectorComparison<Vector: SIMD & BitwiseCopyable, Mask: SIMD & BitwiseCopyable>(
    _ state: State, _ type: Vector.Type, _ mask: Mask.Type, _ operation: (Vector, Vector) -> SIMDMask<Mask>
) where Mask == Vector.MaskStorage, Mask.MaskStorage == Mask, Mask.Scalar: FixedWidthInteger & SignedInteger {
    let holds = operation(state.getVector(10, as: type), state.getVector(12, as: type))
    state.setVector(8, Mask(repeating: 0).replacing(with: Mask(repeating: -1), where: holds))
    return state.next(16)
}

/// A number of type `i32` of a vector.
@inline(__always)
func vectorTest<Vector: SIMD & BitwiseCopyable>(_ state: State, _ type: Vector.Type, _ operation: (Vector) -> UInt32) {
    let result = operation(state.getVector(10, as: type))
    state.set32(8, result)
    return state.next(16, accumulator: UInt64(result))
}

/// A shift of all lanes by the same number of bits. The shift itself takes what fits the lane.
@inline(__always)
func vectorShift<Vector: SIMD & BitwiseCopyable>(
    _ state: State, _ type: Vector.Type, _ operation: (Vector, Vector) -> Vector
) where Vector.Scalar: FixedWidthInteger {
    let count = Vector(repeating: Vector.Scalar(truncatingIfNeeded: state.get32(12)))
    state.setVector(8, operation(state.getVector(10, as: type), count))
    return state.next(16)
}

/// `operation` on each lane.
@inline(__always)
func lanewise<Vector: SIMD>(_ a: Vector, _ operation: (Vector.Scalar) -> Vector.Scalar) -> Vector {
    var result = Vector()
    for lane in 0..<Vector.scalarCount { result[lane] = operation(a[lane]) }
    return result
}

/// A vector of as many lanes of another type, `operation` of each.
@inline(__always)
func lanewise<Vector: SIMD, Result: SIMD>(_ a: Vector, _ operation: (Vector.Scalar) -> Result.Scalar) -> Result {
    var result = Result()
    for lane in 0..<Vector.scalarCount { result[lane] = operation(a[lane]) }
    return result
}

/// `operation` on each pair of lanes.
@inline(__always)
func lanewise<Vector: SIMD>(
    _ a: Vector, _ b: Vector, _ operation: (Vector.Scalar, Vector.Scalar) -> Vector.Scalar
) -> Vector {
    var result = Vector()
    for lane in 0..<Vector.scalarCount { result[lane] = operation(a[lane], b[lane]) }
    return result
}
