import Bindle
import HTTP
import JSON
import SandboxProtocol
import Platform

/// What a request's repetition is to be like: as the API is asked for it.
struct ReplayOrder {
    /// What is to answer; `nil` for what serves.
    let content: ContentReference?
    private let edit: JSONObject?
    private let body: [UInt8]?

    init(_ json: JSONObject) throws(ControlFailure) {
        switch try json.text("against") {
        case nil, "now"?: content = nil
        case let text?:
            guard let reference = ContentReference(text) else {
                throw ControlFailure(
                    .badRequest,
                    "'against' is now, revision:NUMBER, release:NAME/VERSION or bindle:NAME/VERSION, not '\(text)'")
            }
            content = reference
        }
        guard let value = json["edit"] else {
            edit = nil
            body = nil
            return
        }
        let known = ["method", "target", "headers", "body", "bodyBase64"]
        guard let edit = value.object else { throw ControlFailure(.badRequest, "'edit' is an object") }
        if let other = edit.members.first(where: { !known.contains($0.name) }) {
            throw ControlFailure(
                .badRequest, "'edit' has no member '\(other.name)', but \(known.joined(separator: ", "))")
        }
        self.edit = edit
        body = try Self.body(edit)
    }

    private static func body(_ edit: JSONObject) throws(ControlFailure) -> [UInt8]? {
        guard edit["body"] == nil || edit["bodyBase64"] == nil else {
            throw ControlFailure(.badRequest, "'body' and 'bodyBase64' exclude each other")
        }
        if let value = edit["body"] {
            guard let text = value.string else { throw ControlFailure(.badRequest, "'body' is a text") }
            return Array(text.utf8)
        }
        guard let value = edit["bodyBase64"] else { return nil }
        guard let bytes = value.string.flatMap({ Base64.decode($0) }) else {
            throw ControlFailure(.badRequest, "'bodyBase64' is a text in base64, padding included")
        }
        return bytes
    }

    /// The request that is to be sent.
    ///
    /// - Parameter keptBody: the kept bytes of the recorded request's body; `nil` if they are not there any more.
    func request(of entry: RequestList.Entry, keptBody: [UInt8]?) throws(ControlFailure) -> ReplayedRequest {
        let recording = entry.recording
        let method = try edit?.text("method") ?? recording.method
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isToken), method != "CONNECT" else {
            throw ControlFailure(.badRequest, "'\(method)' is no method that can be sent")
        }
        let target = try edit?.text("target") ?? recording.targetText
        guard target.hasPrefix("/"), (try? HTTPURL("http://localhost\(target)")) != nil, !target.contains("#") else {
            throw ControlFailure(
                .badRequest,
                "the target '\(target)' is no path that can be sent: it begins with a slash, and other characters are escaped"
            )
        }
        var fields = try headers(recording)
        fields.removeAll { $0.isNamed(RecordingSummary.replayField) }
        guard let body = self.body ?? (recording.requestBody.isWhole ? keptBody : nil) else {
            throw ControlFailure(
                .conflict,
                "of the body of request \(entry.number), \(keptBody?.count ?? 0) of \(recording.requestBody.total) bytes are kept: "
                    + "it can be sent again with another body")
        }
        return ReplayedRequest(method: method, target: target, fields: fields, body: body, number: entry.number)
    }

    /// The fields. A value that was masked where it was shown is the recorded one.
    private func headers(_ recording: RequestRecording) throws(ControlFailure) -> [RequestRecording.Field] {
        guard let value = edit?["headers"] else { return recording.fields }
        guard let list = value.array else {
            throw ControlFailure(.badRequest, "'headers' is a list of objects with 'name' and 'value'")
        }
        var fields: [RequestRecording.Field] = []
        for item in list {
            guard let name = item.object?["name"]?.string, let text = item.object?["value"]?.string, !name.isEmpty,
                name.utf8.allSatisfy(Self.isToken), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else {
                throw ControlFailure(
                    .badRequest,
                    "'headers' is a list of objects with 'name' and 'value', as a head can have them: \(item.serialized)"
                )
            }
            if text == Masking.text, let known = recording.fields.first(where: { $0.isNamed(name) }) {
                fields.append(.init(name: Array(name.utf8), value: known.value))
            } else {
                fields.append(.init(name, text))
            }
        }
        return fields
    }

    /// RFC 9110 section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
