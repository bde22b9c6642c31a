import Platform

/// Finds out what an existing project is, from the files of its build tool.
package struct ProjectInspector {
    /// What a project was taken for.
    package struct Finding: Sendable {
        package let kind: ProjectKind
        package let description: ProjectDescription
        /// Files that the project needs beside those that describe it.
        package var additions: [ScaffoldFile] = []
        /// What was assumed and should be looked at.
        package var notes: [String] = []
    }

    private let directory: String
    private let files: ProjectFiles

    /// - Parameter directory: the project's; absolute.
    package init(directory: String) {
        self.directory = directory
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
        let text = makefile.flatMap(read) ?? ""
        // Words with variables or patterns in them are no names of files.
        let named = text.split { " \t\n:=\"'".contains($0) }.map(String.init).filter { word in
            word.hasSuffix(".wasm") && !word.contains { "%$*".contains($0) } && !word.hasPrefix("/")
        }
        return describe(
            .make, name: directoryName, modules: named.isEmpty ? files.modules : Array(Set(named)).sorted(),
            guess: "build/\(ProjectName(adapting: directoryName).package).wasm",
            build: .init(command: "make", watch: []), toolchain: .other)
    }

    private var makefile: String? { ["Makefile", "makefile", "GNUmakefile"].first(where: exists) }

    private func npm() -> Finding {
        let manifest = PackageManifest(read("package.json") ?? "")
        let name = manifest.name ?? directoryName
        let build = manifest.buildScript.map { script in
            ProjectDescription.Build(
                command: "test -d node_modules || npm install; npm run \(script)",
                watch: manifest.isAssemblyScript ? ["assembly/**/*", "package.json", "asconfig.json"] : [])
        }
        var finding = describe(
            .npm, name: name, modules: manifest.outputs.isEmpty ? files.modules : manifest.outputs,
            guess: "build/\(ProjectName(adapting: name).package).wasm", build: build,
            toolchain: manifest.isAssemblyScript ? .assemblyScript : .other, ignored: ["node_modules/"])
        if build == nil {
            finding.notes.append("package.json has no script that builds: put a [build] command into hippo-dev.toml.")
        }
        return finding
    }

    private func rust() -> Finding {
        let manifest = CargoManifest(directory: directory)
        let name = manifest.name ?? directoryName
        let target = manifest.target ?? (exists("target/wasm32-wasi") ? "wasm32-wasi" : "wasm32-wasip1")
        let products = "target/\(target)/release"
        var finding = describe(
            .rust, name: name, modules: manifest.programs.map { "\(products)/\($0).wasm" },
            guess: "\(products)/\(ProjectName(adapting: name).package).wasm",
            build: .init(
                command: "cargo build --release" + (manifest.target == nil ? " --target \(target)" : ""),
                watch: manifest.watch),
            toolchain: .rust, ignored: ["target/"])
        if manifest.programs.isEmpty {
            finding.notes.append("Cargo.toml names no program (there is no src/main.rs): a library is no handler.")
        }
        return finding
    }

    private func go() -> Finding {
        let module = (read("go.mod") ?? "").split(separator: "\n").compactMap { line -> Substring? in
            let words = line.split(separator: " ")
            return words.count >= 2 && words[0] == "module" ? words[1] : nil
        }.first
        let name = module?.split(separator: "/").last { !$0.isMajorVersion }.map(String.init) ?? directoryName
        var programs = files.goCommands.map { (package: "./cmd/\($0)", name: $0) }
        if programs.isEmpty || files.hasRootGoProgram {
            programs.insert((".", ProjectName(adapting: name).package), at: 0)
        }
        let builds = programs.map { "GOOS=wasip1 GOARCH=wasm go build -o build/\($0.name).wasm \($0.package)" }
        return describe(
            .go, name: name, modules: programs.map { "build/\($0.name).wasm" },
            build: .init(command: builds.joined(separator: " && "), watch: ["**/*.go", "go.mod", "go.sum"]),
            toolchain: .go, ignored: ["build/"])
    }

    private func zig() -> Finding {
        let programs = Matches.of(
            #/addExecutable\s*\(\s*\.\{[^}]*?\.name\s*=\s*"([^"]+)"/#, in: read("build.zig") ?? "")
        let package = Matches.of(#/\.name\s*=\s*(?:\.@"|\.|")([A-Za-z0-9_\-]+)/#, in: read("build.zig.zon") ?? "").first
        let name = package ?? programs.first ?? directoryName
        return describe(
            .zig, name: name, modules: programs.map { "zig-out/bin/\($0).wasm" }, guess: "zig-out/bin/\(name).wasm",
            build: .init(
                command: "zig build -Dtarget=wasm32-wasi -Doptimize=ReleaseSmall",
                watch: ["src/**/*", "build.zig", "build.zig.zon"]),
            toolchain: .zig, ignored: ["zig-out/", ".zig-cache/", "zig-cache/"])
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
            toolchain: .swift, ignored: [".build/"])
        finding.notes.append(
            "The build command names the SDK wasm32-unknown-wasip1: 'swift sdk list' tells what yours is called.")
        return finding
    }

    // MARK: Parts

    /// A finding of modules: one handler, or one for each module.
    private func describe(
        _ kind: ProjectKind, name: String, modules found: [String], guess: String? = nil,
        build: ProjectDescription.Build?, toolchain: Toolchain, ignored: [String] = []
    ) -> Finding {
        var notes: [String] = []
        var modules = found
        if modules.isEmpty, let guess {
            modules = [guess]
            notes.append("The module's path, \(guess), is a guess: correct it in HIPPOFACTS.")
        }
        let patterns = files.sitePatterns
        let handlers = modules.enumerated().map { index, module in
            let stem = module.split(separator: "/").last.map { $0.prefix { $0 != "." } } ?? "module"
            // With files beside it, a handler for all paths would hide them.
            let route = modules.count > 1 ? "/\(stem)/..." : patterns.isEmpty ? "/..." : "/api/..."
            return ProjectDescription.Handler(module: module, route: route, files: index == 0 ? patterns : [])
        }
        if modules.count > 1 {
            notes.append("There are \(modules.count) modules: each is a handler below a route of its own name.")
        } else if !patterns.isEmpty {
            notes.append("The handler answers below /api, so that files are served at the other paths.")
        }
        return Finding(
            kind: kind,
            description: ProjectDescription(
                name: ProjectName(adapting: name), handlers: handlers, build: build, toolchain: toolchain,
                ignored: ignored),
            notes: notes)
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

/// What the first group of a regular expression matches in a text.
private enum Matches {
    static func of(_ pattern: Regex<(Substring, Substring)>, in text: String) -> [String] {
        text.matches(of: pattern).map { String($0.output.1) }
    }
}
