import HTTP

/// The bindles of others that a project refers to: those of a store and, where it lacks them, those of an upstream
/// server. What has been fetched is kept in the store, so that it is fetched once, and is there without a network.
///
/// Its calls block; any number of threads may share it.
package struct ExternalBindles: Sendable {
    /// Where bindles are fetched from.
    package struct Upstream: Sendable {
        package let client: BindleClient
        /// What the signatures of a fetched invoice have to be; `nil` asks for none.
        package let strategy: VerificationStrategy?
        /// The keys that the strategy knows.
        package let keyring: Keyring

        package init(client: BindleClient, strategy: VerificationStrategy? = nil, keyring: Keyring = Keyring()) {
            self.client = client
            self.strategy = strategy
            self.keyring = keyring
        }
    }

    package let store: BindleStore
    package let upstream: Upstream?

    package init(store: BindleStore, upstream: Upstream?) {
        self.store = store
        self.upstream = upstream
    }

    /// An invoice: the store's, or else the upstream's, which the store has from then on. It may be yanked.
    package func invoice(_ id: BindleID) throws(ExternalBindleError) -> Invoice {
        if let invoice = try storedInvoice(id) { return invoice }
        return try fetchInvoice(id)
    }

    /// An invoice, if the store has it.
    package func storedInvoice(_ id: BindleID) throws(ExternalBindleError) -> Invoice? {
        do {
            return try store.invoice(id, includingYanked: true)
        } catch .noSuchBindle {
            return nil
        } catch {
            throw .store(error)
        }
    }

    /// Fetches an invoice, verifies it, and keeps it in the store.
    package func fetchInvoice(_ id: BindleID) throws(ExternalBindleError) -> Invoice {
        guard let upstream else { throw .noUpstream(id) }
        let invoice = try upstream.invoice(id)
        do {
            try store.keep(invoice)
        } catch {
            throw .store(error)
        }
        return invoice
    }

    /// Compares the store's invoice of a bindle with the upstream's, byte by byte, and takes over what differs.
    /// - Returns: Whether it differed.
    package func refresh(_ id: BindleID) throws(ExternalBindleError) -> Bool {
        guard let upstream else { throw .noUpstream(id) }
        let invoice = try upstream.invoice(id)
        do {
            guard try store.invoiceText(id, includingYanked: true) != invoice.encoded(as: .toml) else { return false }
            try store.keep(invoice, replacing: true)
            return true
        } catch {
            throw .store(error)
        }
    }

    /// Sees to it that the store has these parcels of a bindle whose invoice it has.
    package func fetchParcels(_ labels: [Label], of id: BindleID) throws(ExternalBindleError) {
        for label in labels {
            let upload: ParcelUpload
            do {
                upload = try store.upload(label.sha256, to: id)
            } catch .parcelExists {
                continue
            } catch {
                throw .store(error)
            }
            guard let upstream else { throw .noUpstream(id) }
            // Size and digest are checked by both.
            try upstream.parcel(label, of: id) { try upload.write($0) }
            do { try upload.finish() } catch { throw .store(error) }
        }
    }

    /// Those of these parcels that the store does not have.
    package func missing(_ labels: [Label]) throws(ExternalBindleError) -> [Label] {
        do { return try store.missing(among: labels) } catch { throw .store(error) }
    }
}

extension ExternalBindles.Upstream {
    /// Fetches an invoice and verifies it.
    package func invoice(_ id: BindleID) throws(ExternalBindleError) -> Invoice {
        let invoice: Invoice
        do {
            invoice = try client.invoice(id, includingYanked: true)
        } catch {
            throw failure(error, id, parcel: nil)
        }
        guard invoice.id == id else {
            throw .refused(id, server: "\(client.baseURL)", reason: "it sends the invoice of \(invoice.id) instead")
        }
        do { try invoice.validate() } catch {
            throw .refused(id, server: "\(client.baseURL)", reason: "its invoice is not valid: \(error)")
        }
        do { try strategy?.verify(invoice, with: keyring) } catch {
            throw .notTrusted(id, server: "\(client.baseURL)", error)
        }
        return invoice
    }

    /// Fetches a parcel, and checks its size and digest.
    /// - Parameter receive: Handed the bytes as they arrive, before they are known to be the right ones.
    package func parcel(
        _ label: Label, of id: BindleID, receive: (UnsafeRawBufferPointer) throws -> Void
    ) throws(ExternalBindleError) {
        do {
            try client.parcel(label, of: id, includingYanked: true, receive: receive)
        } catch {
            throw failure(error, id, parcel: label)
        }
    }

    /// The labels of the parcels that a bindle names and the server does not have.
    func missingParcels(of id: BindleID) throws(ExternalBindleError) -> [Label] {
        do { return try client.missingParcels(of: id) } catch { throw failure(error, id, parcel: nil) }
    }

    private func failure(_ error: BindleClientError, _ id: BindleID, parcel: Label?) -> ExternalBindleError {
        let server = "\(client.baseURL)"
        switch error {
        // A server that says that it is busy, or one in front of it that it is gone, is as good as away.
        case _ where error.isTransient, .transport: return .unreachable(id, server: server, reason: "\(error)")
        case _ where error.status == .notFound: return .notFound(id, server: server, parcel: parcel?.name)
        default: return .refused(id, server: server, reason: "\(error)")
        }
    }
}

/// Why an external bindle is not available.
package enum ExternalBindleError: Error, Hashable, CustomStringConvertible {
    /// The store lacks it, and there is nowhere else to look.
    case noUpstream(BindleID)
    /// The upstream lacks it, or a parcel of it.
    case notFound(BindleID, server: String, parcel: String?)
    case unreachable(BindleID, server: String, reason: String)
    /// The upstream does not give it out, or gives out something else.
    case refused(BindleID, server: String, reason: String)
    case notTrusted(BindleID, server: String, VerificationError)
    case store(StoreError)

    /// What is wrong with the upstream, without what the store has.
    package var reason: String {
        switch self {
        case .unreachable(_, let server, let reason): "\(server) cannot be reached: \(reason)"
        case .refused(_, let server, let reason): "\(server) does not give it: \(reason)"
        default: description
        }
    }

    package var description: String {
        switch self {
        case .noUpstream:
            "the store does not have it. Name a Bindle server that does with --upstream URL or BINDLE_URL, or the "
                + "library's project in hippo-dev.toml: [up] libraries = [\"../library\"]"
        case .notFound(_, let server, nil):
            "neither the store nor \(server) has it. Name a Bindle server that does with --upstream URL, or the "
                + "library's project in hippo-dev.toml: [up] libraries = [\"../library\"]"
        case .notFound(_, let server, let parcel?): "neither the store nor \(server) has its parcel '\(parcel)'"
        case .unreachable(_, let server, let reason):
            "the store does not have it, and \(server) cannot be reached: \(reason)"
        case .refused(_, let server, let reason):
            "the store does not have it, and \(server) does not give it: \(reason)"
        case .notTrusted(_, let server, let error): "\(server) has it, but \(error)"
        case .store(let error): error.description
        }
    }
}
