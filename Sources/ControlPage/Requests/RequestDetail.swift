import Differences
import JSON
import SandboxProtocol

/// All that is kept of a request, as the API gives it out.
struct RequestDetail {
    let entry: RequestList.Entry
    let list: RequestList
    let masking: Masking

    private var recording: RequestRecording { entry.recording }

    var json: JSONObject {
        let summary = RecordingSummary(
            route: recording.handler?.route, module: recording.handler?.module,
            function: recording.handler?.function, bodyIsStored: recording.bodyIsStored,
            replayed: recording.field(RecordingSummary.replayField).flatMap { Int($0) })
        var object = entry.line.json(number: entry.number, summary)
        object["secured"] = .boolean(recording.isSecured)
        object["timings"] = .object([
            "queue": .number(RequestLine.rounded(recording.queue)),
            "instantiate": .number(RequestLine.rounded(recording.instantiate)),
            "run": .number(RequestLine.rounded(recording.run)), "write": .number(RequestLine.rounded(entry.write)),
        ])
        object["request"] = .object([
            "headers": fields(recording.fields), "body": .object(body(recording.requestBody)),
        ])
        var response: JSONObject = ["headers": fields(recording.responseFields)]
        if !recording.statusLine.isEmpty { response["statusLine"] = .string(recording.statusLine) }
        var responseBody = body(recording.responseBody)
        responseBody["sha256"] = recording.storedDigest.map { .string($0) }
        response["body"] = .object(responseBody)
        object["response"] = .object(response)
        if let run = recording.handler { object["run"] = .object(json(run)) }
        object["replays"] = .array(list.replays(of: entry.number).map { .integer($0) })
        return object
    }

    private func fields(_ fields: [RequestRecording.Field]) -> JSONValue {
        .array(fields.map { field($0, isMasked: masking.hides(field: $0.nameText)) })
    }

    private func field(_ field: RequestRecording.Field, isMasked: Bool) -> JSONValue {
        var object: JSONObject = [
            "name": .string(field.nameText), "value": .string(isMasked ? Masking.text : field.valueText),
        ]
        if isMasked { object["masked"] = .boolean(true) }
        return .object(object)
    }

    private func body(_ body: RequestRecording.Body) -> JSONObject {
        let bytes = list.bytes(of: body)
        var object: JSONObject = ["bytes": .integer(body.total), "kept": .integer(bytes?.count ?? 0)]
        if let bytes, !bytes.isEmpty, let text = Self.text(bytes, isWhole: body.isWhole) {
            object["text"] = .string(text)
        }
        return object
    }

    /// Bytes as a text, if they are one. Where a text has been cut, its last character may have been, too.
    static func text(_ bytes: [UInt8], isWhole: Bool) -> String? {
        for left in 0...(isWhole ? 0 : min(3, bytes.count)) {
            let rest = Array(bytes.dropLast(left))
            if LineDifference.isText(rest) { return String(decoding: rest, as: UTF8.self) }
        }
        return nil
    }

    private func json(_ run: RequestRecording.Run) -> JSONObject {
        var errorOutput: JSONObject = ["bytes": .integer(run.errorOutput.total)]
        if let bytes = list.bytes(of: run.errorOutput) {
            errorOutput["text"] = .string(String(decoding: bytes, as: UTF8.self))
        }
        var object: JSONObject = [
            "memory": .integer(run.memoryBytes),
            "environment": .array(
                run.environment.map { field($0, isMasked: masking.hides(variable: $0.nameText)) }),
            "arguments": .array(run.arguments.map { .string(String(decoding: $0, as: UTF8.self)) }),
            "errorOutput": .object(errorOutput),
        ]
        object["failure"] = run.failure.map { .object($0.json) }
        return object
    }
}
