import Bindle
import Content

/// Where the modules of handlers stand in an artifact: `modules/NAME`, so that logs name them as the project does. A module
/// whose name would leave the directory, or that another one has in its place, is called by its digest.
struct ModulePaths {
    /// The module's path for each handler.
    private(set) var paths: [RelativePath] = []
    private var digests: [RelativePath: String] = [:]
    private var directories: Set<RelativePath> = []

    static let directory = "modules"

    init(_ labels: [Label]) throws(ExportError) {
        for label in labels {
            let candidates = [label.name, "\(label.sha256).wasm"].compactMap { name in
                RelativePath(normalizing: name).flatMap { RelativePath(validating: "\(Self.directory)/\($0)") }
            }
            guard let path = candidates.first(where: { isFree($0, for: label.sha256) }) else {
                throw ExportError(
                    "the module '\(label.name)' has no name that is free: another has its digest for a name")
            }
            paths.append(path)
            digests[path] = label.sha256
            directories.formUnion(path.ancestors)
        }
    }

    private func isFree(_ path: RelativePath, for digest: String) -> Bool {
        if let taken = digests[path] { return taken == digest }
        return !directories.contains(path) && !path.ancestors.contains { digests[$0] != nil }
    }
}

extension RelativePath {
    /// The directories that it is in, the outermost first.
    var ancestors: [RelativePath] {
        guard let parent else { return [] }
        return parent.ancestors + [parent]
    }
}
