package import Bindle
package import Content
import HTTP
import TOML

/// Files that no HIPPOFACTS describes, as they are dropped on a page: modules become handlers, and the rest their files.
extension Hippofacts {
    /// The names that modules end with.
    private static let moduleSuffixes = [".wasm", ".wat"]

    /// Patterns of what is no file of a handler where nobody has described files: modules, and what is hidden.
    package static let undescribedExclusions = (moduleSuffixes.map { "*\($0)" } + [".*"]).compactMap { name in
        try? GlobPattern("**/\(name)")
    }

    /// Describes the files of a directory. Hidden ones are left out, with `undescribedExclusions`.
    ///
    /// A single module answers every path. Of several, each answers the path that it has without what its name ends with,
    /// and all below it; one that is called `index` or `main` at the top answers what no other does. Where there is no module,
    /// there are files only, as of a site.
    ///
    /// - Parameter directory: Where the files are.
    package init(
        describing files: [RelativePath], in directory: String, name: String, version: SemanticVersion
    ) throws(HippofactsError) {
        var bindle = TOMLTable()
        bindle["name"] = TOMLValue(name)
        bindle["version"] = TOMLValue(version.description)
        // Only patterns that match something.
        let others = files.filter { !Self.isHidden($0) && !Self.hasModuleName($0) }
        var patterns: [String] = []
        if others.contains(where: { $0.components.count == 1 }) { patterns.append("[!.]*") }
        if others.contains(where: { $0.components.count > 1 }) { patterns.append("[!.]*/**/[!.]*") }
        var document = TOMLTable()
        document["bindle"] = TOMLValue(bindle)
        document["handler"] = TOMLValue(
            Self.routes(of: files).map { module, route in
                var handler = TOMLTable()
                handler["name"] = TOMLValue(module.string)
                handler["route"] = TOMLValue(route)
                handler["files"] = TOMLValue(patterns)
                return handler
            })
        try self.init(parsing: Array(document.serialized().utf8), file: directory + "/HIPPOFACTS")
    }

    /// The modules among files, and what each answers. What answers every path is the last.
    private static func routes(of files: [RelativePath]) -> [(module: RelativePath, route: String)] {
        let modules = files.filter { isModule($0) }.sorted()
        guard let first = modules.first else { return [(siteModule, "/.hippo/site")] }
        guard modules.count > 1 else { return [(first, "/...")] }
        let rest = modules.first { stem(of: $0) == "index" } ?? modules.first { stem(of: $0) == "main" }
        return modules.filter { $0 != rest }.map { ($0, "/\(PercentEncoding.encodePath(stem(of: $0)))/...") }
            + (rest.map { [($0, "/...")] } ?? [])
    }

    private static func isModule(_ path: RelativePath) -> Bool { hasModuleName(path) && !isHidden(path) }

    private static func hasModuleName(_ path: RelativePath) -> Bool {
        moduleSuffixes.contains { path.string.hasSuffix($0) }
    }

    private static func isHidden(_ path: RelativePath) -> Bool {
        path.components.contains { $0.utf8.first == UInt8(ascii: ".") }
    }

    private static func stem(of module: RelativePath) -> String {
        let suffix = moduleSuffixes.first { module.string.hasSuffix($0) } ?? ""
        return String(module.string.dropLast(suffix.count))
    }

    /// The name of a bindle that a file's or a directory's name speaks for; `nil` if none of its characters may stand in one.
    package static func bindleName(from text: String) -> String? {
        let name = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0 != "/" && BindleID.isPlainName(String($0)) ? $0 : "-" }))
        return name.allSatisfy { $0 == "-" || $0 == "." } ? nil : name
    }

    /// The name that a module's path speaks for.
    package static func bindleName(ofModuleAmong files: [RelativePath]) -> String? {
        let modules = files.filter { isModule($0) }
        guard modules.count == 1 else { return nil }
        let name = String(modules[0].name)
        let suffix = moduleSuffixes.first { name.hasSuffix($0) } ?? ""
        return bindleName(from: String(name.dropLast(suffix.count)))
    }
}
