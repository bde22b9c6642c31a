import WebAssembly

// Arithmetic on 64-bit integers: the operations, and which forms they have. IntegerForms.swift has the forms.

private enum I64 {
    @inline(__always)
    static func add(_ a: UInt64, _ b: UInt64) -> UInt64 { a &+ b }
    @inline(__always)
    static func sub(_ a: UInt64, _ b: UInt64) -> UInt64 { a &- b }
    @inline(__always)
    static func mul(_ a: UInt64, _ b: UInt64) -> UInt64 { a &* b }
    @inline(__always)
    static func and(_ a: UInt64, _ b: UInt64) -> UInt64 { a & b }
    @inline(__always)
    static func or(_ a: UInt64, _ b: UInt64) -> UInt64 { a | b }
    @inline(__always)
    static func xor(_ a: UInt64, _ b: UInt64) -> UInt64 { a ^ b }
    @inline(__always)
    static func shl(_ a: UInt64, _ b: UInt64) -> UInt64 { a &<< b }
    @inline(__always)
    static func shrU(_ a: UInt64, _ b: UInt64) -> UInt64 { a &>> b }
    @inline(__always)
    static func shrS(_ a: UInt64, _ b: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(bitPattern: a) &>> Int64(bitPattern: b))
    }
    @inline(__always)
    static func rotl(_ a: UInt64, _ b: UInt64) -> UInt64 { (a &<< b) | (a &>> (0 &- b)) }
    @inline(__always)
    static func rotr(_ a: UInt64, _ b: UInt64) -> UInt64 { (a &>> b) | (a &<< (0 &- b)) }
    @inline(__always)
    static func divU(_ a: UInt64, _ b: UInt64) -> UInt64 { a / b }
    @inline(__always)
    static func remU(_ a: UInt64, _ b: UInt64) -> UInt64 { a % b }
    @inline(__always)
    static func divS(_ a: UInt64, _ b: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(bitPattern: a) / Int64(bitPattern: b))
    }
    @inline(__always)
    static func remS(_ a: UInt64, _ b: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(bitPattern: a) % Int64(bitPattern: b))
    }
}

func addI64Binary(to table: inout HandlerTable) {
    table[.i64Add, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.add) }
    table[.i64Add, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.add) }
    table[.i64Add, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.add) }
    table[.i64Add, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.add) }
    table[.i64Mul, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.mul) }
    table[.i64Mul, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.mul) }
    table[.i64Mul, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.mul) }
    table[.i64Mul, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.mul) }
    table[.i64And, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.and) }
    table[.i64And, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.and) }
    table[.i64And, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.and) }
    table[.i64And, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.and) }
    table[.i64Or, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.or) }
    table[.i64Or, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.or) }
    table[.i64Or, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.or) }
    table[.i64Or, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.or) }
    table[.i64Xor, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.xor) }
    table[.i64Xor, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.xor) }
    table[.i64Xor, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.xor) }
    table[.i64Xor, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.xor) }
    table[.i64Sub, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.sub) }
    table[.i64Sub, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I64.sub) }
    table[.i64Sub, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.sub) }
    table[.i64Sub, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.sub) }
    table[.i64Sub, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.sub) }
    table[.i64Sub, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I64.sub) }
    table[.i64Shl, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.shl) }
    table[.i64Shl, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I64.shl) }
    table[.i64Shl, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.shl) }
    table[.i64Shl, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.shl) }
    table[.i64Shl, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.shl) }
    table[.i64Shl, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I64.shl) }
    table[.i64ShrS, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.shrS) }
    table[.i64ShrS, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I64.shrS) }
    table[.i64ShrS, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.shrS) }
    table[.i64ShrS, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.shrS) }
    table[.i64ShrS, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.shrS) }
    table[.i64ShrS, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I64.shrS) }
    table[.i64ShrU, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.shrU) }
    table[.i64ShrU, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I64.shrU) }
    table[.i64ShrU, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.shrU) }
    table[.i64ShrU, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.shrU) }
    table[.i64ShrU, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.shrU) }
    table[.i64ShrU, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I64.shrU) }
    table[.i64Rotl, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.rotl) }
    table[.i64Rotl, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I64.rotl) }
    table[.i64Rotl, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.rotl) }
    table[.i64Rotl, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.rotl) }
    table[.i64Rotl, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.rotl) }
    table[.i64Rotl, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I64.rotl) }
    table[.i64Rotr, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I64.rotr) }
    table[.i64Rotr, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I64.rotr) }
    table[.i64Rotr, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I64.rotr) }
    table[.i64Rotr, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I64.rotr) }
    table[.i64Rotr, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I64.rotr) }
    table[.i64Rotr, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I64.rotr) }
    table[.i64DivS, .slotSlot] = { divisionSS(State($0, $1, $2, $3, $4, $5, $6), I64.divS, true, true) }
    table[.i64DivS, .slotAccumulator] = { divisionSA(State($0, $1, $2, $3, $4, $5, $6), I64.divS, true, true) }
    table[.i64DivS, .slotImmediate] = { divisionSI(State($0, $1, $2, $3, $4, $5, $6), I64.divS, true, true) }
    table[.i64DivS, .accumulatorSlot] = { divisionAS(State($0, $1, $2, $3, $4, $5, $6), I64.divS, true, true) }
    table[.i64DivS, .accumulatorImmediate] = { divisionAI(State($0, $1, $2, $3, $4, $5, $6), I64.divS, true, true) }
    table[.i64DivS, .immediateSlot] = { divisionIS(State($0, $1, $2, $3, $4, $5, $6), I64.divS, true, true) }
    table[.i64DivU, .slotSlot] = { divisionSS(State($0, $1, $2, $3, $4, $5, $6), I64.divU, false, false) }
    table[.i64DivU, .slotAccumulator] = { divisionSA(State($0, $1, $2, $3, $4, $5, $6), I64.divU, false, false) }
    table[.i64DivU, .slotImmediate] = { divisionSI(State($0, $1, $2, $3, $4, $5, $6), I64.divU, false, false) }
    table[.i64DivU, .accumulatorSlot] = { divisionAS(State($0, $1, $2, $3, $4, $5, $6), I64.divU, false, false) }
    table[.i64DivU, .accumulatorImmediate] = { divisionAI(State($0, $1, $2, $3, $4, $5, $6), I64.divU, false, false) }
    table[.i64DivU, .immediateSlot] = { divisionIS(State($0, $1, $2, $3, $4, $5, $6), I64.divU, false, false) }
    table[.i64RemS, .slotSlot] = { divisionSS(State($0, $1, $2, $3, $4, $5, $6), I64.remS, true, false) }
    table[.i64RemS, .slotAccumulator] = { divisionSA(State($0, $1, $2, $3, $4, $5, $6), I64.remS, true, false) }
    table[.i64RemS, .slotImmediate] = { divisionSI(State($0, $1, $2, $3, $4, $5, $6), I64.remS, true, false) }
    table[.i64RemS, .accumulatorSlot] = { divisionAS(State($0, $1, $2, $3, $4, $5, $6), I64.remS, true, false) }
    table[.i64RemS, .accumulatorImmediate] = { divisionAI(State($0, $1, $2, $3, $4, $5, $6), I64.remS, true, false) }
    table[.i64RemS, .immediateSlot] = { divisionIS(State($0, $1, $2, $3, $4, $5, $6), I64.remS, true, false) }
    table[.i64RemU, .slotSlot] = { divisionSS(State($0, $1, $2, $3, $4, $5, $6), I64.remU, false, false) }
    table[.i64RemU, .slotAccumulator] = { divisionSA(State($0, $1, $2, $3, $4, $5, $6), I64.remU, false, false) }
    table[.i64RemU, .slotImmediate] = { divisionSI(State($0, $1, $2, $3, $4, $5, $6), I64.remU, false, false) }
    table[.i64RemU, .accumulatorSlot] = { divisionAS(State($0, $1, $2, $3, $4, $5, $6), I64.remU, false, false) }
    table[.i64RemU, .accumulatorImmediate] = { divisionAI(State($0, $1, $2, $3, $4, $5, $6), I64.remU, false, false) }
    table[.i64RemU, .immediateSlot] = { divisionIS(State($0, $1, $2, $3, $4, $5, $6), I64.remU, false, false) }
}

func addI64WideBinary(to table: inout HandlerTable) {
    table[.i64Add, .slotImmediate] = { wideSI(State($0, $1, $2, $3, $4, $5, $6), I64.add) }
    table[.i64Add, .accumulatorImmediate] = { wideAI(State($0, $1, $2, $3, $4, $5, $6), I64.add) }
    table[.i64Mul, .slotImmediate] = { wideSI(State($0, $1, $2, $3, $4, $5, $6), I64.mul) }
    table[.i64Mul, .accumulatorImmediate] = { wideAI(State($0, $1, $2, $3, $4, $5, $6), I64.mul) }
    table[.i64And, .slotImmediate] = { wideSI(State($0, $1, $2, $3, $4, $5, $6), I64.and) }
    table[.i64And, .accumulatorImmediate] = { wideAI(State($0, $1, $2, $3, $4, $5, $6), I64.and) }
    table[.i64Or, .slotImmediate] = { wideSI(State($0, $1, $2, $3, $4, $5, $6), I64.or) }
    table[.i64Or, .accumulatorImmediate] = { wideAI(State($0, $1, $2, $3, $4, $5, $6), I64.or) }
    table[.i64Xor, .slotImmediate] = { wideSI(State($0, $1, $2, $3, $4, $5, $6), I64.xor) }
    table[.i64Xor, .accumulatorImmediate] = { wideAI(State($0, $1, $2, $3, $4, $5, $6), I64.xor) }
}
