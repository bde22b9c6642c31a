import Platform

/// The files of an existing project that its HIPPOFACTS could name.
struct ProjectFiles {
    /// Modules, relative to the project, those nearest to it first.
    private(set) var modules: [String] = []
    /// Go files, relative to the project, but those of other modules in it.
    private(set) var goFiles: [String] = []
    /// Patterns for what a browser would be served.
    private(set) var sitePatterns: [String] = []

    /// Directories with a go.mod of their own, each with `/` at its end.
    private var otherGoModules: [String] = []

    /// Directories that are not looked into: what tools keep there is not what a project offers.
    private static let skipped: Set<String> = [
        "node_modules", "deps", "incremental", "vendor", "zig-cache", "bazel-out", "testdata",
    ]
    private static let maximumDepth = 5
    /// Enough for any project; in a larger tree, modules are not looked for.
    private static let maximumCount = 20_000
    private static let siteExtensions = ["html", "css", "js", "mjs", "svg", "png", "jpg", "webp", "ico"]
    private static let siteDirectories = ["public", "static", "www", "wwwroot", "assets"]

    init(in directory: String) {
        var count = 0
        walk(directory, "", depth: 0, &count)
        modules.sort { ($0.split(separator: "/").count, $0) < ($1.split(separator: "/").count, $1) }
        findSite(directory)
    }

    private mutating func walk(_ root: String, _ path: String, depth: Int, _ count: inout Int) {
        let names = (try? Directories.names(in: root + "/" + path)) ?? []
        if !path.isEmpty, names.contains("go.mod") { otherGoModules.append(path + "/") }
        for name in names.sorted() where !name.hasPrefix(".") {
            count += 1
            guard count < Self.maximumCount else { return }
            let child = path.isEmpty ? name : path + "/" + name
            switch FileStatus(linkAt: root + "/" + child)?.kind {
            case .directory?:
                if depth < Self.maximumDepth && !Self.skipped.contains(name) {
                    walk(root, child, depth: depth + 1, &count)
                }
            case .regular?: note(child, name)
            default: break
            }
        }
    }

    private mutating func note(_ path: String, _ name: String) {
        if name.hasSuffix(".wasm") || name.hasSuffix(".wat") { modules.append(path) }
        if name.hasSuffix(".go"), !name.hasPrefix("_"), !otherGoModules.contains(where: path.hasPrefix) {
            goFiles.append(path)
        }
    }

    private mutating func findSite(_ directory: String) {
        let names = (try? Directories.names(in: directory)) ?? []
        if names.contains("index.html") {
            // Data and text are left out: mostly, they belong to build tools.
            let extensions = Set(
                names.compactMap { name in
                    name.dropFirst().contains(".") ? name.split(separator: ".").last.map(String.init) : nil
                })
            sitePatterns = Self.siteExtensions.filter(extensions.contains).map { "*.\($0)" }
        }
        for name in Self.siteDirectories {
            if FileStatus(path: directory + "/" + name)?.isDirectory == true {
                sitePatterns.append("\(name)/**/*")
            }
        }
    }
}
