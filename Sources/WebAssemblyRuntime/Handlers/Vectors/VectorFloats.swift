import WebAssembly

// Arithmetic on vectors of floating-point numbers, relaxed instructions included. A relaxed instruction gives the same
// result here as its strict counterpart on every processor; a relaxed multiplication and addition rounds twice.

@inline(__always)
private func least<Number: BinaryFloatingPoint>(_ a: Number, _ b: Number) -> Number {
    if a < b { return a }
    if b < a { return b }
    // A sum is NaN if either is. Of two zeros, the negative one is the lesser.
    if a == b { return a.sign == .minus ? a : b }
    return a + b
}

@inline(__always)
private func greatest<Number: BinaryFloatingPoint>(_ a: Number, _ b: Number) -> Number {
    if a > b { return a }
    if b > a { return b }
    if a == b { return a.sign == .plus ? a : b }
    return a + b
}

func addVectorFloats(to table: inout HandlerTable) {
    table[.f32x4Abs, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) {
            $0 & SIMD4<UInt32>(repeating: 0x7fff_ffff)
        }
    }
    table[.f32x4Neg, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self) {
            $0 ^ SIMD4<UInt32>(repeating: 0x8000_0000)
        }
    }
    table[.f32x4Sqrt, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0.squareRoot() }
    }
    table[.f32x4Ceil, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0.rounded(.up) }
    }
    table[.f32x4Floor, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0.rounded(.down) }
    }
    table[.f32x4Trunc, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0.rounded(.towardZero) }
    }
    table[.f32x4Nearest, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0.rounded(.toNearestOrEven) }
    }
    table[.f32x4Add, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0 + $1 } }
    table[.f32x4Sub, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0 - $1 } }
    table[.f32x4Mul, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0 * $1 } }
    table[.f32x4Div, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0 / $1 } }
    table[.f32x4Min, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { lanewise($0, $1, least) }
    }
    table[.f32x4Max, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { lanewise($0, $1, greatest) }
    }
    table[.f32x4Pmin, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0.replacing(with: $1, where: $1 .< $0) }
    }
    table[.f32x4Pmax, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0.replacing(with: $1, where: $0 .< $1) }
    }
    table[.f32x4RelaxedMin, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { lanewise($0, $1, least) }
    }
    table[.f32x4RelaxedMax, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { lanewise($0, $1, greatest) }
    }
    table[.f32x4RelaxedMadd, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $0 * $1 + $2 }
    }
    table[.f32x4RelaxedNmadd, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self) { $2 - $0 * $1 }
    }
    table[.f64x2Abs, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) {
            $0 & SIMD2<UInt64>(repeating: 0x7fff_ffff_ffff_ffff)
        }
    }
    table[.f64x2Neg, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<UInt64>.self) {
            $0 ^ SIMD2<UInt64>(repeating: 0x8000_0000_0000_0000)
        }
    }
    table[.f64x2Sqrt, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0.squareRoot() }
    }
    table[.f64x2Ceil, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0.rounded(.up) }
    }
    table[.f64x2Floor, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0.rounded(.down) }
    }
    table[.f64x2Trunc, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0.rounded(.towardZero) }
    }
    table[.f64x2Nearest, .slotSlot] = {
        vectorUnary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0.rounded(.toNearestOrEven) }
    }
    table[.f64x2Add, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0 + $1 } }
    table[.f64x2Sub, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0 - $1 } }
    table[.f64x2Mul, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0 * $1 } }
    table[.f64x2Div, .slotSlot] = { vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0 / $1 } }
    table[.f64x2Min, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { lanewise($0, $1, least) }
    }
    table[.f64x2Max, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { lanewise($0, $1, greatest) }
    }
    table[.f64x2Pmin, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0.replacing(with: $1, where: $1 .< $0) }
    }
    table[.f64x2Pmax, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0.replacing(with: $1, where: $0 .< $1) }
    }
    table[.f64x2RelaxedMin, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { lanewise($0, $1, least) }
    }
    table[.f64x2RelaxedMax, .slotSlot] = {
        vectorBinary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { lanewise($0, $1, greatest) }
    }
    table[.f64x2RelaxedMadd, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $0 * $1 + $2 }
    }
    table[.f64x2RelaxedNmadd, .slotSlot] = {
        vectorTernary(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self) { $2 - $0 * $1 }
    }
}
