import Bindle
import Content
import Cryptography
import Export
import HTTP
import Platform
import WebGuard

/// Answers below `/artifacts/`: apps as archives that a cluster fetches, and this program. See <doc:Artifacts>.
final class ArtifactServer: Sendable {
    private let store: BindleStore
    private let webGuard: WebGuard
    private let authentication: ServerAuthentication?
    private let cache = ArtifactCache()

    /// - Parameter authentication: Who may fetch without knowing a checksum; `nil` for everybody.
    init(store: BindleStore, webGuard: WebGuard, authentication: ServerAuthentication?) {
        (self.store, self.webGuard, self.authentication) = (store, webGuard, authentication)
    }

    /// Whether a request is for an artifact.
    static func answers(_ request: Request) -> Bool { request.path.hasPrefix(ArtifactPath.prefix) }

    /// Answers a request for an artifact. It may take as long as packing does.
    func respond(to request: Request) -> Response {
        if let refusal = webGuard.developerRefusal(of: request) { return refusal.response }
        do throws(Refusal) { return try answer(request) } catch { return error.response }
    }

    /// What is wrong with a request.
    private struct Refusal: Error {
        let status: Status
        let message: String
        var headers: Headers = [:]

        init(_ status: Status, _ message: String) {
            (self.status, self.message) = (status, message)
        }

        static let unauthorized: Refusal = {
            var refusal = Refusal(
                .unauthorized,
                "this needs the token that 'hippo-dev up' tells of, or '?sha256=' with the checksum that the archive has now"
            )
            refusal.headers.set("WWW-Authenticate", "Bearer realm=\"hippo-dev\"")
            return refusal
        }()

        var response: Response {
            var response = Response(status: status, text: "\(status): \(message)\n")
            for field in headers { response.headers.set(field.name, field.value) }
            return response
        }
    }

    private func answer(_ request: Request) throws(Refusal) -> Response {
        guard request.method == .get || request.method == .head else {
            var refusal = Refusal(.methodNotAllowed, "artifacts are only for GET and HEAD")
            refusal.headers.set("Allow", "GET, HEAD")
            throw refusal
        }
        let isAdmitted = authentication?.admits(request) ?? true
        guard let (path, isChecksum) = ArtifactPath.read(request.path) else {
            throw isAdmitted ? Refusal(.notFound, "there is no artifact at \(request.path)") : .unauthorized
        }
        let query = try Query(request)
        // Nobody has to be told what is here: a checksum is known from an export.
        guard isAdmitted || query.sha256 != nil && !isChecksum else { throw .unauthorized }
        switch path {
        case .program, .app:
            do throws(Refusal) { return try sendArchive(path, query, isChecksum: isChecksum) } catch {
                throw isAdmitted ? error : .unauthorized
            }
        case .invoice(let id):
            guard isAdmitted else { throw .unauthorized }
            return Response(text: try content(of: id).1.toml, contentType: DocumentEncoding.toml.mediaType)
        case .parcel(let id, let sha256):
            guard isAdmitted else { throw .unauthorized }
            return try sendParcel(sha256, of: id)
        }
    }

    /// The parameters of a request.
    private struct Query {
        private(set) var part = 1
        private(set) var sha256: String?

        init(_ request: Request) throws(Refusal) {
            for (name, value) in request.queryParameters {
                switch name {
                case "sha256": sha256 = value.lowercased()
                case "part":
                    guard let number = Int(value), number > 0 else {
                        throw Refusal(.badRequest, "'part' is a number from 1 on, not '\(value)'")
                    }
                    part = number
                default: throw Refusal(.badRequest, "there is no parameter '\(name)' here, but part and sha256")
                }
            }
        }
    }

    // MARK: Archives

    private func sendArchive(_ path: ArtifactPath, _ query: Query, isChecksum: Bool) throws(Refusal) -> Response {
        let (entry, name) =
            if case .app(let id) = path {
                (try archive(of: id, part: query.part), "\(id.version).tar.gz")
            } else {
                (try program(), ProgramArchive.name)
            }
        let digest = entry.digest.hex
        if let wanted = query.sha256, wanted != digest {
            throw Refusal(
                .gone,
                "the archive with the checksum \(wanted) was replaced: it is \(digest) now. Export the job again.")
        }
        let headers: Headers = [
            "Content-Type": "application/gzip", "ETag": "\"\(digest)\"", "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
        ]
        guard isChecksum else {
            // No Content-Encoding: a client that unpacks it would compare the checksum with something else.
            return Response(headers: headers, body: .file(entry.file, 0..<entry.file.size))
        }
        return Response(text: "\(digest)  \(name)\n")
    }

    private func program() throws(Refusal) -> ArtifactCache.Entry {
        do {
            return try cache.entry(.program) { try ProgramArchive(ProgramFiles()).write(to: $0) }
        } catch {
            throw Refusal(.internalServerError, "this program cannot be packed: \(error)")
        }
    }

    private func archive(of id: BindleID, part: Int) throws(Refusal) -> ArtifactCache.Entry {
        let (reference, invoice) = try content(of: id)
        let count: Int
        do {
            let artifact = try Artifact(ExportedApp(invoice, content: StoredContentSource(store, reference)))
            count = artifact.partCount
            if part <= count {
                return try cache.entry(.app(invoice: SHA256.hash(invoice.toml.utf8), part: part)) {
                    try artifact.write(part: part, to: $0)
                }
            }
        } catch {
            throw Refusal(.conflict, "\(id) cannot be packed: \(error)")
        }
        throw Refusal(.notFound, "\(id) is \(count) archives: there is no part \(part)")
    }

    /// The release of an ID, or the bindle as it is now where there is no release.
    private func content(of id: BindleID) throws(Refusal) -> (ContentReference, Invoice) {
        do throws(StoreError) { return (.release(id), try store.content(of: .release(id)).invoice) } catch {
            guard case .noSuchRelease = error else { throw Refusal(.internalServerError, "\(error)") }
        }
        do throws(StoreError) { return (.bindle(id), try store.content(of: .bindle(id)).invoice) } catch {
            switch error {
            case .noSuchBindle: throw Refusal(.notFound, "there is neither a release nor a bindle \(id)")
            case .yanked: throw Refusal(.gone, "\(error)")
            default: throw Refusal(.internalServerError, "\(error)")
            }
        }
    }

    // MARK: Content, for the commands that export

    private func sendParcel(_ sha256: String, of id: BindleID) throws(Refusal) -> Response {
        let (reference, _) = try content(of: id)
        do {
            let reader = try store.parcel(sha256, in: reference)
            let type: Headers = ["Content-Type": MediaType.octetStream]
            guard let descriptor = reader.takeDescriptor() else {
                return Response(headers: type, body: .bytes(try reader.readAll()))
            }
            let file = try OpenFile(adopting: descriptor)
            return Response(headers: type, body: .file(file, 0..<file.size))
        } catch {
            throw Refusal(.notFound, "\(error)")
        }
    }
}
