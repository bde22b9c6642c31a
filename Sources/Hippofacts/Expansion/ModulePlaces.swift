import Content
import Platform
import TOML
import WebAssemblyText

/// Where the modules of a project are: in its directory, or, if they are WebAssembly, outside of it, but below the Cargo
/// workspace or the git work tree that the project is in. See <doc:Names#Where-may-a-module-be?>.
struct ModulePlaces: Sendable {
    /// What stands where a module should be.
    enum Content {
        case file(FileIdentity, ModuleFormat)
        case absent
        /// It leads to a place that the project has nothing to do with.
        case leavesProject(target: String)
        /// It lies outside of the project, and is no WebAssembly.
        case isOtherFile(target: String)
        case isNoFile
    }

    /// The project's directory without symbolic links.
    let root: String
    /// How many directories above the project's the path of a module begins, where that is at least one.
    private let ascents: [RelativePath: Int]

    init(_ facts: Hippofacts, root: String) {
        self.root = root
        ascents = facts.ascents
    }

    /// The directory that the path of a module is relative to.
    func directory(of module: RelativePath) -> String {
        guard let ascent = ascents[module] else { return root }
        return (0..<ascent).reduce(root) { directory, _ in FilePath.parent(directory) }
    }

    /// Whether a module is named by a path that leads out of the project.
    func isOutside(_ module: RelativePath) -> Bool { ascents[module] != nil }

    /// The directories of those that are not in the project's.
    var outsideDirectories: [RelativePath: String] {
        var directories: [RelativePath: String] = [:]
        for module in ascents.keys { directories[module] = directory(of: module) }
        return directories
    }

    /// Looks at what stands where a module should be.
    func content(of module: RelativePath) -> Content {
        guard let resolved = resolvedPath("\(directory(of: module))/\(module)"),
            let status = FileStatus(path: resolved)
        else { return .absent }
        let isOutside = !isInside(resolved, root)
        guard !isOutside || EnclosingTree.all(around: root).contains(where: { isInside(resolved, $0) }) else {
            return .leavesProject(target: resolved)
        }
        guard status.kind == .regular else { return .isNoFile }
        // What cannot be read is told when it is read as a whole.
        let beginning = FileBeginning.bytes(of: resolved, count: ModuleFormat.tellingByteCount) ?? []
        let format = ModuleFormat(beginning: beginning, name: module.string)
        if isOutside, format == .binary, !ModuleFormat.isBinary(beginning) { return .isOtherFile(target: resolved) }
        return .file(status.identity, format)
    }
}

/// What a project may be a part of.
enum EnclosingTree {
    /// The nearest Cargo workspace and the nearest git work tree that a directory is in, which may be the directory itself.
    ///
    /// - Parameter directory: without symbolic links.
    static func all(around directory: String) -> [String] {
        [nearest(directory, isCargoWorkspace), nearest(directory, isGitWorkTree)].compactMap { $0 }
    }

    private static func nearest(_ directory: String, _ isTree: (String) -> Bool) -> String? {
        var current = directory
        while !isTree(current) {
            guard current != "/" else { return nil }
            current = FilePath.parent(current)
        }
        // What is below the root of all is anything.
        return current == "/" ? nil : current
    }

    private static func isCargoWorkspace(_ directory: String) -> Bool {
        guard let text = try? FileReader.bytes(of: "\(directory)/Cargo.toml", limit: 1 << 20) else { return false }
        return (try? TOMLTable(parsing: text))?["workspace"] != nil
    }

    /// A work tree has a directory `.git`, or a file of that name if it is one of several or a submodule.
    private static func isGitWorkTree(_ directory: String) -> Bool { FileStatus(path: "\(directory)/.git") != nil }
}
