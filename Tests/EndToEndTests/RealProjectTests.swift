import Foundation
import HTTP
import TestSupport
import Testing
import WebAssemblyText

/// Projects as they are: a module in a workspace's target directory, settings for handlers and files, and what people
/// type who come from other tools.
@Suite(.timeLimit(.minutes(15)))
struct RealProjectTests {
    private func module(_ text: String) throws -> Data {
        Data(try assemble(Array(SmallApp.handler(answering: text).utf8)))
    }

    private func facts(_ module: String, files: String = "[]") -> String {
        """
        [bindle]
        name = "small"
        version = "1.2.3"
        [[handler]]
        name = "\(module)"
        route = "/hello"
        files = \(files)

        """
    }

    @Test("A module of a Cargo workspace is served, and watched", arguments: ["../target/m.wasm", "target/m.wasm"])
    func aModuleOfACargoWorkspaceIsServedAndWatched(name: String) async throws {
        let tree = try TemporaryDirectory()
        try tree.write("[workspace]\nmembers = [\"app\"]\n", to: "Cargo.toml")
        try tree.write(try module("one"), to: "target/m.wasm")
        try tree.write(facts(name), to: "app/HIPPOFACTS")
        if !name.hasPrefix("..") {
            try FileManager.default.createSymbolicLink(
                atPath: tree.path + "/app/target", withDestinationPath: "../target")
        }
        let sandbox = try SandboxProcess(tree.path + "/app")
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "hello").body == "one")
        try tree.write(try module("two"), to: "target/m.wasm")
        try await sandbox.next("serving")
        #expect(try get(url + "hello").body == "two")
        // As cargo does it: the directory goes, and comes again.
        try FileManager.default.removeItem(atPath: tree.path + "/target")
        try tree.write(try module("three"), to: "target/m.wasm")
        try await sandbox.next("serving") { _ in (try? get(url + "hello").body) == "three" }
    }

    @Test("What hippo-dev.toml says of handlers and files holds when it is saved")
    func settingsOfHandlersAndFilesHoldWhenSaved() async throws {
        let app = try SmallApp()
        try app.save("A=1", to: "assets/.env")
        let scene = try await UpTests.Scene(app)
        // It was told before the app served.
        let told = scene.sandbox.events("log").compactMap { $0["text"]?.string }
        #expect(told.contains { $0.contains("assets/.env: the file is left out") }, "\(told)")
        #expect(try get(scene.url + "assets/style.css").status == 200)
        #expect(try get(scene.url + "assets/.env").status == 404)
        try app.save(
            """
            [files]
            exclude = ["**/*.css", "**/.env"]
            [[handler]]
            route = "/hello"
            argv = "one two"
            allow-outbound = ["https://example.com"]
            [up]
            allow-outbound = ["http://all.example"]
            """, to: "hippo-dev.toml")
        try await scene.sandbox.next("serving")
        #expect(try get(scene.url + "assets/style.css").status == 404)
        #expect(try get(scene.url + "assets/index.html").status == 200)
        let invoice = try get(scene.bindleURL + "/_i/small/1.2.3").body
        #expect(invoice.contains("one two"), "\(invoice)")
        #expect(invoice.contains("http://all.example,https://example.com"), "\(invoice)")

        // What leaves the machine has it only if that is asked for; excluded files never.
        for options in [[], ["--with-settings"]] {
            let target = try TemporaryDirectory()
            let result = try Program.run(
                ["prepare", app.path, "-v", "prod", "-d", target.path + "/bindle"] + options,
                environment: ["HOME": target.path])
            #expect(result.status == 0, "\(result)")
            #expect(result.errors.contains("--with-settings puts it in") == options.isEmpty)
            let found = try #require(
                FileManager.default.enumerator(atPath: target.path)?.compactMap { $0 as? String }
                    .first { $0.hasSuffix("invoice.toml") })
            let invoice = try String(contentsOfFile: target.path + "/" + found, encoding: .utf8)
            #expect(invoice.contains("one two") == !options.isEmpty)
            #expect(!invoice.contains("style.css") && invoice.contains("index.html"))
        }
    }

    @Test("A module without the function that is called is a failure, and what served before goes on")
    func
        aMissingFunctionIsAFailure() async throws
    {
        let app = try SmallApp()
        let wrong = "(module (func (export \"run\")))"
        try app.save(wrong, to: "hello.wat")
        let sandbox = try SandboxProcess(app.path)
        // At first, there is the status page.
        let url = try #require(try await sandbox.next("starting")["app"]?.string)
        let failure = try await sandbox.next("failed")
        #expect(failure["stage"]?.string == "launch" && failure["file"]?.string == "HIPPOFACTS", "\(failure)")
        let facts = try String(contentsOfFile: app.path + "/HIPPOFACTS", encoding: .utf8)
        let lines = facts.split(separator: "\n", omittingEmptySubsequences: false)
        let named = try lines[#require(failure["line"]?.integer) - 1]
        #expect(named.contains("hello.wat"), "\(failure)")
        let message = try #require(failure["message"]?.string)
        #expect(message.hasPrefix("hello.wat: requests for /hello") && message.contains("no function '_start'"))
        let page = try get(url + "hello")
        #expect(page.status == 503 && page.body.contains("no function '_start'"), "\(page)")
        try app.writeHandler("hello 2")
        try await sandbox.next("ready")
        #expect(try get(url + "hello") == Answer(status: 200, body: "hello 2"))
        try app.save(wrong, to: "hello.wat")
        try await sandbox.next("failed")
        #expect(try get(url + "hello").body == "hello 2")
        let check = try Program.run(["check", app.path])
        #expect(check.status == 1 && check.errors.contains("has no function '_start'"), "\(check)")
    }

    @Test("The variable PORT is weaker than all else, and no module gets it") func portIsWeakerThanAllElse()
        async throws
    {
        let app = try SmallApp()
        let result = try Program.run(["up", app.path, "--no-watch"], environment: ["PORT": "many"])
        #expect(result.status == 2 && result.errors.contains("PORT is 'many'"), "\(result)")
        try app.save(Self.environmentPrinter, to: "hello.wat")
        // The command line's address is taken whatever PORT says.
        let sandbox = try SandboxProcess(app.path, environment: ["PORT": "1"])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(url.hasPrefix("http://127.0.0.1:") && url != "http://127.0.0.1:1/")
        let variables = try get(url + "hello").body.split(separator: "\0")
        #expect(variables.contains("REQUEST_METHOD=GET") && !variables.contains { $0.hasPrefix("PORT=") })
    }

    /// Answers with its variables, which end with zero bytes.
    private static let environmentPrinter = """
        (module
          (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 4)
          (data (i32.const 16) "content-type: text/plain\\n\\n")
          (func (export "_start")
            (drop (call $sizes (i32.const 100) (i32.const 104)))
            (drop (call $get (i32.const 1024) (i32.const 65536)))
            (i32.store (i32.const 200) (i32.const 16))
            (i32.store (i32.const 204) (i32.const 26))
            (i32.store (i32.const 208) (i32.const 65536))
            (i32.store (i32.const 212) (i32.load (i32.const 104)))
            (drop (call $write (i32.const 1) (i32.const 200) (i32.const 2) (i32.const 220)))))
        """

    @Test("An address that others can reach is told of", arguments: ["0", "localhost:0", "0.0.0.0:0"])
    func anAddressThatOthersCanReachIsToldOf(listen: String) async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, listen: listen)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(url.hasPrefix("http://127.0.0.1:"))
        // A machine may have no other interface.
        let others = try #require(SocketAddress.parseListener(listen)).reachableByOthers
        let told = sandbox.events("log").compactMap { $0["text"]?.string }.filter {
            $0.hasPrefix("Other machines can reach the app")
        }
        #expect(told.count == others.count, "\(told)")
    }

    // MARK: What people type

    @Test("The program alone shows its help, and knows others' words") func theProgramAloneShowsItsHelp() throws {
        let alone = try Program.run([])
        #expect(alone.status == 0 && alone.output.contains("Usage: hippo-dev COMMAND"), "\(alone)")
        for (word, here) in [
            ("serve", "hippo-dev up"), ("dev", "hippo-dev up"), ("start", "hippo-dev up"), ("watch", "hippo-dev up"),
            ("build", "hippo-dev up --build"), ("deploy", "hippo-dev push"),
        ] {
            let result = try Program.run([word])
            #expect(result.status == 2 && result.errors.contains(here), "\(result)")
        }
        let manual = try Program.run(["manual"])
        #expect(!manual.output.contains("default .."))
    }

    @Test("A push without a server says how to name one") func aPushWithoutAServerSaysHowToNameOne() throws {
        let app = try SmallApp()
        // Port 8080 may be somebody's here: what is there then answers, and no connection fails.
        let result = try Program.run(["push", app.path], environment: ["HOME": app.path, "BINDLE_URL": ""])
        guard result.errors.contains("127.0.0.1:8080") || result.errors.contains("localhost:8080"),
            result.errors.contains("onnect")
        else { return }
        #expect(result.errors.contains("-s URL"), "\(result)")
    }

    @Test("A rollback without a number goes back one step each time") func aRollbackGoesBackOneStepEachTime()
        async throws
    {
        let app = try SmallApp()
        let scene = try await UpTests.Scene(app)
        for text in ["two", "three"] {
            try app.save(text, to: "assets/style.css")
            try await scene.sandbox.next("serving")
        }
        var output = try Program.run(["rollback"], in: app.path)
        #expect(output.output.hasPrefix("Revision 4 brings back revision 2"), "\(output)")
        #expect(try get(scene.url + "assets/style.css").body == "two")
        output = try Program.run(["rollback"], in: app.path)
        #expect(output.output.hasPrefix("Revision 5 brings back revision 1"), "\(output)")
        output = try Program.run(["rollback"], in: app.path)
        #expect(output.status == 1 && output.errors.contains("nothing was served before revision 1"), "\(output)")
    }

    @Test("A check for wagi says what behaves differently there") func aCheckForWagiSaysWhatRunsOtherwise() throws {
        let app = try SmallApp()
        let check = try Program.run(["check", app.path, "--for", "wagi"])
        #expect(check.status == 0, "\(check)")
        #expect(check.output.contains("assets/index.html, assets/style.css: no handler takes these paths"), "\(check)")
        try app.writeHippofacts(route: "/...")
        let clean = try Program.run(["check", app.path, "--for", "wagi"])
        #expect(clean.output.contains("Nothing is known that would behave differently on wagi 0.8.1."), "\(clean)")
        try app.save(
            """
            default_host = "localhost:3000"
            [[module]]
            route = "/"
            module = "\(app.path)/hello.wat"
            environment.GREETING = "hello"
            """, to: "modules.toml")
        let modules = try Program.run(["check", app.path + "/modules.toml", "--for", "wagi"])
        #expect(modules.status == 0 && modules.output.contains("knows no 'environment'"), "\(modules)")
        #expect(modules.errors.contains("modules.toml:1:1: 'default_host' has no effect"), "\(modules)")
    }

    @Test("A push tells once what behaves differently on wagi") func aPushTellsOnceWhatRunsOtherwise() throws {
        let app = try SmallApp()
        let store = try TemporaryDirectory()
        let server = try StoreServer(store: store.path + "/bindles.sqlite")
        func push() throws -> Program.Result {
            try Program.run(["push", app.path, "-s", server.url], environment: ["HOME": store.path])
        }
        let first = try push()
        #expect(first.status == 0 && first.errors.contains("on wagi 0.8.1, this behaves differently"), "\(first)")
        #expect(try !push().errors.contains("on wagi"))
        try app.writeHippofacts(route: "/...")
        #expect(try !push().errors.contains("on wagi"))
    }
}
