/// Pieces of code that belong to no function.
enum StaticCode {
    /// Returned to by a function the host called: leaves the machine.
    nonisolated(unsafe) static let leave: UnsafeRawPointer = make { _, _, _, _, _, _, _ in }

    /// Returned to by a function that another instance called: goes back to that.
    nonisolated(unsafe) static let returnToOtherInstance: UnsafeRawPointer = make {
        var state = State($0, $1, $2, $3, $4, $5, $6)
        let machine = state.machine
        let crossing = machine.pointee.crossingTop - 1
        machine.pointee.crossingTop = crossing
        state.code = crossing.pointee.returnCode
        state.context = crossing.pointee.context
        return state.reloadingMemory().dispatch()
    }

    private static func make(_ handler: Handler) -> UnsafeRawPointer {
        let place = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
        place.storeBytes(of: handler, as: Handler.self)
        return UnsafeRawPointer(place)
    }
}

/// The word before a function's first instruction: how many bytes of the register stack its frame needs.
enum FrameRequirement {
    static let wordByteCount = 8

    @inline(__always)
    static func byteCount(of entry: UnsafeRawPointer) -> Int {
        Int((entry - wordByteCount).load(as: UInt32.self))
    }
}
