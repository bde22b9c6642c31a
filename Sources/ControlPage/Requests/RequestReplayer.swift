package import SandboxProtocol

/// A request that is to be sent again.
package struct ReplayedRequest: Sendable {
    package var method: String
    /// Path and query.
    package var target: String
    package var fields: [RequestRecording.Field]
    package var body: [UInt8]
    /// The number, in the list, of the request that it repeats.
    package let number: Int
    /// Whether the request came by TLS.
    package let isSecured: Bool
}

/// By what a request is answered again.
package enum ReplayTarget: Hashable, Sendable {
    /// What serves.
    case now
    case revision(Int)
    /// NAME/VERSION.
    case release(String)

    /// `now`, `revision:12` or `release:app/1.0.0`; `nil` for anything else.
    init?(_ text: String) {
        if text == "now" {
            self = .now
        } else if text.hasPrefix("revision:"), let number = Int(text.dropFirst("revision:".count)), number > 0 {
            self = .revision(number)
        } else if text.hasPrefix("release:"), text.count > "release:".count {
            self = .release(String(text.dropFirst("release:".count)))
        } else {
            return nil
        }
    }
}

/// What has come of it.
package struct ReplayedAnswer: Sendable {
    package let answer: Answer
    /// Where the request is kept that was sent; `nil` if it is not.
    package let recording: UInt64?
    /// The revision that answered; 0 for a release.
    package let revision: Int

    package init(answer: Answer, recording: UInt64?, revision: Int) {
        self.answer = answer
        self.recording = recording
        self.revision = revision
    }
}

/// Sends requests again, to a process of its own with a copy of the data directory.
package protocol RequestReplayer: Sendable {
    /// Sends a request again, and returns when its answer, and all that is logged of it, is there.
    func replay(_ request: ReplayedRequest, against target: ReplayTarget) throws(ControlFailure) -> ReplayedAnswer
}
