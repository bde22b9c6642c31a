import ComponentModel
import Hippofacts
import WAGI

/// What loading a project's modules and components would come to.
struct ModuleChecks {
    /// What would keep them from being loaded, or requests from being answered.
    private(set) var problems: [String] = []
    /// What has no effect.
    private(set) var warnings: [String] = []
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
                let answersItself = worlds[label.sha256]?.answersRequests ?? false
                if let count = feature?.reuse, count != "1", !answersItself {
                    warnings.append("\(label.name): \(ModuleLoader.noteOnReuse)")
                }
            } catch {
                problems.append("\(error)")
            }
        }
    }
}

extension ComponentWorld {
    /// Whether it answers HTTP requests itself, and is no CGI program.
    fileprivate var answersRequests: Bool { exports.contains { $0.hasPrefix("wasi:http/incoming-handler@0.2.") } }

    /// For people.
    var lines: [String] {
        let sizes = modules.map { ($0.name.map { "\($0) " } ?? "") + Quantity.size($0.byteCount) }
        return [
            "component: \(Quantity.count(modules.count, "module"))"
                + (sizes.count > 1 ? " (\(sizes.joined(separator: ", ")))" : ""),
            "exports \(exports.isEmpty ? "nothing" : exports.map { "'\($0)'" }.joined(separator: ", "))",
            "imports \(imports.isEmpty ? "nothing" : imports.map { "'\($0)'" }.joined(separator: ", "))",
        ] + (producers.map { ["made from \($0)"] } ?? [])
    }
}
