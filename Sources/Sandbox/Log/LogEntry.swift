import JSON
import Platform
import SandboxProtocol

/// An event, and when it happened.
package struct LogEntry: Hashable, Sendable {
    /// Seconds since 1970, with milliseconds.
    package let time: Double
    package let event: Event

    package init(time: Double, event: Event) {
        self.time = time
        self.event = event
    }

    /// The entry as a line of the log: the event's object, with the time in milliseconds before it.
    var line: String {
        var object: JSONObject = ["time": .integer(Int((time * 1000).rounded()))]
        for member in event.json.members { object[member.name] = member.value }
        return object.serialized + "\n"
    }

    /// Reads a line of the log; `nil` if it is not whole, such as one that was being written when the machine went down.
    init?(line: some Collection<UInt8>) {
        guard let object = try? JSONValue(parsing: line).object, let time = object["time"]?.integer,
            let event = Event(json: object)
        else { return nil }
        self.init(time: Double(time) / 1000, event: event)
    }

    /// The line as tools read it.
    package var json: String { line }
}
