import WebAssembly

// Conversions between vectors: wider and narrower lanes, products and sums in wider lanes, floating-point numbers and
// integers.

extension SIMD where Scalar: FixedWidthInteger {
    /// The lanes from `start` on, as many as `Wide` has, extended.
    @inline(__always)
    fileprivate func extended<Wide: SIMD>(from start: Int) -> Wide where Wide.Scalar: FixedWidthInteger {
        var result = Wide()
        for lane in 0..<Wide.scalarCount { result[lane] = Wide.Scalar(truncatingIfNeeded: self[start + lane]) }
        return result
    }

    /// The sums of neighbouring lanes, after extending them.
    @inline(__always)
    func pairwiseSums<Wide: SIMD>() -> Wide where Wide.Scalar: FixedWidthInteger {
        var result = Wide()
        for lane in 0..<Wide.scalarCount {
            result[lane] =
                Wide.Scalar(truncatingIfNeeded: self[2 * lane]) &+ Wide.Scalar(truncatingIfNeeded: self[2 * lane + 1])
        }
        return result
    }

    /// The sums of neighbouring products, in wider lanes.
    @inline(__always)
    func dotProducts<Wide: SIMD>(_ other: Self) -> Wide where Wide.Scalar: FixedWidthInteger {
        var result = Wide()
        for lane in 0..<Wide.scalarCount {
            var sum: Wide.Scalar = 0
            for part in 2 * lane...2 * lane + 1 {
                sum &+= Wide.Scalar(truncatingIfNeeded: self[part]) &* Wide.Scalar(truncatingIfNeeded: other[part])
            }
            result[lane] = sum
        }
        return result
    }

    /// The lanes of both, each brought into the range of narrower ones.
    @inline(__always)
    fileprivate func narrowed<Narrow: SIMD>(_ other: Self) -> Narrow
    where Narrow.Scalar: FixedWidthInteger {
        var result = Narrow()
        for lane in 0..<Self.scalarCount {
            result[lane] = Narrow.Scalar(clamping: self[lane])
            result[Self.scalarCount + lane] = Narrow.Scalar(clamping: other[lane])
        }
        return result
    }
}

// Towards zero; NaN is 0, and what is out of range the nearest in it.

@inline(__always)
private func saturatingInt32(_ value: Double) -> Int32 {
    if value.isNaN { return 0 }
    return Int32(Swift.min(Swift.max(value, -2_147_483_648), 2_147_483_647))
}

@inline(__always)
private func saturatingUInt32(_ value: Double) -> UInt32 {
    if value.isNaN { return 0 }
    return UInt32(Swift.min(Swift.max(value, 0), 4_294_967_295))
}

func addVectorConversions(to table: inout HandlerTable) {
    table[.i16x8ExtendLowI8x16S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<Int8>.self, to: SIMD8<Int16>.self) {
            $0.extended(from: 0)
        }
    }
    table[.i16x8ExtmulLowI8x16S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<Int8>.self, to: SIMD8<Int16>.self) {
            $0.extended(from: 0) &* $1.extended(from: 0)
        }
    }
    table[.i16x8ExtendHighI8x16S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<Int8>.self, to: SIMD8<Int16>.self) {
            $0.extended(from: 8)
        }
    }
    table[.i16x8ExtmulHighI8x16S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<Int8>.self, to: SIMD8<Int16>.self) {
            $0.extended(from: 8) &* $1.extended(from: 8)
        }
    }
    table[.i16x8ExtaddPairwiseI8x16S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<Int8>.self, to: SIMD8<Int16>.self) {
            $0.pairwiseSums()
        }
    }
    table[.i16x8ExtendLowI8x16U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<UInt8>.self, to: SIMD8<UInt16>.self) {
            $0.extended(from: 0)
        }
    }
    table[.i16x8ExtmulLowI8x16U, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<UInt8>.self, to: SIMD8<UInt16>.self) {
            $0.extended(from: 0) &* $1.extended(from: 0)
        }
    }
    table[.i16x8ExtendHighI8x16U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<UInt8>.self, to: SIMD8<UInt16>.self) {
            $0.extended(from: 8)
        }
    }
    table[.i16x8ExtmulHighI8x16U, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<UInt8>.self, to: SIMD8<UInt16>.self) {
            $0.extended(from: 8) &* $1.extended(from: 8)
        }
    }
    table[.i16x8ExtaddPairwiseI8x16U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<UInt8>.self, to: SIMD8<UInt16>.self) {
            $0.pairwiseSums()
        }
    }
    table[.i32x4ExtendLowI16x8S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<Int16>.self, to: SIMD4<Int32>.self) {
            $0.extended(from: 0)
        }
    }
    table[.i32x4ExtmulLowI16x8S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<Int16>.self, to: SIMD4<Int32>.self) {
            $0.extended(from: 0) &* $1.extended(from: 0)
        }
    }
    table[.i32x4ExtendHighI16x8S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<Int16>.self, to: SIMD4<Int32>.self) {
            $0.extended(from: 4)
        }
    }
    table[.i32x4ExtmulHighI16x8S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<Int16>.self, to: SIMD4<Int32>.self) {
            $0.extended(from: 4) &* $1.extended(from: 4)
        }
    }
    table[.i32x4ExtaddPairwiseI16x8S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<Int16>.self, to: SIMD4<Int32>.self) {
            $0.pairwiseSums()
        }
    }
    table[.i32x4ExtendLowI16x8U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<UInt16>.self, to: SIMD4<UInt32>.self) {
            $0.extended(from: 0)
        }
    }
    table[.i32x4ExtmulLowI16x8U, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<UInt16>.self, to: SIMD4<UInt32>.self) {
            $0.extended(from: 0) &* $1.extended(from: 0)
        }
    }
    table[.i32x4ExtendHighI16x8U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<UInt16>.self, to: SIMD4<UInt32>.self) {
            $0.extended(from: 4)
        }
    }
    table[.i32x4ExtmulHighI16x8U, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<UInt16>.self, to: SIMD4<UInt32>.self) {
            $0.extended(from: 4) &* $1.extended(from: 4)
        }
    }
    table[.i32x4ExtaddPairwiseI16x8U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<UInt16>.self, to: SIMD4<UInt32>.self) {
            $0.pairwiseSums()
        }
    }
    table[.i64x2ExtendLowI32x4S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Int32>.self, to: SIMD2<Int64>.self) {
            $0.extended(from: 0)
        }
    }
    table[.i64x2ExtmulLowI32x4S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Int32>.self, to: SIMD2<Int64>.self) {
            $0.extended(from: 0) &* $1.extended(from: 0)
        }
    }
    table[.i64x2ExtendHighI32x4S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Int32>.self, to: SIMD2<Int64>.self) {
            $0.extended(from: 2)
        }
    }
    table[.i64x2ExtmulHighI32x4S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Int32>.self, to: SIMD2<Int64>.self) {
            $0.extended(from: 2) &* $1.extended(from: 2)
        }
    }
    table[.i64x2ExtendLowI32x4U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<UInt32>.self, to: SIMD2<UInt64>.self) {
            $0.extended(from: 0)
        }
    }
    table[.i64x2ExtmulLowI32x4U, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<UInt32>.self, to: SIMD2<UInt64>.self) {
            $0.extended(from: 0) &* $1.extended(from: 0)
        }
    }
    table[.i64x2ExtendHighI32x4U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<UInt32>.self, to: SIMD2<UInt64>.self) {
            $0.extended(from: 2)
        }
    }
    table[.i64x2ExtmulHighI32x4U, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<UInt32>.self, to: SIMD2<UInt64>.self) {
            $0.extended(from: 2) &* $1.extended(from: 2)
        }
    }
    table[.i8x16NarrowI16x8S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<Int16>.self, to: SIMD16<Int8>.self) {
            $0.narrowed($1)
        }
    }
    table[.i8x16NarrowI16x8U, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<Int16>.self, to: SIMD16<UInt8>.self) {
            $0.narrowed($1)
        }
    }
    table[.i16x8NarrowI32x4S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Int32>.self, to: SIMD8<Int16>.self) {
            $0.narrowed($1)
        }
    }
    table[.i16x8NarrowI32x4U, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Int32>.self, to: SIMD8<UInt16>.self) {
            $0.narrowed($1)
        }
    }
    table[.i32x4DotI16x8S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD8<Int16>.self, to: SIMD4<Int32>.self) {
            $0.dotProducts($1)
        }
    }
    table[.i32x4TruncSatF32x4S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Float>.self, to: SIMD4<Int32>.self) {
            lanewise($0) { saturatingInt32(Double($0)) }
        }
    }
    table[.i32x4TruncSatF64x2SZero, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD2<Double>.self, to: SIMD4<Int32>.self) {
            SIMD4(saturatingInt32($0[0]), saturatingInt32($0[1]), 0, 0)
        }
    }
    table[.i32x4TruncSatF32x4U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Float>.self, to: SIMD4<UInt32>.self) {
            lanewise($0) { saturatingUInt32(Double($0)) }
        }
    }
    table[.i32x4TruncSatF64x2UZero, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD2<Double>.self, to: SIMD4<UInt32>.self) {
            SIMD4(saturatingUInt32($0[0]), saturatingUInt32($0[1]), 0, 0)
        }
    }
    table[.i32x4RelaxedTruncF32x4S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Float>.self, to: SIMD4<Int32>.self) {
            lanewise($0) { saturatingInt32(Double($0)) }
        }
    }
    table[.i32x4RelaxedTruncF64x2SZero, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD2<Double>.self, to: SIMD4<Int32>.self) {
            SIMD4(saturatingInt32($0[0]), saturatingInt32($0[1]), 0, 0)
        }
    }
    table[.i32x4RelaxedTruncF32x4U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Float>.self, to: SIMD4<UInt32>.self) {
            lanewise($0) { saturatingUInt32(Double($0)) }
        }
    }
    table[.i32x4RelaxedTruncF64x2UZero, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD2<Double>.self, to: SIMD4<UInt32>.self) {
            SIMD4(saturatingUInt32($0[0]), saturatingUInt32($0[1]), 0, 0)
        }
    }
    table[.f32x4ConvertI32x4S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Int32>.self, to: SIMD4<Float>.self) {
            SIMD4(Float($0[0]), Float($0[1]), Float($0[2]), Float($0[3]))
        }
    }
    table[.f64x2ConvertLowI32x4S, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Int32>.self, to: SIMD2<Double>.self) {
            SIMD2(Double($0[0]), Double($0[1]))
        }
    }
    table[.f32x4ConvertI32x4U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<UInt32>.self, to: SIMD4<Float>.self) {
            SIMD4(Float($0[0]), Float($0[1]), Float($0[2]), Float($0[3]))
        }
    }
    table[.f64x2ConvertLowI32x4U, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<UInt32>.self, to: SIMD2<Double>.self) {
            SIMD2(Double($0[0]), Double($0[1]))
        }
    }
    table[.f32x4DemoteF64x2Zero, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD2<Double>.self, to: SIMD4<Float>.self) {
            SIMD4(Float($0[0]), Float($0[1]), 0, 0)
        }
    }
    table[.f64x2PromoteLowF32x4, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD4<Float>.self, to: SIMD2<Double>.self) {
            SIMD2(Double($0[0]), Double($0[1]))
        }
    }
    table[.i16x8RelaxedQ15mulrS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { lanewise($0, $1, fractionProduct) }
    }
    table[.i16x8RelaxedDotI8x16I7x16S, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), from: SIMD16<Int8>.self, to: SIMD8<Int16>.self) {
            $0.dotProducts($1)
        }
    }
    table[.i32x4RelaxedDotI8x16I7x16AddS, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let products: SIMD8<Int16> = state.getVector(10, as: SIMD16<Int8>.self)
            .dotProducts(state.getVector(12, as: SIMD16<Int8>.self))
        let sums: SIMD4<Int32> = products.pairwiseSums()
        state.setVector(8, sums &+ state.getVector(14, as: SIMD4<Int32>.self))
        return state.next(16)
    }
}
