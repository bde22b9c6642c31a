import JSON
import SandboxProtocol

/// Events as objects: written and read in one place, so that what is written can be read.
extension Event {
    /// The event as tools get it, and as the log keeps it.
    var json: JSONObject {
        switch self {
        case .starting(let app, let bindle, let command):
            var object: JSONObject = [
                "event": .string("starting"), "app": .string(app), "bindle": .string(bindle),
            ]
            object["command"] = command.map { .string($0) }
            return object
        case .ready(let app, let bindle, let id, let revision):
            return [
                "event": .string("ready"), "app": .string(app), "bindle": .string(bindle), "id": .string(id),
                "revision": .integer(revision),
            ]
        case .rebuilding(let changed):
            return ["event": .string("rebuilding"), "changed": .array(changed.map { .string($0) })]
        case .serving(let revision, let id, let isUnchanged, let timings):
            var milliseconds = JSONObject()
            for timing in timings { milliseconds[timing.stage] = .number(Self.rounded(timing.milliseconds)) }
            var object: JSONObject = [
                "event": .string("serving"), "revision": .integer(revision), "id": .string(id),
                "milliseconds": .object(milliseconds),
            ]
            if isUnchanged { object["unchanged"] = .boolean(true) }
            return object
        case .failed(let failure):
            var object: JSONObject = [
                "event": .string("failed"), "stage": .string(failure.stage.rawValue),
                "message": .string(failure.message),
            ]
            object["file"] = failure.file.map { .string($0) }
            object["line"] = failure.line.map { .integer($0) }
            object["column"] = failure.column.map { .integer($0) }
            return object
        case .request(let record):
            var object = JSONObject()
            record.forEachMember { object[$0] = $1 }
            return object
        case .log(let source, let text):
            var object: JSONObject = [
                "event": .string("log"), "source": .string(source.word), "text": .string(text),
            ]
            if case .guest(let route, let channel) = source {
                object["route"] = .string(route)
                channel?.forEachMember { object[$0] = $1 }
            }
            return object
        case .stopped(let reason):
            return ["event": .string("stopped"), "reason": .string(reason)]
        }
    }

    /// Reads what `json` has written; `nil` if it is nothing of the kind.
    init?(json: JSONObject) {
        func string(_ name: String) -> String? { json[name]?.string }
        func integer(_ name: String) -> Int? { json[name]?.integer }
        switch string("event") {
        case "starting":
            guard let app = string("app"), let bindle = string("bindle") else { return nil }
            self = .starting(app: app, bindle: bindle, command: string("command"))
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
                    revision: revision, number: integer("number").flatMap(UInt64.init(exactly:)) ?? 0,
                    isIncomplete: json["incomplete"] == .boolean(true), channel: ServedChannel(json: json)))
        case "log":
            guard let text = string("text") else { return nil }
            switch string("source") {
            case "guest":
                self = .log(.guest(route: string("route") ?? "", channel: ServedChannel(json: json)), text: text)
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

    /// Microseconds are as fine as these figures mean anything.
    private static func rounded(_ milliseconds: Double) -> Double {
        (milliseconds * 1000).rounded() / 1000
    }
}
