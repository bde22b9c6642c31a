import Bindle
import Differences
import HTTP
import JSON
import Platform
import SandboxProtocol

/// Requests as an HTTP Archive, which the tools of browsers read (HAR 1.2).
struct HTTPArchive {
    let list: RequestList
    let masking: Masking
    let appURL: String
    /// The program's.
    let version: String

    /// What stands before the entries, which are separated by commas.
    var beginning: String {
        let creator: JSONObject = ["name": .string("hippo-dev"), "version": .string(version)]
        return "{\"log\":{\"version\":\"1.2\",\"creator\":\(creator.serialized),\"entries\":["
    }

    let end = "]}}\n"

    /// A request as an entry.
    ///
    /// - Parameter stored: the bytes of a response's body that is a stored file; `nil` if they are not at hand.
    func entry(_ entry: RequestList.Entry, stored: (RequestRecording) -> [UInt8]?) -> JSONObject {
        let recording = entry.recording
        let time = recording.queue + recording.instantiate + recording.run + entry.write
        var object: JSONObject = [
            "startedDateTime": .string(Self.date(recording.time)), "time": .number(time),
            "request": .object(request(recording)),
            "response": .object(response(recording, stored(recording) ?? list.bytes(of: recording.responseBody) ?? [])),
            "cache": .object([:]),
            "timings": .object([
                "blocked": .number(recording.queue), "send": .number(0),
                "wait": .number(recording.instantiate + recording.run), "receive": .number(entry.write),
            ]),
        ]
        if let run = recording.handler {
            object["comment"] = .string("\(run.function) of \(run.module) at \(run.route)")
        }
        return object
    }

    private func request(_ recording: RequestRecording) -> JSONObject {
        let host = recording.field("Host") ?? ""
        let base = host.isEmpty ? String(appURL.dropLast()) : (recording.isSecured ? "https://" : "http://") + host
        var object: JSONObject = [
            "method": .string(recording.method), "url": .string(base + recording.targetText),
            "httpVersion": .string("HTTP/1.1"), "cookies": cookies(recording.fields, "Cookie", separator: ";"),
            "headers": fields(recording.fields), "queryString": query(recording.targetText),
            "headersSize": .integer(-1),
            "bodySize": .integer(recording.requestBody.total),
        ]
        if recording.requestBody.total > 0 {
            let bytes = list.bytes(of: recording.requestBody) ?? []
            var data: JSONObject = [
                "mimeType": .string(recording.field("Content-Type") ?? ""), "params": .array([]),
                "text": .string(String(decoding: bytes, as: UTF8.self)),
            ]
            // HAR has no way to write bytes here; the tools that write some have this one.
            if !LineDifference.isText(bytes) {
                data["text"] = .string(Base64.encode(bytes))
                data["encoding"] = .string("base64")
            }
            if bytes.count < recording.requestBody.total { data["comment"] = .string("\(bytes.count) bytes are kept") }
            object["postData"] = .object(data)
        }
        return object
    }

    private func response(_ recording: RequestRecording, _ bytes: [UInt8]) -> JSONObject {
        let words = recording.statusLine.split(separator: " ", maxSplits: 2).map(String.init)
        let total = recording.responseBody.total
        var content: JSONObject = [
            "size": .integer(total), "mimeType": .string(recording.responseField("Content-Type") ?? ""),
        ]
        if !bytes.isEmpty {
            if let text = RequestDetail.text(bytes, isWhole: bytes.count == total) {
                content["text"] = .string(text)
            } else {
                content["text"] = .string(Base64.encode(bytes))
                content["encoding"] = .string("base64")
            }
        }
        if bytes.count < total { content["comment"] = .string("\(bytes.count) bytes are kept") }
        return [
            "status": .integer(recording.status ?? 0), "statusText": .string(words.count > 2 ? words[2] : ""),
            "httpVersion": .string(words.first ?? ""),
            "cookies": cookies(recording.responseFields, "Set-Cookie", separator: nil),
            "headers": fields(recording.responseFields), "content": .object(content),
            "redirectURL": .string(recording.responseField("Location") ?? ""), "headersSize": .integer(-1),
            "bodySize": .integer(total),
        ]
    }

    private func fields(_ fields: [RequestRecording.Field]) -> JSONValue {
        .array(
            fields.map(masking.shown).map { .object(["name": .string($0.nameText), "value": .string($0.valueText)]) })
    }

    /// The cookies of fields of a name. Of one that is set, what follows the first semicolon is about the cookie.
    private func cookies(_ fields: [RequestRecording.Field], _ name: String, separator: Character?) -> JSONValue {
        let pairs = fields.filter { $0.isNamed(name) }.flatMap { field -> [Substring] in
            let pieces = field.valueText.split(separator: ";")
            return separator == nil ? Array(pieces.prefix(1)) : pieces
        }
        return .array(
            pairs.map { pair in
                let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let value = halves.count > 1 ? String(halves[1]) : ""
                return .object([
                    "name": .string(String(halves[0].trimmingPrefix { $0 == " " })),
                    "value": .string(masking.hides(field: name) ? Masking.text : value),
                ])
            })
    }

    private func query(_ target: String) -> JSONValue {
        .array(
            Request(target: target).queryParameters.map {
                .object(["name": .string($0.name), "value": .string($0.value)])
            })
    }

    /// `2026-11-28T21:05:09.123Z`.
    private static func date(_ seconds: Double) -> String {
        // Whatever a process has written down as the time.
        let seconds = min(max(0, seconds), 253_402_300_799)
        let time = CivilTime(utcAt: Int64(seconds))
        let milliseconds = Int((seconds - seconds.rounded(.down)) * 1000)
        return "\(time.date)T\(time.time).\(CivilTime.padded(milliseconds, 3))Z"
    }
}
