import JSON
import Platform
import SandboxProtocol

/// Renders events for tools: one JSON object on a line.
struct JSONEventRenderer: EventRenderer {
    mutating func render(_ event: Event) -> String {
        Self.object(for: event).serialized + "\n"
    }

    static func object(for event: Event) -> JSONObject {
        switch event {
        case .ready(let app, let bindle, let id, let revision):
            return [
                "event": .string("ready"), "app": .string(app), "bindle": .string(bindle), "id": .string(id),
                "revision": .integer(revision),
            ]
        case .rebuilding(let changed):
            return ["event": .string("rebuilding"), "changed": .array(changed.map { .string($0) })]
        case .serving(let revision, let id, let isUnchanged, let timings):
            var milliseconds = JSONObject()
            for timing in timings { milliseconds[timing.stage] = .number(rounded(timing.milliseconds)) }
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
            return [
                "event": .string("request"), "method": .string(record.method), "path": .string(record.target),
                "status": .integer(record.status), "bytes": .integer(record.byteCount),
                "milliseconds": .number(rounded(record.milliseconds)), "revision": .integer(record.revision),
            ]
        case .log(let source, let text):
            var object: JSONObject = [
                "event": .string("log"), "source": .string(source.word), "text": .string(text),
            ]
            if case .guest(let route) = source { object["route"] = .string(route) }
            return object
        case .stopped(let reason):
            return ["event": .string("stopped"), "reason": .string(reason)]
        }
    }

    /// Microseconds are as fine as these figures mean anything.
    private static func rounded(_ milliseconds: Double) -> Double {
        (milliseconds * 1000).rounded() / 1000
    }
}
