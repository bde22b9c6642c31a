/// What a WAGI host serves of a bindle.
package struct ApplicationParcels: Sendable {
    /// The parcels with the media type of modules that are in no group and have a route, in the order of the invoice;
    /// and whether any files belong to them.
    package let handlers: [(label: Label, hasAssets: Bool)]
    /// The files of all handlers, each once.
    package let assets: [Label]

    package init(_ invoice: Invoice) {
        let requirements = InvoiceRequirements(invoice)
        var handlers: [(label: Label, hasAssets: Bool)] = []
        var assets: [Label] = []
        var seen = Set<AssetKey>()
        for parcel in invoice.parcels {
            guard parcel.isGlobal, parcel.label.mediaType == "application/wasm",
                parcel.label.wagi?.route != nil
            else { continue }
            let files = requirements.parcels(requiredBy: parcel).map(\.label)
                .filter(\.isWAGIFile)
            handlers.append((parcel.label, !files.isEmpty))
            for file in files where seen.insert(AssetKey(name: file.name, digest: file.sha256)).inserted {
                assets.append(file)
            }
        }
        self.handlers = handlers
        self.assets = assets
    }

    /// Names are compared by their bytes: `é` in its two spellings is two names.
    private struct AssetKey: Hashable {
        let name: NameBytes
        let digest: String

        init(name: String, digest: String) {
            self.name = NameBytes(name)
            self.digest = digest
        }
    }
}
