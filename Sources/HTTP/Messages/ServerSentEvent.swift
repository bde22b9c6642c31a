/// An event of a `text/event-stream` (HTML standard, section 9.2).
package struct ServerSentEvent: Hashable, Sendable {
    /// What the client listens for; `nil` for `message`. Without line ends.
    package let name: String?
    /// The text that the client's listeners get.
    package let data: String

    package init(name: String? = nil, data: String) {
        self.name = name
        self.data = data
    }

    /// The event as it stands in the stream.
    var encoded: [UInt8] {
        var text = ""
        if let name { text += "event: \(name)\n" }
        // All three line ends of the format end a line of data; the client puts one LF for each.
        let lines = data.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" }
        for line in lines { text += "data: " + String(line) + "\n" }
        return Array((text + "\n").utf8)
    }

    /// What clients pass over: it shows both sides that the other is there.
    static let heartbeat = Array(":\n\n".utf8)
}
