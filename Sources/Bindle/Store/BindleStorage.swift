/// A whole store as a Bindle server needs it, of whatever kind: see <doc:Store>.
package protocol BindleStorage: Sendable {
    /// The store as it answers a request that came through these servers. Only a store that asks another server itself makes
    /// a difference between requests.
    func answering(requestFrom route: RequestRoute) -> any BindleStorage

    /// Whether what is read may have to be fetched from another machine first.
    var mayFetch: Bool { get }

    /// Another number after each change of what the store has, before that change is acknowledged. What was read while it
    /// was the same is as it was.
    var generation: Int { get }

    /// The same for what `list` returns.
    var listGeneration: Int { get }

    /// Takes an invoice in. Its parcels are uploaded afterwards, those that are missing.
    func create(_ invoice: Invoice, mode: BindleStore.Mode) throws(StoreError) -> BindleStore.Creation

    /// Takes in an invoice that another server has accepted, yanked or not.
    /// - Parameter replacing: Whether it takes the place of one of its ID. Otherwise the one that is there stays.
    func keep(_ invoice: Invoice, replacing: Bool) throws(StoreError)

    /// The invoice of a bindle, yanked or not.
    /// - Parameters:
    ///   - revision: The revision that is meant, whatever came after it.
    ///   - isKnown: Whether the caller has the invoice with this stamp; then it is not read.
    func storedInvoice(
        _ id: BindleID, revision: Int?, unless isKnown: (InvoiceStamp) -> Bool
    ) throws(StoreError) -> (stamp: InvoiceStamp, invoice: StoredInvoice?)

    /// The labels of the parcels that a bindle names and the store does not have, each digest once.
    func missingParcels(of id: BindleID) throws(StoreError) -> [Label]

    /// Removes a bindle, and the parcels that only it named, if nobody but this store knows of them.
    func delete(_ id: BindleID) throws(StoreError)

    /// Withdraws a bindle: it stays for those who ask for it even so.
    func yank(_ id: BindleID) throws(StoreError)

    /// Begins the upload of a parcel that the bindle names.
    /// - Throws: `StoreError.yanked` for a bindle that is, unless `includingYanked`; `.parcelExists`; `.notInInvoice`;
    ///   `.noSuchBindle`.
    func upload(_ digest: String, to id: BindleID, includingYanked: Bool) throws(StoreError) -> ParcelUpload

    /// Opens a parcel of a bindle for reading.
    func parcel(
        _ digest: String, of id: BindleID, revision: Int?, includingYanked: Bool
    ) throws(StoreError) -> ParcelReader

    /// All bindles, yanked ones included, in any order.
    func list() throws(StoreError) -> [BindleListing]

    /// The numbers of the bindles whose name, version, authors or description have a word, or the beginning of one. Neither
    /// case nor accents count.
    func numbers(matching word: FullTextWord) throws(StoreError) -> Set<Int64>

    /// The revisions that are kept, oldest first.
    func revisions() throws(StoreError) -> [RevisionSummary]

    /// What lies between two revisions, in either order.
    func changes(from first: Int, to second: Int) throws(StoreError) -> RevisionComparison
}

extension BindleStorage {
    package func answering(requestFrom route: RequestRoute) -> any BindleStorage { self }

    package var mayFetch: Bool { false }

    /// Whether it has a bindle, yanked or not. Nothing is read for that, but where it has to be fetched.
    package func contains(_ id: BindleID) throws(StoreError) -> Bool {
        do {
            _ = try storedInvoice(id, revision: nil, unless: { _ in true })
            return true
        } catch .noSuchBindle {
            return false
        }
    }
}

extension BindleStore: BindleStorage {}
