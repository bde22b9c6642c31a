import Hippofacts

/// The files of a project whose changes matter. Paths are relative to the project.
struct WatchScope: Sendable, Equatable {
    /// Files named as such.
    var files: Set<String> = []
    /// Files taken by patterns: what HIPPOFACTS puts into the bundle.
    var patterns: [GlobPattern] = []
    /// What the build command reads, if there is one.
    var buildInputs: BuildInputs?

    /// How paths begin that the sandbox writes itself, where patterns could take them: a store in the project, say.
    var ownPrefixes: [String] = []

    /// Directories that are never looked into: what the sandbox writes itself, and version control.
    static let ignoredDirectories: Set<String> = [".git", ".hippo"]

    /// True if the file at `path` matters.
    func contains(_ path: [Substring]) -> Bool {
        !isIgnored(path)
            && (files.contains(path.joined(separator: "/")) || patterns.contains { $0.matches(path) }
                || buildInputs?.contains(path) == true)
    }

    /// True if files that matter may be below the directory at `path`; an empty path is the project.
    func reaches(below path: [Substring]) -> Bool {
        guard !path.isEmpty else { return true }
        guard !isIgnored(path + [""]) else { return false }
        let prefix = path.joined(separator: "/") + "/"
        return files.contains { $0.hasPrefix(prefix) } || patterns.contains { $0.mayMatch(below: path) }
            || buildInputs?.reaches(below: path) == true
    }

    private func isIgnored(_ path: [Substring]) -> Bool {
        if path.dropLast().contains(where: { Self.ignoredDirectories.contains(String($0)) }) { return true }
        guard !ownPrefixes.isEmpty else { return false }
        let joined = path.joined(separator: "/")
        return ownPrefixes.contains { joined.hasPrefix($0) }
    }
}

/// The files that a build command reads.
enum BuildInputs: Sendable, Equatable {
    /// Those that patterns take.
    case patterns([GlobPattern])
    /// All of the project but what a build usually writes: these paths and all below them, and every directory that is
    /// hidden or has one of `conventionalOutputs` as its name.
    case project(except: Set<String>)

    /// Names of directories into which the common build tools write.
    static let conventionalOutputs: Set<String> = [
        "build", "dist", "node_modules", "out", "target", "zig-cache", "zig-out", "bazel-bin", "bazel-out",
    ]

    /// True if the build reads the file at `path`, or what is below it.
    func contains(_ path: [Substring]) -> Bool {
        switch self {
        case .patterns(let patterns): patterns.contains { $0.matches(path) }
        case .project(let exceptions): !Self.isProduct(path, exceptions) && path.last?.hasPrefix(".") == false
        }
    }

    /// True if the build may read files below the directory at `path`.
    func reaches(below path: [Substring]) -> Bool {
        switch self {
        case .patterns(let patterns): patterns.contains { $0.mayMatch(below: path) }
        case .project(let exceptions): !Self.isProduct(path + [""], exceptions)
        }
    }

    private static func isProduct(_ path: [Substring], _ exceptions: Set<String>) -> Bool {
        for end in path.indices {
            if exceptions.contains(path[...end].joined(separator: "/")) { return true }
            let isDirectory = end < path.endIndex - 1
            if isDirectory && (path[end].hasPrefix(".") || conventionalOutputs.contains(String(path[end]))) {
                return true
            }
        }
        return false
    }
}
