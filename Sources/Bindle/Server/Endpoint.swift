import HTTP

/// What a request is for.
enum Endpoint: Hashable {
    case health
    case createInvoice
    /// An invoice: the current one, or that of a revision.
    case invoice(BindleID, revision: Int?)
    case deleteInvoice(BindleID)
    case createParcel(BindleID, digest: String)
    case parcel(BindleID, digest: String, revision: Int?)
    case query
    case missing(BindleID)
    case keys
    case revisions
    case revisionChanges(from: Int, to: Int)
    case restoreRevision(Int)

    /// - Throws: `Failure` with 400 for a path that is malformed or holds a bad ID, 404 for one that leads nowhere, 405
    ///   for a method that does not fit.
    init(_ request: Request) throws(Failure) {
        // Decoded as a whole, before it is taken apart: slashes within an ID may be sent as such or encoded.
        guard var path = PercentEncoding.decode(request.path) else {
            throw Failure(.badRequest, "the path '\(request.path)' is not percent-encoded UTF-8")
        }
        let method = request.method
        let isRead = method == .get || method == .head
        let readMethods = "GET, HEAD"
        func allow(_ methods: String) -> Failure {
            Failure(
                .methodNotAllowed, "\(path) does not take \(method); it takes \(methods)",
                headers: ["Allow": methods])
        }

        // What a revision was stands below it, as if it were a server of its own that is only read.
        var revision: Int?
        if let (number, rest) = Self.revision(in: path), rest.hasPrefix("/v1/_i/") {
            guard isRead else { throw allow(readMethods) }
            revision = number
            path = String(rest)
        }
        if path == "/healthz" {
            guard isRead else { throw allow(readMethods) }
            self = .health
        } else if path == "/v1/_i" || path == "/v1/_i/" {
            guard method == .post else { throw allow("POST") }
            self = .createInvoice
        } else if path == "/v1/_q" {
            guard isRead else { throw allow(readMethods) }
            self = .query
        } else if path == "/v1/bindle-keys" {
            guard isRead else { throw allow(readMethods) }
            self = .keys
        } else if let text = path.suffix(after: "/v1/_r/missing/") {
            let id = try Self.id(text)
            guard isRead else { throw allow(readMethods) }
            self = .missing(id)
        } else if let text = path.suffix(after: "/v1/_i/") {
            // Neither names nor versions have an `@`.
            if let separator = text.firstIndex(of: "@") {
                let id = try Self.id(text[..<separator])
                let digest = String(text[text.index(after: separator)...])
                if method == .post {
                    self = .createParcel(id, digest: digest)
                } else {
                    guard isRead else { throw allow("GET, HEAD, POST") }
                    self = .parcel(id, digest: digest, revision: revision)
                }
            } else {
                let id = try Self.id(text)
                if method == .delete {
                    self = .deleteInvoice(id)
                } else {
                    guard isRead else { throw allow("GET, HEAD, DELETE") }
                    self = .invoice(id, revision: revision)
                }
            }
        } else if path == "/revisions" {
            guard isRead else { throw allow(readMethods) }
            self = .revisions
        } else if let (number, rest) = Self.revision(in: path), rest == "/restore" {
            guard method == .post else { throw allow("POST") }
            self = .restoreRevision(number)
        } else if let (number, rest) = Self.revision(in: path), let text = String(rest).suffix(after: "/changes/"),
            let other = Self.number(text)
        {
            guard isRead else { throw allow(readMethods) }
            self = .revisionChanges(from: number, to: other)
        } else {
            throw Failure(.notFound, "there is nothing at \(path)")
        }
    }

    /// The number in `/revisions/NUMBER/…`, and what follows it.
    private static func revision(in path: String) -> (number: Int, rest: Substring)? {
        guard let text = path.suffix(after: "/revisions/") else { return nil }
        let digits = text.prefix { $0 != "/" }
        return number(digits).map { ($0, text[digits.endIndex...]) }
    }

    private static func number(_ text: Substring) -> Int? {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func id(_ text: Substring) throws(Failure) -> BindleID {
        do { return try BindleID(text) } catch { throw Failure(.badRequest, error.description) }
    }
}

extension String {
    /// What follows `prefix`; `nil` when this does not begin with it.
    fileprivate func suffix(after prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
