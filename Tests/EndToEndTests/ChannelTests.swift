import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// Channels beside the working copy, from the command line to the answer.
@Suite("Channels", .timeLimit(.minutes(15)))
struct ChannelTests {
    private let app: SmallApp

    init() throws { app = try SmallApp() }

    /// A sandbox on the app, and where it serves.
    private struct Stage {
        let sandbox: SandboxProcess
        let port: UInt16
        let control: HTTPURL

        init(_ path: String, _ arguments: [String] = []) async throws {
            sandbox = try SandboxProcess(path, arguments)
            let ready = try await sandbox.next("ready")
            port = try HTTPURL(try #require(ready["app"]?.string)).port
            control = try HTTPURL(try #require(ready["bindle"]?.string))
        }

        /// Asks for a path of a host on a connection of its own.
        func get(_ path: String, _ host: String = "localhost", headers: Headers = [:]) throws -> Answer {
            var configuration = ClientConfiguration()
            configuration.maximumIdlePerHost = 0
            var request = ClientRequest(.get, try HTTPURL("http://127.0.0.1:\(port)\(path)"), headers: headers)
            request.host = "\(host):\(port)"
            let response = try Client(configuration: configuration).send(request)
            return Answer(
                status: response.status.code,
                body: String(decoding: try response.readAll(limit: 1 << 20), as: UTF8.self))
        }

        /// Sends something to the API.
        @discardableResult
        func api(_ method: HTTP.Method, _ path: String, _ body: String? = nil) throws -> (Int, JSONObject) {
            let headers: Headers = body == nil ? [:] : ["Content-Type": "application/json"]
            let request = ClientRequest(
                method, try control.resolving("/api/v1\(path)"), headers: headers,
                body: body.map { .bytes(Array($0.utf8)) } ?? .empty)
            let response = try Client().send(request)
            let bytes = try response.readAll(limit: 1 << 20)
            return (response.status.code, (try? JSONValue(parsing: bytes).object) ?? [:])
        }

        func release(_ version: String, replacing: Bool = false) throws {
            let (_, state) = try api(.get, "/app")
            let revision = try #require(state["revision"]?.integer)
            let (status, answer) = try api(
                .post, "/releases", #"{"revision": \#(revision), "version": "\#(version)", "replace": \#(replacing)}"#)
            #expect((200...201).contains(status), "\(answer)")
        }

        func channel(_ name: String) throws -> JSONObject? {
            try api(.get, "/channels").1["channels"]?.array?.compactMap(\.object).first { $0["name"]?.string == name }
        }
    }

    @discardableResult
    private func command(_ arguments: String...) throws -> Program.Result {
        try Program.run(arguments + ["--project", app.path])
    }

    /// Pushes the project in a directory of the app to the sandbox's store.
    private func push(_ directory: String, to stage: Stage) throws {
        let archive = app.path + "/../\(UUID().uuidString).tar.gz"
        defer { try? FileManager.default.removeItem(atPath: archive) }
        for arguments in [
            ["prepare", "\(app.path)/\(directory)", "-v", "production", "-d", archive],
            ["bindle", "push", archive, "--bindle-url", stage.control.description],
        ] {
            let result = try Program.run(arguments)
            try #require(result.status == 0, "\(result)")
        }
    }

    private func save(_ text: String, _ stage: Stage) async throws {
        try app.writeHandler(text)
        try await stage.sandbox.next("serving")
    }

    @Test("two of one app serve two releases at once, while the working copy is rebuilt")
    func twoChannels() async throws {
        let stage = try await Stage(app.path)
        try stage.release("1.0.0")
        try await save("hello 2", stage)
        try stage.release("2.0.0")
        try await save("hello 3", stage)
        let added = try command("channel", "add", "stable", "--range", "^1.0.0")
        #expect(added.status == 0 && added.output.contains("http://stable.small.localhost:\(stage.port)/"))
        #expect(added.output.contains("small/1.0.0"), "\(added)")
        #expect(try command("channel", "add", "next").status == 0)
        #expect(try stage.channel("stable")?["state"] == "idle")
        for round in 4..<12 {
            async let saved: Void = save("hello \(round)", stage)
            for _ in 0..<10 {
                #expect(try stage.get("/hello", "stable.small.localhost").body == "hello 1")
                #expect(try stage.get("/hello", "NEXT.small.localhost.").body == "hello 2")
            }
            try await saved
            #expect(try stage.get("/hello").body == "hello \(round)")
        }
        #expect(try stage.channel("stable")?["serving"] == "small/1.0.0")
        // One connection, whichever hosts its requests are for.
        let raw = try RawSocket(port: stage.port)
        for (host, text) in [("next", "hello 2"), ("stable", "hello 1"), ("next", "hello 2")] {
            try raw.send("GET /hello HTTP/1.1\r\nHost: \(host).small.localhost\r\n\r\n")
            _ = try raw.receive(until: text)
            try raw.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try raw.receive(until: "hello 11")
        }
        // The log tells them apart.
        let request = try await stage.sandbox.next("request") { $0["channel"]?.string == "small/stable" }
        #expect(request["release"] == "small/1.0.0")
        let (_, requests) = try stage.api(.get, "/requests")
        #expect(requests["requests"]?.array?.contains { $0.object?["channel"] == "small/next" } == true)
    }

    @Test("another release is served as soon as it is made, and one that fails leaves the last good one")
    func newReleases() async throws {
        let stage = try await Stage(app.path)
        try command("channel", "add", "stable", "--range", "^1.0.0")
        // There is none.
        let absent = try stage.get("/hello", "stable.small.localhost", headers: ["Accept": "text/html"])
        #expect(absent.status == 503 && absent.body.contains("^1.0.0"))
        try stage.release("1.0.0")
        #expect(try await found { try stage.get("/hello", "stable.small.localhost") }.body == "hello 1")
        try await save("hello 2", stage)
        try stage.release("1.1.0")
        #expect(eventually { (try? stage.get("/hello", "stable.small.localhost").body) == "hello 2" })
        // A module that is not valid cannot be loaded.
        try app.save(
            "[bindle]\nname = \"small\"\nversion = \"1.2.0\"\n\n[[handler]]\nname = \"broken.wasm\"\nroute = \"/hello\"\n",
            to: "other/HIPPOFACTS")
        try app.save("\0asm\u{1}\0\0\0\u{7F}", to: "other/broken.wasm")
        try push("other", to: stage)
        #expect(try stage.api(.post, "/releases", #"{"bindle": "small/1.2.0"}"#).0 == 201)
        #expect(eventually { (try? stage.channel("stable")?["state"]) == "failed" })
        #expect(try stage.channel("stable")?["serving"] == "small/1.1.0")
        #expect(try stage.get("/hello", "stable.small.localhost").body == "hello 2")
        // Back by a pin.
        #expect(try command("channel", "set", "stable", "--pin", "1.0.0").status == 0)
        #expect(eventually { (try? stage.get("/hello", "stable.small.localhost").body) == "hello 1" })
        // Replaced content is another release.
        try await save("hello 5", stage)
        try stage.release("1.0.0", replacing: true)
        #expect(eventually { (try? stage.get("/hello", "stable.small.localhost").body) == "hello 5" })
    }

    /// The answer, once it is 200.
    private func found(_ ask: () throws -> Answer) async throws -> Answer {
        var answer = try ask()
        _ = eventually {
            answer = (try? ask()) ?? answer
            return answer.status == 200
        }
        return answer
    }

    @Test("a process that is killed comes back, and one that is idle ends, until it is asked for again")
    func lifetimes() async throws {
        try app.save("[up]\nchannel-idle = \"2s\"\n", to: "hippo-dev.toml")
        let stage = try await Stage(app.path)
        try stage.release("1.0.0")
        try command("channel", "add", "stable")
        let before = Set(stage.sandbox.descendants())
        #expect(try stage.get("/hello", "stable.small.localhost").body == "hello 1")
        let process = try #require(stage.sandbox.descendants().first { !before.contains($0) })
        kill(process, SIGKILL)
        #expect(try stage.get("/hello", "stable.small.localhost").body == "hello 1")
        #expect(eventually { (try? stage.channel("stable")?["state"]) == "idle" })
        #expect(eventually { Set(stage.sandbox.descendants()).subtracting(before).isEmpty })
        #expect(try stage.get("/hello", "stable.small.localhost").body == "hello 1")
        #expect(try stage.channel("stable")?["state"] == "serving")
        // A stop ends it with all others.
        let all = stage.sandbox.descendants()
        kill(stage.sandbox.id, SIGTERM)
        #expect(try await stage.sandbox.waitForEnd() == 0)
        try await SandboxProcess.waitForDeath(of: all)
    }

    @Test("the host of a channel that is removed is nobody's, and comes back with it")
    func removal() async throws {
        let stage = try await Stage(app.path)
        try stage.release("1.0.0")
        try command("channel", "add", "stable")
        #expect(try stage.get("/hello", "stable.small.localhost").status == 200)
        #expect(try command("channel", "remove", "stable").status == 0)
        let gone = try stage.get("/hello", "stable.small.localhost")
        #expect(gone.status == 421 && gone.body.contains("channel list"))
        #expect(try command("channel", "remove", "stable").status != 0)
        try await save("hello 2", stage)
        #expect(try stage.get("/hello", "stable.small.localhost").status == 421)
        #expect(try stage.get("/hello").body == "hello 2")
        try command("channel", "add", "stable")
        #expect(try stage.get("/hello", "stable.small.localhost").body == "hello 1")
        // A host of its own is known to the channel alone.
        try command("channel", "set", "stable", "--host", "stable.example")
        #expect(try stage.get("/hello", "stable.example").body == "hello 1")
        #expect(try stage.get("/hello", "other.example").status == 421)
        #expect(try stage.get("/hello", "stable.small.localhost").status == 421)
    }

    /// A handler that makes a file in each directory that it may find, and answers with a letter for each: A for one that
    /// it has made, U for one that is there.
    private static let marker = """
        (module
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\\10\\00\\00\\00\\1c\\00\\00\\00")
          (data (i32.const 16) "content-type: text/plain\\0a\\0a??")
          (data (i32.const 64) "mark")
          (func $make (param $directory i32) (result i32)
            (i32.add (i32.const 65)
              (call $open (local.get $directory) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 5)
                (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 100))))
          (func (export "_start")
            (i32.store8 (i32.const 42) (call $make (i32.const 3)))
            (i32.store8 (i32.const 43) (call $make (i32.const 4)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
        """

    @Test("the data of one channel is not seen by another, nor by the working copy")
    func data() async throws {
        try app.save(Self.marker, to: "hello.wat")
        try app.save("[data]\npath = \"data\"\n", to: "hippo-dev.toml")
        let stage = try await Stage(app.path)
        try stage.release("1.0.0")
        try command("channel", "add", "stable")
        try command("channel", "add", "next")
        let hosts = ["localhost", "stable.small.localhost", "next.small.localhost"]
        for host in hosts { #expect(try stage.get("/hello", host).body.contains("A"), "\(host)") }
        for host in hosts { #expect(try stage.get("/hello", host).body.contains("U"), "\(host)") }
        for path in ["data", "data.channels/stable", "data.channels/next"] {
            #expect(FileManager.default.fileExists(atPath: "\(app.path)/\(path)/mark"), "\(path)")
        }
        #expect(try command("data", "reset", "--yes", "--channel", "stable").output.contains("data.channels/stable"))
        #expect(try stage.get("/hello", "stable.small.localhost").body.contains("A"))
        #expect(try stage.get("/hello", "next.small.localhost").body.contains("U"))
        #expect(try stage.get("/hello").body.contains("U"))
        // What channels keep is no part of the bundle.
        let parcels = try stage.api(.get, "/app/parcels").1
        #expect(!JSONValue.object(parcels).serialized.contains("mark"))
    }

    @Test("a channel of the project's app has its variables, with its own on top; one of another app, its own only")
    func variables() async throws {
        try app.save(EnvironmentEcho.module, to: "hello.wat")
        try app.save("[env]\nCOLOUR = \"red\"\nSIZE = \"7\"\n", to: "hippo-dev.toml")
        try app.save("FROM_DOTENV=yes\n", to: ".env")
        let stage = try await Stage(app.path)
        try stage.release("1.0.0")
        #expect(try command("channel", "add", "stable", "--env", "COLOUR=blue", "--env", "MY_TOKEN=hidden").status == 0)
        func variables(_ host: String) throws -> [String] {
            try stage.get("/hello", host).body.split(separator: "\0").map(String.init)
        }
        let own = try variables("stable.small.localhost")
        for variable in ["COLOUR=blue", "SIZE=7", "FROM_DOTENV=yes", "MY_TOKEN=hidden"] {
            #expect(own.contains(variable), "\(variable)")
        }
        #expect(!own.contains("COLOUR=red"))
        #expect(try variables("localhost").contains("COLOUR=red"))
        // Settings that change reach channels.
        try app.save("[env]\nCOLOUR = \"red\"\nSIZE = \"8\"\n", to: "hippo-dev.toml")
        try await stage.sandbox.next("serving")
        #expect(eventually { (try? variables("stable.small.localhost").contains("SIZE=8")) == true })
        let (_, environment) = try stage.api(.get, "/environment")
        let text = JSONValue.object(environment).serialized
        #expect(text.contains("MY_TOKEN") && !text.contains("hidden"))
        #expect(environment["dotenv"] == ["FROM_DOTENV"])
        #expect(try !command("channel", "list", "--json").output.contains("hidden"))

        // The same content as the release of another app.
        try app.save(
            "[bindle]\nname = \"other/app\"\nversion = \"1.0.0\"\n\n[[handler]]\nname = \"hello.wat\"\nroute = \"/hello\"\n",
            to: "other/HIPPOFACTS")
        try app.save(EnvironmentEcho.module, to: "other/hello.wat")
        try push("other", to: stage)
        #expect(try stage.api(.post, "/releases", #"{"bindle": "other/app/1.0.0"}"#).0 == 201)
        #expect(try command("channel", "add", "demo", "--app", "other/app", "--env", "ONLY=this").status == 0)
        let foreign = try variables("demo.other-app.localhost")
        #expect(foreign.contains("ONLY=this"))
        for name in ["COLOUR", "SIZE", "FROM_DOTENV"] {
            #expect(!foreign.contains { $0.hasPrefix("\(name)=") }, "\(name)")
        }
    }

    @Test("channels are made, listed, changed and removed without a sandbox, and served by the next one")
    func withoutSandbox() async throws {
        do {
            let stage = try await Stage(app.path)
            try stage.release("1.0.0")
            kill(stage.sandbox.id, SIGTERM)
            #expect(try await stage.sandbox.waitForEnd() == 0)
        }
        #expect(try command("channel", "list").output.contains("no channels"))
        #expect(try command("channel", "add", "stable", "--range", "^1.0.0", "--env", "A=1").status == 0)
        let again = try command("channel", "add", "stable")
        #expect(again.status != 0 && again.errors.contains("channel set"))
        let clash = try command("channel", "add", "STABLE")
        #expect(clash.status != 0 && clash.errors.contains("--host"))
        #expect(try command("channel", "add", "STABLE", "--host", "upper.localhost").status == 0)
        #expect(try command("channel", "set", "missing", "--pin", "1.0.0").status != 0)
        #expect(try command("channel", "set", "stable", "--pin", "9.0.0").status != 0)
        #expect(try command("channel", "set", "stable").status == 2)
        #expect(try command("channel", "add", "x", "--pin", "1.0.0", "--range", "*").status == 2)
        #expect(try command("channel", "set", "stable", "--pin", "1.0.0", "--unset", "A").status == 0)
        let list = try command("channel", "list").output
        #expect(list.contains("small/stable  pins 1.0.0  small/1.0.0") && list.contains("upper.localhost"), "\(list)")
        #expect(try command("channel", "remove", "STABLE").status == 0)
        let stage = try await Stage(app.path)
        #expect(try stage.get("/hello", "stable.small.localhost").body == "hello 1")
        #expect(
            stage.sandbox.events("log").contains {
                $0["text"]?.string == "Channel small/stable is at http://stable.small.localhost:\(stage.port)/"
            })
    }

    @Test(
        "with --https, channels are served as well",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is not in /usr/bin"))
    func secured() async throws {
        let directory = try TemporaryDirectory()
        let sandbox = try SandboxProcess(
            app.path, ["--https", "--bindle-http"], environment: ["XDG_CONFIG_HOME": directory.path])
        let ready = try await sandbox.next("ready")
        let url = try HTTPURL(try #require(ready["app"]?.string))
        let control = try HTTPURL(try #require(ready["bindle"]?.string))
        let headers: Headers = ["Content-Type": "application/json"]
        for (method, path, body) in [
            (HTTP.Method.post, "/releases", #"{"revision": 1}"#), (.put, "/channel?app=small&name=stable", "{}"),
        ] {
            let response = try Client().send(
                ClientRequest(
                    method, try control.resolving("/api/v1\(path)"), headers: headers, body: .bytes(Array(body.utf8))))
            #expect(response.status.code == 201)
        }
        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        let authority = directory.path + "/hippo/https_authority.pem"
        for (host, text) in [("stable.small.localhost", "hello 1"), ("localhost", "hello 2")] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
            process.arguments = [
                "-sS", "--noproxy", "*", "--max-time", "30", "--cacert", authority, "--resolve",
                "\(host):\(url.port):127.0.0.1", "https://\(host):\(url.port)/hello",
            ]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            #expect(String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == text)
            process.waitUntilExit()
        }
    }

    @Test(
        "a page of a channel gets nothing from the control address, nor from the developer's pages",
        .enabled(if: Chromium.path != nil, "Chromium is not installed"))
    func foreignPage() async throws {
        try app.directory.write("<!doctype html><body>channel</body>", to: "assets/index.html")
        let stage = try await Stage(app.path)
        try stage.release("1.0.0")
        try command("channel", "add", "stable")
        let context = try await Chromium().context()
        let tab = try await context.open("http://stable.small.localhost:\(stage.port)/assets/index.html")
        try await tab.wait(until: "document.body.innerText === 'channel'")
        for host in ["127.0.0.1", "localhost", "stable.small.localhost"] {
            let control = "http://\(host):\(stage.control.port)"
            let app = "http://\(host == "stable.small.localhost" ? "localhost" : host):\(stage.port)"
            try await tab.evaluate(
                """
                window.outcome = undefined;
                (async () => {
                  const results = [];
                  const attempt = async (url, options) => {
                    try {
                      const answer = await fetch(url, options);
                      results.push(answer.type === 'opaque' ? 'opaque' : answer.status + await answer.text());
                    } catch { results.push('refused') }
                  };
                  for (const mode of ['cors', 'no-cors']) {
                    for (const path of ['/', '/api/v1/app', '/api/v1/channels', '/api/v1/environment', '/v1/_q']) {
                      await attempt('\(control)' + path, { mode });
                    }
                    await attempt('\(control)/api/v1/channel?app=small&name=stable', { method: 'DELETE', mode: 'cors' });
                    await attempt('\(control)/api/v1/channel?app=small&name=evil', { method: 'PUT', mode: 'cors',
                      headers: { 'Content-Type': 'application/json' }, body: '{}' });
                    await attempt('\(app)/.hippo/events', { mode });
                    await attempt('\(app)/.hippo/reload.js', { mode });
                  }
                  window.outcome = JSON.stringify(results);
                })()
                """)
            try await tab.wait(until: "window.outcome !== undefined")
            let text = try #require(try await tab.evaluate("window.outcome").string)
            let results = try JSONValue(parsing: Array(text.utf8)).array?.compactMap(\.string) ?? []
            #expect(results.count == 18)
            #expect(results.allSatisfy { ["refused", "opaque"].contains($0) }, "\(host): \(results)")
        }
        #expect(try stage.channel("stable") != nil && stage.channel("evil") == nil)
        try await context.close()
    }
}
