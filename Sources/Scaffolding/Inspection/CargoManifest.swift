import Platform
import TOML

/// What a Cargo.toml says of the programs that it builds.
struct CargoManifest {
    /// The package's name; that of the first member for a workspace without one.
    private(set) var name: String?
    /// The programs' names.
    private(set) var programs: [String] = []
    /// Patterns for what the build reads.
    private(set) var watch = ["src/**/*", "Cargo.toml", "Cargo.lock"]
    /// The target that the project's own `.cargo/config.toml` sets.
    private(set) var target: String?

    init(directory: String) {
        let manifest = Self.read(directory + "/Cargo.toml")
        add(manifest, directory: directory)
        name = manifest?["package"]?.table?["name"]?.string
        for member in manifest?["workspace"]?.table?["members"]?.array ?? [] {
            guard let path = member.string, !path.contains("*") else { continue }
            let table = Self.read("\(directory)/\(path)/Cargo.toml")
            add(table, directory: directory + "/" + path)
            watch += ["\(path)/src/**/*", "\(path)/Cargo.toml"]
            if name == nil { name = table?["package"]?.table?["name"]?.string }
        }
        for file in ["config.toml", "config"] where target == nil {
            let setting = Self.read("\(directory)/.cargo/\(file)")?["build"]?.table?["target"]
            target = setting?.string ?? setting?.array?.first?.string
        }
    }

    private mutating func add(_ manifest: TOMLTable?, directory: String) {
        guard let package = manifest?["package"]?.table?["name"]?.string else { return }
        if FileStatus(path: directory + "/src/main.rs") != nil { programs.append(package) }
        for binary in manifest?["bin"]?.array ?? [] {
            guard let name = binary.table?["name"]?.string else { continue }
            // A [[bin]] for src/main.rs renames the package's own.
            if binary.table?["path"]?.string == "src/main.rs" { programs.removeAll { $0 == package } }
            if !programs.contains(name) { programs.append(name) }
        }
        for file in ((try? Directories.names(in: directory + "/src/bin")) ?? []).sorted() {
            let name = file.hasSuffix(".rs") ? String(file.dropLast(3)) : file
            if !programs.contains(name) { programs.append(name) }
        }
    }

    private static func read(_ path: String) -> TOMLTable? {
        (try? FileReader.bytes(of: path, limit: 16 << 20)).flatMap { try? TOMLTable(parsing: $0) }
    }
}
