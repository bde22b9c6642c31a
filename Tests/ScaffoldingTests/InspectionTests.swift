import Foundation
import Hippofacts
import TestSupport
import Testing

@testable import Scaffolding

/// What existing projects are taken for.
struct InspectionTests {
    /// A project, which is there as long as this is.
    private struct Sample {
        let directory: TemporaryDirectory
        let inspector: ProjectInspector

        init(_ files: [String: String]) throws {
            directory = try TemporaryDirectory()
            for (path, content) in files { try directory.write(content, to: "app/\(path)") }
            // Whether Cargo is installed here must not matter.
            inspector = ProjectInspector(directory: directory.path + "/app", tools: .none)
        }

        var candidates: [ProjectKind] { inspector.candidates }

        func finding(_ kind: ProjectKind) -> ProjectInspector.Finding { inspector.finding(kind) }
    }

    @Test("Cargo names its programs") func cargoNamesItsPrograms() throws {
        let sample = try Sample([
            "Cargo.toml": "[package]\nname = \"weather\"\n[[bin]]\nname = \"extra\"\npath = \"src/extra.rs\"",
            "src/main.rs": "", "src/bin/tool.rs": "",
        ])
        #expect(sample.candidates == [.rust])
        let project = sample.finding(.rust).description
        #expect(project.name.text == "weather")
        #expect(
            project.handlers.map(\.module)
                == ["weather", "extra", "tool"].map { "target/wasm32-wasip1/release/\($0).wasm" })
        #expect(project.handlers.map(\.route) == ["/weather/...", "/extra/...", "/tool/..."])
        #expect(project.build?.command == "cargo build --release --target wasm32-wasip1")
    }

    @Test("Cargos own target is taken") func cargosOwnTargetIsTaken() throws {
        let sample = try Sample([
            "Cargo.toml": "[workspace]\nmembers = [\"server\"]",
            ".cargo/config.toml": "[build]\ntarget = \"wasm32-wasi\"",
            "server/Cargo.toml": "[package]\nname = \"api\"", "server/src/main.rs": "",
        ])
        let project = sample.finding(.rust).description
        #expect(project.name.text == "api")
        #expect(project.handlers == [.init(module: "target/wasm32-wasi/release/api.wasm", route: "/...")])
        #expect(project.build?.command == "cargo build --release")
        #expect(project.build?.watch.contains("server/src/**/*") == true)
    }

    @Test("Go names its commands") func goNamesItsCommands() throws {
        let sample = try Sample([
            "go.mod": "module example.com/team/clock/v2\n\ngo 1.21\n", "cmd/tick/main.go": "package main\n",
            "cmd/tock/main.go": "package main\n",
        ])
        let project = sample.finding(.go).description
        #expect(project.name.text == "clock")
        #expect(project.handlers.map(\.module) == ["build/tick.wasm", "build/tock.wasm"])
        #expect(project.build?.command.contains("-o build/tock.wasm ./cmd/tock") == true)
    }

    @Test("Other manifests give names") func otherManifestsGiveNames() throws {
        let zig = try Sample([
            "build.zig": "const exe = b.addExecutable(.{\n  .name = \"zapp\",\n  .root_module = m,\n});",
            "build.zig.zon": ".{ .name = .zapp_package, }",
        ])
        #expect(zig.finding(.zig).description.name.text == "zapp_package")
        #expect(zig.finding(.zig).description.handlers.map(\.module) == ["zig-out/bin/zapp.wasm"])
        let swift = try Sample([
            "Package.swift": "let package = Package(\n name: \"Sw\", targets: [.executableTarget(name: \"Main\")])"
        ])
        #expect(swift.finding(.swift).description.name.text == "Sw")
        #expect(swift.finding(.swift).description.handlers[0].module.hasSuffix("release/Main.wasm"))
        let npm = try Sample([
            "package.json": """
            {"name": "@team/as-app", "devDependencies": {"assemblyscript": "1"},
             "scripts": {"build": "asc assembly/index.ts --outFile ./build/app.wasm"}}
            """
        ])
        #expect(npm.finding(.npm).description.name.text == "as-app")
        #expect(npm.finding(.npm).description.handlers.map(\.module) == ["build/app.wasm"])
        #expect(npm.finding(.npm).description.toolchain == .assemblyScript)
        let make = try Sample(["Makefile": "all: out/x.wasm\n%.wasm: %.c\n\tcc $< -o $@.wasm\n"])
        #expect(make.finding(.make).description.handlers.map(\.module) == ["out/x.wasm"])
    }

    @Test("What is ambiguous is told") func whatIsAmbiguousIsTold() throws {
        let sample = try Sample([
            "Cargo.toml": "[package]\nname = \"a\"", "src/main.rs": "", "Makefile": "", "index.html": "", "x.wat": "",
        ])
        #expect(sample.candidates == [.rust, .make, .modules, .static])
        // Beside files, the handler does not take all paths.
        #expect(sample.finding(.rust).description.handlers.map(\.route) == ["/api/..."])
        #expect(sample.finding(.rust).description.handlers[0].files == ["*.html"])
    }

    @Test("A site gets the handler that HIPPOFACTS asks for") func aSiteGetsTheHandlerThatHippofactsAsksFor() throws {
        let sample = try Sample(["index.html": "", "style.css": "", "public/a.txt": ""])
        let finding = sample.finding(.static)
        #expect(finding.description.handlers[0].files == ["*.html", "*.css", "public/**/*"])
        let files = [finding.description.hippofacts] + finding.additions
        _ = try Scaffold(files: files).write(
            to: sample.directory.path + "/app", replacesExisting: false, isDryRun: false)
        var cache = DigestCache()
        let expansion = try Hippofacts(at: sample.directory.path + "/app").expanded(cache: &cache)
        #expect(
            expansion.invoice.parcels.map(\.label.name).sorted() == [
                "index.html", "public/a.txt", "style.css", "version.wat",
            ])
    }

    @Test("Loose modules are found and build directories left out")
    func looseModulesAreFoundAndBuildDirectoriesLeftOut() throws {
        let sample = try Sample([
            "one.wasm": "", "sub/two.wat": "", "node_modules/x.wasm": "", ".hidden/y.wasm": "",
        ])
        #expect(sample.candidates == [.modules])
        let project = sample.finding(.modules).description
        #expect(project.handlers.map(\.module) == ["one.wasm", "sub/two.wat"])
        #expect(project.build == nil && project.settings == nil)
    }

    @Test("Nothing is made of nothing") func nothingIsMadeOfNothing() throws {
        let sample = try Sample(["readme.txt": ""])
        #expect(sample.candidates.isEmpty)
    }
}
