import Bindle
import Content
import TOML

/// The `modules.toml` of an artifact. Its paths work from its own directory.
struct ModulesDocument {
    static let name = "modules.toml"
    static let wwwroot = "wwwroot"

    let text: String

    /// - Parameter modules: Where each handler's module stands.
    init(_ app: ExportedApp, modules: [RelativePath]) throws(ExportError) {
        var tables: [TOMLTable] = []
        for ((label, hasAssets), path) in zip(app.handlers, modules) {
            tables.append(try Self.table(label, hasAssets: hasAssets, path))
        }
        var document = TOMLTable()
        if !app.files.isEmpty { document["static"] = TOMLValue(Self.wwwroot) }
        document["module"] = TOMLValue(tables)
        var head = [
            "# \(app.id), written by 'hippo-dev export'. The paths count from the directory that this file is in:",
            "#   cd THIS_DIRECTORY && hippo-dev wagi -c \(Self.name)",
        ]
        if !app.files.isEmpty {
            head.append(
                "# The program wagi 0.8.1 takes this file, too, but serves no files: those in \(Self.wwwroot)/ are a 404 there."
            )
        }
        text = head.joined(separator: "\n") + "\n\n" + document.serialized()
    }

    private static func table(
        _ label: Label, hasAssets: Bool, _ path: RelativePath
    ) throws(ExportError) -> TOMLTable {
        let feature = label.wagi ?? WAGIFeature()
        var table = TOMLTable()
        table["route"] = TOMLValue(feature.route ?? "/")
        table["module"] = TOMLValue(path.string)
        table["entrypoint"] = feature.entrypoint.map { TOMLValue($0) }
        table["argv"] = feature.argumentTemplate.map { TOMLValue($0) }
        if !feature.allowedHosts.isEmpty { table["allowed_hosts"] = TOMLValue(feature.allowedHosts) }
        if let text = feature.maximumRequestConcurrency {
            guard let count = Int(text) else {
                throw ExportError(
                    "the feature wagi.http_max_concurrency of '\(label.name)' is '\(text)': it has to be a whole number"
                )
            }
            table["http_max_concurrency"] = TOMLValue(count)
        }
        if let text = feature.reuse {
            guard let count = Int(text) else {
                throw ExportError(
                    "the feature wagi.reuse of '\(label.name)' is '\(text)': it has to be a whole number")
            }
            table["reuse"] = TOMLValue(count)
        }
        if feature.stubsImports { table["stub_imports"] = TOMLValue(true) }
        if hasAssets { table["volumes"] = ["/": TOMLValue(wwwroot)] }
        return table
    }
}
