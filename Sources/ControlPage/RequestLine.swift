import JSON
import SandboxProtocol

/// A request that has been answered, as the page lists it.
struct RequestLine {
    let request: ServedRequest
    /// Seconds since 1970, when the response ended.
    let time: Double

    func json(number: Int) -> JSONObject {
        var object: JSONObject = [
            "number": .integer(number), "time": .number(time), "method": .string(request.method),
            "target": .string(request.target), "bytes": .integer(request.byteCount),
            // Microseconds are as fine as these figures mean anything.
            "milliseconds": .number((request.milliseconds * 1000).rounded() / 1000),
            "revision": .integer(request.revision), "incomplete": .boolean(request.isIncomplete),
        ]
        request.channel?.forEachMember { object[$0] = $1 }
        // A client that is gone has got no status.
        if request.status > 0 { object["status"] = .integer(request.status) }
        return object
    }
}
