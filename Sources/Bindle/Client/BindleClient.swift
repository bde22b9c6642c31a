import Platform
package import HTTP
import TOML

/// A client of any Bindle server. Its calls block; any number of threads may share it.
///
/// Redirects are followed for what is read, as Bindle's specification demands. Credentials go to the origin of the base URL
/// only, and nothing that begins with `https` goes on without.
package struct BindleClient: Sendable {
    /// How the client says who it is.
    package enum Credentials: Sendable {
        case none
        case basic(username: String, password: String)
        case bearer(token: String)

        /// What stands in the field `Authorization`.
        package var header: String? {
            switch self {
            case .none: nil
            case .basic(let username, let password): "Basic " + Base64.encode("\(username):\(password)".utf8)
            case .bearer(let token): "Bearer \(token)"
            }
        }
    }

    package static let defaultURL = "http://127.0.0.1:8080/v1"

    /// The URL that all paths are below, ending in `/v1` by custom.
    package let baseURL: HTTPURL
    /// What is done about requests that fail for a reason that passes.
    package var retries = RetryPolicy.none
    /// What every request says of the servers that it came through, in the field `Via`.
    var via: String?
    private let credentials: Credentials
    private let client: Client
    /// Larger answers than this are not read, parcels excepted.
    private static let answerLimit = 256 << 20
    private static let redirectLimit = 5

    package init(
        baseURL: HTTPURL, credentials: Credentials = .none,
        configuration: ClientConfiguration = ClientConfiguration()
    ) {
        self.baseURL = baseURL
        self.credentials = credentials
        var configuration = configuration
        configuration.maximumRedirects = Self.redirectLimit
        let allowsRedirect = configuration.allowsRedirect ?? { _ in true }
        configuration.allowsRedirect = { (baseURL.scheme == "http" || $0.scheme == "https") && allowsRedirect($0) }
        client = Client(configuration: configuration)
    }

    /// - Parameter baseURL: For instance `http://127.0.0.1:8080/v1`.
    package init(
        baseURL: String, credentials: Credentials = .none,
        configuration: ClientConfiguration = ClientConfiguration()
    ) throws(BindleClientError) {
        let url: HTTPURL
        do { url = try HTTPURL(baseURL) } catch { throw .invalidURL(error) }
        self.init(baseURL: url, credentials: credentials, configuration: configuration)
    }

    // MARK: - Invoices

    package func invoice(_ id: BindleID, includingYanked: Bool = false) throws(BindleClientError) -> Invoice {
        let path = "_i/\(PercentEncoding.encodePath(id.description))" + (includingYanked ? "?yanked=true" : "")
        let exchange = try send(.get, path)
        let text = try exchange.body(limit: Self.answerLimit)
        do { return try Invoice(text, as: exchange.encoding, validating: false) } catch {
            throw exchange.malformed(error.description)
        }
    }

    /// What a server makes of a new invoice.
    package struct Creation: Hashable, Sendable {
        /// The invoice as the server keeps it.
        package let invoice: Invoice
        /// The labels of the parcels that are to be uploaded.
        package let missing: [Label]
        /// What became of it; `nil` where the server does not say.
        package let effect: CreationEffect?
    }

    /// Hands an invoice in. What is `missing` is to be uploaded after it.
    package func create(_ invoice: Invoice) throws(BindleClientError) -> Creation {
        let headers: Headers = ["Content-Type": DocumentEncoding.toml.mediaType]
        let exchange = try send(.post, "_i", headers: headers, body: .bytes(invoice.encoded(as: .toml)))
        let answer = try exchange.table(limit: Self.answerLimit)
        do throws(InvoiceProblem) {
            let fields = try TableReader(answer, keys: ["invoice", "missing"])
            guard let table = try fields.required("invoice", answer["invoice"]).table else {
                throw InvoiceProblem(at: ["invoice"], "a table is wanted here")
            }
            return Creation(
                invoice: try Invoice(table), missing: try fields.list("missing", Label.init),
                effect: exchange.response.headers[CreationEffect.fieldName].flatMap(CreationEffect.init))
        } catch {
            throw exchange.malformed(error.description)
        }
    }

    /// Whether the server accepts the credentials for writing.
    ///
    /// Servers that let everybody read say nothing of credentials when something is read. So a document that is no invoice is
    /// handed in, which is refused either for lack of rights or for its content.
    package func acceptsCredentials() throws(BindleClientError) -> Bool {
        do {
            _ = try send(.post, "_i", headers: ["Content-Type": DocumentEncoding.toml.mediaType], body: .bytes([]))
            return true
        } catch {
            switch error.status {
            case .badRequest, .unprocessableContent: return true
            case .unauthorized, .forbidden: return false
            default: throw error
            }
        }
    }

    /// All versions of the bindle of this name, those of yanked ones included, since they are taken for ever.
    package func versions(of name: String) throws(BindleClientError) -> [SemanticVersion] {
        var versions: [SemanticVersion] = []
        var query = BindleQuery(
            terms: name, limit: BindleQuery.limits.upperBound, isStrict: true, includesYanked: true)
        while true {
            let page = try find(query)
            for match in page.matches {
                let id: BindleID?
                switch match {
                case .invoice(let invoice): id = invoice.id
                // The version is taken, whatever else is wrong with the invoice.
                case .unusable(let text, _): id = try? BindleID(text)
                }
                if let id, id.name == name { versions.append(id.version) }
            }
            query.offset += page.matches.count
            guard page.hasMore, !page.matches.isEmpty else { return versions }
        }
    }

    /// Deletes a bindle; most servers yank it instead.
    /// - Returns: What the server says that it did.
    @discardableResult
    package func delete(_ id: BindleID) throws(BindleClientError) -> String {
        let exchange = try send(.delete, "_i/\(PercentEncoding.encodePath(id.description))")
        let answer = try exchange.table(limit: Self.answerLimit)
        return answer["message"]?.string ?? ""
    }

    /// The labels of the parcels that a bindle names and the server does not have.
    package func missingParcels(of id: BindleID) throws(BindleClientError) -> [Label] {
        let exchange = try send(.get, "_r/missing/\(PercentEncoding.encodePath(id.description))")
        let answer = try exchange.table(limit: Self.answerLimit)
        do {
            return try TableReader(answer, keys: ["missing"]).list("missing", Label.init)
        } catch {
            throw exchange.malformed(error.description)
        }
    }

    /// Finds bindles, one page of them. An invoice that cannot be used does not hide the others.
    package func find(_ query: BindleQuery) throws(BindleClientError) -> BindleMatches {
        var parameters = [
            ("q", query.terms), ("o", String(query.offset)), ("l", String(query.limit)),
            ("strict", String(query.isStrict)), ("yanked", String(query.includesYanked)),
        ]
        if !query.versions.text.isEmpty { parameters.append(("v", query.versions.text)) }
        let text = parameters.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        let exchange = try send(.get, "_q?\(text)")
        let answer = try exchange.table(limit: Self.answerLimit)
        do throws(InvoiceProblem) {
            // What a server says besides is for others.
            let fields = try TableReader(answer, keys: answer.keys)
            let matches = try fields.list("invoices") { (value) throws(InvoiceProblem) in
                guard let table = value.table else { throw InvoiceProblem(at: [], "a table is wanted here") }
                return BindleMatches.Match(table)
            }
            return BindleMatches(
                total: try fields.requiredCount("total"), matches: matches,
                hasMore: try fields.boolean("more") ?? false)
        } catch {
            throw exchange.malformed(error.description)
        }
    }

    /// The public keys by which the server signs in any of these roles.
    package func keys(for roles: [Signature.Role] = [.host]) throws(BindleClientError) -> Keyring {
        let exchange = try send(.get, "bindle-keys?roles=\(roles.map(\.rawValue).joined(separator: ","))")
        let text = try exchange.body(limit: Self.answerLimit)
        do { return try Keyring(parsing: text, as: exchange.encoding) } catch {
            throw exchange.malformed(error.description)
        }
    }

    // MARK: - Parcels

    private func parcelPath(_ digest: String, of id: BindleID) -> String {
        "_i/\(PercentEncoding.encodePath(id.description))@\(PercentEncoding.encode(digest))"
    }

    /// Uploads a parcel whose bytes are in memory, in a file, or made while it is sent.
    /// - Parameter body: Made anew for each attempt.
    package func upload(
        _ label: Label, to id: BindleID, body: @autoclosure () -> ClientRequest.Body
    ) throws(BindleClientError) {
        let headers: Headers = ["Content-Type": "application/octet-stream"]
        let exchange = try send(.post, parcelPath(label.sha256, of: id), headers: headers, body: body())
        _ = try exchange.body(limit: Self.answerLimit)
    }

    /// Fetches a parcel, and checks its size and digest by its label.
    /// - Parameter receive: Handed the bytes as they arrive. They are only known to be the right ones once this
    ///   function has returned.
    package func parcel(
        _ label: Label, of id: BindleID, includingYanked: Bool = false,
        receive: (UnsafeRawBufferPointer) throws -> Void
    ) throws(BindleClientError) {
        let path = parcelPath(label.sha256, of: id) + (includingYanked ? "?yanked=true" : "")
        let exchange = try send(.get, path)
        defer { exchange.response.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var size = 0
        while true {
            let count = try exchange.read(into: buffer)
            if count == 0 { break }
            size += count
            guard size <= label.size else {
                throw exchange.malformed("the parcel has more than the \(label.size) bytes of its label")
            }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(piece)
            do { try receive(piece) } catch { throw .receiver("\(error)") }
        }
        guard size == label.size else {
            throw exchange.malformed("the parcel has \(size) bytes, not the \(label.size) of its label")
        }
        let digest = hash.finalize()
        guard digest.hex == label.sha256 else {
            throw exchange.malformed("the parcel's bytes have the SHA-256 digest \(digest), not \(label.sha256)")
        }
    }

    /// Fetches a parcel into memory; for parcels whose label says that they are small.
    package func parcel(
        _ label: Label, of id: BindleID, includingYanked: Bool = false
    ) throws(BindleClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(label.size, 64 << 20))
        try parcel(label, of: id, includingYanked: includingYanked) { bytes.append(contentsOf: $0) }
        return bytes
    }

    // MARK: - Requests

    /// Sends a request, again if it fails for a reason that passes and the policy says so.
    /// - Parameter body: Made anew for each attempt.
    func send(
        _ method: Method, _ path: String, headers: Headers = [:], body: @autoclosure () -> ClientRequest.Body = .empty
    ) throws(BindleClientError) -> BindleExchange {
        var attempt = 1
        while true {
            do throws(BindleClientError) {
                return try sendOnce(method, path, headers: headers, body: body())
            } catch {
                guard attempt < retries.attempts, retries.covers(error) else { throw error }
                retries.wait(before: attempt, asked: error.retryAfter)
                attempt += 1
            }
        }
    }

    private func sendOnce(
        _ method: Method, _ path: String, headers: Headers, body: ClientRequest.Body
    ) throws(BindleClientError) -> BindleExchange {
        let url: HTTPURL
        do { url = try baseURL.appending(path) } catch { throw .invalidURL(error) }
        var headers = headers
        headers.set("Accept", DocumentEncoding.toml.mediaType)
        if let via { headers.set("Via", via) }
        if let authorization = credentials.header { headers.set("Authorization", authorization) }
        let response: ClientResponse
        do {
            response = try client.send(ClientRequest(method, url, headers: headers, body: body))
        } catch {
            throw .transport(method: method.rawValue, error)
        }
        let exchange = BindleExchange(
            method: method, url: response.url, response: response, isAnonymous: credentials.header == nil)
        guard (200..<300).contains(response.status.code) else { throw exchange.refusal() }
        return exchange
    }
}
