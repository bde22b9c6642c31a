import WebAssembly

// Comparisons of vectors.

func addVectorComparisons(to table: inout HandlerTable) {
    table[.i8x16Eq, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self, SIMD16<Int8>.self) { $0 .== $1 }
    }
    table[.i8x16Ne, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self, SIMD16<Int8>.self) { $0 .!= $1 }
    }
    table[.i8x16LtS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self, SIMD16<Int8>.self) { $0 .< $1 }
    }
    table[.i8x16LtU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self, SIMD16<Int8>.self) { $0 .< $1 }
    }
    table[.i8x16GtS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self, SIMD16<Int8>.self) { $0 .> $1 }
    }
    table[.i8x16GtU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self, SIMD16<Int8>.self) { $0 .> $1 }
    }
    table[.i8x16LeS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self, SIMD16<Int8>.self) { $0 .<= $1 }
    }
    table[.i8x16LeU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self, SIMD16<Int8>.self) { $0 .<= $1 }
    }
    table[.i8x16GeS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<Int8>.self, SIMD16<Int8>.self) { $0 .>= $1 }
    }
    table[.i8x16GeU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self, SIMD16<Int8>.self) { $0 .>= $1 }
    }
    table[.i16x8Eq, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self, SIMD8<Int16>.self) { $0 .== $1 }
    }
    table[.i16x8Ne, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self, SIMD8<Int16>.self) { $0 .!= $1 }
    }
    table[.i16x8LtS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self, SIMD8<Int16>.self) { $0 .< $1 }
    }
    table[.i16x8LtU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self, SIMD8<Int16>.self) { $0 .< $1 }
    }
    table[.i16x8GtS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self, SIMD8<Int16>.self) { $0 .> $1 }
    }
    table[.i16x8GtU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self, SIMD8<Int16>.self) { $0 .> $1 }
    }
    table[.i16x8LeS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self, SIMD8<Int16>.self) { $0 .<= $1 }
    }
    table[.i16x8LeU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self, SIMD8<Int16>.self) { $0 .<= $1 }
    }
    table[.i16x8GeS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<Int16>.self, SIMD8<Int16>.self) { $0 .>= $1 }
    }
    table[.i16x8GeU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD8<UInt16>.self, SIMD8<Int16>.self) { $0 .>= $1 }
    }
    table[.i32x4Eq, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self, SIMD4<Int32>.self) { $0 .== $1 }
    }
    table[.i32x4Ne, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self, SIMD4<Int32>.self) { $0 .!= $1 }
    }
    table[.i32x4LtS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self, SIMD4<Int32>.self) { $0 .< $1 }
    }
    table[.i32x4LtU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self, SIMD4<Int32>.self) { $0 .< $1 }
    }
    table[.i32x4GtS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self, SIMD4<Int32>.self) { $0 .> $1 }
    }
    table[.i32x4GtU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self, SIMD4<Int32>.self) { $0 .> $1 }
    }
    table[.i32x4LeS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self, SIMD4<Int32>.self) { $0 .<= $1 }
    }
    table[.i32x4LeU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self, SIMD4<Int32>.self) { $0 .<= $1 }
    }
    table[.i32x4GeS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Int32>.self, SIMD4<Int32>.self) { $0 .>= $1 }
    }
    table[.i32x4GeU, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<UInt32>.self, SIMD4<Int32>.self) { $0 .>= $1 }
    }
    table[.i64x2Eq, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self, SIMD2<Int64>.self) { $0 .== $1 }
    }
    table[.i64x2Ne, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self, SIMD2<Int64>.self) { $0 .!= $1 }
    }
    table[.i64x2LtS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self, SIMD2<Int64>.self) { $0 .< $1 }
    }
    table[.i64x2GtS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self, SIMD2<Int64>.self) { $0 .> $1 }
    }
    table[.i64x2LeS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self, SIMD2<Int64>.self) { $0 .<= $1 }
    }
    table[.i64x2GeS, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Int64>.self, SIMD2<Int64>.self) { $0 .>= $1 }
    }
    table[.f32x4Eq, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self, SIMD4<Int32>.self) { $0 .== $1 }
    }
    table[.f32x4Ne, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self, SIMD4<Int32>.self) { $0 .!= $1 }
    }
    table[.f32x4Lt, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self, SIMD4<Int32>.self) { $0 .< $1 }
    }
    table[.f32x4Gt, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self, SIMD4<Int32>.self) { $0 .> $1 }
    }
    table[.f32x4Le, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self, SIMD4<Int32>.self) { $0 .<= $1 }
    }
    table[.f32x4Ge, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD4<Float>.self, SIMD4<Int32>.self) { $0 .>= $1 }
    }
    table[.f64x2Eq, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self, SIMD2<Int64>.self) { $0 .== $1 }
    }
    table[.f64x2Ne, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self, SIMD2<Int64>.self) { $0 .!= $1 }
    }
    table[.f64x2Lt, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self, SIMD2<Int64>.self) { $0 .< $1 }
    }
    table[.f64x2Gt, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self, SIMD2<Int64>.self) { $0 .> $1 }
    }
    table[.f64x2Le, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self, SIMD2<Int64>.self) { $0 .<= $1 }
    }
    table[.f64x2Ge, .slotSlot] = {
        vectorComparison(State($0, $1, $2, $3, $4, $5, $6), SIMD2<Double>.self, SIMD2<Int64>.self) { $0 .>= $1 }
    }
}
