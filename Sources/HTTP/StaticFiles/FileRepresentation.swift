import Content

/// A file as it is served: with its validators, and what a request's conditions and ranges make of it.
final class FileRepresentation: Sendable {
    /// Where its bytes are.
    private enum Source {
        case bytes([UInt8])
        case file(OpenFile)
    }

    /// Contents of so many bytes and fewer are kept in memory.
    private static let smallSize = 64 << 10

    private let source: Source
    /// In bytes.
    private let size: Int64
    /// In seconds since 1970.
    private let modified: Int64
    private let contentType: String
    private let tag: EntityTag
    private let lastModified: String
    /// The fields of every response, 304 included.
    private let validators: Headers
    /// The fields of a response with the whole file.
    private let wholeHeaders: Headers

    /// - Parameter name: the path of the file, for messages.
    init(
        _ file: ContentFile, _ content: OpenContent, named name: String, contentType: String, cacheControl: String?
    ) throws(ContentError) {
        switch content.storage {
        case .bytes(let bytes): source = .bytes(bytes)
        case .file where content.size <= Self.smallSize:
            source = .bytes(try content.bytes(limit: Self.smallSize, named: name))
        case .file(let descriptor): source = .file(OpenFile(content, descriptor: descriptor))
        }
        size = Int64(content.size)
        modified = file.seconds
        self.contentType = contentType
        tag = EntityTag(opaque: file.digest.hex, isWeak: false)
        lastModified = HTTPDate.format(secondsSince1970: modified)
        var headers: Headers = ["ETag": tag.text, "Last-Modified": lastModified]
        if let cacheControl { headers.add("Cache-Control", cacheControl) }
        validators = headers
        headers.add("Accept-Ranges", "bytes")
        headers.add("Content-Type", contentType)
        wholeHeaders = headers
    }

    /// How many bytes of memory the content takes.
    var memoryByteCount: Int { if case .bytes(let bytes) = source { bytes.count } else { 0 } }

    var holdsDescriptor: Bool { if case .file = source { true } else { false } }

    /// The response to GET or HEAD.
    func respond(to request: Request) -> Response {
        switch Preconditions(request.headers).evaluate(tag: tag, modified: modified) {
        case .failed: return Response(status: .preconditionFailed, headers: validators)
        case .notModified: return Response(status: .notModified, headers: validators)
        case .proceed: break
        }
        if request.method == .get, let range = request.headers["Range"],
            Preconditions.allowsRange(request.headers, tag: tag, lastModified: lastModified)
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
        // Random, so that no file contains it.
        let boundary = (0..<2).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }.joined()
        var pieces: [Response.Piece] = []
        for range in ranges {
            let head =
                "\r\n--\(boundary)\r\nContent-Type: \(contentType)\r\nContent-Range: \(contentRange(range))\r\n\r\n"
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

extension ContentFile {
    /// The time in whole seconds since 1970, as HTTP has it.
    fileprivate var seconds: Int64 {
        let (quotient, remainder) = modificationTime.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
