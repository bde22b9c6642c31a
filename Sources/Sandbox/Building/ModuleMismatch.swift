import Content
import Hippofacts
import Platform

/// A module that HIPPOFACTS names and the build does not make, while it makes another one of the same name.
///
/// The path of what Cargo makes has the name of the target, which was another one until 2024: a HIPPOFACTS of that time
/// names a module that is served for ever, and that no build touches.
struct ModuleMismatch: Hashable {
    /// As HIPPOFACTS has it.
    let named: String
    /// Relative to the project; may lead out of it.
    let made: String
    /// Whether there is no file of that name.
    let isMissing: Bool

    /// What to say of it.
    var advice: String {
        let remedy =
            "Is that the one that is meant? Then change the line in HIPPOFACTS; for a project of Cargo, "
            + "'hippo-dev init --fix' does."
        return isMissing
            ? "There is \(made), of the same name. \(remedy)"
            : "The build has not touched \(named), which HIPPOFACTS names, and has made \(made). \(remedy)"
    }

    /// Finds them.
    ///
    /// - Parameters:
    ///   - buildStart: when a build began that has ended well, in nanoseconds since 1970; `nil` to look only for modules
    ///     that are missing.
    static func all(_ facts: Hippofacts?, in directory: String, buildStart: Int64?) -> [ModuleMismatch] {
        var found: [ModuleMismatch] = []
        var candidates: [String]?
        for module in (facts?.dependencies.modules ?? []).map(\.string).sorted() where module.hasSuffix(".wasm") {
            let status = FileStatus(path: "\(directory)/\(module)")
            if let status {
                guard let buildStart, status.identity.modificationTime < buildStart else { continue }
            }
            if candidates == nil { candidates = modules(of: directory) }
            let alike = (candidates ?? []).filter { candidate in
                guard candidate != module, stem(candidate) == stem(module) else { return false }
                guard status != nil, let buildStart else { return true }
                let time = FileStatus(path: "\(directory)/\(candidate)")?.identity.modificationTime ?? 0
                return time >= buildStart
            }
            // Among several, nobody can tell.
            guard alike.count == 1 else { continue }
            found.append(ModuleMismatch(named: module, made: alike[0], isMissing: status == nil))
        }
        return found
    }

    /// Cargo writes `-` in the names of programs, and `_` in those of libraries.
    private static func stem(_ path: String) -> String { FilePath.name(path).replacing("_", with: "-") }

    // MARK: Looking for modules

    /// What compilers and package managers keep for themselves.
    private static let skipped: Set<String> = [
        "node_modules", "deps", "incremental", "build-script-build", ".git", ".hippo", ".zig-cache", "zig-cache",
    ]
    private static let maximumDepth = 6
    /// A tree with more entries is not searched to its end: this is advice, and not worth a wait.
    private static let maximumCount = 20_000

    /// All `.wasm` files of a project, and of the `target` of a Cargo workspace above it.
    private static func modules(of directory: String) -> [String] {
        var found: [String] = []
        var count = 0
        walk(directory, "", 0, &found, &count)
        var (parent, way) = (directory, "")
        while parent != "/" {
            parent = FilePath.parent(parent)
            way += "../"
            guard FileStatus(path: parent + "/Cargo.toml") != nil else { continue }
            walk(parent + "/target", way + "target", 1, &found, &count)
            break
        }
        return found
    }

    private static func walk(
        _ directory: String, _ path: String, _ depth: Int, _ found: inout [String], _ count: inout Int
    ) {
        for entry in DirectoryEntry.entries(ofDirectory: directory) ?? [] {
            count += 1
            guard count < maximumCount else { return }
            let child = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
            if entry.type == Int(DT_DIR) {
                guard depth < maximumDepth, !skipped.contains(entry.name) else { continue }
                walk("\(directory)/\(entry.name)", child, depth + 1, &found, &count)
            } else if entry.name.hasSuffix(".wasm") {
                found.append(child)
            }
        }
    }
}
