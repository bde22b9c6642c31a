import Bindle

/// What is to be served of a bindle.
struct BindleApplication {
    /// In the order of the invoice.
    let handlers: [(label: Label, hasAssets: Bool)]
    /// The files of all handlers, each once.
    let assets: [Label]

    /// Finds the handlers: the parcels with the media type of modules that are in no group and have a route.
    init(_ invoice: Invoice) throws(LoadError) {
        let requirements = InvoiceRequirements(invoice)
        var handlers: [(label: Label, hasAssets: Bool)] = []
        var assets: [Label] = []
        var seen = Set<AssetKey>()
        for parcel in invoice.parcels {
            guard parcel.isGlobal, parcel.label.mediaType == "application/wasm",
                parcel.label.feature["wagi"]?["route"] != nil
            else { continue }
            let files = requirements.parcels(requiredBy: parcel).map(\.label)
                .filter { $0.feature["wagi"]?["file"] == "true" }
            handlers.append((parcel.label, !files.isEmpty))
            for file in files where seen.insert(AssetKey(name: file.name, digest: file.sha256)).inserted {
                assets.append(file)
            }
        }
        guard !handlers.isEmpty else {
            throw LoadError(
                "the bindle \(invoice.id) has no handler: no parcel outside of groups is application/wasm and has the "
                    + "feature wagi.route")
        }
        self.handlers = handlers
        self.assets = assets
    }

    private struct AssetKey: Hashable {
        let name: String
        let digest: String
    }

    /// The definition of a handler whose module is the file at `path`.
    static func definition(_ label: Label, path: String, hasAssets: Bool) -> HandlerDefinition {
        let feature = label.feature["wagi"] ?? [:]
        let allowedHosts = (feature["allowed_hosts"] ?? "").split(separator: ",")
            .map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
        return HandlerDefinition(
            route: Route(feature["route"] ?? "/"), module: ModuleReference(path: path, name: label.name),
            entrypoint: feature["entrypoint"], argumentTemplate: feature["argv"], allowedHosts: allowedHosts,
            maximumRequestConcurrency: feature["http_max_concurrency"].flatMap { Int($0) }, hasAssets: hasAssets)
    }
}
