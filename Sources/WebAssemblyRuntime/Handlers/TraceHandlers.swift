/// Instructions that stand only in code which was translated to be traced: the function's index is at 12; 16 bytes.
enum TraceHandlers {
    /// The function begins.
    static let begin: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        traceCall(Int(state.operand32(12)), state.frame, state.frame, state.context, ends: false)
        return state.next(16)
    }

    /// The function returns what stands from the slot at 8 on.
    static let end: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        traceCall(Int(state.operand32(12)), state.frame, state.slot(8), state.context, ends: true)
        return state.next(16)
    }
}
