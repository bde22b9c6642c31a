import Synchronization

/// The invoices of a store as a server gives them out. Those that were asked for last are kept in memory, signed: one of
/// each bindle, until that is deleted.
final class ServedInvoices: Sendable {
    private let store: any BindleStorage
    private let hostKey: HostKey?
    private let kept = Mutex(BoundedCache<BindleID, Kept>(costLimit: byteLimit, largest: largestKept))

    private struct Kept: Sendable {
        /// What has this stamp never changes.
        let stamp: InvoiceStamp
        let invoice: ServedInvoice
        /// As long as the store is of this generation, this is the current invoice, and the store need not be asked whether
        /// it is. `nil` where it has to be, as for that of a revision.
        let generation: Int?
    }

    /// What is kept, in bytes.
    private static let byteLimit = 32 << 20
    /// Invoices with more bytes are made anew each time.
    private static let largestKept = 4 << 20

    init(_ store: any BindleStorage, hostKey: HostKey?) {
        self.store = store
        self.hostKey = hostKey
    }

    /// How many invoices are kept.
    var count: Int { kept.withLock { $0.count } }

    /// The invoice of a bindle.
    /// - Parameters:
    ///   - revision: The revision that is meant, whatever came after it.
    ///   - source: The store as it answers the request.
    /// - Throws: `StoreError.yanked` for one that is, unless `includingYanked`; `.noSuchBindle`; `.noSuchRevision`.
    func invoice(
        _ id: BindleID, revision: Int? = nil, includingYanked: Bool, from source: (any BindleStorage)? = nil
    ) throws(StoreError) -> ServedInvoice {
        let invoice = try invoice(id, revision: revision, from: source ?? store)
        guard includingYanked || !invoice.isYanked else { throw .yanked(id) }
        return invoice
    }

    /// An invoice that has just been taken in.
    func invoice(_ id: BindleID, of creation: BindleStore.Creation) -> ServedInvoice {
        let known = kept.withLock { $0.value(of: id) }
        if let known, known.stamp == creation.stamp { return known.invoice }
        let invoice = ServedInvoice(
            id, creation.invoice, isYanked: creation.stamp.isYanked,
            signature: hostKey?.signature(of: id, creation.invoice))
        // It may have been replaced meanwhile: whoever asks for it next has the store compare the stamps.
        kept.withLock {
            $0.insert(Kept(stamp: creation.stamp, invoice: invoice, generation: nil), at: id, cost: invoice.cost)
        }
        return invoice
    }

    /// Lets go of the invoice of a bindle that has been deleted: nobody can ask for it any more, and where bindles come and
    /// go, all that is kept would be such.
    func forget(_ id: BindleID) {
        kept.withLock { $0.remove(id) }
    }

    private func invoice(
        _ id: BindleID, revision: Int?, from store: any BindleStorage
    ) throws(StoreError) -> ServedInvoice {
        // Before the store is looked at: what changes meanwhile has another generation.
        let generation = store.generation
        let known = kept.withLock { $0.value(of: id) }
        if let known, revision == nil, known.generation == generation { return known.invoice }
        let (stamp, stored) = try store.storedInvoice(id, revision: revision) { $0 == known?.stamp }
        let invoice: ServedInvoice
        if let stored {
            invoice = ServedInvoice(
                id, stored, isYanked: stamp.isYanked, signature: hostKey?.signature(of: id, stored))
        } else if let known {
            invoice = known.invoice
        } else {
            throw .noSuchBindle(id)
        }
        let new = Kept(stamp: stamp, invoice: invoice, generation: revision == nil ? generation : nil)
        kept.withLock { $0.insert(new, at: id, cost: invoice.cost) }
        return invoice
    }
}
