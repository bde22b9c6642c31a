/// A call of a function by whoever lays out its arguments himself, in the slots where the function finds them: nothing is
/// allocated, and no type is looked up.
///
/// A slot has 64 bits: integers of 32 bits are zero-extended, numbers stand there by their bits. Results overwrite the
/// arguments. Calls nest: what is called meanwhile has its slots above these. ``end()`` has to be called once, last.
package struct RawCall {
    /// Where the arguments stand, and after ``run()`` the results.
    @inline(__always)
    package var slots: UnsafeMutableRawPointer { call.slots }
    private let function: Function
    private let call: Store.CallFrame

    /// Takes slots for a call.
    ///
    /// - Parameter slotCount: The number of the function's parameters or of its results, whichever is greater; none of
    ///   them is a vector.
    /// - Throws: ``Trap/Kind/callStackExhausted``, or ``Trap/Kind/interrupted``.
    @inline(__always)
    package init(_ function: Function, slotCount: Int) throws(Trap) {
        self.function = function
        call = try function.store.beginCall(header: slotCount)
    }

    /// Calls the function.
    ///
    /// - Throws: ``Trap`` if it does not return.
    @inline(__always)
    package func run() throws(Trap) {
        guard case .returned = try function.store.execute(function.record, call) else {
            preconditionFailure("only a task's outermost run is suspended")
        }
    }

    /// Gives the slots back.
    @inline(__always)
    package func end() {
        function.store.endCall(call)
    }
}

extension Caller {
    /// Where the arguments stand, each in a slot of 64 bits, and where the results have to.
    @inline(__always)
    package var slotPointer: UnsafeMutableRawPointer { slots }
}
