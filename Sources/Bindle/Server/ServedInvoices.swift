import Synchronization

/// The invoices of a store as a server gives them out. Those that were asked for last are kept in memory, signed.
final class ServedInvoices: Sendable {
    private let store: any BindleStorage
    private let hostKey: HostKey?
    private let kept: Mutex<Kept>

    private struct Kept: Sendable {
        /// What has a stamp never changes.
        var invoices: BoundedCache<InvoiceStamp, ServedInvoice>
        /// The current invoices, and until when the store need not be asked whether they are.
        var current: BoundedCache<BindleID, Current>
    }

    private struct Current: Sendable {
        let generation: Int
        let invoice: ServedInvoice
    }

    /// What is kept, in bytes.
    private static let byteLimit = 32 << 20
    /// Invoices with more bytes are made anew each time.
    private static let largestKept = 4 << 20

    init(_ store: any BindleStorage, hostKey: HostKey?) {
        self.store = store
        self.hostKey = hostKey
        kept = Mutex(
            Kept(
                invoices: BoundedCache(costLimit: Self.byteLimit, largest: Self.largestKept),
                current: BoundedCache(costLimit: Self.byteLimit, largest: Self.largestKept)))
    }

    /// The invoice of a bindle.
    /// - Parameter revision: The revision that is meant, whatever came after it.
    /// - Throws: `StoreError.yanked` for one that is, unless `includingYanked`; `.noSuchBindle`; `.noSuchRevision`.
    func invoice(
        _ id: BindleID, revision: Int? = nil, includingYanked: Bool
    ) throws(StoreError) -> ServedInvoice {
        let invoice = try invoice(id, revision: revision)
        guard includingYanked || !invoice.isYanked else { throw .yanked(id) }
        return invoice
    }

    private func invoice(_ id: BindleID, revision: Int?) throws(StoreError) -> ServedInvoice {
        // Before the store is looked at: what changes meanwhile has another generation.
        let generation = store.generation
        if revision == nil, let current = kept.withLock({ $0.current.value(of: id) }), current.generation == generation
        {
            return current.invoice
        }
        var known: ServedInvoice?
        let (stamp, stored) = try store.storedInvoice(id, revision: revision) { stamp in
            known = kept.withLock { $0.invoices.value(of: stamp) }
            return known != nil
        }
        let invoice: ServedInvoice
        if let known {
            invoice = known
        } else if let stored {
            invoice = ServedInvoice(
                id, stored, isYanked: stamp.isYanked, signature: hostKey?.signature(of: id, stored))
        } else {
            throw .noSuchBindle(id)
        }
        kept.withLock { kept in
            kept.invoices.insert(invoice, at: stamp, cost: invoice.cost)
            if revision == nil {
                kept.current.insert(Current(generation: generation, invoice: invoice), at: id, cost: invoice.cost)
            }
        }
        return invoice
    }
}
