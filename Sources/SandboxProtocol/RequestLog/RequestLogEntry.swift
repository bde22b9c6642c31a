/// What a request log tells.
package struct RequestLogEntry: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case request(ServedRequest)
        /// A line that a handler has written, or that is about it. The number is that of the request; 0 if it belongs to
        /// none.
        case line(String, route: String, number: UInt64)
        /// So much had no room in the log.
        case dropped(requests: UInt64, lines: UInt64)
        /// The process has written something else than records. No more comes from it.
        case damaged
    }

    /// Seconds since 1970.
    package let time: Double
    package let content: Content
    /// The channel whose process tells it; `nil` for the working copy's.
    package let channel: ServedChannel?

    package init(time: Double, content: Content, channel: ServedChannel? = nil) {
        self.time = time
        self.content = content
        self.channel = channel
    }

    /// The same, told by the process of a channel.
    func told(by channel: ServedChannel) -> RequestLogEntry {
        guard case .request(var request) = content else {
            return RequestLogEntry(time: time, content: content, channel: channel)
        }
        request.channel = channel
        return RequestLogEntry(time: time, content: .request(request), channel: channel)
    }

    /// What the sandbox itself has to say of it, in a complete sentence; `nil` for requests and lines.
    package var notice: String? {
        switch content {
        case .request, .line: return nil
        case .dropped(let requests, let lines):
            let parts = [(requests, "request"), (lines, "line")].compactMap { count, noun in
                count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
            }
            return
                "\(parts.joined(separator: " and ")) of the log are not shown: they came faster than they could be read."
        case .damaged:
            return "A WAGI process has damaged its request log: no more requests of it are shown."
        }
    }
}
