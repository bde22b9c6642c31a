import Foundation
import Platform
import TestSupport
import Testing

@testable import Scaffolding

/// Where build tools put their modules, as far as the files of a project say.
struct OutputTests {
    private static func finding(
        _ kind: ProjectKind, _ files: [String: String], in place: String = "app", tools: ProjectTools = .none
    ) throws -> ProjectInspector.Finding {
        let directory = try TemporaryDirectory()
        for (path, content) in files { try directory.write(content, to: path) }
        return ProjectInspector(directory: "\(directory.path)/\(place)", tools: tools).finding(kind)
    }

    // MARK: npm

    @Test("AssemblyScript's output is the one of the target that the script builds")
    func assemblyScriptTarget() throws {
        let finding = try Self.finding(
            .npm,
            [
                "app/asconfig.json": """
                { "targets": { "release": { "outFile": "dist/app.wasm", "optimizeLevel": 3 },
                               "debug": { "outFile": "dist/app.debug.wasm" } } }
                """,
                "app/package.json": """
                { "name": "shop", "version": "1.2.0", "description": "A shop", "author": "Ada <ada@example.com>",
                  "scripts": { "build": "asc assembly/index.ts --target release" },
                  "devDependencies": { "assemblyscript": "^0.28.0" } }
                """, "app/package-lock.json": "{}",
            ])
        let project = finding.description
        #expect(project.handlers.map(\.module) == ["dist/app.wasm"])
        #expect(!project.handlers[0].isGuess)
        #expect(
            project.version == "1.2.0" && project.summary == "A shop" && project.authors == ["Ada <ada@example.com>"])
        #expect(project.build?.command == "test -d node_modules || npm ci && npm run build")
        #expect(project.gitignore.content == ".hippo/\nnode_modules/\ndist/\n")
        #expect(project.hippofacts.content.contains("authors = [\"Ada <ada@example.com>\"]"))
    }

    @Test(
        "Outputs are read in each of the ways that scripts name them",
        arguments: [
            ("asc assembly/index.ts --outFile=build/a.wasm", "build/a.wasm"),
            ("asc assembly/index.ts -o ./build/b.wasm --debug", "build/b.wasm"),
            ("asc assembly/index.ts --binaryFile c.wasm", "c.wasm"),
            ("npm run other", "out/other.wasm"),
            ("javy build main.js -o out/j.wasm && echo done", "out/j.wasm"),
        ])
    func scripts(_ script: String, _ module: String) throws {
        let finding = try Self.finding(
            .npm,
            [
                "app/package.json":
                    "{ \"scripts\": { \"build\": \"\(script)\", \"other\": \"asc x.ts --outFile out/other.wasm\" } }"
            ])
        #expect(finding.description.handlers.map(\.module) == [module])
        #expect(!finding.description.handlers[0].isGuess)
    }

    @Test("What asinit makes is known: the debugging module is no second handler, and what is not said is a guess")
    func asinit() throws {
        let package = """
            { "scripts": { "asbuild:debug": "asc assembly/index.ts --target debug",
                           "asbuild:release": "asc assembly/index.ts --target release",
                           "asbuild": "npm run asbuild:debug && npm run asbuild:release" },
              "dependencies": { "assemblyscript": "^0.28.0" } }
            """
        let configuration = """
            { "targets": { "debug": { "outFile": "build/debug.wasm" }, "release": { "binaryFile": "build/release.wasm" } } }
            """
        let known = try Self.finding(.npm, ["app/package.json": package, "app/asconfig.json": configuration])
        #expect(known.description.handlers.map(\.module) == ["build/release.wasm"])
        #expect(!known.description.handlers[0].isGuess)
        let guessed = try Self.finding(.npm, ["app/package.json": package])
        #expect(guessed.description.handlers.map(\.module) == ["build/release.wasm"])
        #expect(guessed.description.hippofacts.content.contains("# A guess"))
        #expect(guessed.notes.contains { $0.contains("is a guess") })
    }

    // MARK: Go and make

    @Test(
        "A Go program is found below the module's root, and is named after the module where its directory says nothing")
    func goPrograms() throws {
        let main = "package main\n\nfunc main() {}\n"
        let below = try Self.finding(
            .go, ["app/go.mod": "module example.com/clock\n\ngo 1.22\n", "app/src/main.go": main])
        #expect(below.description.handlers.map(\.module) == ["build/clock.wasm"])
        #expect(below.description.build?.command == "GOOS=wasip1 GOARCH=wasm go build -o build/clock.wasm ./src")
        #expect(below.description.gitignore.content.contains("build/\n"))
        let command = try Self.finding(
            .go,
            [
                "app/go.mod": "module clock\n", "app/clock.go": "package clock\n", "app/cmd/tick/main.go": main,
                "app/cmd/tick/tick_test.go": "package main\n", "app/tools/gen.go": "//go:build ignore\n\n" + main,
                "app/other/go.mod": "module other\n", "app/other/main.go": main,
            ])
        #expect(command.description.handlers.map(\.module) == ["build/tick.wasm"])
        let library = try Self.finding(.go, ["app/go.mod": "module clock\n", "app/clock.go": "package clock\n"])
        #expect(library.description.handlers.map(\.isGuess) == [true])
    }

    @Test("A Makefile's variables are followed") func makeVariables() throws {
        let finding = try Self.finding(
            .make,
            [
                "app/Makefile":
                    "OUT = build\nAPP := $(OUT)/app.wasm # the module\nall: $(APP)\n$(APP): main.c\n\tcc -o $@ $<\n"
            ])
        #expect(finding.description.handlers.map(\.module) == ["build/app.wasm"])
        #expect(!finding.description.handlers[0].isGuess)
    }

    // MARK: Cargo

    private static func package(_ name: String, _ more: String = "") -> String {
        "[package]\nname = \"\(name)\"\nversion.workspace = true\nauthors = [\"Ada\"]\ndescription = \"\(name)!\"\n\(more)"
    }

    @Test("A Cargo workspace's patterns, exclusions and default members say which programs are built")
    func workspaces() throws {
        let files = [
            "app/apps/one/Cargo.toml": Self.package("one"), "app/apps/one/src/main.rs": "",
            "app/apps/two/Cargo.toml": Self.package("two"), "app/apps/two/src/main.rs": "",
            "app/apps/old/Cargo.toml": Self.package("old"), "app/apps/old/src/main.rs": "",
            "app/apps/notes.txt": "",
        ]
        let head = "[workspace]\nmembers = [\"apps/*\"]\nexclude = [\"apps/old\"]\n"
        let shared = "[workspace.package]\nversion = \"2.1.0\"\n"
        let all = try Self.finding(.rust, files.merging(["app/Cargo.toml": head + shared]) { $1 }).description
        #expect(all.handlers.map(\.module) == ["one", "two"].map { "target/wasm32-wasip1/release/\($0).wasm" })
        #expect(all.version == "2.1.0" && all.authors == ["Ada"] && all.summary == "one!")
        #expect(all.build?.watch.contains("apps/two/src/**/*") == true)
        let chosen = head + "default-members = [\"apps/two\"]\n" + shared
        let some = try Self.finding(.rust, files.merging(["app/Cargo.toml": chosen]) { $1 }).description
        #expect(some.handlers.map(\.module) == ["target/wasm32-wasip1/release/two.wasm"])
    }

    @Test("A member's module is made in the workspace's target directory, above it")
    func members() throws {
        let files = [
            "all/Cargo.toml": "[workspace]\nmembers = [\"app\"]\n[workspace.package]\nversion = \"1.0.0\"\n",
            "all/app/Cargo.toml": Self.package("member"), "all/app/src/main.rs": "",
        ]
        let finding = try Self.finding(.rust, files, in: "all/app")
        #expect(finding.description.handlers.map(\.module) == ["../target/wasm32-wasip1/release/member.wasm"])
        #expect(finding.description.version == "1.0.0")
        #expect(finding.notes.contains { $0.contains("workspace in ..") })
        #expect(finding.description.gitignore.content == ".hippo/\n")
    }

    @Test("Cargo is asked where it is installed") func metadata() throws {
        let directory = try TemporaryDirectory()
        try directory.write("[package]\nname = \"x\"\n", to: "app/Cargo.toml")
        let app = directory.path + "/app"
        let answer = """
            {"packages":[{"id":"x 1","name":"x","version":"3.0.0","description":"X","authors":["Ada"],
              "manifest_path":"\(app)/Cargo.toml","targets":[{"kind":["bin"],"name":"serve"},{"kind":["lib"],"name":"x"}]}],
             "workspace_members":["x 1"],"workspace_default_members":["x 1"],
             "target_directory":"\(app)/elsewhere","workspace_root":"\(app)"}
            """
        let tools = ProjectTools { words, _ in
            words.starts(with: ["cargo", "metadata"]) ? ProgramRun(exit: .exited(code: 0), output: answer) : nil
        }
        let project = ProjectInspector(directory: app, tools: tools).finding(.rust).description
        #expect(project.handlers.map(\.module) == ["elsewhere/wasm32-wasip1/release/serve.wasm"])
        #expect(project.version == "3.0.0")
    }

    // MARK: A HIPPOFACTS that is there

    private static let old = """
        # ours
        [bindle]
        name = "shop"
        version = "0.1.0"

        [[handler]]
        route = "/"
        name = "target/wasm32-wasi/release/shop.wasm" # the module
        """

    @Test("The line that names what the build does not make is found, and mended") func differences() {
        let made = "target/wasm32-wasip1/release/shop.wasm"
        let comparison = ModuleComparison(Self.old, modules: [made])
        #expect(comparison.differences == [.init(line: 8, named: "target/wasm32-wasi/release/shop.wasm", made: made)])
        #expect(comparison.mended == Self.old.replacingOccurrences(of: "wasm32-wasi/", with: "wasm32-wasip1/"))
        #expect(ModuleComparison(comparison.mended ?? "", modules: [made]).differences.isEmpty)
        // What else a HIPPOFACTS names is not the build's.
        #expect(ModuleComparison(Self.old, modules: ["a.wasm", "b.wasm"]).differences.isEmpty)
        #expect(ModuleComparison("not = [toml", modules: [made]).differences.isEmpty)
    }

    @Test("The target's old name is found as a word, and not in comments") func outdatedTargets() {
        let text =
            "# wasm32-wasi\ncommand = \"cargo build --target wasm32-wasi\"\ntarget = \"wasm32-wasip1\"\nx = \"wasm32-wasi-threads\"\n"
        #expect(OutdatedTarget.lines(of: text) == [2])
        #expect(
            OutdatedTarget.mended(text)
                == text.replacingOccurrences(of: "--target wasm32-wasi\"", with: "--target wasm32-wasip1\""))
    }
}
