import WebAssembly

// Atomic access to memory. A store runs on one thread, so that plain loads and stores are atomic here; what remains of
// atomicity is that an address has to be aligned. The form is that of far accesses: the slot of the result (of a store:
// of the value) at 8, of the address at 10, the memory's index at 12, an offset of 64 bits at 16. A read-modify-write
// has the slot of its operand at 24, a comparison that of the expected value at 24 and of the replacement at 26; 32
// bytes.

extension State {
    /// The place of an aligned access; or nil, and the reason in `failure`.
    @inline(__always)
    func atomicPlace<Number>(_ type: Number.Type, _ failure: inout ExitReason) -> UnsafeMutableRawPointer? {
        // Memory begins at a page, so that an address is aligned if its place is.
        guard let place = farPlace(UInt(MemoryLayout<Number>.size)) else {
            failure = .outOfBoundsMemoryAccess
            return nil
        }
        guard UInt(bitPattern: place) & UInt(MemoryLayout<Number>.size &- 1) == 0 else {
            failure = .unalignedAtomic
            return nil
        }
        return place
    }
}

@inline(__always)
private func load<Number: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Number.Type) {
    var failure = ExitReason.returned
    guard let place = state.atomicPlace(type, &failure) else { return state.trap(failure) }
    state.set64(8, UInt64(truncatingIfNeeded: place.load(as: Number.self)))
    return state.next(24)
}

@inline(__always)
private func store<Number: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Number.Type) {
    var failure = ExitReason.returned
    guard let place = state.atomicPlace(type, &failure) else { return state.trap(failure) }
    place.storeBytes(of: Number(truncatingIfNeeded: state.get64(8)), as: Number.self)
    return state.next(24)
}

@inline(__always)
private func modify<Number: FixedWidthInteger & BitwiseCopyable>(
    _ state: State, _ type: Number.Type, _ operation: (Number, Number) -> Number
) {
    var failure = ExitReason.returned
    guard let place = state.atomicPlace(type, &failure) else { return state.trap(failure) }
    let old = place.load(as: Number.self)
    place.storeBytes(of: operation(old, Number(truncatingIfNeeded: state.get64(24))), as: Number.self)
    state.set64(8, UInt64(truncatingIfNeeded: old))
    return state.next(32)
}

/// The expected value is compared as a whole: one that does not fit the access is never found.
@inline(__always)
private func exchange<Number: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Number.Type) {
    var failure = ExitReason.returned
    guard let place = state.atomicPlace(type, &failure) else { return state.trap(failure) }
    let old = place.load(as: Number.self)
    if UInt64(truncatingIfNeeded: old) == state.get64(24) {
        place.storeBytes(of: Number(truncatingIfNeeded: state.get64(26)), as: Number.self)
    }
    state.set64(8, UInt64(truncatingIfNeeded: old))
    return state.next(32)
}

func addAtomicAccesses(to table: inout HandlerTable) {
    table[.i32AtomicLoad, .slotSlot] = { load(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64AtomicLoad, .slotSlot] = { load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i32AtomicLoad8U, .slotSlot] = { load(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32AtomicLoad16U, .slotSlot] = { load(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64AtomicLoad8U, .slotSlot] = { load(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64AtomicLoad16U, .slotSlot] = { load(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64AtomicLoad32U, .slotSlot] = { load(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32AtomicStore, .slotSlot] = { store(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64AtomicStore, .slotSlot] = { store(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i32AtomicStore8, .slotSlot] = { store(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32AtomicStore16, .slotSlot] = { store(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64AtomicStore8, .slotSlot] = { store(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64AtomicStore16, .slotSlot] = { store(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64AtomicStore32, .slotSlot] = { store(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32AtomicRmwAdd, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 &+ $1 } }
    table[.i64AtomicRmwAdd, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { $0 &+ $1 } }
    table[.i32AtomicRmw8AddU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 &+ $1 } }
    table[.i32AtomicRmw16AddU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 &+ $1 } }
    table[.i64AtomicRmw8AddU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 &+ $1 } }
    table[.i64AtomicRmw16AddU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 &+ $1 } }
    table[.i64AtomicRmw32AddU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 &+ $1 } }
    table[.i32AtomicRmwSub, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 &- $1 } }
    table[.i64AtomicRmwSub, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { $0 &- $1 } }
    table[.i32AtomicRmw8SubU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 &- $1 } }
    table[.i32AtomicRmw16SubU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 &- $1 } }
    table[.i64AtomicRmw8SubU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 &- $1 } }
    table[.i64AtomicRmw16SubU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 &- $1 } }
    table[.i64AtomicRmw32SubU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 &- $1 } }
    table[.i32AtomicRmwAnd, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 & $1 } }
    table[.i64AtomicRmwAnd, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { $0 & $1 } }
    table[.i32AtomicRmw8AndU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 & $1 } }
    table[.i32AtomicRmw16AndU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 & $1 } }
    table[.i64AtomicRmw8AndU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 & $1 } }
    table[.i64AtomicRmw16AndU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 & $1 } }
    table[.i64AtomicRmw32AndU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 & $1 } }
    table[.i32AtomicRmwOr, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 | $1 } }
    table[.i64AtomicRmwOr, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { $0 | $1 } }
    table[.i32AtomicRmw8OrU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 | $1 } }
    table[.i32AtomicRmw16OrU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 | $1 } }
    table[.i64AtomicRmw8OrU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 | $1 } }
    table[.i64AtomicRmw16OrU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 | $1 } }
    table[.i64AtomicRmw32OrU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 | $1 } }
    table[.i32AtomicRmwXor, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 ^ $1 } }
    table[.i64AtomicRmwXor, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { $0 ^ $1 } }
    table[.i32AtomicRmw8XorU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 ^ $1 } }
    table[.i32AtomicRmw16XorU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 ^ $1 } }
    table[.i64AtomicRmw8XorU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { $0 ^ $1 } }
    table[.i64AtomicRmw16XorU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { $0 ^ $1 } }
    table[.i64AtomicRmw32XorU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { $0 ^ $1 } }
    table[.i32AtomicRmwXchg, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { _, new in new } }
    table[.i64AtomicRmwXchg, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { _, new in new } }
    table[.i32AtomicRmw8XchgU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { _, new in new } }
    table[.i32AtomicRmw16XchgU, .slotSlot] = {
        modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { _, new in new }
    }
    table[.i64AtomicRmw8XchgU, .slotSlot] = { modify(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { _, new in new } }
    table[.i64AtomicRmw16XchgU, .slotSlot] = {
        modify(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { _, new in new }
    }
    table[.i64AtomicRmw32XchgU, .slotSlot] = {
        modify(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { _, new in new }
    }
    table[.i32AtomicRmwCmpxchg, .slotSlot] = { exchange(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64AtomicRmwCmpxchg, .slotSlot] = { exchange(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.i32AtomicRmw8CmpxchgU, .slotSlot] = { exchange(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32AtomicRmw16CmpxchgU, .slotSlot] = { exchange(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64AtomicRmw8CmpxchgU, .slotSlot] = { exchange(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64AtomicRmw16CmpxchgU, .slotSlot] = { exchange(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64AtomicRmw32CmpxchgU, .slotSlot] = { exchange(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
}
