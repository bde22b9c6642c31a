/// Where the bytes of an output stream go.
package protocol ByteSink: AnyObject {
    /// How many bytes can be written now; 0 if that has to wait. Moves on what was written before.
    func budget(_ call: WASICall) throws(StreamFailure) -> Int

    /// Takes bytes, no more than the budget said.
    func write(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure)

    /// Begins to move on what was written. Until that is done, the budget is 0.
    func flush(_ call: WASICall) throws(StreamFailure)

    /// What has to happen before there is a budget.
    var readiness: Readiness { get }

    /// The stream was dropped: moves on what was written, if that is still to be done.
    func close(_ call: WASICall) throws
}

extension ByteSink {
    package func flush(_ call: WASICall) throws(StreamFailure) {}
    package func close(_ call: WASICall) throws {}
    package var readiness: Readiness { .ready }
}
