package import Bindle
import WebAssembly
import WebAssemblyText

/// What does not run on the program wagi 0.8.1 as it does here.
///
/// Only what can be told without a request. `WAGI.docc/OriginalWAGI.md` has what is known, and from where.
package enum OriginalWAGI {
    /// What is different about a module, in sentences that go on from the module's name.
    ///
    /// - Parameters:
    ///   - bytes: the module, in either format.
    ///   - name: what it is called, which tells text from binary where its content does not.
    ///   - entrypoint: the function that is called; `nil` for `_start`.
    package static func differences(ofModule bytes: [UInt8], named name: String, entrypoint: String?) -> [String] {
        if isComponent(bytes) {
            return ["is a component: wagi 0.8.1 knows modules only, so build it for wasm32-wasip1"]
        }
        guard let module = module(bytes, name) else { return [] }
        var differences: [String] = []
        if let twice = repeatedImport(of: module) {
            differences.append(
                "does not load there: it imports \(twice.module).\(twice.name) more than once, as modules of Go do")
        }
        let function = entrypoint ?? "_start"
        if let export = module.export(named: function), export.kind == .function,
            !module.functionType(of: Int(export.index)).results.isEmpty
        {
            differences.append("is answered with 500 there: its function '\(function)' has a result, and may have none")
        }
        if module.imports.contains(where: { $0.name == "proc_exit" && $0.module.hasPrefix("wasi_") }) {
            differences.append(
                "imports proc_exit, and each request in which it calls that is a 500 there, with code 0 too: return from "
                    + "'\(function)' in place of ending the process")
        }
        if mentions("CONTENT_TYPE", in: module, butNotAfter: "HTTP_") {
            differences.append("mentions CONTENT_TYPE, which is always empty there: HTTP_CONTENT_TYPE has the type")
        }
        return differences
    }

    /// Files of a bindle that only this program serves: those at paths that no handler takes.
    package static func filesWithoutHandler(in invoice: Invoice) -> [String] {
        let parcels = ApplicationParcels(invoice)
        let routes = parcels.handlers.compactMap { $0.label.wagi?.route.map(Route.init) }
        return parcels.assets.map(\.name).filter { name in !routes.contains { $0.matches("/" + name) } }
    }

    private static func isComponent(_ bytes: [UInt8]) -> Bool {
        // The layer, which is 0 for modules, in the upper half of what is a module's version.
        bytes.count >= 8 && ModuleFormat.isBinary(bytes) && bytes[6] == 1 && bytes[7] == 0
    }

    /// The module; `nil` if it is not valid, which others tell.
    private static func module(_ bytes: [UInt8], _ name: String) -> Module? {
        switch ModuleFormat(beginning: bytes, name: name) {
        case .binary: try? Module(bytes: bytes)
        case .text: (try? assemble(bytes)).flatMap { try? Module(bytes: $0) }
        }
    }

    private static func repeatedImport(of module: Module) -> Import? {
        struct Name: Hashable {
            let module: String
            let name: String
        }
        var seen = Set<Name>()
        return module.imports.first { !seen.insert(Name(module: $0.module, name: $0.name)).inserted }
    }

    /// Whether a word is somewhere in the module's data, where it is not the end of a longer one.
    private static func mentions(_ word: String, in module: Module, butNotAfter prefix: String) -> Bool {
        let (word, prefix) = (Array(word.utf8), Array(prefix.utf8))
        return module.dataSegments.contains { segment in
            let bytes = module.binary.bytes(in: segment.bytes)
            var index = 0
            while index + word.count <= bytes.count {
                guard bytes[index] == word[0], bytes[index..<index + word.count].elementsEqual(word) else {
                    index += 1
                    continue
                }
                let before = bytes[max(0, index - prefix.count)..<index]
                if !before.elementsEqual(prefix) { return true }
                index += word.count
            }
            return false
        }
    }
}
