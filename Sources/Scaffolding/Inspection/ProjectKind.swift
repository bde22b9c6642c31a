/// What an existing project can be taken for.
package enum ProjectKind: String, CaseIterable, Sendable {
    // In the order in which they are preferred.
    case rust, go, zig, swift, npm, make, modules
    case `static`

    /// What it is told by.
    package var evidence: String {
        switch self {
        case .rust: "Cargo.toml"
        case .go: "go.mod"
        case .zig: "build.zig"
        case .swift: "Package.swift"
        case .npm: "package.json"
        case .make: "Makefile"
        case .modules: "its .wasm or .wat files"
        case .static: "index.html"
        }
    }
}
