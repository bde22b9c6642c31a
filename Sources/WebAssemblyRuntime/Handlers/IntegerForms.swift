// The forms of operations on integers of either width. `S` is a slot of the frame, `A` the accumulator, `I` an
// immediate.

// MARK: Arithmetic: a destination slot at 8, operands at 10 and 12, 16 bytes

@inline(__always)
private func binary<I: SlotInteger>(_ state: State, _ a: I, _ b: I, _ byteCount: Int, _ operation: (I, I) -> I) {
    let result = operation(a, b).slotValue
    state.set64(8, result)
    return state.next(byteCount, accumulator: result)
}

@inline(__always)
func binarySS<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I) {
    return binary(state, I.slot(state, 10), I.slot(state, 12), 16, operation)
}

@inline(__always)
func binarySA<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I) {
    return binary(state, I.slot(state, 10), I.accumulator(state), 16, operation)
}

@inline(__always)
func binarySI<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I) {
    return binary(state, I.slot(state, 10), I.immediate(state, 12), 16, operation)
}

@inline(__always)
func binaryAS<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I) {
    return binary(state, I.accumulator(state), I.slot(state, 12), 16, operation)
}

@inline(__always)
func binaryAI<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I) {
    return binary(state, I.accumulator(state), I.immediate(state, 12), 16, operation)
}

@inline(__always)
func binaryIS<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I) {
    return binary(state, I.immediate(state, 12), I.slot(state, 10), 16, operation)
}

// The same with a constant of all bits at 16, making 24 bytes.

@inline(__always)
func wideSI<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I) {
    return binary(state, I.slot(state, 10), I.wideImmediate(state, 16), 24, operation)
}

@inline(__always)
func wideAI<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I) {
    return binary(state, I.accumulator(state), I.wideImmediate(state, 16), 24, operation)
}

// MARK: Division: the same operands, and a reason why it cannot be done

/// Divides, or takes the remainder, and goes on behind an instruction of 16 bytes.
///
/// There is one such function for each width: written for both, one more test would stand in the machine's code.
@inline(__always)
func divide32(
    _ state: State, _ dividend: UInt32, _ divisor: UInt32, _ operation: (UInt32, UInt32) -> UInt32,
    _ isSigned: Bool, _ canOverflow: Bool
) {
    if _slowPath(divisor == 0) { return state.trap(.integerDivideByZero) }
    if isSigned && _slowPath(divisor == UInt32.max) {
        // A division by -1: the one that can overflow, and the processor's instruction must not meet it.
        if _slowPath(canOverflow && dividend == UInt32(1) << 31) { return state.trap(.integerOverflow) }
        let result: UInt32 = canOverflow ? 0 &- dividend : 0
        state.set32(8, result)
        return state.next(16, accumulator: UInt64(result))
    }
    let result = operation(dividend, divisor)
    state.set32(8, result)
    return state.next(16, accumulator: UInt64(result))
}

/// The same of 64 bits.
@inline(__always)
func divide64(
    _ state: State, _ dividend: UInt64, _ divisor: UInt64, _ operation: (UInt64, UInt64) -> UInt64,
    _ isSigned: Bool, _ canOverflow: Bool
) {
    if _slowPath(divisor == 0) { return state.trap(.integerDivideByZero) }
    if isSigned && _slowPath(divisor == UInt64.max) {
        if _slowPath(canOverflow && dividend == UInt64(1) << 63) { return state.trap(.integerOverflow) }
        let result: UInt64 = canOverflow ? 0 &- dividend : 0
        state.set64(8, result)
        return state.next(16, accumulator: result)
    }
    let result = operation(dividend, divisor)
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
func divisionSS<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I, _ isSigned: Bool, _ canOverflow: Bool) {
    return I.divide(state, I.slot(state, 10), I.slot(state, 12), operation, isSigned, canOverflow)
}

@inline(__always)
func divisionSA<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I, _ isSigned: Bool, _ canOverflow: Bool) {
    return I.divide(state, I.slot(state, 10), I.accumulator(state), operation, isSigned, canOverflow)
}

@inline(__always)
func divisionSI<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I, _ isSigned: Bool, _ canOverflow: Bool) {
    return I.divide(state, I.slot(state, 10), I.immediate(state, 12), operation, isSigned, canOverflow)
}

@inline(__always)
func divisionAS<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I, _ isSigned: Bool, _ canOverflow: Bool) {
    return I.divide(state, I.accumulator(state), I.slot(state, 12), operation, isSigned, canOverflow)
}

@inline(__always)
func divisionAI<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I, _ isSigned: Bool, _ canOverflow: Bool) {
    return I.divide(state, I.accumulator(state), I.immediate(state, 12), operation, isSigned, canOverflow)
}

@inline(__always)
func divisionIS<I: SlotInteger>(_ state: State, _ operation: (I, I) -> I, _ isSigned: Bool, _ canOverflow: Bool) {
    return I.divide(state, I.immediate(state, 12), I.slot(state, 10), operation, isSigned, canOverflow)
}

// MARK: Comparisons as values: operands as of arithmetic

@inline(__always)
private func compare<I: SlotInteger>(_ state: State, _ a: I, _ b: I, _ holds: (I, I) -> Bool) {
    let result: UInt64 = holds(a, b) ? 1 : 0
    state.set64(8, result)
    return state.next(16, accumulator: result)
}

@inline(__always)
func compareSS<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return compare(state, I.slot(state, 10), I.slot(state, 12), holds)
}

@inline(__always)
func compareSI<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return compare(state, I.slot(state, 10), I.immediate(state, 12), holds)
}

@inline(__always)
func compareAS<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return compare(state, I.accumulator(state), I.slot(state, 12), holds)
}

@inline(__always)
func compareAI<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return compare(state, I.accumulator(state), I.immediate(state, 12), holds)
}

// MARK: Comparisons as branches: operands at 8 and 10, an immediate having 16 bits, the distance at 12

@inline(__always)
private func branch<I: SlotInteger>(_ state: State, _ a: I, _ b: I, _ byteCount: Int, _ holds: (I, I) -> Bool) {
    if holds(a, b) { return state.jump(12) }
    return state.next(byteCount)
}

@inline(__always)
func branchSS<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return branch(state, I.slot(state, 8), I.slot(state, 10), 16, holds)
}

@inline(__always)
func branchSI<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return branch(state, I.slot(state, 8), I.shortImmediate(state, 10), 16, holds)
}

@inline(__always)
func branchAS<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return branch(state, I.accumulator(state), I.slot(state, 10), 16, holds)
}

@inline(__always)
func branchAI<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return branch(state, I.accumulator(state), I.shortImmediate(state, 10), 16, holds)
}

// The same with a longer immediate at 16, making 24 bytes.

@inline(__always)
func wideBranchSI<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return branch(state, I.slot(state, 8), I.wideImmediate(state, 16), 24, holds)
}

@inline(__always)
func wideBranchAI<I: SlotInteger>(_ state: State, _ holds: (I, I) -> Bool) {
    return branch(state, I.accumulator(state), I.wideImmediate(state, 16), 24, holds)
}
