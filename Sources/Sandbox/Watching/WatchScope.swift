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

    /// Whether upper and lower case are the same in it; then all of it is in lower case.
    private(set) var ignoresCase = false

    /// The scope with upper and lower case being the same in it, as some file systems have it.
    func ignoringCase() -> WatchScope {
        var scope = self
        scope.ignoresCase = true
        scope.files = Set(files.map { $0.lowercased() })
        scope.patterns = patterns.map(\.ignoringCase)
        scope.ownPrefixes = ownPrefixes.map { $0.lowercased() }
        switch buildInputs {
        case nil: break
        case .patterns(let patterns): scope.buildInputs = .patterns(patterns.map(\.ignoringCase))
        case .project(let exceptions): scope.buildInputs = .project(except: Set(exceptions.map { $0.lowercased() }))
        }
        return scope
    }

    /// Whether two paths are the same in it.
    func isSame(_ path: String, _ other: String) -> Bool {
        path == other || ignoresCase && path.lowercased() == other.lowercased()
    }

    /// True if the build command reads the file at `path`; for a directory, if it may read what is below it.
    func isBuildInput(_ path: [Substring], isDirectory: Bool) -> Bool {
        guard let buildInputs else { return false }
        let path = folded(path)
        return isDirectory ? buildInputs.reaches(below: path) : buildInputs.contains(path)
    }

    private func folded(_ path: [Substring]) -> [Substring] {
        ignoresCase ? path.map { $0.lowercased()[...] } : path
    }

    /// Directories that are never looked into: what the sandbox writes itself, and version control.
    static let ignoredDirectories: Set<String> = [".git", ".hippo"]

    /// True if the file at `path` matters.
    func contains(_ path: [Substring]) -> Bool {
        let path = folded(path)
        return !isIgnored(path)
            && (files.contains(path.joined(separator: "/")) || patterns.contains { $0.matches(path) }
                || buildInputs?.contains(path) == true)
    }

    /// True if files that matter may be below the directory at `path`; an empty path is the project.
    func reaches(below path: [Substring]) -> Bool {
        guard !path.isEmpty else { return true }
        let path = folded(path)
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

extension GlobPattern {
    /// The pattern in lower case.
    fileprivate var ignoringCase: GlobPattern { (try? GlobPattern(description.lowercased())) ?? self }
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
