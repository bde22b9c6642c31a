import Bindle
package import HTTP
import JSON
import SandboxProtocol

/// What the API tells of one request, and does with it: all of what is kept, its bodies, curl, HAR, and sending it again.
package struct RequestSection: ControlSection {
    /// Finds the content of a digest, of so many bytes; `nil` if the store does not have it any more.
    package typealias StoredFiles = @Sendable (_ digest: String, _ size: Int) -> OpenFileOrBytes?

    /// Bytes of a stored file.
    package enum OpenFileOrBytes: Sendable {
        case bytes([UInt8])
        case file(OpenFile)
    }

    private let list: RequestList
    private let appURL: String
    private let version: String
    private let storedFiles: StoredFiles
    private let replayer: (any RequestReplayer)?

    /// Of longer files, no more is compared or written into an archive.
    private static let longestFile = 1 << 20

    /// - Parameters:
    ///   - appURL: where the app is served, with a slash at its end.
    ///   - version: the program's.
    ///   - replayer: `nil` where requests cannot be sent again.
    package init(
        list: RequestList, appURL: String, version: String, storedFiles: @escaping StoredFiles,
        replayer: (any RequestReplayer)?
    ) {
        self.list = list
        self.appURL = appURL
        self.version = version
        self.storedFiles = storedFiles
        self.replayer = replayer
    }

    package func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
        switch (request.path.first, request.path.count) {
        case ("har", 1): return try archive(request)
        case ("requests", 2...3):
            let action = request.path.count == 3 ? request.path[2] : nil
            switch action {
            case nil: return try detail(request)
            case "body": return try body(request)
            case "curl": return try curl(request)
            case "replay": return try replay(request)
            default: return nil
            }
        default: return nil
        }
    }

    /// The request that the path names.
    private func entry(_ request: ControlRequest) throws(ControlFailure) -> RequestList.Entry {
        let text = request.path[1]
        guard let number = Int(text), number > 0, String(number) == text else {
            throw ControlFailure(.notFound, "'\(text)' is no number of a request")
        }
        return try entry(number)
    }

    private func entry(_ number: Int) throws(ControlFailure) -> RequestList.Entry {
        guard let entry = list.entry(number) else {
            throw ControlFailure(.notFound, "request \(number) is not kept, or not any more")
        }
        return entry
    }

    private static func masking(_ parameters: ControlParameters) throws(ControlFailure) -> Masking {
        Masking(isOn: try !parameters.isSet("unmasked"))
    }

    // MARK: One request

    private func detail(_ request: ControlRequest) throws(ControlFailure) -> Response {
        try request.allow(.get)
        let masking = try Self.masking(request.parameters(["unmasked"]))
        return Response(json: RequestDetail(entry: try entry(request), list: list, masking: masking).json)
    }

    private func curl(_ request: ControlRequest) throws(ControlFailure) -> Response {
        try request.allow(.get)
        let masking = try Self.masking(request.parameters(["unmasked"]))
        let recording = try entry(request).recording
        let command = CurlCommand(
            recording: recording, body: list.bytes(of: recording.requestBody) ?? [], masking: masking, appURL: appURL)
        var response = Response(json: [:])
        response.headers.set("Content-Type", "text/plain; charset=utf-8")
        response.body = .bytes(command.bytes)
        return response
    }

    /// Guests and strangers have written it: no browser is to show it, whatever it is.
    private func body(_ request: ControlRequest) throws(ControlFailure) -> Response {
        try request.allow(.get)
        let parameters = try request.parameters(["of"])
        let side = try parameters.required("of")
        guard side == "request" || side == "response" else {
            throw ControlFailure(.badRequest, "'of' is request or response, not '\(side)'")
        }
        let entry = try entry(request)
        let recording = entry.recording
        let content: Response.Body
        if side == "response", recording.bodyIsStored {
            guard let (file, range) = stored(recording) else {
                throw ControlFailure(.notFound, "the file of request \(entry.number) is not in the store any more")
            }
            switch file {
            case .bytes(let bytes): content = .bytes(Array(bytes[range]))
            case .file(let file): content = .file(file, Int64(range.lowerBound)..<Int64(range.upperBound))
            }
        } else {
            guard let bytes = list.bytes(of: side == "request" ? recording.requestBody : recording.responseBody) else {
                throw ControlFailure(.notFound, "the \(side)'s body of request \(entry.number) is not kept any more")
            }
            content = .bytes(bytes)
        }
        return Response(
            headers: [
                "Content-Type": "application/octet-stream",
                "Content-Disposition": "attachment; filename=\"request-\(entry.number)-\(side).bin\"",
                "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
            ], body: content)
    }

    /// The stored file that a response's body is of, and which part of it was sent; `nil` if it is not at hand.
    private func stored(_ recording: RequestRecording) -> (OpenFileOrBytes, Range<Int>)? {
        guard let digest = recording.storedDigest else { return nil }
        let range: Range<Int>
        let size: Int
        if recording.status == 206 {
            // One range: several are in a body of their own kind.
            guard let field = recording.responseField("Content-Range"), let whole = Self.contentRange(field) else {
                return nil
            }
            (range, size) = whole
        } else {
            size = recording.responseBody.total
            range = 0..<size
        }
        guard let file = storedFiles(digest, size) else { return nil }
        let count =
            switch file {
            case .bytes(let bytes): bytes.count
            case .file(let file): Int(clamping: file.size)
            }
        return range.upperBound <= count ? (file, range) : nil
    }

    /// Reads `bytes 2-5/10`.
    private static func contentRange(_ text: String) -> (Range<Int>, size: Int)? {
        let parts = text.split { $0 == " " || $0 == "-" || $0 == "/" }
        guard parts.count == 4, parts[0] == "bytes", let first = Int(parts[1]), let last = Int(parts[2]),
            let size = Int(parts[3]), first >= 0, first <= last, last < size
        else { return nil }
        return (first..<last + 1, size)
    }

    /// The bytes of a stored file that a response's body is, if they are not too many.
    @Sendable private func storedBytes(_ recording: RequestRecording) -> [UInt8]? {
        guard recording.bodyIsStored, let (file, range) = stored(recording), range.count <= Self.longestFile else {
            return nil
        }
        switch file {
        case .bytes(let bytes): return Array(bytes[range])
        case .file(let file):
            let bytes = try? file.bytes(in: Int64(range.lowerBound)..<Int64(range.upperBound))
            return bytes?.count == range.count ? bytes : nil
        }
    }

    // MARK: HAR

    private func archive(_ request: ControlRequest) throws(ControlFailure) -> Response {
        try request.allow(.get)
        let parameters = try request.parameters(["unmasked", "number"])
        let archive = HTTPArchive(
            list: list, masking: try Self.masking(parameters), appURL: appURL, version: version)
        let number = try parameters.count("number", default: 0)
        let numbers = number > 0 ? [try entry(number).number] : list.keptNumbers
        var response = Response(json: [:])
        response.headers.set("Content-Disposition", "attachment; filename=\"hippo-dev.har\"")
        // Made while it is sent: all of them together may be long.
        response.body = .stream(length: nil) { [list, storedBytes] writer in
            try writer.write(archive.beginning)
            var isFirst = true
            for number in numbers {
                guard let entry = list.entry(number) else { continue }
                if !isFirst { try writer.write(",\n") }
                isFirst = false
                try writer.write(archive.entry(entry, stored: storedBytes).serialized)
            }
            try writer.write(archive.end)
        }
        return response
    }

    // MARK: Sending again

    private func replay(_ request: ControlRequest) throws(ControlFailure) -> Response {
        try request.allow(.post)
        let masking = try Self.masking(request.parameters(["unmasked"]))
        let order = try ReplayOrder(request.json(["against", "edit"]))
        let entry = try entry(request)
        let recording = entry.recording
        guard let replayer else { throw ControlFailure(.notFound, "requests cannot be sent again here") }
        let before = Answer(
            status: recording.status ?? 0, fields: recording.responseFields,
            body: storedBytes(recording) ?? list.bytes(of: recording.responseBody) ?? [],
            total: recording.responseBody.total)
        let replayed = try order.request(of: entry, keptBody: list.bytes(of: recording.requestBody))
        let outcome = try replayer.replay(replayed, against: order.content)
        let comparison = AnswerComparison(before: before.withoutInsertion, after: outcome.answer.withoutInsertion)
        var object: JSONObject = [
            "of": .integer(entry.number), "against": .string(outcome.content.description),
            "comparison": .object(comparison.json(masking)),
        ]
        object["number"] = outcome.recording.flatMap { list.number(ofRecordingAt: $0) }.map { .integer($0) }
        return Response(json: object)
    }
}
