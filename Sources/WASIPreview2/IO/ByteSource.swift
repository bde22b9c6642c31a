/// Where the bytes of an input stream come from.
package protocol ByteSource: AnyObject {
    /// Returns the next bytes, at most `limit`, which is at least 1. None says that nothing has come yet; a source that
    /// cannot tell before it reads waits itself.
    ///
    /// - Throws: `closed` at the end.
    func read(upTo limit: Int, _ call: WASICall) throws(StreamFailure) -> [UInt8]

    /// What has to happen before there is something to read, or the end.
    var readiness: Readiness { get }
}
