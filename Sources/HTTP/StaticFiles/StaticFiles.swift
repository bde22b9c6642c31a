package import Content

/// Serves the files of a wwwroot.
package final class StaticFiles: Sendable {
    private let wwwroot: Wwwroot
    private let content: any ContentSource
    private let cache = RepresentationCache()
    private let cacheControl: String?

    /// - Parameters:
    ///   - content: where the bytes of the files are found.
    ///   - cacheControl: the value of `Cache-Control` for every file. The default lets browsers keep files, and makes
    ///     them ask each time whether they have changed.
    package init(_ wwwroot: Wwwroot, content: any ContentSource, cacheControl: String? = "no-cache") {
        self.wwwroot = wwwroot
        self.content = content
        self.cacheControl = cacheControl
    }

    /// The response for a request's path: a file, `index.html` for a directory's path with a trailing slash, a redirect
    /// there for one without; 304, 206, 412 and 416 where the request's conditions and ranges ask for them; 405 for
    /// another method than GET and HEAD; 500 if the file's content is nowhere any more.
    ///
    /// A name is compared by its bytes, after escapes are decoded once. Whatever is the name of a file is served, a
    /// backslash or a control character in it included.
    ///
    /// - Returns: `nil` when there is no such file, so that the caller can try something else before 404.
    package func respond(to request: Request) -> Response? {
        let path = request.path
        let file: FileRepresentation
        if let known = knownFile(at: path) {
            file = known
        } else {
            do throws(ContentError) {
                switch try find(path) {
                case nil: return nil
                case .directory(let name)?:
                    return Self.redirect(
                        "/\(PercentEncoding.encodePath(name))/" + (request.query.map { "?" + $0 } ?? ""))
                case .file(let found)?:
                    cache.insert(found, at: path)
                    file = found
                }
            } catch {
                let status: Status = if case .unavailable = error { .serviceUnavailable } else { .internalServerError }
                return Response(status: status, text: "\(status): \(error)\n")
            }
        }
        guard request.method == .get || request.method == .head else {
            return Response(
                status: .methodNotAllowed,
                headers: ["Allow": "GET, HEAD", "Content-Type": "text/plain; charset=utf-8"],
                body: .bytes(Array("405 Method Not Allowed: files are only for GET and HEAD\n".utf8)))
        }
        return file.respond(to: request)
    }

    /// A file served before, unless somebody has written to it since.
    private func knownFile(at path: String) -> FileRepresentation? {
        guard let file = cache.file(at: path) else { return nil }
        if file.isIntact { return file }
        cache.remove(file, at: path)
        return nil
    }

    private enum Found {
        case file(FileRepresentation)
        /// A directory that has an `index.html`, asked for without a trailing slash.
        case directory(String)
    }

    private static let index = Array("index.html".utf8)

    private func find(_ path: String) throws(ContentError) -> Found? {
        guard var bytes = Self.relativePath(of: path) else { return nil }
        let isDirectory = bytes.isEmpty || bytes.last == UInt8(ascii: "/")
        if isDirectory { bytes += Self.index }
        switch node(bytes) {
        case .file(let file, _)?:
            let name = String(decoding: bytes, as: UTF8.self)
            let open = try content.open(file, named: name)
            return .file(
                try FileRepresentation(
                    file, open, named: name, contentType: MediaType.contentType(forPath: name),
                    cacheControl: cacheControl))
        case .directory? where !isDirectory:
            guard case .file? = node(bytes + [UInt8(ascii: "/")] + Self.index) else { return nil }
            return .directory(String(decoding: bytes, as: UTF8.self))
        default:
            return nil
        }
    }

    private func node(_ path: [UInt8]) -> Wwwroot.Node? {
        path.withUnsafeBufferPointer { wwwroot.node(atPath: $0) }
    }

    /// The bytes that a request's path stands for, without the first slash; `nil` for a path that is no name of a file:
    /// one with a malformed escape, or with a slash that is escaped, since that is no slash between names.
    ///
    /// `.`, `..` and empty names need no care: no file is called so.
    static func relativePath(of path: String) -> [UInt8]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        let rest = path.dropFirst()
        guard rest.utf8.contains(UInt8(ascii: "%")) else { return Array(rest.utf8) }
        guard let bytes = PercentEncoding.decodeBytes(rest) else { return nil }
        let slash = UInt8(ascii: "/")
        guard bytes.count(where: { $0 == slash }) == rest.utf8.count(where: { $0 == slash }) else { return nil }
        return bytes
    }

    /// Temporary: what is a directory now may be something else after the next change.
    private static func redirect(_ location: String) -> Response {
        Response(status: .temporaryRedirect, headers: ["Location": location])
    }
}
