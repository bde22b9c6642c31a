import WebAssembly

// Arithmetic, shifts and logic on vectors of integers.

@inline(__always)
private func absolute<Vector: SIMD>(_ a: Vector) -> Vector where Vector.Scalar: FixedWidthInteger & SignedInteger {
    // The least value has no opposite, and stays what it is.
    lanewise(a) { $0 < 0 ? 0 &- $0 : $0 }
}

@inline(__always)
private func saturatingSum<Number: FixedWidthInteger>(_ a: Number, _ b: Number) -> Number {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (b < 0 ? Number.min : Number.max) : sum
}

@inline(__always)
private func saturatingDifference<Number: FixedWidthInteger>(_ a: Number, _ b: Number) -> Number {
    let (difference, overflow) = a.subtractingReportingOverflow(b)
    return overflow ? (b < 0 ? Number.max : Number.min) : difference
}

/// The mean, rounded up.
@inline(__always)
private func average<Number: FixedWidthInteger & UnsignedInteger>(_ a: Number, _ b: Number) -> Number {
    (a | b) &- ((a ^ b) &>> 1)
}

/// The product of two fractions of 15 bits, rounded and saturated.
@inline(__always)
func fractionProduct(_ a: Int16, _ b: Int16) -> Int16 {
    Int16(clamping: (Int32(a) &* Int32(b) &+ 0x4000) &>> 15)
}

func addVectorIntegers(to table: inout HandlerTable) {
    table[.v128Not, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { ~$0 } }
    table[.v128And, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 & $1 } }
    table[.v128Andnot, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 & ~$1 } }
    table[.v128Or, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 | $1 } }
    table[.v128Xor, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 ^ $1 } }
    table[.v128Bitselect, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { ($0 & $2) | ($1 & ~$2) }
    }
    table[.v128AnyTrue, .slotSlot] = {
        vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0[0] | $0[1] == 0 ? 0 : 1 }
    }
    table[.i8x16Abs, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { absolute($0) } }
    table[.i8x16Neg, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { 0 &- $0 } }
    table[.i8x16AllTrue, .slotSlot] = {
        vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { any($0 .== 0) ? 0 : 1 }
    }
    table[.i8x16Bitmask, .slotSlot] = { vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { signs($0) } }
    table[.i8x16Shl, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { $0 &<< $1 } }
    table[.i8x16ShrS, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { $0 &>> $1 } }
    table[.i8x16ShrU, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { $0 &>> $1 } }
    table[.i8x16Add, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { $0 &+ $1 } }
    table[.i8x16Sub, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { $0 &- $1 } }
    table[.i8x16AddSatS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { lanewise($0, $1, saturatingSum) }
    }
    table[.i8x16AddSatU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { lanewise($0, $1, saturatingSum) }
    }
    table[.i8x16SubSatS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { lanewise($0, $1, saturatingDifference) }
    }
    table[.i8x16SubSatU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { lanewise($0, $1, saturatingDifference) }
    }
    table[.i8x16AvgrU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { lanewise($0, $1, average) }
    }
    table[.i8x16MinS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { $0.replacing(with: $1, where: $1 .< $0) }
    }
    table[.i8x16MinU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { $0.replacing(with: $1, where: $1 .< $0) }
    }
    table[.i8x16MaxS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self) { $0.replacing(with: $1, where: $0 .< $1) }
    }
    table[.i8x16MaxU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { $0.replacing(with: $1, where: $0 .< $1) }
    }
    table[.i16x8Abs, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { absolute($0) } }
    table[.i16x8Neg, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { 0 &- $0 } }
    table[.i16x8AllTrue, .slotSlot] = {
        vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { any($0 .== 0) ? 0 : 1 }
    }
    table[.i16x8Bitmask, .slotSlot] = { vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { signs($0) } }
    table[.i16x8Shl, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { $0 &<< $1 } }
    table[.i16x8ShrS, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { $0 &>> $1 } }
    table[.i16x8ShrU, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { $0 &>> $1 } }
    table[.i16x8Add, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { $0 &+ $1 } }
    table[.i16x8Sub, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { $0 &- $1 } }
    table[.i16x8Mul, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { $0 &* $1 } }
    table[.i16x8AddSatS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { lanewise($0, $1, saturatingSum) }
    }
    table[.i16x8AddSatU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { lanewise($0, $1, saturatingSum) }
    }
    table[.i16x8SubSatS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { lanewise($0, $1, saturatingDifference) }
    }
    table[.i16x8SubSatU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { lanewise($0, $1, saturatingDifference) }
    }
    table[.i16x8AvgrU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { lanewise($0, $1, average) }
    }
    table[.i16x8MinS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { $0.replacing(with: $1, where: $1 .< $0) }
    }
    table[.i16x8MinU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { $0.replacing(with: $1, where: $1 .< $0) }
    }
    table[.i16x8MaxS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { $0.replacing(with: $1, where: $0 .< $1) }
    }
    table[.i16x8MaxU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self) { $0.replacing(with: $1, where: $0 .< $1) }
    }
    table[.i32x4Abs, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self) { absolute($0) } }
    table[.i32x4Neg, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self) { 0 &- $0 } }
    table[.i32x4AllTrue, .slotSlot] = {
        vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { any($0 .== 0) ? 0 : 1 }
    }
    table[.i32x4Bitmask, .slotSlot] = { vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self) { signs($0) } }
    table[.i32x4Shl, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { $0 &<< $1 } }
    table[.i32x4ShrS, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self) { $0 &>> $1 } }
    table[.i32x4ShrU, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { $0 &>> $1 } }
    table[.i32x4Add, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { $0 &+ $1 } }
    table[.i32x4Sub, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { $0 &- $1 } }
    table[.i32x4Mul, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { $0 &* $1 } }
    table[.i32x4MinS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self) { $0.replacing(with: $1, where: $1 .< $0) }
    }
    table[.i32x4MinU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { $0.replacing(with: $1, where: $1 .< $0) }
    }
    table[.i32x4MaxS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self) { $0.replacing(with: $1, where: $0 .< $1) }
    }
    table[.i32x4MaxU, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) { $0.replacing(with: $1, where: $0 .< $1) }
    }
    table[.i64x2Abs, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self) { absolute($0) } }
    table[.i64x2Neg, .slotSlot] = { vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self) { 0 &- $0 } }
    table[.i64x2AllTrue, .slotSlot] = {
        vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { any($0 .== 0) ? 0 : 1 }
    }
    table[.i64x2Bitmask, .slotSlot] = { vectorTest(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self) { signs($0) } }
    table[.i64x2Shl, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 &<< $1 } }
    table[.i64x2ShrS, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self) { $0 &>> $1 } }
    table[.i64x2ShrU, .slotSlot] = { vectorShift(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 &>> $1 } }
    table[.i64x2Add, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 &+ $1 } }
    table[.i64x2Sub, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 &- $1 } }
    table[.i64x2Mul, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) { $0 &* $1 } }
    table[.i8x16Popcnt, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) {
            lanewise($0) { UInt8(truncatingIfNeeded: $0.nonzeroBitCount) }
        }
    }
    table[.i16x8Q15mulrSatS, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self) { lanewise($0, $1, fractionProduct) }
    }
}

/// The signs of the lanes, the first in the lowest bit.
@inline(__always)
private func signs<Vector: SIMD>(_ a: Vector) -> UInt32 where Vector.Scalar: FixedWidthInteger & SignedInteger {
    var result: UInt32 = 0
    for lane in 0..<Vector.scalarCount where a[lane] < 0 { result |= 1 &<< UInt32(truncatingIfNeeded: lane) }
    return result
}
