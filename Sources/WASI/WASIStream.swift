/// What stands behind a guest's standard input, output or error.
///
/// An `ErrorNumber` that a closure throws is what the guest's read or write returns; any other error ends the guest and
/// comes out of the call into it, as the error of a host function.
package enum WASIStream: Sendable {
    /// A descriptor of this process, which stays open when the guest closes its own.
    case fileDescriptor(Int32)

    /// Input that is asked for when the guest reads: fills the buffer as far as it can, waits when nothing has come
    /// yet, and returns the count of bytes, 0 at the end.
    case input(@Sendable (UnsafeMutableRawBufferPointer) throws -> Int)

    /// Output that is handed over, whole, with each of the guest's writes.
    case output(@Sendable (UnsafeRawBufferPointer) throws -> Void)

    /// Input that is at its end from the start.
    case empty

    /// Output that is thrown away.
    case discard
}
