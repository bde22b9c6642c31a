import Platform

/// Finds out what an existing project is, from the files of its build tool.
package struct ProjectInspector {
    /// What a project was taken for.
    package struct Finding: Sendable {
        package let kind: ProjectKind
        package var description: ProjectDescription
        /// Files that the project needs beside those that describe it.
        package var additions: [ScaffoldFile] = []
        /// What was assumed and should be looked at.
        package var notes: [String] = []
    }

    private let directory: String
    private let files: ProjectFiles
    private let tools: ProjectTools

    /// - Parameters:
    ///   - directory: the project's; absolute.
    ///   - tools: programs that are asked where they are installed.
    package init(directory: String, tools: ProjectTools = .installed) {
        self.directory = directory
        self.tools = tools
        files = ProjectFiles(in: directory)
    }

    /// What the project can be taken for, the likeliest first.
    package var candidates: [ProjectKind] {
        ProjectKind.allCases.filter { kind in
            switch kind {
            case .modules: !files.modules.isEmpty
            case .make: makefile != nil
            case .rust, .go, .zig, .swift, .npm, .static: exists(kind.evidence)
            }
        }
    }

    /// Looks at the project as one of a kind.
    package func finding(_ kind: ProjectKind) -> Finding {
        switch kind {
        case .rust: rust()
        case .go: go()
        case .zig: zig()
        case .swift: swift()
        case .npm: npm()
        case .make: make()
        case .modules: describe(.modules, name: directoryName, modules: files.modules, build: nil, toolchain: .none)
        case .static: staticSite()
        }
    }

    // MARK: Kinds

    private func staticSite() -> Finding {
        let description = ProjectDescription(
            name: ProjectName(adapting: directoryName),
            handlers: [.init(module: "version.wat", route: "/version", files: files.sitePatterns)], toolchain: .none)
        return Finding(
            kind: .static, description: description, additions: Template.versionHandler(description.name),
            notes: ["HIPPOFACTS has to name a handler: version.wat is one that answers /version."])
    }

    private func make() -> Finding {
        let named = MakefileOutputs(makefile.flatMap(read) ?? "").modules
        return describe(
            .make, name: directoryName, modules: named.isEmpty ? files.modules.filter { $0.hasSuffix(".wasm") } : named,
            guess: "build/\(ProjectName(adapting: directoryName).package).wasm",
            build: .init(command: "make", watch: []), toolchain: .other)
    }

    private var makefile: String? { ["Makefile", "makefile", "GNUmakefile"].first(where: exists) }

    private func npm() -> Finding {
        let manifest = PackageManifest(read("package.json") ?? "")
        let name = manifest.name ?? directoryName
        let manager = NodePackageManager(exists)
        let build = manifest.buildScript.map { script in
            let install = manifest.hasDependencies ? "test -d node_modules || \(manager.installation) && " : ""
            return ProjectDescription.Build(
                command: "\(install)\(manager.name) run \(script)",
                watch: manifest.isAssemblyScript ? ["assembly/**/*", "package.json", "asconfig.json"] : [])
        }
        let outputs = ScriptOutputs(manifest.commands, isAssemblyScript: manifest.isAssemblyScript, read: read)
        var finding = describe(
            .npm, name: name, modules: outputs.modules.isEmpty ? files.modules : outputs.modules,
            isGuess: outputs.isAssumed, guess: "build/\(ProjectName(adapting: name).package).wasm", build: build,
            toolchain: manifest.isAssemblyScript ? .assemblyScript : .other, ignored: ["node_modules/"])
        finding.take(version: manifest.version, summary: manifest.summary, authors: manifest.authors)
        if build == nil {
            finding.notes.append("package.json has no script that builds: put a [build] command into hippo-dev.toml.")
        }
        return finding
    }

    private func rust() -> Finding {
        let workspace = CargoWorkspace(directory: directory, tools: tools)
        var built = workspace.builtPackages
        var command = "cargo build --release"
        if built.allSatisfy({ $0.programs.isEmpty }), workspace.root == directory,
            workspace.packages.contains(where: { !$0.programs.isEmpty })
        {
            // Cargo would build no program of the workspace.
            command += " --workspace"
            built = workspace.packages
        }
        let target = workspace.target ?? Self.rustTarget
        if workspace.target == nil { command += " --target \(target)" }
        let main = workspace.ownPackage ?? built.first
        let name = main?.name ?? directoryName
        let products = "\(relative(workspace.targetDirectory))/\(target)/release"
        let programs = built.flatMap(\.programs)
        let names = programs.isEmpty ? built.flatMap(\.libraries) : programs
        var finding = describe(
            .rust, name: name, modules: names.map { "\(products)/\($0).wasm" },
            guess: "\(products)/\(ProjectName(adapting: name).package).wasm",
            build: .init(command: command, watch: watched(workspace)), toolchain: .rust)
        finding.take(version: main?.version, summary: main?.summary, authors: main?.authors ?? [])
        if programs.isEmpty {
            finding.notes.append(
                names.isEmpty
                    ? "Cargo.toml names no program (there is no src/main.rs): a library is no handler."
                    : "\(names.joined(separator: ", ")) is a library: say in HIPPOFACTS which function answers, with "
                        + "entrypoint = \"NAME\".")
        }
        if workspace.root != directory {
            finding.notes.append(
                "The package is a member of the workspace in \(relative(workspace.root)): the module is made in "
                    + "\(relative(workspace.targetDirectory)), and changes of other members are not watched.")
        }
        if let old = Self.outdatedTarget(target) {
            finding.notes.append(
                "\(workspace.targetFile.map(relative) ?? "CARGO_BUILD_TARGET") names the target \(old)")
        }
        return finding
    }

    /// What Rust calls WASI's first version since 1.78; 1.84 does not know the old name any more.
    static let rustTarget = OutdatedTarget.successor

    private static func outdatedTarget(_ target: String) -> String? {
        target == OutdatedTarget.name
            ? "wasm32-wasi, which Rust calls \(rustTarget) since 1.78, and does not know since 1.84." : nil
    }

    /// Patterns for what Cargo reads in the project's directory.
    private func watched(_ workspace: CargoWorkspace) -> [String] {
        var patterns: [String] = []
        for package in workspace.packages {
            guard package.directory == directory || package.directory.hasPrefix(directory + "/") else { continue }
            let place = package.directory == directory ? "" : relative(package.directory) + "/"
            patterns += ["\(place)src/**/*", "\(place)Cargo.toml"]
            if exists(place + "build.rs") { patterns.append("\(place)build.rs") }
        }
        if !patterns.contains("Cargo.toml") { patterns.append("Cargo.toml") }
        patterns.append("Cargo.lock")
        if exists(".cargo/config.toml") { patterns.append(".cargo/config.toml") }
        return patterns
    }

    private func go() -> Finding {
        let module = (read("go.mod") ?? "").split(separator: "\n").compactMap { line -> Substring? in
            let words = line.split(separator: " ")
            return words.count >= 2 && words[0] == "module" ? words[1] : nil
        }.first
        let name = module?.split(separator: "/").last { !$0.isMajorVersion }.map(String.init) ?? directoryName
        let package = ProjectName(adapting: name).package
        var programs = GoPrograms(files.goFiles, in: directory, name: package).programs
        let isGuess = programs.isEmpty
        if isGuess { programs = [.init(package: ".", name: package)] }
        let builds = programs.map { "GOOS=wasip1 GOARCH=wasm go build -o build/\($0.name).wasm \($0.package)" }
        var finding = describe(
            .go, name: name, modules: programs.map { "build/\($0.name).wasm" }, isGuess: isGuess,
            build: .init(command: builds.joined(separator: " && "), watch: ["**/*.go", "go.mod", "go.sum"]),
            toolchain: .go)
        if isGuess { finding.notes.append("No Go file of the package main was found: a library is no handler.") }
        return finding
    }

    private func zig() -> Finding {
        let programs = Matches.of(
            #/addExecutable\s*\(\s*\.\{[^}]*?\.name\s*=\s*"([^"]+)"/#, in: read("build.zig") ?? "")
        let manifest = read("build.zig.zon") ?? ""
        let package = Matches.of(#/\.name\s*=\s*(?:\.@"|\.|")([A-Za-z0-9_\-]+)/#, in: manifest).first
        let name = package ?? programs.first ?? directoryName
        var finding = describe(
            .zig, name: name, modules: programs.map { "zig-out/bin/\($0).wasm" }, guess: "zig-out/bin/\(name).wasm",
            build: .init(
                command: "zig build -Dtarget=wasm32-wasi -Doptimize=ReleaseSmall",
                watch: ["src/**/*", "build.zig", "build.zig.zon"]),
            toolchain: .zig, ignored: [".zig-cache/", "zig-cache/"])
        finding.take(version: Matches.of(#/\.version\s*=\s*"([^"]+)"/#, in: manifest).first, summary: nil, authors: [])
        return finding
    }

    private func swift() -> Finding {
        let text = read("Package.swift") ?? ""
        let name = Matches.of(#/Package\s*\(\s*name:\s*"([^"]+)"/#, in: text).first ?? directoryName
        let programs = Matches.of(#/executableTarget\s*\(\s*name:\s*"([^"]+)"/#, in: text)
        let products = ".build/wasm32-unknown-wasip1/release"
        var finding = describe(
            .swift, name: name, modules: programs.map { "\(products)/\($0).wasm" }, guess: "\(products)/\(name).wasm",
            build: .init(
                command: "swift build -c release --swift-sdk wasm32-unknown-wasip1",
                watch: ["Sources/**/*", "Package.swift"]),
            toolchain: .swift)
        finding.notes.append(
            "The build command names the SDK wasm32-unknown-wasip1: 'swift sdk list' tells what yours is called.")
        return finding
    }

    // MARK: Parts

    /// A finding of modules: one handler, or one for each module.
    ///
    /// - Parameters:
    ///   - isGuess: whether the modules are no more than likely.
    ///   - guess: the module where none is known.
    private func describe(
        _ kind: ProjectKind, name: String, modules found: [String], isGuess: Bool = false, guess: String? = nil,
        build: ProjectDescription.Build?, toolchain: Toolchain, ignored: [String] = []
    ) -> Finding {
        var notes: [String] = []
        var modules = found
        var isGuess = isGuess
        if modules.isEmpty, let guess {
            modules = [guess]
            isGuess = true
        }
        if isGuess {
            let list = modules.joined(separator: ", ")
            notes.append(
                "The module's path, \(list), is a guess: nothing in the project says where the build writes it. "
                    + "'hippo-dev up' says where it was written instead; correct it in HIPPOFACTS.")
        }
        let patterns = files.sitePatterns
        let handlers = modules.enumerated().map { index, module in
            let stem = module.split(separator: "/").last.map { $0.prefix { $0 != "." } } ?? "module"
            // With files beside it, a handler for all paths would hide them.
            let route = modules.count > 1 ? "/\(stem)/..." : patterns.isEmpty ? "/..." : "/api/..."
            return ProjectDescription.Handler(
                module: module, route: route, files: index == 0 ? patterns : [], isGuess: isGuess)
        }
        if modules.count > 1 {
            notes.append("There are \(modules.count) modules: each is a handler below a route of its own name.")
        } else if !patterns.isEmpty {
            notes.append("The handler answers below /api, so that files are served at the other paths.")
        }
        var ignored = ignored
        if build != nil {
            for module in modules {
                if let line = ignoredPath(of: module), !ignored.contains(line) { ignored.append(line) }
            }
        }
        return Finding(
            kind: kind,
            description: ProjectDescription(
                name: ProjectName(adapting: name), handlers: handlers, build: build, toolchain: toolchain,
                ignored: ignored),
            notes: notes)
    }

    /// What of a module's path version control leaves out: the directory that has nothing but products, or the module.
    /// `nil` for what lies outside the project.
    private func ignoredPath(of module: String) -> String? {
        let components = module.split(separator: "/")
        guard components.count > 1, components[0] != ".." else { return components.count == 1 ? "/" + module : nil }
        let top = String(components[0])
        let isProducts = Self.productDirectories.contains(top) || !exists(top)
        return isProducts ? top + "/" : "/" + module
    }

    private static let productDirectories: Set<String> = [
        "build", "dist", "out", "target", "bin", "zig-out", ".build", "pkg", "release", "debug",
    ]

    /// A path as one relative to the project, which may lead out of it.
    private func relative(_ path: String) -> String {
        let (own, other) = (directory.split(separator: "/"), path.split(separator: "/"))
        let common = zip(own, other).prefix { $0 == $1 }.count
        let parts = own.dropFirst(common).map { _ in ".." } + other.dropFirst(common).map(String.init)
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    private var directoryName: String { directory.split(separator: "/").last.map(String.init) ?? "app" }

    private func exists(_ path: String) -> Bool {
        FileStatus(path: directory + "/" + path) != nil
    }

    private func read(_ path: String) -> String? {
        (try? FileReader.bytes(of: directory + "/" + path, limit: 16 << 20)).flatMap {
            String(validating: $0, as: UTF8.self)
        }
    }
}

extension Substring {
    /// True for what ends the path of a Go module from its second version on, such as `v2`.
    fileprivate var isMajorVersion: Bool { first == "v" && count > 1 && dropFirst().allSatisfy(\.isNumber) }
}

extension ProjectInspector.Finding {
    /// Takes over what a manifest says, as far as HIPPOFACTS can say it.
    fileprivate mutating func take(version: String?, summary: String?, authors: [String]) {
        if let version, version.wholeMatch(of: #/\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+\-]+)?/#) != nil {
            description.version = version
        }
        if let summary, !summary.isEmpty { description.summary = summary }
        description.authors = authors
    }
}
