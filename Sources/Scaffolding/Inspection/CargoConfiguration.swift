import Platform
import TOML

/// What the nearest of Cargo's configuration files says of the target: those of the project's directory, and of those
/// above it.
///
/// See https://doc.rust-lang.org/cargo/reference/config.html
struct CargoConfiguration {
    private(set) var target: String?
    /// The file that names the target.
    private(set) var targetFile: String?
    /// Absolute.
    private(set) var targetDirectory: String?

    init(directory: String) {
        if let path = ProcessEnvironment.value("CARGO_TARGET_DIR"), !path.isEmpty {
            targetDirectory = FilePath.absolute(path, in: directory)
        }
        if let name = ProcessEnvironment.value("CARGO_BUILD_TARGET"), !name.isEmpty { target = name }
        var parent = directory
        while true {
            for name in ["config.toml", "config"] {
                let file = "\(parent)/.cargo/\(name)"
                guard let bytes = try? FileReader.bytes(of: file, limit: 16 << 20),
                    let build = (try? TOMLTable(parsing: bytes))?["build"]?.table
                else { continue }
                let named = build["target"]
                if target == nil, let name = named?.string ?? named?.array?.first?.string {
                    target = name
                    targetFile = file
                }
                if targetDirectory == nil, let path = build["target-dir"]?.string {
                    targetDirectory = FilePath.absolute(path, in: parent)
                }
                break
            }
            if parent == "/" { return }
            parent = FilePath.parent(parent)
        }
    }
}
