/// Serves the files below a directory, never anything outside it.
public final class StaticFiles: Sendable {
    private let root: DirectoryRoot
    private let cacheControl: String?

    /// - Parameters:
    ///   - root: an existing directory. It is opened once: if another takes its place, the first is served on.
    ///   - cacheControl: the value of `Cache-Control` for every file. The default lets browsers keep files, and makes
    ///     them ask each time whether they have changed.
    public init(root: String, cacheControl: String? = "no-cache") throws(SystemError) {
        self.root = try DirectoryRoot(root)
        self.cacheControl = cacheControl
    }

    /// The response for a request's path below the root: a file, `index.html` for a directory's path with a trailing
    /// slash, a redirect there for one without; 304, 206, 412 and 416 where the request's conditions and ranges ask
    /// for them; 405 for another method than GET and HEAD.
    ///
    /// - Returns: `nil` when there is no such file, so that the caller can try something else before 404.
    public func respond(to request: Request) -> Response? {
        let path = request.path
        guard let components = Self.components(of: path) else { return nil }
        let file: OpenFile
        let name: String
        if path.hasSuffix("/") {
            guard case .file(let index)? = root.entry(at: components + ["index.html"]) else { return nil }
            (file, name) = (index, "index.html")
        } else {
            switch root.entry(at: components) {
            case nil: return nil
            case .directory?:
                guard case .file? = root.entry(at: components + ["index.html"]) else { return nil }
                return Self.redirect(path + "/" + (request.query.map { "?" + $0 } ?? ""))
            case .file(let found)?: (file, name) = (found, components[components.count - 1])
            }
        }
        guard request.method == .get || request.method == .head else {
            return Response(
                status: .methodNotAllowed,
                headers: ["Allow": "GET, HEAD", "Content-Type": "text/plain; charset=utf-8"],
                body: .bytes(Array("405 Method Not Allowed: files are only for GET and HEAD\n".utf8)))
        }
        return respond(to: request, file, contentType: MediaType.contentType(forPath: name))
    }

    /// The decoded components of a path; `nil` for a path that names no file in any directory. Names that would mean
    /// something else than a file of that name, here or in a browser, are among these: `.`, `..`, empty ones, and any
    /// with a slash, a backslash or a control character.
    static func components(of path: String) -> [String]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        var pieces = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if pieces.last?.isEmpty == true { pieces.removeLast() }
        var components: [String] = []
        for piece in pieces {
            guard let component = PercentEncoding.decode(piece), !component.isEmpty, component != ".",
                component != "..",
                component.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x5C })
            else { return nil }
            components.append(component)
        }
        return components
    }

    /// Temporary: what is a directory now may be something else after the next change.
    private static func redirect(_ location: String) -> Response {
        Response(status: .temporaryRedirect, headers: ["Location": location])
    }

    // MARK: One file

    /// The response with an open file, or what the request's conditions make of it.
    func respond(to request: Request, _ file: OpenFile, contentType: String) -> Response {
        let information = file.information
        let tag = EntityTag(information)
        let lastModified = HTTPDate.format(secondsSince1970: information.modifiedSeconds)
        var headers: Headers = ["ETag": tag.text, "Last-Modified": lastModified]
        if let cacheControl { headers.add("Cache-Control", cacheControl) }
        switch Preconditions(request.headers).evaluate(tag: tag, modified: information.modifiedSeconds) {
        case .failed:
            return Response(status: .preconditionFailed, headers: headers)
        case .notModified:
            return Response(status: .notModified, headers: headers)
        case .proceed:
            break
        }
        headers.add("Accept-Ranges", "bytes")
        if request.method == .get, let range = request.headers["Range"],
            Preconditions.allowsRange(request.headers, tag: tag, lastModified: lastModified)
        {
            switch ByteRanges(range, size: file.size) {
            case .ignored: break
            case .unsatisfiable:
                headers.add("Content-Range", "bytes */\(file.size)")
                return Response(status: .rangeNotSatisfiable, headers: headers)
            case .satisfiable(let ranges):
                return Self.partial(file, ranges, headers, contentType: contentType)
            }
        }
        headers.add("Content-Type", contentType)
        return Response(headers: headers, body: .file(file, 0..<file.size))
    }

    private static func partial(
        _ file: OpenFile, _ ranges: [Range<Int64>], _ headers: Headers, contentType: String
    ) -> Response {
        var headers = headers
        func contentRange(_ range: Range<Int64>) -> String {
            "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
        }
        if ranges.count == 1 {
            headers.add("Content-Type", contentType)
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
        headers.add("Content-Type", "multipart/byteranges; boundary=\(boundary)")
        return Response(status: .partialContent, headers: headers, body: .pieces(pieces))
    }
}
