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
        for member in JSONEventRenderer.object(for: event).members { object[member.name] = member.value }
        return object.serialized + "\n"
    }

    /// Reads a line of the log; `nil` if it is none, such as one that was being written when the machine went down.
    init?(line: some Collection<UInt8>) {
        guard let object = try? JSONValue(parsing: line).object, let time = object["time"]?.integer,
            let event = Event(json: object)
        else { return nil }
        self.init(time: Double(time) / 1000, event: event)
    }

    /// The line as tools read it.
    package var json: String { line }
}

extension Event {
    /// Reads what `JSONEventRenderer` has written.
    init?(json: JSONObject) {
        func string(_ name: String) -> String? { json[name]?.string }
        func integer(_ name: String) -> Int? { json[name]?.integer }
        switch string("event") {
        case "ready":
            guard let app = string("app"), let bindle = string("bindle"), let id = string("id"),
                let revision = integer("revision")
            else { return nil }
            self = .ready(app: app, bindle: bindle, id: id, revision: revision)
        case "rebuilding":
            guard case .array(let changed)? = json["changed"] else { return nil }
            self = .rebuilding(changed: changed.compactMap(\.string))
        case "serving":
            guard let revision = integer("revision"), let id = string("id"), let stages = json["milliseconds"]?.object
            else { return nil }
            self = .serving(
                revision: revision, id: id, isUnchanged: json["unchanged"] == .boolean(true),
                timings: stages.members.map { StageTiming(stage: $0.name, milliseconds: $0.value.number ?? 0) })
        case "failed":
            guard let stage = string("stage").flatMap(Failure.Stage.init(rawValue:)), let message = string("message")
            else { return nil }
            self = .failed(
                Failure(
                    stage: stage, message: message, file: string("file"), line: integer("line"),
                    column: integer("column")))
        case "request":
            guard let method = string("method"), let path = string("path"), let status = integer("status"),
                let bytes = integer("bytes"), let milliseconds = json["milliseconds"]?.number,
                let revision = integer("revision")
            else { return nil }
            self = .request(
                ServedRequest(
                    method: method, target: path, status: status, byteCount: bytes, milliseconds: milliseconds,
                    revision: revision))
        case "log":
            guard let text = string("text") else { return nil }
            switch string("source") {
            case "guest": self = .log(.guest(route: string("route") ?? ""), text: text)
            case "build": self = .log(.build, text: text)
            case "sandbox": self = .log(.sandbox, text: text)
            default: return nil
            }
        case "stopped":
            guard let reason = string("reason") else { return nil }
            self = .stopped(reason: reason)
        default:
            return nil
        }
    }
}
