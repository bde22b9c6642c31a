/// The JSON schemas of the files that people write, for editors. Tests compare them with what the parsers take.
package enum Schema: String, CaseIterable, Sendable {
    case hippofacts
    case settings = "hippo-dev"

    /// The schema's text.
    package var text: String {
        switch self {
        case .hippofacts: String(decoding: PackageResources.hippofacts_schema_json, as: UTF8.self)
        case .settings: String(decoding: PackageResources.hippo_dev_schema_json, as: UTF8.self)
        }
    }

    /// Where a project has it.
    var path: String { ".vscode/\(rawValue).schema.json" }

    /// Patterns for the files that it is for.
    var files: [String] {
        switch self {
        case .hippofacts:
            ["HIPPOFACTS", "Hippofacts", "hippofacts"].flatMap { ["\($0)", "\($0).toml"] }.map { "**/" + $0 }
        case .settings: ["**/hippo-dev.toml"]
        }
    }

    var editorFile: ScaffoldFile { ScaffoldFile(path, text) }
}
