import Foundation
import TestSupport
import Testing
import WebAssemblyText

/// Projects that `new` and `init` make, built and served.
@Suite(.timeLimit(.minutes(15)))
struct ProjectTests {
    private func makeAndServe(_ template: String, answer: String) async throws {
        let directory = try TemporaryDirectory()
        let made = try Program.run(
            ["new", "my-app", "--template", template, "--vscode", "--github"], in: directory.path)
        try #require(made.status == 0, "\(made.errors)")
        let sandbox = try SandboxProcess(directory.path + "/my-app")
        let ready = try await sandbox.next("ready")
        let app = try #require(ready["app"]?.string)
        #expect(try get(app + "hello?Ada") == Answer(status: 200, body: "Hello, Ada! \(answer) answered.\n"))
        #expect(try get(app + "hello").body == "Hello, world! \(answer) answered.\n")
        #expect(try get(app).body.contains("<h1>my-app</h1>"))
        #expect(try get(app + "style.css").status == 200)
        #expect(ready["id"]?.string == "my-app/0.1.0")
        let tested = try Program.run(["test", "-p", directory.path + "/my-app"])
        #expect(tested.status == 0 && tested.output.contains("3 passed in 1 file"), "\(tested)")
    }

    @Test("WebAssembly text") func webAssemblyText() async throws {
        try await makeAndServe("wat", answer: "WebAssembly text")
    }

    @Test("C", .enabled(if: BuildTool.hasC, "no clang with wasi-libc here"))
    func c() async throws {
        try await makeAndServe("c", answer: "C")
    }

    @Test("Swift", .enabled(if: BuildTool.hasSwift, "no swiftc with wasm-ld here"))
    func swift() async throws {
        try await makeAndServe("swift", answer: "Swift")
    }

    @Test("Go", .enabled(if: BuildTool.hasGo, "no go here"))
    func go() async throws {
        try await makeAndServe("go", answer: "Go")
    }

    @Test("Zig", .enabled(if: BuildTool.hasZig, "no zig here"))
    func zig() async throws {
        try await makeAndServe("zig", answer: "Zig")
    }

    @Test("Rust", .enabled(if: BuildTool.hasRust, "no cargo with the target wasm32-wasip1 here"))
    func rust() async throws {
        try await makeAndServe("rust", answer: "Rust")
    }

    @Test("init finds out how a project is built, and it comes up at the first try", arguments: BuildTool.templates)
    func initOfRealProject(template: String, answer: String) async throws {
        let directory = try TemporaryDirectory()
        let made = try Program.run(["new", "app", "--template", template], in: directory.path)
        try #require(made.status == 0, "\(made.errors)")
        // What is left is what somebody has who has never heard of HIPPOFACTS.
        for name in ["HIPPOFACTS", "hippo-dev.toml", ".gitignore", "index.html", "style.css"] {
            try FileManager.default.removeItem(atPath: directory.path + "/app/" + name)
        }
        if template == "zig" {
            // The template needs no build.zig, which each version of Zig writes in its own way.
            let zig = Process()
            zig.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            zig.arguments = ["zig", "init"]
            zig.currentDirectoryURL = URL(fileURLWithPath: directory.path + "/app")
            zig.standardError = FileHandle.nullDevice
            try zig.run()
            zig.waitUntilExit()
        }
        let found = try Program.run(["init"], in: directory.path + "/app")
        try #require(found.status == 0, "\(found.errors)")
        #expect(!found.output.contains("Note:"), "\(found.output)")
        let sandbox = try SandboxProcess(directory.path + "/app")
        let app = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(app + "?Ada") == Answer(status: 200, body: "Hello, Ada! \(answer) answered.\n"))
        #expect(sandbox.events("failed").isEmpty)
    }

    @Test("Static pages") func staticPages() async throws {
        let directory = try TemporaryDirectory()
        let made = try Program.run(["new", "site", "-t", "static"], in: directory.path)
        try #require(made.status == 0, "\(made.errors)")
        let sandbox = try SandboxProcess(directory.path + "/site")
        let app = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(app).body.contains("<h1>site</h1>"))
        #expect(try get(app + "about.html").status == 200)
        #expect(try get(app + "assets/style.css").status == 200)
        #expect(try get(app + "version") == Answer(status: 200, body: "site 0.1.0\n"))
        let tested = try Program.run(["test", "-p", directory.path + "/site"])
        #expect(tested.status == 0 && tested.output.contains("2 passed in 1 file"), "\(tested)")
        // Nothing else of the project is.
        #expect(try get(app + "HIPPOFACTS").status == 404)
    }

    @Test("A directory of pages is served as it is") func aDirectoryOfPagesIsServedAsItIs() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("<h1>one</h1>", to: "my pages/index.html")
        try directory.write("p {}", to: "my pages/css/a.css")
        try directory.write("KEY=secret", to: "my pages/.env")
        let sandbox = try SandboxProcess(directory.path + "/my pages")
        let ready = try await sandbox.next("ready")
        let app = try #require(ready["app"]?.string)
        #expect(ready["id"]?.string == "my-pages/0.1.0")
        #expect(try get(app).body == "<h1>one</h1>")
        #expect(try get(app + "css/a.css").body == "p {}")
        #expect(try get(app + ".env").status == 404)
        #expect(try get(app + "none").status == 404)
        #expect(sandbox.events("log").isEmpty)
        try directory.write("<h1>two</h1>", to: "my pages/index.html")
        try await sandbox.next("serving")
        #expect(try get(app).body == "<h1>two</h1>")
        // It becomes an app as soon as it is described as one.
        try directory.write(SmallApp.handler(answering: "handled"), to: "my pages/h.wat")
        try await sandbox.next("serving")
        try directory.write(
            "[bindle]\nname = \"app\"\nversion = \"1.0.0\"\n[[handler]]\nname = \"h.wat\"\nroute = \"/h\"\n",
            to: "my pages/HIPPOFACTS")
        try await sandbox.next("serving") { $0["id"]?.string == "app/1.0.0" }
        #expect(try get(app + "h").body == "handled")
        // It does not become a directory of pages again, which would serve its sources.
        try FileManager.default.removeItem(atPath: directory.path + "/my pages/HIPPOFACTS")
        let failure = try await sandbox.next("failed")
        #expect(failure["file"]?.string == "HIPPOFACTS", "\(failure)")
        #expect(failure["message"]?.string?.contains("The file is gone") == true, "\(failure)")
        try directory.write("[up]\nreload = false\n", to: "my pages/hippo-dev.toml")
        try await sandbox.next("failed")
        #expect(try get(app + "h").body == "handled")
        #expect(try get(app + "h.wat").status == 404)
        try directory.write(
            "[bindle]\nname = \"app\"\nversion = \"1.0.1\"\n[[handler]]\nname = \"h.wat\"\nroute = \"/h\"\n",
            to: "my pages/HIPPOFACTS")
        try await sandbox.next("serving") { $0["id"]?.string == "app/1.0.1" }
    }

    @Test("A project that is there is not overwritten") func aProjectThatIsThereIsNotOverwritten() throws {
        let directory = try TemporaryDirectory()
        try directory.write("mine", to: "app/index.html")
        let refused = try Program.run(["new", "app"], in: directory.path)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("--force"))
        let planned = try Program.run(["new", "other", "--dry-run"], in: directory.path)
        #expect(planned.output.contains("would create  HIPPOFACTS"))
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/other"))
        #expect(try Program.run(["new", "a b"], in: directory.path).status == 2)
    }

    @Test("Init looks at the project and says what it found") func initLooksAtTheProjectAndSaysWhatItFound()
        async throws
    {
        let directory = try TemporaryDirectory()
        try directory.write(SmallApp.handler(answering: "made"), to: "source.wat")
        try directory.write("out/x.wasm:\n\tmkdir -p out && cp source.wat $@\n", to: "Makefile")
        try directory.write("{\"name\": \"pack\"}", to: "package.json")
        let planned = try Program.run(["init", "--as", "make", "--dry-run"], in: directory.path)
        #expect(planned.output.contains("    name = \"out/x.wasm\""))
        #expect(planned.output.contains("--as npm (package.json)"))
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/HIPPOFACTS"))

        let made = try Program.run(["init", "--as", "modules", "--vscode"], in: directory.path)
        #expect(made.status == 0, "\(made.errors)")
        let sandbox = try SandboxProcess(directory.path)
        let app = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(app + "anything").body == "made")
        // Again, everything is there already, and stays.
        let again = try Program.run(["init", "--as", "make"], in: directory.path)
        #expect(again.output.contains("kept      HIPPOFACTS"))
        #expect(again.output.contains("--force"))
    }

    /// As projects were laid out that other generators made.
    @Test(
        "A project of another generator comes up as it is",
        arguments: ["target/wasm32-wasi/release/weather.wasm", "weather.wasm", "build/weather.wasm"])
    func aProjectOfAnotherGeneratorComesUpAsItIs(_ module: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.write(Data(try assemble(SmallApp.handler(answering: "as it is"))), to: module)
        try directory.write("fn main() {}", to: "src/main.rs")
        try directory.write(
            """
            [bindle]
            name = "weather"
            version = "1.0.0"
            description = "weather"
            authors = ["A Author <author@example.com>"]

            [[handler]]
            name = "\(module)"
            route = "/"
            files = []
            """, to: "HIPPOFACTS")
        let sandbox = try SandboxProcess(directory.path)
        let ready = try await sandbox.next("ready")
        #expect(ready["id"]?.string == "weather/1.0.0")
        #expect(try get(ready["app"]?.string ?? "") == Answer(status: 200, body: "as it is"))
    }
}
