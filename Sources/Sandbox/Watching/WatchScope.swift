import Content
import Hippofacts
import Platform

/// The files of a project whose changes matter. Paths are relative to the project.
struct WatchScope: Sendable, Equatable {
    /// Files named as such.
    var files: Set<RelativePath> = []
    /// Those of them that settings are read from.
    var settingsFiles: Set<RelativePath> = [SettingsFile.path]
    /// Files taken by patterns: what HIPPOFACTS puts into the bundle.
    var patterns: [GlobPattern] = []
    /// Patterns of what the bundle leaves out, files and directories.
    var exclusions: [GlobPattern] = []
    /// Modules outside of the project, by the root that is watched for them and their paths below that.
    var outsideModules: [String: [RelativePath: OutsideModule]] = [:]
    /// What the build command reads, if there is one.
    var buildInputs: BuildInputs?

    /// A module that does not lie in the project.
    struct OutsideModule: Hashable {
        /// What it is called in the bundle.
        let name: RelativePath
        /// What people call it.
        let shownPath: String
    }

    /// How paths begin that the sandbox writes itself, where patterns could take them: a store in the project, say.
    var ownPrefixes: [String] = []

    /// Whether upper and lower case are the same in it; then all of it is in lower case.
    private(set) var ignoresCase = false

    /// The scope with upper and lower case being the same in it, as some file systems have it.
    func ignoringCase() -> WatchScope {
        var scope = self
        scope.ignoresCase = true
        scope.files = Set(files.map(\.ignoringCase))
        scope.settingsFiles = Set(settingsFiles.map(\.ignoringCase))
        scope.patterns = patterns.map(\.ignoringCase)
        scope.exclusions = exclusions.map(\.ignoringCase)
        scope.ownPrefixes = ownPrefixes.map { $0.lowercased() }
        switch buildInputs {
        case nil: break
        case .patterns(let patterns): scope.buildInputs = .patterns(patterns.map(\.ignoringCase))
        case .project(let exceptions): scope.buildInputs = .project(except: Set(exceptions.map(\.ignoringCase)))
        }
        return scope
    }

    /// Whether settings are read from the file at `path`.
    func isOfSettings(_ path: RelativePath) -> Bool { settingsFiles.contains(folded(path)) }

    /// True if the build command reads the file at `path`; for a directory, if it may read what is below it.
    func isBuildInput(_ path: RelativePath, isDirectory: Bool) -> Bool {
        guard let buildInputs else { return false }
        let path = folded(path)
        return isDirectory ? buildInputs.reaches(below: path) : buildInputs.contains(path)
    }

    private func folded(_ path: RelativePath) -> RelativePath { ignoresCase ? path.ignoringCase : path }

    /// True if the file at `path` matters.
    func contains(_ path: RelativePath) -> Bool {
        let path = folded(path)
        guard !isIgnored(path) else { return false }
        return files.contains(path) || patterns.take(path) && !exclusions.contains { $0.takes(path) }
            || buildInputs?.contains(path) == true
    }

    /// True if files that matter may be below the directory at `path`; `nil` is the project.
    func reaches(below path: RelativePath?) -> Bool {
        guard let path = path.map(folded) else { return true }
        guard !isIgnored(path), !Self.ignoredDirectories.contains(path.name) else { return false }
        let isOfBundle = patterns.contains { $0.mayMatch(below: path) } && !exclusions.contains { $0.takes(path) }
        return files.contains { path.isAbove($0) } || isOfBundle
            || buildInputs?.reaches(below: path) == true
    }

    /// Directories that are never looked into: what the sandbox writes itself, and version control.
    private static let ignoredDirectories: Set<Substring> = [".git", ".hippo"]

    /// Whether a path is in a directory that is never looked into.
    private func isIgnored(_ path: RelativePath) -> Bool {
        if path.hasDirectory(where: Self.ignoredDirectories.contains) { return true }
        return ownPrefixes.contains { path.string.utf8.starts(with: $0.utf8) }
    }
}

extension WatchScope {
    /// The root that is watched for files of variables in a directory outside of the project. Its end tells it apart from
    /// the root of a library in the same place, and from that of modules.
    static func rootOfVariables(in directory: String) -> String { directory + "/." }

    /// The directory of files of variables, if `root` is watched for these.
    static func parentOfVariables(_ root: String) -> String? {
        root.hasSuffix("/.") && !root.hasSuffix("/./.") ? String(root.dropLast("/.".count)) : nil
    }

    /// Has a module watched that lies outside of the project, in its directory.
    ///
    /// - Parameter file: absolute, without symbolic links.
    mutating func watch(_ file: String, for module: OutsideModule) {
        guard let name = RelativePath(validating: FilePath.name(file)) else { return }
        watch(name, below: FilePath.parent(file), for: module)
    }

    /// Has a module watched that lies outside of the project, below a directory that is there even while the module is not.
    mutating func watch(_ path: RelativePath, below directory: String, for module: OutsideModule) {
        // The root of a library may be the same directory: its end tells it apart.
        outsideModules[directory + "/./.", default: [:]][path] = module
    }
}

/// The files that a build command reads.
enum BuildInputs: Sendable, Equatable {
    /// Those that patterns take.
    case patterns([GlobPattern])
    /// All of the project but what a build usually writes: these paths and all below them, and every directory that is
    /// hidden or has one of `conventionalOutputs` as its name.
    case project(except: Set<RelativePath>)

    /// Names of directories into which the common build tools write.
    static let conventionalOutputs: Set<Substring> = [
        "build", "dist", "node_modules", "out", "target", "zig-cache", "zig-out", "bazel-bin", "bazel-out",
    ]

    /// True if the build reads the file at `path`.
    func contains(_ path: RelativePath) -> Bool {
        switch self {
        case .patterns(let patterns): patterns.take(path)
        case .project(let exceptions):
            !EditorFiles.contain(path) && !EditorFiles.mayBeProbe(path) && path.name.utf8.first != UInt8(ascii: ".")
                && !Self.isProduct(path, exceptions)
        }
    }

    /// True if the build may read files below the directory at `path`.
    func reaches(below path: RelativePath) -> Bool {
        switch self {
        case .patterns(let patterns): patterns.contains { $0.mayMatch(below: path) }
        case .project(let exceptions): !Self.isOutput(path.name) && !Self.isProduct(path, exceptions)
        }
    }

    private static func isProduct(_ path: RelativePath, _ exceptions: Set<RelativePath>) -> Bool {
        exceptions.contains { $0 == path || $0.isAbove(path) } || path.hasDirectory(where: isOutput)
    }

    /// Whether a directory with this name is one that builds write to.
    private static func isOutput(_ name: Substring) -> Bool {
        name.utf8.first == UInt8(ascii: ".") || conventionalOutputs.contains(name)
    }
}

extension [GlobPattern] {
    /// Whether one of them takes the path. An editor's file has to be spelled out.
    fileprivate func take(_ path: RelativePath) -> Bool {
        let isEditors = EditorFiles.contain(path)
        return contains { (!isEditors || $0.namesFile) && $0.matches(path) }
    }
}

extension GlobPattern {
    /// The pattern in lower case.
    fileprivate var ignoringCase: GlobPattern { (try? GlobPattern(description.lowercased())) ?? self }
}

extension RelativePath {
    /// The path in lower case.
    fileprivate var ignoringCase: RelativePath { RelativePath(validating: string.lowercased()) ?? self }

    /// Whether the name of a directory on the way to the path fulfils a condition.
    fileprivate func hasDirectory(where condition: (Substring) -> Bool) -> Bool {
        var start = string.utf8.startIndex
        while let end = string.utf8[start...].firstIndex(of: UInt8(ascii: "/")) {
            if condition(string[start..<end]) { return true }
            start = string.utf8.index(after: end)
        }
        return false
    }

    /// The path of a name in a directory, which `nil` is the root of all; `nil` if the name is invalid.
    init?(_ name: String, in directory: RelativePath?) {
        self.init(validating: directory.map { "\($0)/\(name)" } ?? name)
    }
}
