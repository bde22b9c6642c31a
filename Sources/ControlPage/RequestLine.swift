import JSON
import SandboxProtocol

/// A request that has been answered, as the page lists it.
struct RequestLine {
    let request: ServedRequest
    /// Seconds since 1970, when the response ended.
    let time: Double

    /// - Parameter summary: of its recording; `nil` if that is not kept any more.
    func json(number: Int, _ summary: RecordingSummary?) -> JSONObject {
        var object: JSONObject = [
            "number": .integer(number), "time": .number(time), "method": .string(request.method),
            "target": .string(request.target), "bytes": .integer(request.byteCount),
            // Microseconds are as fine as these figures mean anything.
            "milliseconds": .number(Self.rounded(request.milliseconds)),
            "revision": .integer(request.revision), "incomplete": .boolean(request.isIncomplete),
            "recorded": .boolean(summary != nil),
        ]
        // A client that is gone has got no status.
        if request.status > 0 { object["status"] = .integer(request.status) }
        request.channel?.forEachMember { object[$0] = $1 }
        guard let summary else { return object }
        object["route"] = summary.route.map { .string($0) }
        object["handler"] = summary.module.map { .string($0) }
        object["function"] = summary.function.map { .string($0) }
        if summary.bodyIsStored { object["file"] = .boolean(true) }
        object["replayOf"] = summary.replayed.map { .integer($0) }
        return object
    }

    /// Milliseconds, in whole microseconds.
    static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1000).rounded() / 1000 }
}
