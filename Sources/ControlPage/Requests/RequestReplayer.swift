package import Bindle
package import SandboxProtocol

/// A request that is to be sent again.
package struct ReplayedRequest: Sendable {
    package var method: String
    /// Path and query.
    package var target: String
    /// The field ``SandboxProtocol/RecordingSummary/replayField`` is not among them.
    package var fields: [RequestRecording.Field]
    package var body: [UInt8]
    /// The number, in the list, of the request that it repeats.
    package let number: Int

    package init(method: String, target: String, fields: [RequestRecording.Field], body: [UInt8], number: Int) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.number = number
    }
}

/// What has come of it.
package struct ReplayedAnswer: Sendable {
    package let answer: Answer
    /// Where the request is kept that was sent; `nil` if it is not.
    package let recording: UInt64?
    /// What has answered.
    package let content: ContentReference

    package init(answer: Answer, recording: UInt64?, content: ContentReference) {
        self.answer = answer
        self.recording = recording
        self.content = content
    }
}

/// Sends requests again, to a process of its own with a copy of the data directory.
package protocol RequestReplayer: Sendable {
    /// Sends a request again, and returns when its answer, and all that is logged of it, is there.
    ///
    /// - Parameter content: what is to answer; `nil` for what serves.
    func replay(
        _ request: ReplayedRequest, against content: ContentReference?
    ) throws(ControlFailure) -> ReplayedAnswer
}
