import Cryptography
package import HTTP
import JSON
import Synchronization

/// A client of registries of images (OCI distribution specification 1.1).
package final class RegistryClient: Sendable {
    private let client: Client
    private let credentials: RegistryCredentials
    /// What registries have answered to who we are, by host, repository and right.
    private let tokens = Mutex<[String: String]>([:])

    /// A manifest is no longer than this, in bytes.
    private static let longestManifest = 4 << 20

    package init(credentials: RegistryCredentials) {
        self.credentials = credentials
        var configuration = ClientConfiguration()
        // Registries hand blobs to other servers, which get no credentials of theirs.
        configuration.maximumRedirects = 5
        client = Client(configuration: configuration)
    }

    // MARK: Reading

    /// The bytes that a manifest or an index is found by, and its media type.
    func manifest(_ reference: ImageReference, digest: String? = nil) throws(RegistryError) -> (
        bytes: [UInt8], type: String
    ) {
        let wanted = digest ?? reference.digest
        let accepted = [
            ImageMediaType.manifest, ImageMediaType.index, "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
        ]
        let response = try send(
            .get, "/v2/\(reference.name)/manifests/\(wanted ?? reference.manifest)", reference, "pull",
            ["Accept": accepted.joined(separator: ", ")])
        let bytes: [UInt8]
        do { bytes = try response.readAll(limit: Self.longestManifest) } catch { throw .unreachable(error) }
        guard response.status == .ok else { throw Self.refusal(response.status, bytes, "the image \(reference)") }
        if let wanted, "sha256:\(SHA256.hash(bytes).hex)" != wanted {
            throw .malformed("the registry's manifest for \(reference) has another digest")
        }
        return (bytes, response.headers["Content-Type"] ?? "")
    }

    /// The bytes of a blob, which have its digest.
    ///
    /// - Parameter limit: more bytes are refused.
    func blob(_ digest: String, of reference: ImageReference, limit: Int) throws(RegistryError) -> [UInt8] {
        guard ImageReference.isDigest(digest) else {
            throw .malformed("\(reference) names a blob by '\(digest)', which is no digest of the form sha256:HEX")
        }
        let response = try send(.get, "/v2/\(reference.name)/blobs/\(digest)", reference, "pull")
        let bytes: [UInt8]
        do { bytes = try response.readAll(limit: limit) } catch { throw .unreachable(error) }
        guard response.status == .ok else {
            throw Self.refusal(response.status, bytes, "the blob \(digest) of \(reference)")
        }
        guard "sha256:\(SHA256.hash(bytes).hex)" == digest else {
            throw .malformed("the registry's blob \(digest) of \(reference) has another digest")
        }
        return bytes
    }

    // MARK: Writing

    /// Puts a blob into a repository, if it does not have it.
    ///
    /// - Parameter body: The bytes, which are sent once or, where the registry asks for credentials meanwhile, twice.
    /// - Returns: whether it was sent.
    @discardableResult
    package func push(
        blob digest: String, to reference: ImageReference, _ body: ClientRequest.Body
    ) throws(RegistryError) -> Bool {
        let known = try send(.head, "/v2/\(reference.name)/blobs/\(digest)", reference, "pull,push")
        if known.status == .ok { return false }
        let started = try send(.post, "/v2/\(reference.name)/blobs/uploads/", reference, "pull,push", [:], .bytes([]))
        guard started.status == .accepted, let location = started.headers["Location"] else {
            throw try Self.refusal(started, "an upload to \(reference.host)/\(reference.name)")
        }
        let separator = location.contains("?") ? "&" : "?"
        let response = try send(
            .put, location + separator + "digest=\(PercentEncoding.encode(digest))", reference, "pull,push",
            ["Content-Type": "application/octet-stream"], body)
        guard response.status == .created else { throw try Self.refusal(response, "the blob \(digest)") }
        return true
    }

    /// Names a manifest, whose blobs are there.
    package func push(manifest bytes: [UInt8], type: String, as reference: ImageReference) throws(RegistryError) {
        let response = try send(
            .put, "/v2/\(reference.name)/manifests/\(reference.manifest)", reference, "pull,push",
            ["Content-Type": type],
            .bytes(bytes))
        guard response.status == .created else { throw try Self.refusal(response, "the manifest of \(reference)") }
    }

    private static func refusal(_ response: ClientResponse, _ what: String) throws(RegistryError) -> RegistryError {
        let bytes: [UInt8]
        do { bytes = try response.readAll(limit: 1 << 16) } catch { throw .unreachable(error) }
        return refusal(response.status, bytes, what)
    }

    /// What an answer says ("Error codes").
    private static func refusal(_ status: Status, _ bytes: [UInt8], _ what: String) -> RegistryError {
        if status == .notFound { return .notFound(what) }
        let errors = (try? JSONValue(parsing: bytes))?.object?["errors"]?.array ?? []
        let messages = errors.compactMap { $0.object?["message"]?.string ?? $0.object?["code"]?.string }
        return .refused(what, status: status.code, message: messages.joined(separator: "; "))
    }

    // MARK: Requests

    private func send(
        _ method: Method, _ target: String, _ reference: ImageReference, _ right: String, _ headers: Headers = [:],
        _ body: ClientRequest.Body = .empty
    ) throws(RegistryError) -> ClientResponse {
        let origin = reference.origin
        let url: HTTPURL
        do { url = try HTTPURL(origin + "/").resolving(target) } catch {
            throw .malformed("the registry \(reference.host) names a place that is none: \(error)")
        }
        let key = "\(reference.host)/\(reference.name):\(right)"
        var request = ClientRequest(method, url, headers: headers, body: body)
        // An upload may go elsewhere, where nobody is to learn who we are.
        let isOwn = url.origin == (try? HTTPURL(origin + "/"))?.origin
        if isOwn, let token = tokens.withLock({ $0[key] }) { request.headers.set("Authorization", token) }
        let response = try send(request)
        guard response.status == .unauthorized, isOwn else { return response }
        let challenges = response.headers.all("WWW-Authenticate")
        _ = try? response.readAll(limit: 1 << 16)
        let field = try authorization(challenges, reference, right)
        request.headers.set("Authorization", field)
        let second = try send(request)
        guard second.status != .unauthorized else {
            throw .unauthorized(host: reference.host, hint: credentials.hint(for: reference.host))
        }
        tokens.withLock { $0[key] = field }
        return second
    }

    private func send(_ request: ClientRequest) throws(RegistryError) -> ClientResponse {
        do { return try client.send(request) } catch { throw .unreachable(error) }
    }

    /// What answers a challenge: the credentials themselves, or a token that is got for them.
    private func authorization(
        _ challenges: [String], _ reference: ImageReference, _ right: String
    ) throws(RegistryError) -> String {
        let own = credentials.field(for: reference.host)
        for challenge in challenges {
            guard let (scheme, parameters) = Challenge.read(challenge) else { continue }
            if scheme == "basic", let own { return own }
            guard scheme == "bearer", let realm = parameters["realm"] else { continue }
            var query = ["scope=\(PercentEncoding.encode("repository:\(reference.name):\(right)"))"]
            if let service = parameters["service"] { query.insert("service=\(PercentEncoding.encode(service))", at: 0) }
            let url: HTTPURL
            do { url = try HTTPURL(realm + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&")) } catch {
                throw .malformed("the registry \(reference.host) names no place for tokens: \(error)")
            }
            // A password goes over the network in the open otherwise.
            guard url.scheme == "https" || ProxySettings.isLoopback(url.host) else {
                throw .malformed("the registry \(reference.host) gives tokens at \(url.origin), which is not https")
            }
            let response = try send(ClientRequest(.get, url, headers: own.map { ["Authorization": $0] } ?? [:]))
            let bytes: [UInt8]
            do { bytes = try response.readAll(limit: 1 << 20) } catch { throw .unreachable(error) }
            let answer = (try? JSONValue(parsing: bytes))?.object
            guard response.status == .ok, let token = (answer?["token"] ?? answer?["access_token"])?.string else {
                throw .unauthorized(host: reference.host, hint: credentials.hint(for: reference.host))
            }
            return "Bearer \(token)"
        }
        throw .unauthorized(host: reference.host, hint: credentials.hint(for: reference.host))
    }
}

/// The media types of images.
package enum ImageMediaType {
    package static let manifest = "application/vnd.oci.image.manifest.v1+json"
    package static let index = "application/vnd.oci.image.index.v1+json"
    package static let config = "application/vnd.oci.image.config.v1+json"
    package static let layer = "application/vnd.oci.image.layer.v1.tar+gzip"
    package static let moduleConfig = "application/vnd.wasm.config.v0+json"
    package static let module = "application/wasm"
    /// What modules were before `application/wasm`.
    static let formerModule = "application/vnd.wasm.content.layer.v1+wasm"
}
