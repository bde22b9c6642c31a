import ComponentModel
import Hippofacts
import WAGI

/// What loading a project's modules and components would come to.
struct ModuleChecks {
    /// What would keep them from being loaded, or requests from being answered.
    private(set) var problems: [String] = []
    /// What the components import and export, by the digests of their parcels.
    private(set) var worlds: [String: ComponentWorld] = [:]

    /// - Parameter stubsImports: Whether imports of components that are not provided are fine, for all of them.
    init(_ expansion: Expansion, stubsImports: Bool) {
        var seen = Set<[String]>()
        var loader = ModuleLoader()
        for parcel in expansion.invoice.parcels {
            let label = parcel.label
            let feature = label.wagi
            guard parcel.isGlobal, label.mediaType == "application/wasm", let source = expansion.sources[label],
                seen.insert([label.sha256, feature?.entrypoint ?? ""]).inserted
            else { continue }
            let stubs = stubsImports || feature?.stubsImports ?? false
            do throws(LoadError) {
                worlds[label.sha256] =
                    switch source {
                    case .file(let path, _):
                        try loader.check(
                            ModuleReference(path: path, name: label.name), entrypoint: feature?.entrypoint,
                            stubsImports: stubs)
                    case .bytes(let bytes):
                        try loader.check(
                            bytes, name: label.name, entrypoint: feature?.entrypoint, stubsImports: stubs)
                    }
            } catch {
                problems.append("\(error)")
            }
        }
    }
}

extension ComponentWorld {
    /// For people.
    var lines: [String] {
        let sizes = modules.map { ($0.name.map { "\($0) " } ?? "") + Quantity.size($0.byteCount) }
        return [
            "component: \(Quantity.count(modules.count, "module"))"
                + (sizes.count > 1 ? " (\(sizes.joined(separator: ", ")))" : ""),
            "exports \(exports.isEmpty ? "nothing" : exports.joined(separator: ", "))",
            "imports \(imports.isEmpty ? "nothing" : imports.joined(separator: ", "))",
        ] + (producers.map { ["made from \($0)"] } ?? [])
    }
}
