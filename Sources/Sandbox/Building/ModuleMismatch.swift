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
        guard let dependencies = facts?.dependencies else { return [] }
        var found: [ModuleMismatch] = []
        var candidates: [FileID: String]?
        for module in dependencies.modulePaths where module.hasSuffix(".wasm") {
            let status = FileStatus(path: "\(directory)/\(module)")
            if let status {
                guard let buildStart, status.identity.modificationTime < buildStart else { continue }
            }
            let all = candidates ?? modules(of: directory, above: dependencies)
            candidates = all
            let alike = all.filter { id, candidate in
                guard candidate != module, id != status?.id, stem(candidate) == stem(module) else { return false }
                guard status != nil, let buildStart else { return true }
                let time = FileStatus(path: "\(directory)/\(candidate)")?.identity.modificationTime ?? 0
                return time >= buildStart
            }
            // Among several, nobody can tell.
            guard alike.count == 1, let made = alike.first?.value else { continue }
            found.append(ModuleMismatch(named: module, made: made, isMissing: status == nil))
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

    /// All `.wasm` files of a project, of the `target` of a Cargo workspace above it, and of the directories above it that
    /// HIPPOFACTS names modules in: their paths relative to the project. A file that several ways lead to has the first.
    private static func modules(of directory: String, above dependencies: Hippofacts.Dependencies) -> [FileID: String] {
        var found: [FileID: String] = [:]
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
        for (module, ascent) in dependencies.modulesAbove.sorted(by: { $0.key < $1.key }) {
            guard let first = module.components.first, module.parent != nil else { continue }
            let path = String(repeating: "../", count: ascent) + first
            walk("\(directory)/\(path)", path, 1, &found, &count)
        }
        return found
    }

    private static func walk(
        _ directory: String, _ path: String, _ depth: Int, _ found: inout [FileID: String], _ count: inout Int
    ) {
        for entry in DirectoryEntry.entries(ofDirectory: directory) ?? [] {
            count += 1
            guard count < maximumCount else { return }
            let child = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
            if entry.type == Int(DT_DIR) {
                guard depth < maximumDepth, !skipped.contains(entry.name) else { continue }
                walk("\(directory)/\(entry.name)", child, depth + 1, &found, &count)
            } else if entry.name.hasSuffix(".wasm"), let id = FileStatus(path: "\(directory)/\(entry.name)")?.id {
                if found[id] == nil { found[id] = child }
            }
        }
    }
}

extension Hippofacts.Dependencies {
    /// The paths of all modules relative to the project, those outside of it with `../`, in their order.
    var modulePaths: [String] {
        let above = modulesAbove.map { String(repeating: "../", count: $0.value) + $0.key.string }
        return modules.map(\.string).sorted() + above.sorted()
    }
}
