/// Bytes as they are served (RFC 9110 section 8): with their fields, and what a request's conditions and ranges make of
/// them.
package struct Representation: Sendable {
    /// Where the bytes are.
    package enum Source: Sendable {
        case bytes([UInt8])
        case file(OpenFile)
    }

    package let source: Source
    /// In bytes.
    private let size: Int64
    private let tag: EntityTag
    /// In seconds since 1970, and as the field says it; `nil` where nobody knows.
    private let modified: (seconds: Int64, field: String)?
    /// The fields of every response, 304 included.
    private let validators: Headers
    /// The fields of a response with the whole.
    private let wholeHeaders: Headers
    private let allowsRanges: Bool

    /// - Parameters:
    ///   - tag: What no other bytes have, without quotes: visible ASCII characters but `"`.
    ///   - modified: When it was modified, in seconds since 1970.
    ///   - validators: What a response says even if the client has the bytes, such as `Cache-Control` and `Vary`.
    ///   - headers: What a response with bytes says besides, such as `Content-Type`.
    package init(
        _ source: Source, size: Int64, tag: String, modified: Int64? = nil, validators: Headers = [:],
        headers: Headers, allowsRanges: Bool
    ) {
        self.source = source
        self.size = size
        self.tag = EntityTag(opaque: tag, isWeak: false)
        self.modified = modified.map { ($0, HTTPDate.format(secondsSince1970: $0)) }
        self.allowsRanges = allowsRanges
        var fields: Headers = ["ETag": self.tag.text]
        if let modified = self.modified { fields.add("Last-Modified", modified.field) }
        for field in validators { fields.add(field.name, field.value) }
        self.validators = fields
        if allowsRanges { fields.add("Accept-Ranges", "bytes") }
        for field in headers { fields.add(field.name, field.value) }
        wholeHeaders = fields
    }

    /// How many bytes of memory the content takes.
    package var memoryByteCount: Int { if case .bytes(let bytes) = source { bytes.count } else { 0 } }

    /// The response to GET or HEAD.
    package func respond(to request: Request) -> Response {
        switch Preconditions(request.headers).evaluate(tag: tag, modified: modified?.seconds) {
        case .failed: return Response(status: .preconditionFailed, headers: validators)
        case .notModified: return Response(status: .notModified, headers: validators)
        case .proceed: break
        }
        if allowsRanges, request.method == .get, let range = request.headers["Range"],
            Preconditions.allowsRange(request.headers, tag: tag, lastModified: modified?.field)
        {
            switch ByteRanges(range, size: size) {
            case .ignored: break
            case .unsatisfiable:
                var headers = validators
                headers.add("Accept-Ranges", "bytes")
                headers.add("Content-Range", "bytes */\(size)")
                return Response(status: .rangeNotSatisfiable, headers: headers)
            case .satisfiable(let ranges):
                return partial(ranges)
            }
        }
        switch source {
        case .bytes(let bytes): return Response(headers: wholeHeaders, body: .bytes(bytes))
        case .file(let file): return Response(headers: wholeHeaders, body: .file(file, 0..<size))
        }
    }

    private func partial(_ ranges: [Range<Int64>]) -> Response {
        guard ranges.count > 1 else {
            var headers = wholeHeaders
            headers.add("Content-Range", contentRange(ranges[0]))
            return Response(status: .partialContent, headers: headers, body: .pieces([piece(ranges[0])]))
        }
        // Random, so that no content has it.
        let boundary = (0..<2).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }.joined()
        let contentType = wholeHeaders["Content-Type"].map { "Content-Type: \($0)\r\n" } ?? ""
        var pieces: [Response.Piece] = []
        for range in ranges {
            let head = "\r\n--\(boundary)\r\n\(contentType)Content-Range: \(contentRange(range))\r\n\r\n"
            pieces.append(.bytes(Array(head.utf8)))
            pieces.append(piece(range))
        }
        pieces.append(.bytes(Array("\r\n--\(boundary)--\r\n".utf8)))
        var headers = wholeHeaders
        headers.set("Content-Type", "multipart/byteranges; boundary=\(boundary)")
        return Response(status: .partialContent, headers: headers, body: .pieces(pieces))
    }

    private func piece(_ range: Range<Int64>) -> Response.Piece {
        switch source {
        case .bytes(let bytes): .bytes(Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
        case .file(let file): .file(file, range)
        }
    }

    private func contentRange(_ range: Range<Int64>) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }
}
