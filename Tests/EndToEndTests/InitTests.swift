import Foundation
import JSON
import TestSupport
import Testing
import WebAssemblyText

/// Projects as they are: `init`, then `up`, and the app is there at the first try. Toolchains are stand-ins.
@Suite(.timeLimit(.minutes(15)))
struct InitTests {
    private let directory: TemporaryDirectory
    private var app: String { directory.path + "/app" }

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ files: [String: String]) throws {
        for (path, content) in files { try directory.write(content, to: path) }
    }

    /// `init` and `up`.
    private func bringUp(
        _ tools: StandIns, _ environment: [String: String] = [:], path: String = ""
    ) async throws -> (story: String, answer: Answer) {
        let all = tools.environment.merging(environment) { $1 }
        let made = try Program.run(["init", "--fix"], in: app, environment: all)
        try #require(made.status == 0, "\(made.errors)\(made.output)")
        let sandbox = try SandboxProcess(app, environment: all)
        let ready = try await sandbox.next("ready")
        return (made.output, try get((ready["app"]?.string ?? "") + path))
    }

    @Test("A Cargo workspace with a pattern") func cargoWorkspace() async throws {
        try write([
            "app/Cargo.toml": "[workspace]\nmembers = [\"apps/*\"]\n",
            "app/apps/shop/Cargo.toml": "[package]\nname = \"shop\"\nversion = \"1.4.0\"\n",
            "app/apps/shop/src/main.rs": "fn main() {}",
        ])
        let (story, answer) = try await bringUp(StandIns(["cargo": StandIns.cargo]), ["PROGRAMS": "shop"])
        #expect(answer == Answer(status: 200, body: "built"))
        #expect(story.contains("Now: hippo-dev up --open"))
        #expect(try String(contentsOfFile: app + "/HIPPOFACTS", encoding: .utf8).contains("version = \"1.4.0\""))
    }

    @Test("A member of a workspace whose module is made above it")
    func workspaceMember() async throws {
        try write([
            "Cargo.toml": "[workspace]\nmembers = [\"app\"]\n",
            "app/Cargo.toml": "[package]\nname = \"member\"\nversion = \"1.0.0\"\n",
            "app/src/main.rs": "fn main() {}",
        ])
        let (_, answer) = try await bringUp(StandIns(["cargo": StandIns.cargo]), ["PROGRAMS": "member"])
        #expect(answer.body == "built")
    }

    @Test("A HIPPOFACTS of the time of wasm32-wasi is told, and mended") func oldTarget() async throws {
        let facts = """
            [bindle]
            name = "shop"
            version = "0.1.0"

            [[handler]]
            route = "/"
            name = "target/wasm32-wasi/release/shop.wasm"

            """
        try write([
            "app/Cargo.toml": "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n", "app/src/main.rs": "fn main() {}",
            "app/HIPPOFACTS": facts,
        ])
        let tools = try StandIns(["cargo": StandIns.cargo])
        let told = try Program.run(["init"], in: app, environment: tools.environment)
        #expect(
            told.output.contains(
                "HIPPOFACTS:7: the build makes target/wasm32-wasip1/release/shop.wasm, and not target/wasm32-wasi/"))
        #expect(try String(contentsOfFile: app + "/HIPPOFACTS", encoding: .utf8) == facts)
        let examined = try Program.run(["doctor"], in: app, environment: tools.environment).output
        #expect(examined.contains("line 7 names target/wasm32-wasi/release/shop.wasm"))
        #expect(!examined.contains("'hippo-dev up' builds it"))
        let (story, answer) = try await bringUp(tools, ["PROGRAMS": "shop"])
        #expect(story.contains("fixed     HIPPOFACTS") && !story.contains("kept      HIPPOFACTS"))
        #expect(answer.body == "built")
        #expect(
            try String(contentsOfFile: app + "/HIPPOFACTS", encoding: .utf8)
                == facts.replacingOccurrences(of: "wasm32-wasi/", with: "wasm32-wasip1/"))
    }

    @Test("Go below the module's root") func go() async throws {
        try write([
            "app/go.mod": "module example.com/clock\n\ngo 1.22\n",
            "app/src/main.go": "package main\n\nfunc main() {}\n",
        ])
        #expect(try await bringUp(StandIns(["go": StandIns.go])).answer.body == "built")
    }

    @Test("C with a Makefile that has variables") func c() async throws {
        try write(["app/Makefile": "OUT = build/app.wasm\n$(OUT): main.c\n\tcc-wasm $@\n", "app/main.c": "int main;"])
        let tools = try StandIns(["cc-wasm": "mkdir -p \"$(dirname \"$1\")\"; cp \"$MODULE\" \"$1\""])
        #expect(try await bringUp(tools).answer.body == "built")
    }

    @Test("Zig") func zig() async throws {
        try write([
            "app/build.zig": "const exe = b.addExecutable(.{\n    .name = \"zapp\",\n    .root_module = m,\n});\n",
            "app/src/main.zig": "",
        ])
        #expect(try await bringUp(StandIns(["zig": StandIns.zig])).answer.body == "built")
    }

    @Test("AssemblyScript whose output asconfig.json names, with npm ci once") func assemblyScript() async throws {
        try write([
            "app/asconfig.json": "{ \"targets\": { \"release\": { \"outFile\": \"dist/app.wasm\" } } }",
            "app/package.json":
                "{ \"name\": \"shop\", \"scripts\": { \"build\": \"asc assembly/index.ts --target release\" }, "
                + "\"devDependencies\": { \"assemblyscript\": \"^0.28.0\" } }",
            "app/package-lock.json": "{}", "app/assembly/index.ts": "1", "app/.gitignore": "*.log\n",
        ])
        let tools = try StandIns(["npm": StandIns.npm])
        let made = try Program.run(["init"], in: app, environment: tools.environment)
        #expect(made.output.contains("extended  .gitignore: .hippo/, node_modules/, dist/"))
        let sandbox = try SandboxProcess(app, environment: tools.environment)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url).body == "built")
        // The stand-in fails if it is to install twice.
        try directory.write("2", to: "app/assembly/index.ts")
        let next = try await sandbox.next("serving")
        #expect(next["milliseconds"]?.object?["build"] != nil)
        #expect(sandbox.events("failed").isEmpty)
    }

    @Test("A build that makes another module than HIPPOFACTS names is told of, with the path")
    func untouchedModule() async throws {
        try directory.write(
            Data(try assemble(SmallApp.handler(answering: "old"))), to: "app/target/wasm32-wasi/release/shop.wasm")
        try write([
            "app/HIPPOFACTS":
                "[bindle]\nname = \"shop\"\nversion = \"0.1.0\"\n[[handler]]\nroute = \"/\"\nname = \"target/wasm32-wasi/release/shop.wasm\"\n",
            "app/Cargo.toml": "[package]\nname = \"shop\"\n", "app/src/main.rs": "fn main() {}",
            "app/hippo-dev.toml": "[build]\ncommand = \"cargo build\"\nwatch = [\"src/**\"]\n",
        ])
        // Before the build begins, beyond what clocks of files differ by.
        let past = Date(timeIntervalSinceNow: -60)
        try FileManager.default.setAttributes(
            [.modificationDate: past], ofItemAtPath: app + "/target/wasm32-wasi/release/shop.wasm")
        let environment = try StandIns(["cargo": StandIns.cargo])
        let sandbox = try SandboxProcess(app, environment: environment.environment.merging(["PROGRAMS": "shop"]) { $1 })
        let warning = try await sandbox.next("log") { $0["text"]?.string?.contains("has not touched") == true }
        let text = warning["text"]?.string ?? ""
        #expect(text.contains("target/wasm32-wasi/release/shop.wasm"))
        #expect(text.contains("has made target/wasm32-wasip1/release/shop.wasm"))
        // Without the old one, the failure says the same.
        try FileManager.default.removeItem(atPath: app + "/target/wasm32-wasi/release/shop.wasm")
        let failure = try await sandbox.next("failed")
        #expect(failure["file"]?.string == "HIPPOFACTS" && failure["line"]?.integer == 6)
        #expect(failure["message"]?.string?.contains("There is target/wasm32-wasip1/release/shop.wasm") == true)
    }

    @Test("The doctor names what is missing, each with its remedy") func doctor() throws {
        try write([
            "app/go.mod": "module clock\n", "app/main.go": "package main\n",
            "app/HIPPOFACTS":
                "[bindle]\nname = \"clock\"\nversion = \"0.1.0\"\n[[handler]]\nroute = \"/\"\nname = \"build/clock.wasm\"\n",
            "app/hippo-dev.toml":
                "[build]\ncommand = \"go build -o build/clock.wasm . && no-such-tool\"\n[up]\nlisten = \"127.0.0.1:0\"\nbindle-listen = \"127.0.0.1:0\"\n",
        ])
        let tools = try StandIns(["go": "echo go version go1.19.4 linux/amd64"])
        let run = try Program.run(["doctor", "--json"], in: app, environment: tools.environment)
        #expect(run.status == 1, "\(run.errors)")
        let findings = try #require(try JSONValue(parsing: Array(run.output.utf8)).array).compactMap(\.object)
        func finding(_ subject: String) -> JSONObject? { findings.first { $0["subject"]?.string == subject } }
        #expect(finding("go")?["severity"]?.string == "problem")
        #expect(finding("go")?["text"]?.string?.contains("older than 1.21") == true)
        #expect(finding("no-such-tool")?["severity"]?.string == "problem")
        #expect(finding("HIPPOFACTS")?["severity"]?.string == "fine")
        #expect(finding("store")?["severity"]?.string == "fine")
        #expect(findings.allSatisfy { ($0["severity"]?.string == "fine") == ($0["remedy"] == nil) })
        // Nothing was made.
        #expect(!FileManager.default.fileExists(atPath: app + "/.hippo"))
    }

    private func findings() throws -> (status: Int32, findings: [JSONObject]) {
        let run = try Program.run(["doctor", "--json"], in: app)
        return (run.status, try #require(try JSONValue(parsing: Array(run.output.utf8)).array).compactMap(\.object))
    }

    @Test(
        "The doctor names the compilers that a template's Makefile or script starts, and their libraries",
        arguments: [
            ("c", ["clang", "wasm-ld", "wasi-libc", "compiler-rt", "make"]), ("swift", ["swiftc", "wasm-ld", "sh"]),
        ])
    func doctorOfCompilers(template: String, subjects: [String]) throws {
        let made = try Program.run(["new", "app", "--template", template], in: directory.path)
        #expect(made.status == 0, "\(made.errors)")
        let named = Set(try findings().findings.compactMap { $0["subject"]?.string })
        #expect(named.isSuperset(of: subjects), "\(named)")
    }

    @Test("A port that another sandbox has is no problem, and one that another program has is")
    func doctorOfPorts() async throws {
        let other = try SmallApp()
        let sandbox = try SandboxProcess(other.path)
        defer { withExtendedLifetime(sandbox) {} }
        let ready = try await sandbox.next("ready")
        func port(_ server: String) throws -> Int {
            let url = try #require(ready[server]?.string)
            return try #require(URL(string: url)?.port)
        }
        try write(["app/m.wat": SmallApp.handler(answering: "x")])
        let facts = "[bindle]\nname = \"b\"\nversion = \"0.1.0\"\n[[handler]]\nroute = \"/\"\nname = \"m.wat\"\n"
        try write(["app/HIPPOFACTS": facts])
        func examine(app: Int, bindle: Int) throws -> (status: Int32, ports: [String]) {
            try write([
                "app/hippo-dev.toml":
                    "[up]\nlisten = \"127.0.0.1:\(app)\"\nbindle-listen = \"127.0.0.1:\(bindle)\"\n"
            ])
            let (status, all) = try findings()
            return (status, all.filter { $0["subject"]?.string == "port" }.compactMap { $0["severity"]?.string })
        }
        let taken = try examine(app: port("app"), bindle: port("bindle"))
        #expect(taken.ports == ["advice", "advice"] && taken.status == 0, "\(taken)")
        let listener = try RawListener { _, _ in }
        defer { withExtendedLifetime(listener) {} }
        let foreign = try examine(app: Int(listener.port), bindle: port("bindle"))
        #expect(foreign.ports == ["problem", "advice"] && foreign.status == 1, "\(foreign)")
    }

    @Test("The doctor looks at modules outside of the project as well") func doctorOutside() throws {
        try write([
            "Cargo.toml": "[workspace]\nmembers = [\"app\"]\n",
            "app/Cargo.toml": "[package]\nname = \"shop\"\nversion = \"1.0.0\"\n", "app/src/main.rs": "fn main() {}",
            "app/HIPPOFACTS":
                "[bindle]\nname = \"shop\"\nversion = \"0.1.0\"\n[[handler]]\nroute = \"/\"\n"
                + "name = \"../target/wasm32-wasi/release/shop.wasm\"\n",
            "app/hippo-dev.toml":
                "[build]\ncommand = \"cargo build\"\n[up]\nlisten = \"127.0.0.1:0\"\nbindle-listen = \"127.0.0.1:0\"\n",
        ])
        let tools = try StandIns(["cargo": StandIns.cargo])
        func module() throws -> JSONObject? {
            let run = try Program.run(["doctor", "--json"], in: app, environment: tools.environment)
            let findings = try #require(try JSONValue(parsing: Array(run.output.utf8)).array)
            return findings.compactMap(\.object).first { $0["subject"]?.string == "module" }
        }
        // Cargo makes another.
        #expect(try module() == nil)
        try directory.write("x", to: "target/wasm32-wasip1/release/shop.wasm")
        let other = try module()
        #expect(other?["severity"]?.string == "problem")
        #expect(other?["text"]?.string?.hasSuffix("and there is ../target/wasm32-wasip1/release/shop.wasm") == true)
        try directory.write("x", to: "target/wasm32-wasi/release/shop.wasm")
        let there = try module()
        #expect(there?["text"]?.string == "../target/wasm32-wasi/release/shop.wasm, 1 bytes")
    }

    @Test("The program says what it has left and what it would remove, and removes all of it") func remains()
        async throws
    {
        try write(["app/index.html": "x"])
        // Another one than the tests run.
        let program = directory.path + "/hippo-dev"
        if link(Program.path, program) != 0 { try FileManager.default.copyItem(atPath: Program.path, toPath: program) }
        let (config, cache) = (directory.path + "/config/hippo", directory.path + "/cache/hippo-dev")
        let home = [
            "XDG_CONFIG_HOME": directory.path + "/config", "XDG_CACHE_HOME": directory.path + "/cache",
            // What is among the temporary files is not noted.
            "TMPDIR": directory.path + "/temporary",
        ]
        func run(_ arguments: String...) throws -> Program.Result {
            try Program.run(["self"] + arguments, environment: home, executable: program)
        }
        try write(["cache/hippo-dev/validated-1": "x", "config/hippo/bindle.json": "{}"])
        let sandbox = try SandboxProcess(app, ["--https"], environment: home)
        try await sandbox.next("ready")
        let info = try run("info")
        // All that is there is known.
        let files = try FileManager.default.contentsOfDirectory(atPath: config).map { "\(config)/\($0)" }
        #expect(
            Set(files).isSuperset(of: ["projects", "https_authority_key.pem"].map { "\(config)/\($0)" }), "\(files)")
        for path in files + [cache, program, app + "/.hippo"] { #expect(info.output.contains("\(path), "), "\(info)") }
        let early = try run("uninstall", "--dry-run")
        #expect(early.status == 0 && early.output.contains("would remove \(config)/https_authority_key.pem"))
        #expect(early.output.contains("would refuse, and remove nothing: hippo-dev up runs on \(app)"), "\(early)")
        let refused = try run("uninstall", "--yes")
        #expect(refused.status == 1 && refused.errors.contains("stop it first"))
        kill(sandbox.id, SIGTERM)
        _ = try await sandbox.waitForEnd()
        let planned = try run("uninstall", "--dry-run")
        for path in files + [cache, program, app + "/.hippo"] {
            #expect(planned.output.contains("would remove \(path), "), "\(planned)")
            #expect(FileManager.default.fileExists(atPath: path))
        }
        #expect(!planned.output.contains("would refuse"))
        #expect(try run("uninstall").status == 2)
        #expect(try run("uninstall", "--yes").status == 0)
        for path in [config, cache, program, app + "/.hippo"] {
            #expect(!FileManager.default.fileExists(atPath: path), "\(path)")
        }
        #expect(FileManager.default.fileExists(atPath: app + "/index.html"))
    }
}
