import Platform
import TOML

/// A package of Cargo: what its manifest says, completed by what Cargo assumes.
struct CargoPackage {
    let directory: String
    let name: String
    var version: String?
    var summary: String?
    var authors: [String]
    /// The programs' names.
    var programs: [String]
    /// The names of the modules that its library becomes, if that is a `cdylib`.
    var libraries: [String]

    /// The package that a manifest describes; `nil` if it describes none.
    ///
    /// - Parameter workspace: the `[workspace.package]` that the manifest may refer to.
    init?(directory: String, manifest: TOMLTable, workspace: TOMLTable?) {
        guard let package = manifest["package"]?.table, let name = package["name"]?.string else { return nil }
        self.directory = directory
        self.name = name
        func value(_ key: String) -> TOMLValue? {
            package[key]?.table?["workspace"]?.boolean == true ? workspace?[key] : package[key]
        }
        version = value("version")?.string
        summary = value("description")?.string
        authors = value("authors")?.array?.compactMap(\.string) ?? []
        programs = Self.programs(of: name, manifest, directory)
        let library = manifest["lib"]?.table
        let isModule = library?["crate-type"]?.array?.contains { $0.string == "cdylib" } ?? false
        libraries = isModule ? [(library?["name"]?.string ?? name).replacing("-", with: "_")] : []
    }

    /// A package as `cargo metadata` describes it.
    init(
        directory: String, name: String, version: String?, summary: String?, authors: [String], programs: [String],
        libraries: [String]
    ) {
        self.directory = directory
        self.name = name
        self.version = version
        self.summary = summary
        self.authors = authors
        self.programs = programs
        self.libraries = libraries
    }

    private static func programs(of name: String, _ manifest: TOMLTable, _ directory: String) -> [String] {
        var programs: [String] = []
        func add(_ name: String) {
            if !programs.contains(name) { programs.append(name) }
        }
        let findsBinaries = manifest["package"]?.table?["autobins"]?.boolean ?? true
        if findsBinaries, FileStatus(path: directory + "/src/main.rs") != nil { add(name) }
        for binary in manifest["bin"]?.array ?? [] {
            guard let other = binary.table?["name"]?.string else { continue }
            // A [[bin]] for src/main.rs renames the package's own.
            if binary.table?["path"]?.string == "src/main.rs" { programs.removeAll { $0 == name } }
            add(other)
        }
        guard findsBinaries else { return programs }
        for file in ((try? Directories.names(in: directory + "/src/bin")) ?? []).sorted() {
            if file.hasSuffix(".rs") {
                add(String(file.dropLast(3)))
            } else if FileStatus(path: "\(directory)/src/bin/\(file)/main.rs") != nil {
                add(file)
            }
        }
        return programs
    }
}
