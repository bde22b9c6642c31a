import Bindle
import Content

/// What is to be served of a bindle.
struct BindleApplication {
    /// In the order of the invoice.
    let handlers: [(label: Label, hasAssets: Bool)]
    /// The files of all handlers, each once.
    let assets: [Label]

    /// Finds the handlers: the parcels with the media type of modules that are in no group and have a route.
    init(_ invoice: Invoice) throws(LoadError) {
        let parcels = ApplicationParcels(invoice)
        guard !parcels.handlers.isEmpty else { throw Self.hasNoHandler(invoice.id) }
        handlers = parcels.handlers
        assets = parcels.assets
    }

    static func hasNoHandler(_ id: BindleID) -> LoadError {
        LoadError(
            "the bindle \(id) has no handler: no parcel outside of groups is application/wasm and has the feature "
                + "wagi.route")
    }

    /// What a parcel says of a handler.
    static func definition(_ label: Label, hasAssets: Bool) throws(LoadError) -> HandlerDefinition {
        guard let content = ContentFile(label, modificationTime: 0) else {
            throw LoadError("the parcel '\(label.name)' has no digest")
        }
        let feature = label.wagi ?? WAGIFeature()
        var definition = HandlerDefinition(
            route: Route(feature.route ?? "/"), module: ModuleReference(content, name: label.name),
            entrypoint: feature.entrypoint, argumentTemplate: feature.argumentTemplate,
            allowedHosts: feature.allowedHosts,
            maximumRequestConcurrency: try feature.maximumRequestConcurrency.map { text throws(LoadError) in
                try number(text, of: "http_max_concurrency", from: 0, label)
            }, hasAssets: hasAssets, isFromOtherBindle: label.isFromOtherBindle)
        if let text = feature.reuse { definition.reuse = try number(text, of: "reuse", from: 1, label) }
        definition.stubsImports = feature.stubsImports
        return definition
    }

    private static func number(
        _ text: String, of setting: String, from least: Int, _ label: Label
    ) throws(LoadError) -> Int {
        guard let number = Int(text), (least...1_000_000).contains(number) else {
            throw LoadError(
                "the feature wagi.\(setting) of the parcel '\(label.name)' is '\(text)': it has to be a whole number "
                    + "from \(least) to 1000000")
        }
        return number
    }
}
