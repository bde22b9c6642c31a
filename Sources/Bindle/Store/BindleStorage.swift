/// A store as a Bindle server needs it. See <doc:Store>.
package protocol BindleStorage: Sendable {
    /// Takes an invoice in. Its parcels are uploaded afterwards, those that are missing.
    func create(_ invoice: Invoice, mode: BindleStore.Mode) throws(StoreError) -> BindleStore.Creation

    /// The invoice of a bindle.
    /// - Throws: `StoreError.yanked` for one that is, unless `includingYanked`; `.noSuchBindle`.
    func invoice(_ id: BindleID, includingYanked: Bool) throws(StoreError) -> Invoice

    /// The invoice of a bindle as TOML, whose bytes are the same each time.
    /// - Parameter revision: The revision that is meant, whatever came after it.
    func invoiceText(_ id: BindleID, revision: Int?, includingYanked: Bool) throws(StoreError) -> [UInt8]

    /// Reads what `invoiceText` has returned.
    func parse(_ text: [UInt8], of id: BindleID) throws(StoreError) -> Invoice

    /// The labels of the parcels that a bindle names and the store does not have, each digest once.
    func missingParcels(of id: BindleID) throws(StoreError) -> [Label]

    /// Removes a bindle, and the parcels that only it named.
    func delete(_ id: BindleID) throws(StoreError)

    /// Withdraws a bindle: it stays for those who ask for it even so.
    func yank(_ id: BindleID) throws(StoreError)

    /// Begins the upload of a parcel that the bindle names.
    func upload(_ digest: String, to id: BindleID) throws(StoreError) -> ParcelUpload

    /// Opens a parcel of a bindle for reading.
    func parcel(
        _ digest: String, of id: BindleID, revision: Int?, includingYanked: Bool
    ) throws(StoreError) -> ParcelReader

    /// One page of what a query finds, without the invoices.
    /// - Parameter client: Who asks: what somebody pages through stays what it was.
    func page(_ query: BindleQuery, for client: String?) throws(StoreError) -> BindleStore.Page

    /// The invoice of a match; `nil` if it has ceased to be one.
    func invoice(of match: BindleID, in query: BindleQuery) throws(StoreError) -> Invoice?

    /// The revisions that are kept, oldest first.
    func revisions() throws(StoreError) -> [RevisionSummary]

    /// What lies between two revisions, in either order.
    func changes(from first: Int, to second: Int) throws(StoreError) -> RevisionComparison
}

extension BindleStore: BindleStorage {}
