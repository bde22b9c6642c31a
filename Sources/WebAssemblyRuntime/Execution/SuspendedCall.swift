/// A call of a host function, in the middle of which a task was suspended.
struct SuspendedCall {
    let suspension: Suspension
    let function: HostFunction.Storage
    /// Where the arguments stood, and the results are to be.
    let slots: UnsafeMutableRawPointer
    /// The end of what the guest has in use.
    let end: UnsafeMutableRawPointer
    /// The call instruction, and the frame and the instance of its function.
    let code: UnsafeRawPointer
    let frame: UnsafeMutableRawPointer
    let context: UnsafeMutableRawPointer

    /// The state of the machine behind the call, the results being in place.
    var returned: State {
        var state = State(
            code, frame, frame, 0, context, slots.load(as: UInt64.self), slots.load(as: Double.self)
        ).reloadingMemory()
        if let byteCount = CallHandlers.byteCount(ofCallAt: code) {
            state.code += byteCount
        } else {
            // A tail call: the results go to this function's caller.
            frame.copyMemory(from: slots, byteCount: function.shape.resultSlotCount * 8)
            let header = state.slot(12)
            state.code = header.load(as: UnsafeRawPointer.self)
            state.frame = header.load(fromByteOffset: 8, as: UnsafeMutableRawPointer.self)
        }
        return state
    }
}
