import Bindle
import CommandLineInterface
import HTTP
import Hippofacts
import Platform
import Sandbox
import SandboxProtocol
import WAGI
import WebGuard

/// A project's app in this process: built and loaded once, and asked without a port.
final class ProjectApplication: Sendable {
    /// The options of commands that run a project's app in their own process.
    enum Options {
        static let project = Option(
            name: "project", shortName: "p", valueName: "PATH",
            summary: "HIPPOFACTS, its directory, or a single module.", defaultValue: ".")

        static let all =
            [project, BuildOptions.noBuild] + UpOptions.app + [UpstreamOptions.url, UpstreamOptions.strategy]
            + LimitOptions.ofRequests

        /// What the command line says, for `hippo-dev.toml` to complete.
        static func settings(_ arguments: ParsedArguments) throws -> SandboxSettings {
            var settings = SandboxSettings()
            try UpOptions.setApp(in: &settings, arguments)
            settings.limits = try LimitOptions.given(arguments)
            settings.limits.time = try LimitOptions.given(LimitOptions.time, arguments, Duration.init(parsing:))
            settings.limits.memoryBytes = try LimitOptions.given(LimitOptions.memory, arguments, LimitOptions.bytes)
            settings.limits.responseBytes = try LimitOptions.given(
                LimitOptions.response, arguments, LimitOptions.bytes)
            return settings
        }
    }

    /// What the command line and `hippo-dev.toml` say together.
    let settings: SandboxSettings
    /// Whether `/data` is the directory that the command line names, and not a fresh one.
    private let keepsData: Bool
    private let expansion: Expansion
    private let content: ExpansionContent
    private let configuration: WAGIConfiguration
    /// How long a request may take.
    let timeout: Duration

    /// Builds and expands the project that the options name. What the build command writes goes to standard error.
    init(_ arguments: ParsedArguments) throws {
        let path = arguments[Options.project] ?? "."
        let externals = try ProjectExternals(
            path: path, store: nil, upstreams: { try UpstreamOptions.upstreams(arguments, $0) })
        var options = ExpansionOptions()
        options.externalInvoice = { try externals.invoice($0) }
        let build = try SingleBuild(
            path: path, commandLine: Options.settings(arguments), builds: BuildOptions.builds(arguments),
            options: options, onLine: { StandardError.write("\($0)\n") })
        settings = build.settings
        keepsData = arguments[UpOptions.data] != nil
        expansion = build.expansion
        for warning in expansion.warnings { StandardError.write("warning: \(warning)\n") }
        if let note = settings.dataLimitNote { StandardError.write("warning: \(note)\n") }
        content = ExpansionContent(expansion, externals: externals, place: try TemporaryPlace())
        var configuration = try WAGIConfiguration(Self.workerConfiguration(build.settings))
        configuration.logObserver = { StandardError.write("\($0.text)\n") }
        self.configuration = configuration
        timeout = configuration.limits.time
    }

    private static func workerConfiguration(_ settings: SandboxSettings) -> WorkerConfiguration {
        var configuration = SandboxSession.workerConfiguration(
            settings, address: settings.listen ?? SandboxSettings.defaultListen)
        configuration.logDirectory = nil
        return configuration
    }

    /// Loads the app anew: nothing that requests to another instance have left is there, unless `--data` names a place for
    /// it.
    func instance() throws -> Instance {
        var configuration = configuration
        var data: TemporaryPlace?
        if settings.data != nil {
            if keepsData {
                try settings.data?.make()
            } else {
                data = try TemporaryPlace()
                configuration.dataDirectory = data?.path
            }
        }
        let application = try Application(
            invoice: expansion.invoice, content: content, configuration: configuration)
        return try Instance(application, data: data, timeout: timeout)
    }

    /// One instance of the app, which answers until it is released.
    final class Instance: Sendable {
        private let server: WAGIServer
        private let client: Client
        /// What handlers have as `/data`, if it goes with the instance.
        private let data: TemporaryPlace?

        fileprivate init(_ application: Application, data: TemporaryPlace?, timeout: Duration) throws {
            self.data = data
            let connections = try ConnectionQueue()
            server = WAGIServer(application: application, connections: connections)
            var configuration = ClientConfiguration()
            configuration.connectionQueue = connections
            // The app's own limit comes first, and says what to do.
            configuration.stallTimeout = timeout + .seconds(5)
            configuration.maximumHead = 2 << 20
            configuration.maximumFields = 10_000
            client = Client(configuration: configuration)
            try server.start()
        }

        deinit {
            client.closeIdleConnections()
            server.stop()
            server.application.removeFiles()
        }

        /// Sends a request, and returns when the response's head is there.
        ///
        /// - Parameter path: with the query, beginning with `/`.
        func send(
            _ method: String, _ path: String, headers: [(name: String, value: String)], body: [UInt8]?
        ) throws -> ClientResponse {
            var request = ClientRequest(Method(rawValue: method), try HTTPURL("http://localhost:3000\(path)"))
            for (name, value) in headers {
                if name.lowercased() == "host" {
                    request.host = value
                } else {
                    request.headers.add(name, value)
                }
            }
            if let body { request.body = .bytes(body) }
            return try client.send(request)
        }
    }
}
