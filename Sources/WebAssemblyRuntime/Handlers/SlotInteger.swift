/// The integers that handlers compute with, and how instructions give them their operands.
///
/// What is written once for both widths compiles to the machine code that was there when it was written twice.
protocol SlotInteger: FixedWidthInteger, UnsignedInteger {
    /// The value of the slot whose number stands at `offset` in the instruction.
    static func slot(_ state: State, _ offset: Int) -> Self
    /// The value in the accumulator.
    static func accumulator(_ state: State) -> Self
    /// The immediate of 32 bits at `offset`, extended by its sign.
    static func immediate(_ state: State, _ offset: Int) -> Self
    /// The immediate of 16 bits at `offset`, extended by its sign.
    static func shortImmediate(_ state: State, _ offset: Int) -> Self
    /// The immediate of all bits at `offset`.
    static func wideImmediate(_ state: State, _ offset: Int) -> Self
    /// The value as slots and the accumulator hold it, extended by zeros.
    var slotValue: UInt64 { get }
    /// Divides, or takes the remainder, and goes on behind an instruction of 16 bytes: see ``divide32(_:_:_:_:_:_:)``.
    static func divide(
        _ state: State, _ dividend: Self, _ divisor: Self, _ operation: (Self, Self) -> Self, _ isSigned: Bool,
        _ canOverflow: Bool)
}

extension UInt32: SlotInteger {
    @inline(__always)
    static func slot(_ state: State, _ offset: Int) -> UInt32 { state.get32(offset) }
    @inline(__always)
    static func accumulator(_ state: State) -> UInt32 { state.accumulator32 }
    @inline(__always)
    static func immediate(_ state: State, _ offset: Int) -> UInt32 { state.operand32(offset) }
    @inline(__always)
    static func shortImmediate(_ state: State, _ offset: Int) -> UInt32 {
        UInt32(bitPattern: Int32(state.signed16(offset)))
    }
    @inline(__always)
    static func wideImmediate(_ state: State, _ offset: Int) -> UInt32 { state.operand32(offset) }
    @inline(__always)
    var slotValue: UInt64 { UInt64(self) }
    @inline(__always)
    static func divide(
        _ state: State, _ dividend: UInt32, _ divisor: UInt32, _ operation: (UInt32, UInt32) -> UInt32,
        _ isSigned: Bool, _ canOverflow: Bool
    ) {
        return divide32(state, dividend, divisor, operation, isSigned, canOverflow)
    }
}

extension UInt64: SlotInteger {
    @inline(__always)
    static func slot(_ state: State, _ offset: Int) -> UInt64 { state.get64(offset) }
    @inline(__always)
    static func accumulator(_ state: State) -> UInt64 { state.accumulator }
    @inline(__always)
    static func immediate(_ state: State, _ offset: Int) -> UInt64 {
        UInt64(bitPattern: Int64(state.signed32(offset)))
    }
    @inline(__always)
    static func shortImmediate(_ state: State, _ offset: Int) -> UInt64 {
        UInt64(bitPattern: Int64(state.signed16(offset)))
    }
    @inline(__always)
    static func wideImmediate(_ state: State, _ offset: Int) -> UInt64 { state.operand64(offset) }
    @inline(__always)
    var slotValue: UInt64 { self }
    @inline(__always)
    static func divide(
        _ state: State, _ dividend: UInt64, _ divisor: UInt64, _ operation: (UInt64, UInt64) -> UInt64,
        _ isSigned: Bool, _ canOverflow: Bool
    ) {
        return divide64(state, dividend, divisor, operation, isSigned, canOverflow)
    }
}
