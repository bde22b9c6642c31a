import Platform

/// Serves the files below a directory, never anything outside it.
package final class StaticFiles: Sendable {
    private let root: DirectoryRoot
    private let cache = FileCache()
    private let cacheControl: String?

    /// - Parameters:
    ///   - root: an existing directory. It is opened once: if another takes its place, the first is served on.
    ///   - cacheControl: the value of `Cache-Control` for every file. The default lets browsers keep files, and makes
    ///     them ask each time whether they have changed.
    package init(root: String, cacheControl: String? = "no-cache") throws(SystemError) {
        self.root = try DirectoryRoot(root)
        self.cacheControl = cacheControl
    }

    /// The response for a request's path below the root: a file, `index.html` for a directory's path with a trailing
    /// slash, a redirect there for one without; 304, 206, 412 and 416 where the request's conditions and ranges ask
    /// for them; 405 for another method than GET and HEAD.
    ///
    /// - Returns: `nil` when there is no such file, so that the caller can try something else before 404.
    package func respond(to request: Request) -> Response? {
        let path = request.path
        let file: FileRepresentation
        if let known = cache.file(at: path), root.information(at: known.relativePath) == known.file.information {
            file = known
        } else {
            switch find(path) {
            case nil: return nil
            case .directory?: return Self.redirect(path + "/" + (request.query.map { "?" + $0 } ?? ""))
            case .file(let found)?:
                cache.insert(found, at: path)
                file = found
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

    private enum Found {
        case file(FileRepresentation)
        /// A directory that has an `index.html`, asked for without a trailing slash.
        case directory
    }

    private func find(_ path: String) -> Found? {
        guard var components = Self.components(of: path) else { return nil }
        let isDirectory = path.utf8.last == UInt8(ascii: "/")
        if isDirectory { components.append("index.html") }
        switch root.entry(at: components) {
        case .file(let file)?:
            return .file(
                FileRepresentation(
                    file: file, relativePath: components.joined(separator: "/"),
                    contentType: MediaType.contentType(forPath: components[components.count - 1]),
                    cacheControl: cacheControl))
        case .directory? where !isDirectory:
            guard case .file? = root.entry(at: components + ["index.html"]) else { return nil }
            return .directory
        default:
            return nil
        }
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
}
