/// An open file as it is served: with its validators, and what a request's conditions and ranges make of it.
final class FileRepresentation: Sendable {
    let file: OpenFile
    /// Where it was found beneath the root.
    let relativePath: String
    private let contentType: String
    private let tag: EntityTag
    private let lastModified: String
    /// The fields of every response, 304 included.
    private let validators: Headers
    /// The fields of a response with the whole file.
    private let wholeHeaders: Headers

    init(file: OpenFile, relativePath: String, contentType: String, cacheControl: String?) {
        self.file = file
        self.relativePath = relativePath
        self.contentType = contentType
        tag = EntityTag(file.information)
        lastModified = HTTPDate.format(secondsSince1970: file.information.identity.modificationSeconds)
        var headers: Headers = ["ETag": tag.text, "Last-Modified": lastModified]
        if let cacheControl { headers.add("Cache-Control", cacheControl) }
        validators = headers
        headers.add("Accept-Ranges", "bytes")
        headers.add("Content-Type", contentType)
        wholeHeaders = headers
    }

    /// The response to GET or HEAD.
    func respond(to request: Request) -> Response {
        switch Preconditions(request.headers).evaluate(tag: tag, modified: file.information.identity.modificationSeconds) {
        case .failed: return Response(status: .preconditionFailed, headers: validators)
        case .notModified: return Response(status: .notModified, headers: validators)
        case .proceed: break
        }
        if request.method == .get, let range = request.headers["Range"],
            Preconditions.allowsRange(request.headers, tag: tag, lastModified: lastModified)
        {
            switch ByteRanges(range, size: file.size) {
            case .ignored: break
            case .unsatisfiable:
                var headers = validators
                headers.add("Accept-Ranges", "bytes")
                headers.add("Content-Range", "bytes */\(file.size)")
                return Response(status: .rangeNotSatisfiable, headers: headers)
            case .satisfiable(let ranges):
                return partial(ranges)
            }
        }
        return Response(headers: wholeHeaders, body: .file(file, 0..<file.size))
    }

    private func partial(_ ranges: [Range<Int64>]) -> Response {
        guard ranges.count > 1 else {
            var headers = wholeHeaders
            headers.add("Content-Range", contentRange(ranges[0]))
            return Response(status: .partialContent, headers: headers, body: .file(file, ranges[0]))
        }
        // Random, so that no file contains it.
        let boundary = (0..<2).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }.joined()
        var pieces: [Response.Piece] = []
        for range in ranges {
            let head =
                "\r\n--\(boundary)\r\nContent-Type: \(contentType)\r\nContent-Range: \(contentRange(range))\r\n\r\n"
            pieces.append(.bytes(Array(head.utf8)))
            pieces.append(.file(file, range))
        }
        pieces.append(.bytes(Array("\r\n--\(boundary)--\r\n".utf8)))
        var headers = wholeHeaders
        headers.set("Content-Type", "multipart/byteranges; boundary=\(boundary)")
        return Response(status: .partialContent, headers: headers, body: .pieces(pieces))
    }

    private func contentRange(_ range: Range<Int64>) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
    }
}
