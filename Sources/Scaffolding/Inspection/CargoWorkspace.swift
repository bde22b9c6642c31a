import JSON
import Platform
import TOML

/// What `cargo build` makes in a directory, and where: asked of `cargo metadata` where Cargo is installed, and of the
/// manifests otherwise.
struct CargoWorkspace {
    /// The directory of the workspace's manifest, which may be above the project; the project's own without a workspace.
    private(set) var root: String
    /// Where products go, absolute.
    private(set) var targetDirectory: String
    /// All packages of the workspace.
    private(set) var packages: [CargoPackage]
    /// Those that `cargo build` builds in the project's directory.
    private(set) var builtPackages: [CargoPackage]
    /// The package of the project's own manifest; `nil` for a workspace without one.
    private(set) var ownPackage: CargoPackage?
    /// The target that Cargo's configuration names.
    private(set) var target: String?
    /// The file that names it.
    private(set) var targetFile: String?

    init(directory: String, tools: ProjectTools) {
        let configuration = CargoConfiguration(directory: directory)
        target = configuration.target
        targetFile = configuration.targetFile
        let manifest = Self.read(directory + "/Cargo.toml") ?? TOMLTable()
        root = Self.root(of: directory, manifest)
        packages = []
        builtPackages = []
        targetDirectory = configuration.targetDirectory ?? root + "/target"
        if let run = tools.run(["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"], directory),
            run.isSuccess, let metadata = (try? JSONValue(parsing: Array(run.output.utf8)))?.object
        {
            read(metadata, directory)
        }
        if packages.isEmpty { read(manifest, directory) }
    }

    /// Whether `cargo build` in the project's directory makes less than all programs of the workspace.
    var buildsAll: Bool { builtPackages.count == packages.count }

    // MARK: By the manifests

    private mutating func read(_ manifest: TOMLTable, _ directory: String) {
        let rootManifest = root == directory ? manifest : Self.read(root + "/Cargo.toml") ?? TOMLTable()
        let workspace = rootManifest["workspace"]?.table
        let shared = workspace?["package"]?.table
        func package(_ path: String) -> CargoPackage? {
            let manifest = path == root ? rootManifest : Self.read(path + "/Cargo.toml")
            return manifest.flatMap { CargoPackage(directory: path, manifest: $0, workspace: shared) }
        }
        let own = package(directory)
        ownPackage = own
        guard let workspace else {
            packages = own.map { [$0] } ?? []
            builtPackages = packages
            return
        }
        var paths = rootManifest["package"] == nil ? [] : [root]
        let excluded = Set(Self.directories(workspace["exclude"], below: root))
        for path in Self.directories(workspace["members"], below: root) where !excluded.contains(path) {
            if !paths.contains(path) { paths.append(path) }
        }
        packages = paths.compactMap(package)
        if directory != root {
            builtPackages = own.map { [$0] } ?? []
        } else if let chosen = workspace["default-members"] {
            builtPackages = Self.directories(chosen, below: root).compactMap(package)
        } else {
            builtPackages = own.map { [$0] } ?? packages
        }
    }

    /// The directory of the workspace that a package is a member of: that of the nearest manifest above it that has
    /// `[workspace]` and does not exclude it.
    private static func root(of directory: String, _ manifest: TOMLTable) -> String {
        if manifest["workspace"] != nil { return directory }
        if let path = manifest["package"]?.table?["workspace"]?.string {
            return FilePath.absolute(path, in: directory)
        }
        var parent = directory
        while parent != "/" {
            parent = FilePath.parent(parent)
            guard let workspace = read(parent + "/Cargo.toml")?["workspace"]?.table else { continue }
            let excluded = directories(workspace["exclude"], below: parent)
            if excluded.contains(where: { directory == $0 || directory.hasPrefix($0 + "/") }) { return directory }
            return directories(workspace["members"], below: parent).contains(directory) ? parent : directory
        }
        return directory
    }

    /// The directories with a manifest that paths and patterns name.
    private static func directories(_ value: TOMLValue?, below root: String) -> [String] {
        (value?.array ?? []).compactMap(\.string).flatMap { DirectoryPattern.directories($0, below: root) }
    }

    private static func read(_ path: String) -> TOMLTable? {
        (try? FileReader.bytes(of: path, limit: 16 << 20)).flatMap { try? TOMLTable(parsing: $0) }
    }

    // MARK: By Cargo

    private mutating func read(_ metadata: JSONObject, _ directory: String) {
        let described = (metadata["packages"]?.array ?? []).compactMap { value in
            value.object.flatMap { object in object["id"]?.string.map { ($0, CargoPackage(metadata: object)) } }
        }
        let byID = Dictionary(described, uniquingKeysWith: { first, _ in first })
        let members = metadata["workspace_members"]?.array?.compactMap { $0.string.flatMap { byID[$0] } } ?? []
        guard !members.isEmpty else { return }
        packages = members
        root = metadata["workspace_root"]?.string ?? root
        targetDirectory = metadata["target_directory"]?.string ?? targetDirectory
        ownPackage = members.first { $0.directory == directory }
        // Before 1.71, Cargo did not say which members are built.
        let chosen = metadata["workspace_default_members"]?.array?.compactMap { $0.string.flatMap { byID[$0] } }
        builtPackages = ownPackage.flatMap { directory == root ? nil : [$0] } ?? chosen ?? members
    }
}

extension CargoPackage {
    fileprivate init(metadata: JSONObject) {
        func names(_ kind: String) -> [String] {
            (metadata["targets"]?.array ?? []).compactMap { target in
                let kinds = target.object?["kind"]?.array?.compactMap(\.string) ?? []
                return kinds.contains(kind) ? target.object?["name"]?.string : nil
            }
        }
        self.init(
            directory: FilePath.parent(metadata["manifest_path"]?.string ?? ""),
            name: metadata["name"]?.string ?? "", version: metadata["version"]?.string,
            summary: metadata["description"]?.string,
            authors: metadata["authors"]?.array?.compactMap(\.string) ?? [], programs: names("bin"),
            libraries: names("cdylib").map { $0.replacing("-", with: "_") })
    }
}
