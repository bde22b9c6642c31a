import Dispatch
package import HTTP
import TOML
package import WebGuard

/// The Bindle protocol over a store: a handler for `HTTP.Server`.
///
/// All of it stands under `/v1`, except `/healthz`. In development mode two rules of the protocol are lifted, so that
/// any Bindle client works against it unchanged: creating an ID again replaces it, and deleting deletes.
package struct BindleServer: Sendable {
    package let store: any BindleStorage
    package let mode: BindleStore.Mode
    /// What `/healthz` says.
    private let version: String
    private let trust: ServerTrust
    private let authentication: ServerAuthentication?
    private let webGuard: WebGuard
    /// Brings back a revision, for a server that is part of a sandbox; others have none.
    let rollBack: RollBack?
    let invoices: ServedInvoices
    let search: BindleSearch
    let readyAnswers = ReadyAnswers()
    /// Larger invoices are refused: at some 350 bytes for a parcel, this is room for 350,000.
    private static let invoiceLimit = 128 << 20
    /// What is read of an invoice can take fifty times its length. Of those that are longer than this, one is read at a
    /// time.
    private static let largeInvoice = 1 << 20
    private static let largeInvoiceTurn = DispatchSemaphore(value: 1)
    /// What is read of a body that is of no use, so that its sender comes to read the answer.
    private static let discardLimit = 64 << 20

    /// Brings back a revision, and returns what serves then.
    package typealias RollBack = @Sendable (_ number: Int) -> Result<Revision, RollbackError>

    /// - Parameters:
    ///   - webGuard: By which names the server may be addressed, and that pages of other sites may not.
    ///   - authentication: Who may use the server; `nil` lets everybody, which is for loopback addresses.
    ///   - rollBack: Brings back a revision. A server that has it tells of the store's revisions under `/revisions`.
    package init(
        store: any BindleStorage, mode: BindleStore.Mode, version: String, trust: ServerTrust = ServerTrust(),
        webGuard: WebGuard = WebGuard(), authentication: ServerAuthentication? = nil, rollBack: RollBack? = nil
    ) {
        self.store = store
        self.mode = mode
        self.version = version
        self.trust = trust
        self.webGuard = webGuard
        self.authentication = authentication
        self.rollBack = rollBack
        invoices = ServedInvoices(store, hostKey: trust.hostKey)
        search = BindleSearch(store)
    }

    /// Answers requests. Runs on any number of threads.
    package var handler: RequestHandler {
        { request, body, writer in try respond(to: request, body, writer) }
    }

    /// The HTTP server's settings for this: without a limit on bodies, since a parcel may have any size, and its label is
    /// what limits it; and with the answers that are ready, which the event loop gives by itself.
    package func configuration(basedOn base: ServerConfiguration = ServerConfiguration()) -> ServerConfiguration {
        var configuration = base
        configuration.maximumBody = .max
        configuration.inlineHandler = { [health] request in
            let isHealth = request.path == "/healthz" && (request.method == .get || request.method == .head)
            return InlineAnswer(isHealth ? health : readyAnswer(to: request))
        }
        return configuration
    }

    /// The answer to a request that was asked before, if the store is as it was then.
    private func readyAnswer(to request: Request) -> Response? {
        guard let key = ReadyAnswers.Key(request),
            let answer = readyAnswers.answer(to: key, generation: store.generation),
            webGuard.developerRefusal(of: request) == nil, authentication?.knows(request) ?? true
        else { return nil }
        switch answer {
        case .invoice(let document): return document.respond(to: request)
        case .page(let response, let query, let all):
            search.keep(all, of: query, for: Self.client(of: request))
            return response
        }
    }

    /// Who asks for the next page is known by address and credentials.
    static func client(of request: Request) -> String {
        "\(request.remoteAddress?.host ?? "") \(request.headers["Authorization"] ?? "")"
    }

    /// What `/healthz` answers. It needs neither the store nor a thread, so that nobody can hold it up.
    private var health: Response {
        let status = TOMLTable(["status": "OK", "version": TOMLValue(version)])
        return Response(
            headers: ["Content-Type": DocumentEncoding.json.mediaType, "X-Content-Type-Options": "nosniff"],
            body: .bytes(DocumentEncoding.json.encode(status)))
    }

    private func respond(to request: Request, _ body: RequestBody, _ writer: ResponseWriter) throws {
        let encoding = DocumentEncoding(accepting: request.headers)
        do throws(Failure) {
            // Before any route is looked at. Every one of them shows or changes what only the developer may.
            if request.path != "/healthz", let refusal = webGuard.developerRefusal(of: request) {
                // A browser would download a document, and not show it.
                let isPage = request.headers.all("Accept").contains { $0.contains("text/html") }
                guard isPage else { throw Failure(refusal.status, refusal.message) }
                do { return try writer.respond(refusal.response) } catch {
                    throw Failure(.internalServerError, "\(error)")
                }
            }
            let route = try Endpoint(request)
            if route != .health { try authentication?.admit(request) }
            switch route {
            case .health:
                do { try writer.respond(health) } catch { throw Failure(.internalServerError, "\(error)") }
            case .createInvoice: try createInvoice(request, body, encoding, writer)
            case .invoice(let id, let revision): try sendInvoice(id, revision: revision, request, encoding, writer)
            case .deleteInvoice(let id): try deleteInvoice(id, encoding, writer)
            case .createParcel(let id, let digest): try createParcel(digest, of: id, body, encoding, writer)
            case .parcel(let id, let digest, let revision):
                try sendParcel(digest, of: id, revision: revision, request, writer)
            case .query: try sendMatches(request, encoding, writer)
            case .missing(let id): try sendMissing(id, request, encoding, writer)
            case .keys: try sendKeys(request, encoding, writer)
            case .revisions: try sendRevisions(encoding, writer)
            case .revisionChanges(let first, let second): try sendChanges(from: first, to: second, encoding, writer)
            case .restoreRevision(let number): try restore(revision: number, request, encoding, writer)
            }
        } catch {
            guard !writer.hasHead else { throw error }
            if !request.headers.contains("Expect") { discard(body) }
            var headers = error.headers
            headers.set("Content-Type", encoding.mediaType)
            let table = TOMLTable(["error": TOMLValue(error.message)])
            try writer.respond(
                Response(status: error.status, headers: headers, body: .bytes(encoding.encode(table))))
        }
    }

    func send(
        _ status: Status, _ table: TOMLTable, as encoding: DocumentEncoding, to writer: ResponseWriter
    ) throws(Failure) {
        try send(status, encoding.encode(table), as: encoding, to: writer)
    }

    func send(
        _ status: Status, _ bytes: [UInt8], as encoding: DocumentEncoding, headers more: Headers = [:],
        to writer: ResponseWriter
    ) throws(Failure) {
        var headers = Self.headers(of: encoding)
        for field in more { headers.add(field.name, field.value) }
        do {
            try writer.respond(Response(status: status, headers: headers, body: .bytes(bytes)))
        } catch {
            throw Failure(.internalServerError, "\(error)")
        }
    }

    static func headers(of encoding: DocumentEncoding) -> Headers {
        ["Content-Type": encoding.mediaType, "X-Content-Type-Options": "nosniff"]
    }

    private func sendMessage(
        _ message: String, as encoding: DocumentEncoding, to writer: ResponseWriter
    ) throws(Failure) {
        try send(.ok, TOMLTable(["message": TOMLValue(message)]), as: encoding, to: writer)
    }

    /// Changes the store. That waits for the disk, and for all who change it at the same time, and takes no turn from
    /// other requests.
    private func changing<Result>(
        _ writer: ResponseWriter, _ change: () throws(StoreError) -> Result
    ) throws(Failure) -> Result {
        let result = writer.whileWaiting { Swift.Result { () throws(StoreError) in try change() } }
        return try Failure.translating { () throws(StoreError) in try result.get() }
    }

    /// Reads from the store. Where it may ask another server first, that takes no turn from other requests.
    private func reading<Result>(
        _ request: Request, _ writer: ResponseWriter, _ read: (any BindleStorage) throws(StoreError) -> Result
    ) throws(Failure) -> Result {
        guard store.mayFetch else { return try Failure.translating { () throws(StoreError) in try read(store) } }
        let source = store.answering(requestFrom: RequestRoute(request.headers))
        return try changing(writer) { () throws(StoreError) in try read(source) }
    }

    // MARK: - Invoices

    private func createInvoice(
        _ request: Request, _ body: RequestBody, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        // A page of any site can send a body without a type, or with that of a form, and the browser does not ask first.
        guard let mediaType = request.headers["Content-Type"] else {
            throw Failure(
                .unsupportedMediaType, "the invoice has no Content-Type: send application/toml or application/json")
        }
        guard let format = DocumentEncoding(mediaType: mediaType) else {
            throw Failure(
                .badRequest,
                "an invoice of type '\(mediaType)' cannot be read: send application/toml or application/json")
        }
        let text: [UInt8]
        do { text = try body.readAll(limit: Self.invoiceLimit) } catch {
            throw Failure(error.status, error.description)
        }
        let isLarge = text.count > Self.largeInvoice
        if isLarge { Self.largeInvoiceTurn.wait() }
        defer { if isLarge { Self.largeInvoiceTurn.signal() } }
        var invoice: Invoice
        do { invoice = try Invoice(text, as: format) } catch {
            throw Failure(.badRequest, "the invoice is not valid: \(error.summary)")
        }
        do { try trust.admit(&invoice) } catch { throw Failure(.badRequest, error.description) }
        let taken = invoice
        let creation = try changing(writer) { () throws(StoreError) in try store.create(taken, mode: mode) }
        let served = invoices.invoice(taken.id, of: creation)
        let missing = creation.missing.map(\.table)
        let answer = try Failure.translating { () throws(StoreError) in
            try Self.creationAnswer(served, missing, as: encoding)
        }
        try send(
            missing.isEmpty ? .created : .accepted, answer, as: encoding,
            headers: [CreationEffect.fieldName: creation.effect.rawValue], to: writer)
    }

    /// A document with the table `invoice`, and the list `missing` if anything is.
    private static func creationAnswer(
        _ invoice: ServedInvoice, _ missing: [TOMLTable], as encoding: DocumentEncoding
    ) throws(StoreError) -> [UInt8] {
        var rest = TOMLTable()
        rest.set("missing", missing)
        var answer: [UInt8] = []
        switch encoding {
        case .toml:
            answer += "[invoice]\n".utf8
            invoice.append(toToml: &answer, under: "invoice")
            if !missing.isEmpty { answer += [UInt8(ascii: "\n")] + encoding.encode(rest) }
        case .json:
            answer += "{\"invoice\":".utf8
            answer += try invoice.jsonText()
            // Without the brace that begins it.
            answer += missing.isEmpty ? Array("}".utf8) : [UInt8(ascii: ",")] + encoding.encode(rest).dropFirst()
        }
        return answer
    }

    private func sendInvoice(
        _ id: BindleID, revision: Int?, _ request: Request, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        let isYankedWanted = try Parameters(request).boolean("yanked") ?? false
        let generation = store.generation
        let document = try reading(request, writer) { (source) throws(StoreError) in
            try invoices.invoice(id, revision: revision, includingYanked: isYankedWanted, from: source)
                .document(encoding)
        }
        if revision == nil, let key = ReadyAnswers.Key(request) {
            readyAnswers.keep(
                .invoice(document), to: key, generation: generation, size: document.memoryByteCount)
        }
        do { try writer.respond(document.respond(to: request)) } catch {
            throw Failure(.internalServerError, "\(error)")
        }
    }

    private func deleteInvoice(
        _ id: BindleID, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        try changing(writer) { () throws(StoreError) in
            switch mode {
            case .immutable: try store.yank(id)
            case .development: try store.delete(id)
            }
        }
        if mode == .development { invoices.forget(id) }
        try sendMessage(mode == .immutable ? "invoice yanked" : "invoice deleted", as: encoding, to: writer)
    }

    private func sendMissing(
        _ id: BindleID, _ request: Request, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        let labels = try reading(request, writer) { (source) throws(StoreError) in
            try refuseYanked(id, in: source)
            return try source.missingParcels(of: id)
        }
        try send(.ok, TOMLTable(["missing": TOMLValue(labels.map(\.table))]), as: encoding, to: writer)
    }

    /// In strict mode, nothing is added to a bindle that was withdrawn.
    private func refuseYanked(_ id: BindleID, in store: any BindleStorage) throws(StoreError) {
        guard mode == .immutable else { return }
        // The invoice itself is not read for that.
        guard try !store.storedInvoice(id, revision: nil, unless: { _ in true }).stamp.isYanked else {
            throw .yanked(id)
        }
    }

    private func sendKeys(
        _ request: Request, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        var roles = Signature.Role.allCases
        if let text = try Parameters(request).string("roles") {
            roles = []
            for name in text.split(separator: ",") {
                guard let role = Signature.Role(reading: name.filter { !$0.isWhitespace }) else {
                    let known = Signature.Role.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Failure(.badRequest, "'\(name)' is not one of the roles \(known)")
                }
                roles.append(role)
            }
        }
        try send(.ok, trust.publicKeys(for: roles).table, as: encoding, to: writer)
    }

    // MARK: - Parcels

    private func createParcel(
        _ digest: String, of id: BindleID, _ body: RequestBody, _ encoding: DocumentEncoding,
        _ writer: ResponseWriter
    ) throws(Failure) {
        let upload: ParcelUpload
        do {
            // In strict mode, nothing is added to a bindle that was withdrawn.
            upload = try store.upload(digest, to: id, includingYanked: mode == .development)
        } catch .parcelExists where mode == .development {
            discard(body)
            return try sendMessage("parcel created", as: encoding, to: writer)
        } catch {
            throw Failure(error)
        }
        if let length = body.contentLength, length != Int64(upload.size) {
            throw Failure(.wrongSize(digest: digest, expected: upload.size, actual: Int(length)))
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count: Int
            do { count = try body.read(into: buffer) } catch { throw Failure(error.status, error.description) }
            if count == 0 { break }
            do { try upload.write(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } catch { throw Failure(error) }
        }
        let isNew = try changing(writer) { () throws(StoreError) in try upload.finish() }
        guard isNew || mode == .development else { throw Failure(.parcelExists(id, digest: digest)) }
        try sendMessage("parcel created", as: encoding, to: writer)
    }

    private func sendParcel(
        _ digest: String, of id: BindleID, revision: Int?, _ request: Request, _ writer: ResponseWriter
    ) throws(Failure) {
        let isYankedWanted = try Parameters(request).boolean("yanked") ?? false
        let parcel = try reading(request, writer) { (source) throws(StoreError) in
            try source.parcel(digest, of: id, revision: revision, includingYanked: isYankedWanted)
        }
        // The media type comes from an invoice, and may be any text: one that is no header's value is left out.
        var headers: Headers = [:]
        if parcel.mediaType.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            headers.set("Content-Type", parcel.mediaType)
        }
        StoredContent.restrict(&headers)
        do {
            let source: Representation.Source
            if let descriptor = parcel.takeDescriptor() {
                source = .file(try OpenFile(adopting: descriptor))
            } else {
                source = .bytes(try parcel.readAll())
            }
            let content = Representation(
                source, size: Int64(parcel.size), tag: digest,
                // What has this digest never changes.
                validators: ["Cache-Control": "max-age=31536000, immutable"], headers: headers, allowsRanges: true)
            try writer.respond(content.respond(to: request))
        } catch {
            throw Failure(.internalServerError, "\(error)")
        }
    }

    /// Reads a body that is of no use. A client that is still sending when the connection closes may not see the
    /// answer; one that sends without end is cut off.
    private func discard(_ body: RequestBody) {
        var total = 0
        while total < Self.discardLimit, let piece = try? body.read(upTo: 64 << 10), !piece.isEmpty {
            total += piece.count
        }
    }
}
