import Bindle
import HTTP
import Hippofacts
import TOML
import Testing

@testable import Sandbox

/// What `hippo-dev.toml` may say.
struct SettingsFileTests {
    func parse(_ text: String) throws -> SandboxSettings {
        try SettingsFile.parse(Array(text.utf8), projectDirectory: "/project")
    }

    @Test("Every setting is read") func everySettingIsRead() throws {
        let settings = try parse(
            """
            [build]
            command = "make"
            watch = ["source/*", "Makefile"]
            wait = true
            pass-env = ["NPM_TOKEN"]

            [env]
            TITLE = "A title"

            [files]
            exclude = ["**/*.map", "[!a-z]*"]

            [[handler]]
            route = "/..."
            argv = "python /app/handler.py"
            allow-outbound = ["https://example.com"]

            [up]
            allow-outbound = ["insecure:allow-all"]
            listen = "0"
            tls-cert = "certificate.pem"
            tls-key = "/etc/key.pem"
            bindle-listen = "[::1]:9000"
            watch = false
            store = "store.sqlite"
            env-file = ["local.env", "/etc/app.env"]
            dotenv = false
            allow-transient-write = true
            static = false
            log-dir = "logs"
            log-limit = "2MiB"
            poll = "250ms"
            reload = false
            timeout = "1.5s"
            max-memory = "64MiB"
            max-response = "10kB"
            max-history = "500MiB"
            parcels = "s3://bucket/prefix"
            endpoint = "http://127.0.0.1:9000"
            parcel-cache = "20MiB"
            own-parcels = true
            max-waiting = 50
            behind = "HTTP://LocalHost:5173"
            """)
        var expected = SandboxSettings()
        expected.buildCommand = "make"
        expected.watchPatterns = [try GlobPattern("source/*"), try GlobPattern("Makefile")]
        expected.waitsForBuild = true
        expected.passedVariables = ["NPM_TOKEN"]
        expected.pollInterval = .milliseconds(250)
        expected.excludedFiles = [try GlobPattern("**/*.map"), try GlobPattern("[!a-z]*")]
        expected.handlers = [
            .init(
                route: "/...", argumentTemplate: "python /app/handler.py", allowedHosts: ["https://example.com"],
                position: SourcePosition(line: 14, column: 9))
        ]
        expected.allowedOutbound = ["insecure:allow-all"]
        expected.listen = .loopback(port: 0)
        expected.tls = .files(certificate: "/project/certificate.pem", key: "/etc/key.pem")
        expected.bindleListen = SocketAddress.parse("[::1]:9000")
        expected.isWatching = false
        expected.storage = .file("/project/store.sqlite")
        expected.variableSources = [
            .file("/project/local.env"), .file("/etc/app.env"), .variable(.init(name: "TITLE", value: "A title")),
        ]
        expected.givesDotenv = false
        expected.allowsTransientWrite = true
        expected.servesStaticFiles = false
        expected.logDirectory = "/project/logs"
        expected.logFileLimit = 2 << 20
        expected.reloadsPages = false
        expected.limits.time = .milliseconds(1500)
        expected.limits.memoryBytes = 64 << 20
        expected.limits.responseBytes = 10_000
        expected.historyBytes = 500 << 20
        expected.parcels = ParcelSettings(
            location: try ParcelLocation(parsing: "s3://bucket/prefix", endpoint: "http://127.0.0.1:9000"),
            cacheLimit: 20 << 20, isOwn: true)
        expected.limits.waitingRequests = 50
        expected.behind = try HTTPURL("http://localhost:5173/")
        #expect(settings == expected)
    }

    @Test(
        "Mistakes have a place",
        arguments: [
            ("[bild]", 1, 2, "unknown key 'bild'"),
            ("[up]\ntimeout = \"soon\"", 2, 11, "'soon' does not fit here; write something like \"30s\""),
            ("[up]\nbehind = \"localhost:5173\"", 2, 10, "write something like \"http://localhost:5173\""),
            ("[up]\nparcels = \"ftp://host\"", 2, 11, "is no kind of blob store"),
            ("[up]\nendpoint = \"http://host\"", 2, 1, "'endpoint' goes with 'parcels'"),
            ("[up]\nparcels = \"az://a/b\"\nendpoint = \"https://evil.example\"", 3, 12, "would get your credentials"),
            (
                "[up]\nparcels = \"s3://b\"\nendpoint = \"http://127.0.0.1.evil.example\"", 3, 12,
                "would get your credentials"
            ),
            ("[up]\nmax-waiting = 0", 2, 15, "has to be between 1 and 1000000"),
            ("[build]\ncomand = \"make\"", 2, 1, "unknown key 'comand' in [build]: did you mean 'command'?"),
            (
                "[[handler]]\nroute = \"/\"\nentrypoint = \"f\"", 3, 1,
                "'entrypoint' of a handler belongs into HIPPOFACTS"
            ),
            ("[build]\ncommand = 3", 2, 11, "has to be a string"),
            ("[build]\ncommand = \" \"", 2, 11, "is empty"),
            ("[build]\nwatch = [\"a\", \"/b\"]", 2, 15, "begins with '/'"),
            ("[env]\nA = 1", 2, 5, "has to be a string"),
            ("[env]\nA = \"1\"\nB = \"${A\"", 3, 5, "'${' has no '}' behind it; '$$' is a dollar sign"),
            ("[env]\nA = \"${}\"", 2, 5, "is no name for a variable"),
            ("[env]\nA = \"$$ ${NONE}\"", 2, 5, "there is no variable NONE: set it in the environment of hippo-dev"),
            ("[env]\nA = \"${BROKEN}\"", 2, 5, ".env: Line 3"),
            ("[build]\npass-env = \"X\"", 2, 12, "has to be"),
            ("[up]\nlisten = \"example.com:80\"", 2, 10, "is no address"),
            ("[up]\nallow-outbound = [\"example.com\"]", 2, 19, "is not a URL like"),
            ("[files]\nexclude = [\"a\", \"!b\"]", 2, 17, "exclude = [...], in [files]"),
            ("[handler]\nroute = \"/\"", 1, 2, "[[handler]]"),
            ("[[handler]]\nargv = \"x\"", 1, 3, "has no 'route'"),
            ("[[handler]]\nroute = \"/\"\n[[handler]]\nroute = \"/\"", 4, 9, "two [[handler]]"),
            ("[up]\nephemeral = true\nstore = \"x\"", 2, 1, "exclude each other"),
            ("[up]\ntls-cert = \"a\"", 2, 1, "go together"),
            ("[up]\ntls-key = \"a\"", 2, 1, "go together"),
            ("[up]\nhttps = true\ntls-cert = \"a\"\ntls-key = \"b\"", 2, 1, "exclude each other"),
            ("[data]\npath = \"d\"\nmax-size = \"much\"", 3, 12, "write something like \"100MB\""),
            ("[up\n", 1, 4, ""),
        ])
    func mistakesHaveAPlace(text: String, line: Int, column: Int, message: String) {
        let error = #expect(throws: TOMLError.self) {
            try SettingsFile.parse(Array(text.utf8), projectDirectory: "/project") { (name) throws(Failure) in
                if name == "BROKEN" { throw Failure(stage: .assemble, message: "Line 3", file: ".env") }
                return nil
            }
        }
        #expect(error?.position == SourcePosition(line: line, column: column))
        #expect(message.isEmpty || error?.message.contains(message) == true)
    }

    @Test("What handlers may keep is bounded in the words of other sizes, and by the command line first")
    func dataLimit() throws {
        for (text, bytes) in [("100 MB", 100_000_000), ("64KiB", 64 << 10), ("0", 0)] {
            let file = try parse("[data]\npath = \"d\"\nmax-size = \"\(text)\"\n")
            #expect(file.dataLimit == bytes)
            var line = SandboxSettings()
            #expect(line.completed(by: file).dataLimit == bytes)
            line.dataLimit = 5
            #expect(line.completed(by: file).dataLimit == 5)
        }
    }

    @Test("The stronger source wins") func theStrongerSourceWins() throws {
        var line = SandboxSettings()
        line.buildCommand = "ninja"
        line.variableSources = [.file("/f"), .variable(.init(name: "B", value: "line"))]
        let file = try parse("[build]\ncommand = \"make\"\n[env]\nA = \"file\"\nB = \"file\"\n[up]\nstatic = false\n")
        let settings = line.completed(by: file)
        #expect(settings.buildCommand == "ninja")
        #expect(
            settings.variableSources == [
                .variable(.init(name: "A", value: "file")), .variable(.init(name: "B", value: "file")), .file("/f"),
                .variable(.init(name: "B", value: "line")),
            ])
        #expect(settings.servesStaticFiles == false)
    }

    @Test("A variable of [env] takes the values of others, where the project is run")
    func namedVariables() throws {
        let text = Array("[env]\nA = \"${X}-$$${Y}, $1 ${X}$\"\n".utf8)
        let values = ["X": "x$", "Y": ""]
        let settings = try SettingsFile.parse(text, projectDirectory: "/p") { (name) throws(Failure) in values[name] }
        #expect(settings.variableSources == [.variable(.init(name: "A", value: "x$-$, $1 x$$"))])
        // Who does not run it need not have them.
        let other = try SettingsFile.parse(text, projectDirectory: "/p")
        #expect(BundleSettings(other).variables == ["A"])
    }

    @Test(
        "Variables are read",
        arguments: [
            ("A=1", "A", "1"), ("A=", "A", ""), ("A=b=c", "A", "b=c"), ("A=\"x y\"", "A", "x y"), ("A='x'", "A", "x"),
            ("A=\"", "A", "\""),
        ])
    func variablesAreRead(text: String, name: String, value: String) {
        #expect(SandboxSettings.Variable(parsing: text) == .init(name: name, value: value))
    }

    @Test("What is no variable is refused", arguments: ["A", "=1", ""])
    func whatIsNoVariableIsRefused(text: String) {
        #expect(SandboxSettings.Variable(parsing: text) == nil)
    }
}
