import JSON
import SandboxProtocol

extension JSONWriter {
    /// Writes an entry of a request log as a line.
    ///
    /// - Parameter time: in milliseconds since 1970, as the log keeps it; `nil` to leave it out.
    mutating func write(_ entry: RequestLogEntry, time: Int?) {
        beginObject()
        if let time {
            name("time")
            write(time)
        }
        switch entry.content {
        // The many are written without an object in between.
        case .request(let request):
            request.forEachMember { member, value in
                name(member)
                write(value)
            }
        case .line, .dropped, .damaged:
            for member in Event(entry).json.members {
                name(member.name)
                write(member.value)
            }
        }
        endObject()
        endLine()
    }
}

extension ServedRequest {
    /// The members of the object that tells of the request, in their order.
    func forEachMember(_ body: (String, JSONValue) -> Void) {
        body("event", .string("request"))
        body("method", .string(method))
        body("path", .string(target))
        body("status", .integer(status))
        body("bytes", .integer(byteCount))
        // Microseconds are as fine as these figures mean anything.
        body("milliseconds", .number((milliseconds * 1000).rounded() / 1000))
        body("revision", .integer(revision))
        if number > 0 { body("number", .integer(Int(clamping: number))) }
        if isIncomplete { body("incomplete", .boolean(true)) }
        channel?.forEachMember(body)
    }
}

extension Event {
    /// An entry of a request log as an event.
    init(_ entry: RequestLogEntry) {
        switch entry.content {
        case .request(let request): self = .request(request)
        case .line(let text, let route, let number):
            self = .log(
                .guest(route: route, channel: entry.channel), text: number == 0 ? text : "[\(number)] \(text)")
        case .dropped, .damaged: self = .log(.sandbox, text: entry.notice ?? "")
        }
    }
}
