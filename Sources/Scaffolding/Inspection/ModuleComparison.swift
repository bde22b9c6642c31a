import Platform
import TOML

/// Compares the modules that a HIPPOFACTS names with those that the build makes.
///
/// Rust's target for WASI had another name until 2024, and the path of a module has the name of the target: a HIPPOFACTS
/// of that time names a file that no build touches any more.
package struct ModuleComparison: Sendable {
    /// A line that names a module that the build does not make.
    package struct Difference: Hashable, Sendable {
        /// 1-based.
        package let line: Int
        /// As HIPPOFACTS writes it.
        package let named: String
        /// What the build makes in its place.
        package let made: String
    }

    package let differences: [Difference]
    private let text: String

    /// - Parameters:
    ///   - text: HIPPOFACTS; one that is no TOML has no differences.
    ///   - modules: what the build makes, relative to HIPPOFACTS.
    package init(_ text: String, modules: [String]) {
        self.text = text
        let table = (try? TOMLTable(parsing: text)) ?? TOMLTable()
        let named = ["handler", "export"].flatMap { table[$0]?.array ?? [] }.compactMap { entry -> (Int, String)? in
            guard let value = entry.table?["name"], let name = value.string, let position = value.position,
                name.hasSuffix(".wasm")
            else { return nil }
            return (position.line, name)
        }
        let unknown = named.filter { !modules.contains(Self.normalized($0.1)) }
        let unnamed = modules.filter { module in !named.contains { Self.normalized($0.1) == module } }
        differences = unknown.compactMap { line, name in
            let alike = unnamed.filter { Self.stem($0) == Self.stem(name) }
            if alike.count == 1 { return Difference(line: line, named: name, made: alike[0]) }
            // With one of each, there is nothing else that could be meant.
            guard alike.isEmpty, unknown.count == 1, unnamed.count == 1 else { return nil }
            return Difference(line: line, named: name, made: unnamed[0])
        }
    }

    /// HIPPOFACTS with the lines mended; everything else stays as it is. `nil` if a line does not have the name as it is
    /// read, because it is written with escapes.
    package var mended: String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for difference in differences {
            let index = difference.line - 1
            for quote in ["\"", "'"] {
                lines[index] = lines[index].replacing(
                    quote + difference.named + quote, with: quote + difference.made + quote)
            }
            guard lines[index].contains(difference.made) else { return nil }
        }
        return lines.joined(separator: "\n")
    }

    private static func normalized(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// A file's name, in which Cargo writes `-` for programs, and `_` for libraries.
    private static func stem(_ path: String) -> String { FilePath.name(path).replacing("_", with: "-") }
}
