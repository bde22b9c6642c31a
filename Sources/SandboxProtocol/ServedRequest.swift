/// One answered request.
package struct ServedRequest: Hashable, Sendable {
    package let method: String
    /// Path and query, as sent.
    package let target: String
    /// 0 if the client got none.
    package let status: Int
    /// Length of the body sent, in bytes.
    package let byteCount: Int
    /// From the request's head to the response's end.
    package let milliseconds: Double
    /// The revision that answered.
    package let revision: Int
    /// Counts the requests of the WAGI process, from 1; 0 if that is not known.
    package let number: UInt64
    /// Whether the client did not get the whole response.
    package let isIncomplete: Bool
    /// Where it is kept among the recordings, a multiple of eight; `nil` if it is not.
    package let recording: UInt64?

    /// The channel whose process has answered; `nil` for the working copy's.
    package var channel: ServedChannel?

    package init(
        method: String, target: String, status: Int, byteCount: Int, milliseconds: Double, revision: Int,
        number: UInt64 = 0, isIncomplete: Bool = false, channel: ServedChannel? = nil,
        recording: UInt64? = nil
    ) {
        self.method = method
        self.target = target
        self.status = status
        self.byteCount = byteCount
        self.milliseconds = milliseconds
        self.revision = revision
        self.number = number
        self.isIncomplete = isIncomplete
        self.recording = recording
        self.channel = channel
    }
}
