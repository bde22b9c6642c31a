import WebAssembly

// Access to memories other than the first, and with 64-bit addresses: 24 bytes, the slot of the result or value at 8,
// of the address at 10, the memory's index at 12, an offset of 64 bits at 16.

extension State {
    /// The place of an access of the given number of bytes, or nil if that is out of bounds.
    @inline(__always)
    func farPlace(_ byteCount: UInt) -> UnsafeMutableRawPointer? {
        let record = instance.pointee.memories[Int(operand32(12))]
        let (address, overflow) = UInt(get64(10)).addingReportingOverflow(UInt(operand64(16)))
        let size = record.pointee.byteCount
        if overflow || address > size || size &- address < byteCount { return nil }
        return record.pointee.base + Int(bitPattern: address)
    }
}

@inline(__always)
private func farLoad<Stored: BitwiseCopyable>(_ state: State, _ type: Stored.Type, _ extend: (Stored) -> UInt64) {
    guard let place = state.farPlace(UInt(MemoryLayout<Stored>.size)) else {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    state.set64(8, extend(place.loadUnaligned(as: Stored.self)))
    return state.next(24)
}

@inline(__always)
private func farStore<Stored: BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
    guard let place = state.farPlace(UInt(MemoryLayout<Stored>.size)) else {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    place.storeBytes(of: state.slot(8).load(as: Stored.self), as: Stored.self)
    return state.next(24)
}

func addFarAccesses(to table: inout HandlerTable) {
    table[.i32Load, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { UInt64($0) } }
    table[.i64Load, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { $0 } }
    table[.f32Load, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { UInt64($0) } }
    table[.i32Load8S, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), Int8.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load8U, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { UInt64($0) } }
    table[.i32Load16S, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), Int16.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    table[.i32Load16U, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { UInt64($0) } }
    table[.i64Load8S, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), Int8.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load8U, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { UInt64($0) } }
    table[.i64Load16S, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), Int16.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load16U, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { UInt64($0) } }
    table[.i64Load32S, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), Int32.self) { UInt64(bitPattern: Int64($0)) }
    }
    table[.i64Load32U, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { UInt64($0) } }
    table[.f64Load, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { $0 } }
    table[.i32Store, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i64Store, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.f32Store, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.i32Store8, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i32Store16, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store8, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.i64Store16, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.i64Store32, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.f64Store, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
}
