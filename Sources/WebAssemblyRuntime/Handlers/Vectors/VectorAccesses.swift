import WebAssembly

// Loads and stores of vectors. Memory 0 with a 32-bit address has a short form (`slotImmediate`): the vector's slot at
// 8, the address's at 10, an offset of 32 bits at 12, 16 bytes. Any memory and any address have a long one
// (`slotSlot`), as described with the far accesses: 24 bytes; with a lane, the other vector's slot is at 24, the lane at
// 26, 32 bytes.

@inline(__always)
private func load<Stored: BitwiseCopyable, Vector: SIMD & BitwiseCopyable>(
    _ state: State, _ type: Stored.Type, _ make: (Stored) -> Vector
) {
    let address = state.addressS
    if _slowPath(address &+ UInt(MemoryLayout<Stored>.size) > state.size) {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    state.setVector(8, make((state.memory + Int(bitPattern: address)).loadUnaligned(as: Stored.self)))
    return state.next(16)
}

@inline(__always)
private func farLoad<Stored: BitwiseCopyable, Vector: SIMD & BitwiseCopyable>(
    _ state: State, _ type: Stored.Type, _ make: (Stored) -> Vector
) {
    guard let place = state.farPlace(UInt(MemoryLayout<Stored>.size)) else {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    state.setVector(8, make(place.loadUnaligned(as: Stored.self)))
    return state.next(24)
}

@inline(__always)
private func store(_ state: State) {
    let address = state.addressS
    if _slowPath(address &+ 16 > state.size) { return state.trap(.outOfBoundsMemoryAccess) }
    (state.memory + Int(bitPattern: address)).storeBytes(
        of: state.getVector(8, as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
    return state.next(16)
}

@inline(__always)
private func farStore(_ state: State) {
    guard let place = state.farPlace(16) else { return state.trap(.outOfBoundsMemoryAccess) }
    place.storeBytes(of: state.getVector(8, as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
    return state.next(24)
}

@inline(__always)
private func loadLane<Lane: BitwiseCopyable>(_ state: State, _ type: Lane.Type) {
    guard let place = state.farPlace(UInt(MemoryLayout<Lane>.size)) else {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    let value = place.loadUnaligned(as: Lane.self)
    state.setVector(8, state.getVector(24, as: SIMD16<UInt8>.self))
    (state.slot(8) + state.operand16(26) &* MemoryLayout<Lane>.size).storeBytes(of: value, as: Lane.self)
    return state.next(32)
}

@inline(__always)
private func storeLane<Lane: BitwiseCopyable>(_ state: State, _ type: Lane.Type) {
    guard let place = state.farPlace(UInt(MemoryLayout<Lane>.size)) else {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    let value = (state.slot(24) + state.operand16(26) &* MemoryLayout<Lane>.size).loadUnaligned(as: Lane.self)
    place.storeBytes(of: value, as: Lane.self)
    return state.next(32)
}

/// Eight bytes as lanes, each extended to the double width.
@inline(__always)
private func extended<Narrow: FixedWidthInteger & BitwiseCopyable, Wide: SIMD>(
    _ bytes: UInt64, _ narrow: Narrow.Type, _ wide: Wide.Type
) -> Wide where Wide.Scalar: FixedWidthInteger {
    var result = Wide()
    for lane in 0..<Wide.scalarCount {
        let bits = bytes &>> UInt64(truncatingIfNeeded: lane &* Narrow.bitWidth)
        result[lane] = Wide.Scalar(truncatingIfNeeded: Narrow(truncatingIfNeeded: bits))
    }
    return result
}

func addVectorAccesses(to table: inout HandlerTable) {
    table[.v128Load, .slotImmediate] = { load(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { $0 } }
    table[.v128Load, .slotSlot] = { farLoad(State($0, $1, $2, $3, $4, $5, $6), SIMD16<UInt8>.self) { $0 } }
    table[.v128Load8x8S, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, Int8.self, SIMD8<Int16>.self) }
    }
    table[.v128Load8x8S, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, Int8.self, SIMD8<Int16>.self) }
    }
    table[.v128Load8x8U, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, UInt8.self, SIMD8<UInt16>.self) }
    }
    table[.v128Load8x8U, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, UInt8.self, SIMD8<UInt16>.self) }
    }
    table[.v128Load16x4S, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, Int16.self, SIMD4<Int32>.self) }
    }
    table[.v128Load16x4S, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, Int16.self, SIMD4<Int32>.self) }
    }
    table[.v128Load16x4U, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, UInt16.self, SIMD4<UInt32>.self) }
    }
    table[.v128Load16x4U, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, UInt16.self, SIMD4<UInt32>.self) }
    }
    table[.v128Load32x2S, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, Int32.self, SIMD2<Int64>.self) }
    }
    table[.v128Load32x2S, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, Int32.self, SIMD2<Int64>.self) }
    }
    table[.v128Load32x2U, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, UInt32.self, SIMD2<UInt64>.self) }
    }
    table[.v128Load32x2U, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { extended($0, UInt32.self, SIMD2<UInt64>.self) }
    }
    table[.v128Load8Splat, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { SIMD16<UInt8>(repeating: $0) }
    }
    table[.v128Load8Splat, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { SIMD16<UInt8>(repeating: $0) }
    }
    table[.v128Load16Splat, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { SIMD8<UInt16>(repeating: $0) }
    }
    table[.v128Load16Splat, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { SIMD8<UInt16>(repeating: $0) }
    }
    table[.v128Load32Splat, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { SIMD4<UInt32>(repeating: $0) }
    }
    table[.v128Load32Splat, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { SIMD4<UInt32>(repeating: $0) }
    }
    table[.v128Load64Splat, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { SIMD2<UInt64>(repeating: $0) }
    }
    table[.v128Load64Splat, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { SIMD2<UInt64>(repeating: $0) }
    }
    table[.v128Load32Zero, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { SIMD4<UInt32>($0, 0, 0, 0) }
    }
    table[.v128Load32Zero, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { SIMD4<UInt32>($0, 0, 0, 0) }
    }
    table[.v128Load64Zero, .slotImmediate] = {
        load(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { SIMD2<UInt64>($0, 0) }
    }
    table[.v128Load64Zero, .slotSlot] = {
        farLoad(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { SIMD2<UInt64>($0, 0) }
    }
    table[.v128Store, .slotImmediate] = { store(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.v128Store, .slotSlot] = { farStore(State($0, $1, $2, $3, $4, $5, $6)) }
    table[.v128Load8Lane, .slotSlot] = { loadLane(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.v128Store8Lane, .slotSlot] = { storeLane(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    table[.v128Load16Lane, .slotSlot] = { loadLane(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.v128Store16Lane, .slotSlot] = { storeLane(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    table[.v128Load32Lane, .slotSlot] = { loadLane(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.v128Store32Lane, .slotSlot] = { storeLane(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.v128Load64Lane, .slotSlot] = { loadLane(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.v128Store64Lane, .slotSlot] = { storeLane(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
}
