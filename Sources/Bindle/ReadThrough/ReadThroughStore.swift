import HTTP
import Platform

/// A store in front of a remote Bindle server: what is not here is fetched from there, verified, kept here, and given out.
/// See <doc:ReadThrough>.
package struct ReadThroughStore: BindleStorage {
    /// What is here.
    let local: any BindleStorage
    private let upstream: ExternalBindles.Upstream
    /// Parcels with more bytes are not fetched.
    private let parcelLimit: Int
    private let state: ReadThroughState
    /// Where the request came from that is being answered.
    private let route: RequestRoute

    /// The bytes that a parcel may have if nobody says otherwise: 4 GiB.
    package static let defaultParcelLimit = 4 << 30

    /// How long a request that came through other servers waits for the same thing to be fetched for somebody else. Each of
    /// several servers that ask each other in a circle may be waiting for the next one.
    private static let patience = Duration.seconds(20)

    /// - Parameters:
    ///   - parcelLimit: The bytes that a parcel may have which is fetched.
    ///   - freshness: How long a bindle that is here is given out without a look at whether the upstream has yanked it.
    package init(
        _ local: any BindleStorage, upstream: ExternalBindles.Upstream, parcelLimit: Int = defaultParcelLimit,
        freshness: Duration = .seconds(60)
    ) {
        self.init(
            local: local, upstream: upstream, parcelLimit: parcelLimit, state: ReadThroughState(freshness: freshness),
            route: .direct)
    }

    private init(
        local: any BindleStorage, upstream: ExternalBindles.Upstream, parcelLimit: Int, state: ReadThroughState,
        route: RequestRoute
    ) {
        self.local = local
        self.upstream = upstream
        self.parcelLimit = parcelLimit
        self.state = state
        self.route = route
    }

    package var mayFetch: Bool { true }

    package func answering(requestFrom route: RequestRoute) -> any BindleStorage {
        Self(local: local, upstream: upstream, parcelLimit: parcelLimit, state: state, route: route)
    }

    /// The one of what is here, and another one now and then, so that what is kept in memory is asked for again, and may turn
    /// out to have been yanked there.
    package var generation: Int { local.generation + state.period }

    package var listGeneration: Int { local.listGeneration }

    // MARK: - Fetching

    /// The upstream, as it is asked for the request that is being answered; `nil` if it has been asked already.
    private var asked: ExternalBindles.Upstream? {
        guard !route.isOver(at: state.name) else { return nil }
        var client = upstream.client
        client.via = route.text(through: state.name)
        return ExternalBindles.Upstream(client: client, strategy: upstream.strategy, keyring: upstream.keyring)
    }

    private var patience: Duration? { route == .direct ? nil : Self.patience }

    /// Sees to it that a bindle's invoice is here.
    /// - Throws: `StoreError.noSuchBindle` if it is not there either.
    private func fetchInvoice(_ id: BindleID) throws(StoreError) {
        if try local.contains(id) { return state.lookNowAndThen(at: id) { checkYanked(id) } }
        guard let upstream = asked else { throw .noSuchBindle(id) }
        try state.invoices.withLock(id, patience: patience) { () throws(StoreError) in
            guard try !local.contains(id) else { return }
            let invoice = try asking("\(id)") { () throws(ExternalBindleError) in try upstream.invoice(id) }
            guard let invoice else { throw .noSuchBindle(id) }
            try local.keep(invoice, replacing: false)
            state.noteLook(at: id)
        }
    }

    /// Sees to it that a parcel is here, of a bindle whose invoice is.
    private func fetchParcel(_ digest: String, of id: BindleID) throws(StoreError) {
        guard let upstream = asked else { throw .parcelNotUploaded(id, digest: digest) }
        try state.parcels.withLock(digest, patience: patience) { () throws(StoreError) in
            let upload: ParcelUpload
            do throws(StoreError) {
                upload = try local.upload(digest, to: id, includingYanked: true)
            } catch .parcelExists {
                return
            }
            let what = "the parcel \(digest) of \(id)"
            guard upload.size <= parcelLimit else {
                throw .upstreamRefuses(
                    server: server, what: what,
                    detail: "it has \(upload.size) bytes, and those with more than \(parcelLimit) are not fetched")
            }
            let label = Label(sha256: digest, mediaType: "", name: digest, size: upload.size)
            // Size and digest are checked by both.
            var problem: StoreError?
            let fetched: Void? = try asking(what) { () throws(ExternalBindleError) in
                do throws(ExternalBindleError) {
                    try upstream.parcel(label, of: id) { bytes in
                        do throws(StoreError) { try upload.write(bytes) } catch {
                            problem = error
                            throw error
                        }
                    }
                } catch {
                    // That is not the upstream's fault.
                    throw problem.map { .store($0) } ?? error
                }
            }
            guard fetched != nil else { throw .parcelNotUploaded(id, digest: digest) }
            try upload.finish()
        }
    }

    private var server: String { upstream.client.baseURL.description }

    /// Asks the upstream, unless it could not be reached a moment ago.
    /// - Returns: `nil` if it does not have what is asked for.
    private func asking<Answer>(
        _ what: String, _ ask: () throws(ExternalBindleError) -> Answer
    ) throws(StoreError) -> Answer? {
        if let detail = state.outage { throw .upstreamUnreachable(server: server, what: what, detail: detail) }
        do throws(ExternalBindleError) { return try ask() } catch {
            switch error {
            case .notFound: return nil
            case .unreachable(_, _, let reason):
                state.noteOutage(reason)
                throw .upstreamUnreachable(server: server, what: what, detail: reason)
            case .refused(_, _, let reason): throw .upstreamRefuses(server: server, what: what, detail: reason)
            case .notTrusted(_, _, let reason):
                throw .upstreamRefuses(server: server, what: what, detail: "what it has is not trusted: \(reason)")
            case .store(let error): throw error
            case .noUpstream(let id): throw .noSuchBindle(id)
            }
        }
    }

    /// Looks whether a bindle that is here has been yanked at the upstream, and yanks it here. One that is another one there, or
    /// unknown, is this store's own.
    private func checkYanked(_ id: BindleID) {
        let answer = try? asking("\(id)") { () throws(ExternalBindleError) in try upstream.invoice(id) }
        guard let theirs = answer, theirs.isYanked,
            let stored = try? local.storedInvoice(id, revision: nil, unless: { _ in false }).invoice,
            let ours = try? Invoice(stored.text, as: .toml, validating: false), !ours.isYanked,
            ours.parcels == theirs.parcels, ours.groups == theirs.groups, ours.bindle == theirs.bindle
        else { return }
        try? local.yank(id)
    }

    // MARK: - Reading

    package func storedInvoice(
        _ id: BindleID, revision: Int?, unless isKnown: (InvoiceStamp) -> Bool
    ) throws(StoreError) -> (stamp: InvoiceStamp, invoice: StoredInvoice?) {
        if revision == nil { try fetchInvoice(id) }
        return try local.storedInvoice(id, revision: revision, unless: isKnown)
    }

    package func parcel(
        _ digest: String, of id: BindleID, revision: Int?, includingYanked: Bool
    ) throws(StoreError) -> ParcelReader {
        if revision == nil { try fetchInvoice(id) }
        do throws(StoreError) {
            return try local.parcel(digest, of: id, revision: revision, includingYanked: includingYanked)
        } catch .parcelNotUploaded where revision == nil {
            try fetchParcel(digest, of: id)
            return try local.parcel(digest, of: id, revision: revision, includingYanked: includingYanked)
        }
    }

    /// Those that are neither here nor there. Where that cannot be known, those that are not here: uploading one that is there
    /// does no harm.
    package func missingParcels(of id: BindleID) throws(StoreError) -> [Label] {
        try fetchInvoice(id)
        let missing = try local.missingParcels(of: id)
        guard !missing.isEmpty, let upstream = asked else { return missing }
        let there = try? asking("\(id)") { () throws(ExternalBindleError) in try upstream.missingParcels(of: id) }
        guard let there else { return missing }
        let digests = Set(there.map(\.sha256))
        return missing.filter { digests.contains($0.sha256) }
    }

    package func list() throws(StoreError) -> [BindleListing] { try local.list() }

    package func numbers(matching word: FullTextWord) throws(StoreError) -> Set<Int64> {
        try local.numbers(matching: word)
    }

    package func revisions() throws(StoreError) -> [RevisionSummary] { try local.revisions() }

    package func changes(from first: Int, to second: Int) throws(StoreError) -> RevisionComparison {
        try local.changes(from: first, to: second)
    }

    // MARK: - Changing

    /// In immutable mode, an ID that the upstream has is taken, and is not given away while the upstream cannot be asked.
    package func create(_ invoice: Invoice, mode: BindleStore.Mode) throws(StoreError) -> BindleStore.Creation {
        if mode == .immutable {
            do throws(StoreError) {
                try fetchInvoice(invoice.id)
                throw .bindleExists(invoice.id)
            } catch .noSuchBindle {
                // It is free.
            }
        }
        return try local.create(invoice, mode: mode)
    }

    package func keep(_ invoice: Invoice, replacing: Bool) throws(StoreError) {
        try local.keep(invoice, replacing: replacing)
    }

    /// Removes what is here of a bindle. One that the upstream has is fetched again when it is asked for.
    package func delete(_ id: BindleID) throws(StoreError) { try local.delete(id) }

    package func yank(_ id: BindleID) throws(StoreError) {
        try fetchInvoice(id)
        try local.yank(id)
    }

    package func upload(
        _ digest: String, to id: BindleID, includingYanked: Bool
    ) throws(StoreError) -> ParcelUpload {
        try fetchInvoice(id)
        return try local.upload(digest, to: id, includingYanked: includingYanked)
    }
}
