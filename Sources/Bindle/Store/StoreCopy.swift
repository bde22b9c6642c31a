/// Copies bindles from one store to another, of whatever kinds.
package enum StoreCopy {
    /// Copies a bindle, with those of its parcels that are there. One of the same ID is replaced.
    /// - Returns: The labels of the parcels that neither store has.
    package static func copy(
        _ id: BindleID, from source: any BindleStorage, to target: any BindleStorage
    ) throws(StoreError) -> [Label] {
        guard let stored = try source.storedInvoice(id, revision: nil, unless: { _ in false }).invoice else {
            throw .noSuchBindle(id)
        }
        let invoice: Invoice
        do { invoice = try Invoice(stored.text, as: .toml, validating: false) } catch {
            throw .corrupt(path: "\(id)", detail: "its invoice cannot be read: \(error.summary)")
        }
        try target.keep(invoice, replacing: true)
        var absent: [Label] = []
        for label in try target.missingParcels(of: id) {
            do throws(StoreError) {
                let parcel = try source.parcel(label.sha256, of: id, revision: nil, includingYanked: true)
                let upload = try target.upload(label.sha256, to: id, includingYanked: true)
                while let bytes = try parcel.next() { try upload.write(bytes) }
                try upload.finish()
            } catch .parcelNotUploaded {
                absent.append(label)
            }
        }
        return absent
    }
}
