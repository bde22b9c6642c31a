import JSON
import SandboxProtocol
import Testing

@testable import Sandbox

/// What a WAGI process is started with, and told before anything else.
struct WorkerConfigurationTests {
    private func read(_ arguments: [String]) -> WorkerArguments? {
        var values: [String: String] = [:]
        for index in stride(from: 1, to: arguments.count - 1, by: 2) { values[arguments[index]] = arguments[index + 1] }
        return WorkerArguments { values["--\($0.rawValue)"] }
    }

    @Test("every descriptor survives the way over the command line, whichever of them there are")
    func arguments() {
        for mask in 0..<32 {
            var arguments = WorkerArguments(listen: 3, control: 4)
            if mask & 1 != 0 { arguments.connections = .init(sending: 5, receiving: 6) }
            if mask & 2 != 0 { arguments.board = 7 }
            if mask & 4 != 0 { arguments.changes = 8 }
            if mask & 8 != 0 { arguments.log = .init(memory: 9, wakeUp: 10) }
            if mask & 16 != 0 { arguments.switchboard = 11 }
            #expect(arguments.arguments.first == "wagi")
            #expect(read(arguments.arguments) == arguments)
            // Where connections come through the queue only.
            arguments.listen = nil
            #expect(read(arguments.arguments) == (mask & 1 != 0 ? arguments : nil))
        }
    }

    @Test("a command line that is not whole is refused")
    func brokenArguments() {
        #expect(read(["wagi", "--listen-fd", "3"]) == nil)
        #expect(read(["wagi", "--listen-fd", "3", "--control-fd", "x"]) == nil)
        #expect(read(["wagi", "--listen-fd", "3", "--control-fd", "-4"]) == nil)
        #expect(read(["wagi", "--listen-fd", "3", "--control-fd", "4", "--pass-fd", "5"]) == nil)
        #expect(read(["wagi", "--listen-fd", "3", "--control-fd", "4", "--log-fd", "5"]) == nil)
    }

    /// A configuration with no field as usual.
    private var full: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.hostname = "[::1]:3000"
        configuration.variables = [.init(name: "A", value: "b=\n\"c\" é\u{1}"), .init(name: "B", value: "")]
        configuration.projectVariables = [.init(name: "C", value: "d")]
        configuration.allowsTransientWrite = true
        configuration.stubsImports = true
        configuration.requiresEntrypoints = true
        configuration.servesStaticFiles = false
        configuration.allowedHosts = ["a.example", "*"]
        configuration.dataDirectory = "/data"
        configuration.dataLimit = 100_000_000
        configuration.proxies = [.init(prefix: "/api", url: "http://a/", strips: true)]
        configuration.behind = "http://localhost:5173/"
        configuration.showsErrors = true
        configuration.logDirectory = "/logs"
        configuration.logFileLimit = 8
        configuration.bindleToken = "secret"
        configuration.bindleKeyPin = "sha256//key"
        configuration.program = "/usr/bin/wagi"
        configuration.editor = EditorLink(template: "x:{file}")
        configuration.limits.time = .nanoseconds(1_500_000_001)
        configuration.limits.memoryBytes = 1
        configuration.limits.responseBytes = 2
        configuration.limits.stackBytes = 3
        configuration.limits.heapBytes = 4
        configuration.limits.tableElements = 5
        configuration.limits.openFiles = 6
        configuration.limits.transientBytes = 7
        configuration.limits.waitingRequests = 8
        return configuration
    }

    @Test("every field survives the way over the control channel")
    func configuration() throws {
        for configuration in [WorkerConfiguration(), full] {
            let text = configuration.json.serialized
            let object = try #require(try JSONValue(parsing: text.utf8).object)
            #expect(WorkerConfiguration(json: object) == configuration)
        }
        // A field that is added has to be added here, too.
        #expect(Mirror(reflecting: full).children.count == 20)
        #expect(Mirror(reflecting: full.limits).children.count == 9)
        for (field, usual) in zip(Mirror(reflecting: full).children, Mirror(reflecting: WorkerConfiguration()).children)
        {
            #expect("\(field.value)" != "\(usual.value)", "\(field.label ?? "")")
        }
    }

    @Test("what looks like a secret is kept from other processes, unless it is asked for")
    func environment() {
        for name in ["BINDLE_URL", "HIPPO_X", "GITHUB_TOKEN", "my_secret", "DB_PASSWORD_FILE"] {
            #expect(ChildEnvironment.isSecret(name), "\(name)")
        }
        for name in ["PATH", "HOME", "CARGO_TARGET_DIR", "WAGI_LOG_DIR"] {
            #expect(!ChildEnvironment.isSecret(name), "\(name)")
        }
    }
}
