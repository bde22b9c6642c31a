import WebAssembly

// Arithmetic on 32-bit integers: the operations, and which forms they have. IntegerForms.swift has the forms.

private enum I32 {
    @inline(__always)
    static func add(_ a: UInt32, _ b: UInt32) -> UInt32 { a &+ b }
    @inline(__always)
    static func sub(_ a: UInt32, _ b: UInt32) -> UInt32 { a &- b }
    @inline(__always)
    static func mul(_ a: UInt32, _ b: UInt32) -> UInt32 { a &* b }
    @inline(__always)
    static func and(_ a: UInt32, _ b: UInt32) -> UInt32 { a & b }
    @inline(__always)
    static func or(_ a: UInt32, _ b: UInt32) -> UInt32 { a | b }
    @inline(__always)
    static func xor(_ a: UInt32, _ b: UInt32) -> UInt32 { a ^ b }
    @inline(__always)
    static func shl(_ a: UInt32, _ b: UInt32) -> UInt32 { a &<< b }
    @inline(__always)
    static func shrU(_ a: UInt32, _ b: UInt32) -> UInt32 { a &>> b }
    @inline(__always)
    static func shrS(_ a: UInt32, _ b: UInt32) -> UInt32 {
        UInt32(bitPattern: Int32(bitPattern: a) &>> Int32(bitPattern: b))
    }
    @inline(__always)
    static func rotl(_ a: UInt32, _ b: UInt32) -> UInt32 { (a &<< b) | (a &>> (0 &- b)) }
    @inline(__always)
    static func rotr(_ a: UInt32, _ b: UInt32) -> UInt32 { (a &>> b) | (a &<< (0 &- b)) }
    @inline(__always)
    static func divU(_ a: UInt32, _ b: UInt32) -> UInt32 { a / b }
    @inline(__always)
    static func remU(_ a: UInt32, _ b: UInt32) -> UInt32 { a % b }
    @inline(__always)
    static func divS(_ a: UInt32, _ b: UInt32) -> UInt32 {
        UInt32(bitPattern: Int32(bitPattern: a) / Int32(bitPattern: b))
    }
    @inline(__always)
    static func remS(_ a: UInt32, _ b: UInt32) -> UInt32 {
        UInt32(bitPattern: Int32(bitPattern: a) % Int32(bitPattern: b))
    }
}

func addI32Binary(to table: inout HandlerTable) {
    table[.i32Add, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.add) }
    table[.i32Add, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.add) }
    table[.i32Add, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.add) }
    table[.i32Add, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.add) }
    table[.i32Mul, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.mul) }
    table[.i32Mul, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.mul) }
    table[.i32Mul, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.mul) }
    table[.i32Mul, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.mul) }
    table[.i32And, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.and) }
    table[.i32And, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.and) }
    table[.i32And, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.and) }
    table[.i32And, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.and) }
    table[.i32Or, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.or) }
    table[.i32Or, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.or) }
    table[.i32Or, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.or) }
    table[.i32Or, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.or) }
    table[.i32Xor, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.xor) }
    table[.i32Xor, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.xor) }
    table[.i32Xor, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.xor) }
    table[.i32Xor, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.xor) }
    table[.i32Sub, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.sub) }
    table[.i32Sub, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I32.sub) }
    table[.i32Sub, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.sub) }
    table[.i32Sub, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.sub) }
    table[.i32Sub, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.sub) }
    table[.i32Sub, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I32.sub) }
    table[.i32Shl, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.shl) }
    table[.i32Shl, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I32.shl) }
    table[.i32Shl, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.shl) }
    table[.i32Shl, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.shl) }
    table[.i32Shl, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.shl) }
    table[.i32Shl, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I32.shl) }
    table[.i32ShrS, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.shrS) }
    table[.i32ShrS, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I32.shrS) }
    table[.i32ShrS, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.shrS) }
    table[.i32ShrS, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.shrS) }
    table[.i32ShrS, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.shrS) }
    table[.i32ShrS, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I32.shrS) }
    table[.i32ShrU, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.shrU) }
    table[.i32ShrU, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I32.shrU) }
    table[.i32ShrU, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.shrU) }
    table[.i32ShrU, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.shrU) }
    table[.i32ShrU, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.shrU) }
    table[.i32ShrU, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I32.shrU) }
    table[.i32Rotl, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.rotl) }
    table[.i32Rotl, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I32.rotl) }
    table[.i32Rotl, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.rotl) }
    table[.i32Rotl, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.rotl) }
    table[.i32Rotl, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.rotl) }
    table[.i32Rotl, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I32.rotl) }
    table[.i32Rotr, .slotSlot] = { binarySS(State($0, $1, $2, $3, $4, $5, $6), I32.rotr) }
    table[.i32Rotr, .slotAccumulator] = { binarySA(State($0, $1, $2, $3, $4, $5, $6), I32.rotr) }
    table[.i32Rotr, .slotImmediate] = { binarySI(State($0, $1, $2, $3, $4, $5, $6), I32.rotr) }
    table[.i32Rotr, .accumulatorSlot] = { binaryAS(State($0, $1, $2, $3, $4, $5, $6), I32.rotr) }
    table[.i32Rotr, .accumulatorImmediate] = { binaryAI(State($0, $1, $2, $3, $4, $5, $6), I32.rotr) }
    table[.i32Rotr, .immediateSlot] = { binaryIS(State($0, $1, $2, $3, $4, $5, $6), I32.rotr) }
    table[.i32DivS, .slotSlot] = { divisionSS(State($0, $1, $2, $3, $4, $5, $6), I32.divS, true, true) }
    table[.i32DivS, .slotAccumulator] = { divisionSA(State($0, $1, $2, $3, $4, $5, $6), I32.divS, true, true) }
    table[.i32DivS, .slotImmediate] = { divisionSI(State($0, $1, $2, $3, $4, $5, $6), I32.divS, true, true) }
    table[.i32DivS, .accumulatorSlot] = { divisionAS(State($0, $1, $2, $3, $4, $5, $6), I32.divS, true, true) }
    table[.i32DivS, .accumulatorImmediate] = { divisionAI(State($0, $1, $2, $3, $4, $5, $6), I32.divS, true, true) }
    table[.i32DivS, .immediateSlot] = { divisionIS(State($0, $1, $2, $3, $4, $5, $6), I32.divS, true, true) }
    table[.i32DivU, .slotSlot] = { divisionSS(State($0, $1, $2, $3, $4, $5, $6), I32.divU, false, false) }
    table[.i32DivU, .slotAccumulator] = { divisionSA(State($0, $1, $2, $3, $4, $5, $6), I32.divU, false, false) }
    table[.i32DivU, .slotImmediate] = { divisionSI(State($0, $1, $2, $3, $4, $5, $6), I32.divU, false, false) }
    table[.i32DivU, .accumulatorSlot] = { divisionAS(State($0, $1, $2, $3, $4, $5, $6), I32.divU, false, false) }
    table[.i32DivU, .accumulatorImmediate] = { divisionAI(State($0, $1, $2, $3, $4, $5, $6), I32.divU, false, false) }
    table[.i32DivU, .immediateSlot] = { divisionIS(State($0, $1, $2, $3, $4, $5, $6), I32.divU, false, false) }
    table[.i32RemS, .slotSlot] = { divisionSS(State($0, $1, $2, $3, $4, $5, $6), I32.remS, true, false) }
    table[.i32RemS, .slotAccumulator] = { divisionSA(State($0, $1, $2, $3, $4, $5, $6), I32.remS, true, false) }
    table[.i32RemS, .slotImmediate] = { divisionSI(State($0, $1, $2, $3, $4, $5, $6), I32.remS, true, false) }
    table[.i32RemS, .accumulatorSlot] = { divisionAS(State($0, $1, $2, $3, $4, $5, $6), I32.remS, true, false) }
    table[.i32RemS, .accumulatorImmediate] = { divisionAI(State($0, $1, $2, $3, $4, $5, $6), I32.remS, true, false) }
    table[.i32RemS, .immediateSlot] = { divisionIS(State($0, $1, $2, $3, $4, $5, $6), I32.remS, true, false) }
    table[.i32RemU, .slotSlot] = { divisionSS(State($0, $1, $2, $3, $4, $5, $6), I32.remU, false, false) }
    table[.i32RemU, .slotAccumulator] = { divisionSA(State($0, $1, $2, $3, $4, $5, $6), I32.remU, false, false) }
    table[.i32RemU, .slotImmediate] = { divisionSI(State($0, $1, $2, $3, $4, $5, $6), I32.remU, false, false) }
    table[.i32RemU, .accumulatorSlot] = { divisionAS(State($0, $1, $2, $3, $4, $5, $6), I32.remU, false, false) }
    table[.i32RemU, .accumulatorImmediate] = { divisionAI(State($0, $1, $2, $3, $4, $5, $6), I32.remU, false, false) }
    table[.i32RemU, .immediateSlot] = { divisionIS(State($0, $1, $2, $3, $4, $5, $6), I32.remU, false, false) }
}
