import Hippofacts
import JSON
import Platform
import Sandbox
import Scaffolding

/// Looks for the programs that a project is built by.
struct ToolchainDiagnosis {
    private let directory: String
    private let command: String?
    private let tools: ProjectTools
    /// What its build tool says of the project; `nil` if nothing is built.
    private let project: ProjectInspector.Finding?

    /// - Parameter command: What is built, as hippo-dev.toml says.
    init(directory: String, command: String?, tools: ProjectTools = .installed) {
        self.directory = directory
        self.command = command
        self.tools = tools
        let inspector = ProjectInspector(directory: directory, tools: tools)
        // Modules and pages are in most projects, and need nothing.
        let kind = inspector.candidates.first { $0 != .modules && $0 != .static }
        project = command == nil ? nil : kind.map(inspector.finding)
    }

    /// Modules that HIPPOFACTS names, and the build does not make.
    var misnamedModules: [String] { differences.map(\.named) }

    func findings() -> [Finding] {
        var findings: [Finding] = []
        var toolchain = Toolchain.none
        if let project {
            toolchain = project.description.toolchain
            findings += toolchain.tools.map(finding)
            if project.kind == .npm, toolchain == .other { findings += Toolchain.assemblyScript.tools.map(finding) }
            findings += misnamings
            switch project.kind {
            case .rust: findings += [rustTarget].compactMap { $0 } + outdatedTargets
            case .swift: findings += [swiftSDK].compactMap { $0 }
            case .npm: findings += [nodeModules].compactMap { $0 }
            default: break
            }
        }
        var known = Set(toolchain.tools.map(\.program))
        if let compilers {
            for tool in compilers.tools where known.insert(tool.program).inserted { findings.append(finding(tool)) }
            findings += clangTarget(compilers) + libraries(compilers) + [embeddedSwift(compilers)].compactMap { $0 }
        }
        for program in programs where !known.contains(program) {
            if ExecutablePath.find(program, in: ProcessEnvironment.value("PATH")) == nil {
                findings.append(
                    .problem(
                        program, "the build command starts '\(program)', which is not on the PATH",
                        remedy: "install it, or name its path in hippo-dev.toml"))
            } else {
                findings.append(.fine(program, "the build command starts it"))
            }
        }
        return findings
    }

    /// Lines of HIPPOFACTS that name what the build does not make.
    private var differences: [ModuleComparison.Difference] {
        guard let handlers = project?.description.handlers, !handlers.contains(where: \.isGuess),
            let path = try? Hippofacts.find(at: directory), let text = try? FileReader.text(of: path, limit: 16 << 20)
        else { return [] }
        return ModuleComparison(text, modules: handlers.map(\.module)).differences
    }

    private var misnamings: [Finding] {
        differences.map { difference in
            .problem(
                "HIPPOFACTS",
                "line \(difference.line) names \(difference.named), and the build makes \(difference.made)",
                remedy: "'hippo-dev init --fix' changes the line")
        }
    }

    private func finding(_ tool: ToolRequirement) -> Finding {
        guard let run = tools.run([tool.program] + tool.versionArguments, directory), run.isSuccess else {
            return .problem(tool.program, "it is not on the PATH, or does not start", remedy: tool.remedy)
        }
        let line = run.output.prefix { !$0.isNewline }
        guard let version = ToolRequirement.version(in: run.output) else { return .fine(tool.program, String(line)) }
        guard tool.isMet(by: version) else {
            let minimum = (tool.minimum ?? []).map(String.init).joined(separator: ".")
            return .problem(tool.program, "\(line) is older than \(minimum)", remedy: tool.remedy)
        }
        return .fine(tool.program, String(line))
    }

    /// The programs that the build command's simple commands start, as far as that can be read.
    private var programs: [String] {
        guard let command else { return [] }
        let separators = command.replacing("&&", with: ";").replacing("||", with: ";").replacing("|", with: ";")
        let builtIn: Set<String> = [
            "test", "cd", "echo", "true", "false", ":", "if", "then", "else", "fi", "for", "do", "done", "while",
            "export",
            "set", "exit", "[", "printf", ".", "eval", "exec", "{", "}", "case", "esac", "trap", "wait", "date",
        ]
        var found: [String] = []
        for part in separators.split(whereSeparator: { ";\n()".contains($0) }) {
            // Variables may be set before the program.
            let words = part.split(separator: " ").drop { $0.wholeMatch(of: #/[A-Za-z_]\w*=.*/#) != nil }
            guard let program = words.first.map(String.init), !builtIn.contains(program),
                program.wholeMatch(of: #/[A-Za-z0-9_.\-+]+/#) != nil, !found.contains(program)
            else { continue }
            found.append(program)
        }
        return found
    }

    // MARK: Targets

    /// What the build command starts, Makefiles and scripts included.
    private var compilers: BuildCompilers? {
        command.map {
            BuildCompilers(
                command: $0, directory: directory, wasiSDK: ProcessEnvironment.value("WASI_SDK_PATH"))
        }
    }

    /// Whether clang makes WebAssembly at all.
    private func clangTarget(_ compilers: BuildCompilers) -> [Finding] {
        compilers.tools.map(\.program).filter { FilePath.name($0).hasPrefix("clang") }.compactMap { clang in
            guard let run = tools.run([clang, "--print-targets"], directory), run.isSuccess else { return nil }
            return run.output.contains("wasm32")
                ? .fine("target", "\(clang) makes WebAssembly")
                : .problem(
                    "target", "\(clang) does not make WebAssembly", remedy: "install a clang with the target wasm32")
        }
    }

    /// Whether the libraries are there that a Makefile or a script names.
    private func libraries(_ compilers: BuildCompilers) -> [Finding] {
        var findings: [Finding] = []
        if let headers = compilers.wasiHeaders {
            findings.append(
                FileStatus(path: headers)?.isDirectory == true
                    ? .fine("wasi-libc", "\(headers) is there")
                    : .problem(
                        "wasi-libc", "\(headers) is not there",
                        remedy: "install wasi-libc (Debian: 'apt install wasi-libc')"))
        }
        if let routines = compilers.compilerRoutines {
            let found = PathPattern.matches(of: routines).first
            findings.append(
                found.map { .fine("compiler-rt", "\($0) is there") }
                    ?? .problem(
                        "compiler-rt", "\(routines) is not there",
                        remedy: "install clang's routines for wasm32 (Debian: 'apt install libclang-rt-14-dev-wasm32')")
            )
        }
        return findings
    }

    /// Whether the Swift compiler has the library of Embedded Swift for WebAssembly.
    private func embeddedSwift(_ compilers: BuildCompilers) -> Finding? {
        guard compilers.compilesEmbeddedSwift,
            let run = tools.run(["swiftc", "-print-target-info"], directory), run.isSuccess,
            let paths = try? JSONValue(parsing: Array(run.output.utf8)).object?["paths"]?.object,
            let resources = paths["runtimeResourcePath"]?.string
        else { return nil }
        let library = "\(resources)/embedded/Swift.swiftmodule"
        let targets = (try? Directories.names(in: library)) ?? []
        return targets.contains { $0.hasPrefix("wasm32-") }
            ? .fine("Embedded Swift", "\(library) has WebAssembly")
            : .problem(
                "Embedded Swift", "\(library) has nothing for WebAssembly",
                remedy: "install a toolchain of https://swift.org/install, 6.1 or later")
    }

    /// Whether the compiler has the library for the target.
    private var rustTarget: Finding? {
        let target = OutdatedTarget.successor
        guard let run = tools.run(["rustc", "--print", "target-libdir", "--target", target], directory) else {
            return nil
        }
        let library = String(run.output.prefix { !$0.isNewline })
        guard !run.isSuccess || FileStatus(path: library)?.isDirectory != true else {
            return .fine("target", "\(target) is installed")
        }
        return .problem("target", "\(target) is not installed", remedy: "'rustup target add \(target)'")
    }

    private var outdatedTargets: [Finding] {
        ["hippo-dev.toml", ".cargo/config.toml", ".cargo/config"].flatMap { name -> [Finding] in
            guard let text = try? FileReader.text(of: "\(directory)/\(name)", limit: 16 << 20) else { return [] }
            return OutdatedTarget.lines(of: text).map { line in
                .problem(
                    "target", "\(name):\(line) names \(OutdatedTarget.name), which Rust does not know since 1.84",
                    remedy: "'hippo-dev init --fix' writes \(OutdatedTarget.successor)")
            }
        }
    }

    private var swiftSDK: Finding? {
        guard let run = tools.run(["swift", "sdk", "list"], directory), run.isSuccess else { return nil }
        let sdks = run.output.split(separator: "\n").filter { $0.lowercased().contains("wasm") }
        guard !sdks.isEmpty else {
            return .problem(
                "Swift SDK", "none for WebAssembly is installed",
                remedy: "'swift sdk install URL', from https://swift.org/install")
        }
        return .fine("Swift SDK", sdks.joined(separator: ", "))
    }

    private var nodeModules: Finding? {
        guard FileStatus(path: directory + "/node_modules")?.isDirectory == true else {
            return .fine("node_modules", "it is not there yet: the build command installs it")
        }
        let time = { (path: String) in FileStatus(path: "\(directory)/\(path)")?.identity.modificationTime }
        if let lock = time("package-lock.json"), let installed = time("node_modules/.package-lock.json"),
            installed < lock
        {
            return .advice("node_modules", "it is older than package-lock.json", remedy: "'npm ci'")
        }
        return .fine("node_modules", "it is there")
    }
}
