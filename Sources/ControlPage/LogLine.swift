import JSON
package import SandboxProtocol

/// A line of the log as the page shows it.
package struct LogLine: Hashable, Sendable {
    /// `guest`, `build` or `sandbox`.
    package let source: String
    /// The handler's, for a line that a guest has written.
    package let route: String?
    package let text: String
    /// Seconds since 1970.
    package let time: Double
    /// The channel whose process has written it; `nil` for the working copy's.
    package let channel: ServedChannel?

    package init(
        source: String, route: String? = nil, text: String, time: Double, channel: ServedChannel? = nil
    ) {
        self.channel = channel
        self.source = source
        self.route = route
        self.text = text
        self.time = time
    }

    func json(number: Int) -> JSONObject {
        var object: JSONObject = [
            "number": .integer(number), "time": .number(time), "source": .string(source), "text": .string(text),
        ]
        object["route"] = route.map { .string($0) }
        channel?.forEachMember { object[$0] = $1 }
        return object
    }
}
