import WebAssembly

// Loads of 32 bits or fewer with a branch on what is loaded, as in the search for the end of a text or of a list. 24
// bytes: destination at 8, the address's slot at 10 (or the accumulator), the distance at 12, the offset of 32 bits at
// 16, or a slot to be added at 16 and an offset of 16 bits at 18; at 20 the number that is compared with.

extension State {
    @inline(__always)
    fileprivate var fusedAddressS: UInt { UInt(get32(10)) &+ UInt(operand32(16)) }

    @inline(__always)
    fileprivate var fusedAddressA: UInt { UInt(accumulator32) &+ UInt(operand32(16)) }

    @inline(__always)
    fileprivate var fusedAddressSS: UInt { UInt(get32(10) &+ get32(16)) &+ UInt(operand16(18)) }
}

@inline(__always)
private func load<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ state: State, _ address: UInt, _ type: Stored.Type, branchIfEqual: Bool
) {
    if _slowPath(address &+ UInt(MemoryLayout<Stored>.size) > state.size) {
        return state.trap(.outOfBoundsMemoryAccess)
    }
    let result = UInt32(truncatingIfNeeded: (state.memory + Int(bitPattern: address)).loadUnaligned(as: Stored.self))
    state.set32(8, result)
    var state = state
    state.accumulator = UInt64(result)
    if (result == state.operand32(20)) == branchIfEqual { return state.jump(12) }
    return state.next(24)
}

func addLoadsAndBranchesIfEqual(to table: inout HandlerTable) {
    table[.i32Load, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, UInt32.self, branchIfEqual: true)
    }
    table[.i32Load, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, UInt32.self, branchIfEqual: true)
    }
    table[.i32Load, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, UInt32.self, branchIfEqual: true)
    }
    table[.i32Load8U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, UInt8.self, branchIfEqual: true)
    }
    table[.i32Load8U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, UInt8.self, branchIfEqual: true)
    }
    table[.i32Load8U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, UInt8.self, branchIfEqual: true)
    }
    table[.i32Load8S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, Int8.self, branchIfEqual: true)
    }
    table[.i32Load8S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, Int8.self, branchIfEqual: true)
    }
    table[.i32Load8S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, Int8.self, branchIfEqual: true)
    }
    table[.i32Load16U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, UInt16.self, branchIfEqual: true)
    }
    table[.i32Load16U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, UInt16.self, branchIfEqual: true)
    }
    table[.i32Load16U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, UInt16.self, branchIfEqual: true)
    }
    table[.i32Load16S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, Int16.self, branchIfEqual: true)
    }
    table[.i32Load16S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, Int16.self, branchIfEqual: true)
    }
    table[.i32Load16S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, Int16.self, branchIfEqual: true)
    }
}

func addLoadsAndBranchesUnlessEqual(to table: inout HandlerTable) {
    table[.i32Load, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, UInt32.self, branchIfEqual: false)
    }
    table[.i32Load, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, UInt32.self, branchIfEqual: false)
    }
    table[.i32Load, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, UInt32.self, branchIfEqual: false)
    }
    table[.i32Load8U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, UInt8.self, branchIfEqual: false)
    }
    table[.i32Load8U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, UInt8.self, branchIfEqual: false)
    }
    table[.i32Load8U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, UInt8.self, branchIfEqual: false)
    }
    table[.i32Load8S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, Int8.self, branchIfEqual: false)
    }
    table[.i32Load8S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, Int8.self, branchIfEqual: false)
    }
    table[.i32Load8S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, Int8.self, branchIfEqual: false)
    }
    table[.i32Load16U, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, UInt16.self, branchIfEqual: false)
    }
    table[.i32Load16U, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, UInt16.self, branchIfEqual: false)
    }
    table[.i32Load16U, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, UInt16.self, branchIfEqual: false)
    }
    table[.i32Load16S, .slotImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressS, Int16.self, branchIfEqual: false)
    }
    table[.i32Load16S, .accumulatorImmediate] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressA, Int16.self, branchIfEqual: false)
    }
    table[.i32Load16S, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return load(state, state.fusedAddressSS, Int16.self, branchIfEqual: false)
    }
}
