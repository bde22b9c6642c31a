import Platform
import TOML
import WAGI

/// What `hippo-dev check` finds out about a `modules.toml`.
struct ModulesCheck {
    private let modules: ModulesFile

    /// Whether the file at a path lists modules, as wagi's configuration does and HIPPOFACTS does not.
    static func isModulesFile(_ path: String) -> Bool {
        guard path.hasSuffix(".toml"), let text = try? FileReader.bytes(of: path, limit: 64 << 20),
            let table = try? TOMLTable(parsing: text)
        else { return false }
        return table["module"]?.array != nil
    }

    init(_ path: String) throws(LoadError) {
        modules = try ModulesFile(file: path)
    }

    var warnings: [String] { modules.warnings.map(\.description) }

    /// Each route and its module, for people.
    var summary: String {
        modules.handlers.map { "\($0.route) → \($0.module.name)" }.joined(separator: "\n")
    }

    /// What would keep modules from being loaded. Those of bindles are not fetched.
    ///
    /// - Parameter stubsImports: Whether imports of components that are not provided are fine, for all of them.
    func problems(stubsImports: Bool) -> [String] {
        var loader = ModuleLoader()
        return modules.handlers.compactMap { handler in
            guard handler.module.path != nil else { return nil }
            do throws(LoadError) {
                try loader.check(
                    handler.module, entrypoint: handler.entrypoint, stubsImports: stubsImports || handler.stubsImports)
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    /// What runs otherwise on the program wagi, a sentence each.
    func differences() -> [String] {
        modules.handlers.flatMap { handler -> [String] in
            var lines: [String] = []
            if let path = handler.module.path, let bytes = try? FileReader.bytes(of: path, limit: 1 << 30) {
                lines = OriginalWAGI.differences(ofModule: bytes, named: path, entrypoint: handler.entrypoint)
                    .map { "  \(path) \($0)" }
            }
            if !handler.environment.isEmpty {
                lines.append(
                    "  \(handler.route): wagi 0.8.1 knows no 'environment'; its option --env gives variables to all")
            }
            return lines
        }
    }
}
