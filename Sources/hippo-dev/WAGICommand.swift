import Bindle
import CommandLineInterface
import Dispatch
import HTTP
import Platform
import Sandbox
import SandboxProtocol
import WAGI
import WebGuard

extension Command {
    /// `hippo-dev wagi`: run modules behind HTTP, with the options of the program `wagi`.
    static let wagi = Command(
        name: "wagi",
        summary: "Serve WebAssembly modules over HTTP, from modules.toml or a bindle.",
        discussion: """
            Takes the options of the program wagi. Modules are given a request as CGI programs are: in their \
            environment, their arguments and their standard input; they write the response to their standard output.

            It ends on SIGINT or SIGTERM, having answered the requests that are under way, for which it waits up to
            --timeout. A second signal ends it at once.
            """,
        options: WAGIOptions.all,
        examples: [
            Example("hippo-dev wagi -c modules.toml", "Serve the modules that a file lists."),
            Example(
                "hippo-dev wagi -c modules.toml --static wwwroot",
                "Serve files, too, at the paths that no module takes."),
            Example(
                "hippo-dev wagi -b weather/1.2.3 --bindle-url http://127.0.0.1:8080/v1", "Serve a bindle of a server."),
            Example("hippo-dev wagi -b weather/1.2.3 --bindle-path .hippo", "Serve a standalone bindle."),
        ],
        action: { try WAGIOptions.run($0) }
    )
}

/// The options of `hippo-dev wagi`.
private struct WAGIOptions {
    static let config = Option(
        name: "config", shortName: "c", valueName: "FILE", summary: "A modules.toml that lists the modules.")
    static let bindle = Option(
        name: "bindle", shortName: "b", valueName: "ID", summary: "The bindle to serve, as NAME/VERSION.")
    static let bindleURL = Option(
        name: "bindle-url", valueName: "URL", summary: "The Bindle server to fetch it from, /v1 included.",
        environmentVariable: "BINDLE_URL")
    static let bindlePath = Option(
        name: "bindle-path", valueName: "DIR", summary: "A directory of standalone bindles, instead of a server.")
    static let bindleUser = Option(
        name: "bindle-http-user", valueName: "NAME", summary: "The user's name for the Bindle server.",
        environmentVariable: "BINDLE_HTTP_USER")
    static let bindlePassword = Option(
        name: "bindle-http-password", valueName: "PASSWORD", summary: "The user's password for the Bindle server.",
        environmentVariable: "BINDLE_HTTP_PASSWORD")
    static let bindleInsecure = Option(
        flag: "bindle-insecure", shortName: "k",
        summary: "Accept invalid certificates of the Bindle server; without meaning for http:// servers.")
    static let listen = Option(
        name: "listen", shortName: "l", valueName: "IP:PORT",
        summary: "Where to listen; a port alone means 127.0.0.1, port 0 takes any free one.",
        defaultValue: "127.0.0.1:3000")
    static let hostname = Option(
        name: "hostname", valueName: "HOST[:PORT]", summary: "The host of requests that do not name one.",
        defaultValue: "localhost:3000")
    static let environment = Option(
        name: "env", shortName: "e", valueName: "NAME=VALUE", summary: "Variables for all modules.", takesSeveral: true)
    static let environmentFile = Option(
        name: "env-file", valueName: "FILE",
        summary:
            "Files of variables: lines NAME=VALUE or export NAME=VALUE, with quotes as part of the value. --env wins.",
        takesSeveral: true)
    static let allowedOutbound = Option(
        name: "allow-outbound", valueName: "URL",
        summary:
            "All modules may send requests to the host of this URL, besides those that allowed_hosts names for one.",
        isRepeatable: true)
    static let stubImports = Option(
        flag: "stub-imports",
        summary: "Imports of components that are not provided trap when they are called, and not when they are loaded.")
    static let logDirectory = Option(
        name: "log-dir", valueName: "DIR",
        summary: "Where the modules' standard error goes: DIR/SHA256_OF_ROUTE/module.stderr. [default: temporary]",
        environmentVariable: "WAGI_LOG_DIR")
    static let logLimit = Option(
        name: "log-limit", valueName: "SIZE",
        summary: "How long a file of --log-dir may become; a full one is kept as module.stderr.1.",
        defaultValue: "10MiB")
    static let moduleCache = Option(
        name: "module-cache", valueName: "DIR", summary: "Where fetched parcels are kept. [default: temporary]")
    static let cache = Option(
        name: "cache", valueName: "FILE",
        summary: "Accepted for wagi's sake: the configuration of its compiler's cache. Here nothing is compiled ahead.")
    static let allowTransientWrite = Option(
        flag: "allow-transient-write", summary: "Let modules change their files, in memory that goes with the process.")
    static let staticFiles = Option(
        name: "static", valueName: "DIR",
        summary:
            "With --config: answer paths that no module takes with the files of this directory, as they are at the "
            + "start. [default: what 'static' in FILE names]")
    static let noStatic = Option(
        flag: "no-static", summary: "Answer paths that no module takes with 404, and not with files.")
    static let showErrors = Option(
        flag: "show-errors",
        summary: "Show every client the stack, output and request of a module that fails, and not only in the log.")
    static let allowedHost = Option(
        name: "allow-host", valueName: "NAME",
        summary: "Answer only requests that name this host, an IP address or a local name; * stands for any name. By "
            + "default all names are answered.",
        isRepeatable: true)
    /// What a sandbox tells of the descriptors that the process has inherited.
    static let descriptors = Dictionary(
        uniqueKeysWithValues: WorkerArguments.Name.allCases.map { name in
            (name, Option(name: name.rawValue, valueName: "N", summary: "For a sandbox's own use.", isHidden: true))
        })

    static let all =
        [
            config, bindle, bindleURL, bindlePath, bindleUser, bindlePassword, bindleInsecure, listen, hostname,
            environment,
            environmentFile, logDirectory, logLimit, moduleCache, cache, ServerTLSOptions.certificate,
            ServerTLSOptions.key,
            allowTransientWrite,
            staticFiles,
            noStatic,
            showErrors, allowedHost, allowedOutbound, stubImports,
        ] + LimitOptions.ofRequests + WorkerArguments.Name.allCases.compactMap { descriptors[$0] }

    private let arguments: ParsedArguments
    private let configuration: WAGIConfiguration

    /// Serves what the options name, or what a sandbox says that has started this process.
    static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let isWorker = descriptors.values.contains { arguments.source(of: $0) != nil }
        guard isWorker else { return try WAGIOptions(arguments).run() }
        guard let given = WorkerArguments({ name in descriptors[name].flatMap { arguments[$0] } }) else {
            throw UsageError("'--listen-fd' and '--control-fd' go together, and are numbers of open descriptors")
        }
        try WAGIWorker(given) { (said) throws(LoadError) in try WAGIConfiguration(said) }.run()
        return .success
    }

    private init(_ arguments: ParsedArguments) throws {
        self.arguments = arguments
        var configuration = WAGIConfiguration()
        configuration.environment = try Self.variables(arguments)
        configuration.defaultHost = arguments[Self.hostname] ?? configuration.defaultHost
        configuration.logDirectory = arguments[Self.logDirectory]
        configuration.logFileLimit = try LimitOptions.size(arguments, Self.logLimit) ?? configuration.logFileLimit
        configuration.cacheDirectory = arguments[Self.moduleCache]
        if let cache = configuration.cacheDirectory {
            try Directories.make(cache)
        }
        configuration.allowsTransientWrite = arguments.isSet(Self.allowTransientWrite)
        configuration.stubsImports = arguments.isSet(Self.stubImports)
        configuration.maximumTransientBytes =
            try LimitOptions.transientBytes(arguments) ?? configuration.maximumTransientBytes
        configuration.maximumWaiting = try LimitOptions.waitingRequests(arguments) ?? configuration.maximumWaiting
        configuration.servesStaticFiles = !arguments.isSet(Self.noStatic)
        configuration.limits = try LimitOptions.requestLimits(arguments)
        configuration.allowedHosts = try arguments.convertedValues(
            of: Self.allowedOutbound, expecting: "a URL like https://example.com"
        ) { WAGIFeature.isAllowedHost($0) ? $0 : nil }
        configuration.guestTLS = TLSOptions.guestPolicy
        configuration.errorAudience = arguments.isSet(Self.showErrors) ? .everybody : .nobody
        let allowed = arguments.values(of: Self.allowedHost)
        // Who starts it by hand may have put it behind a server that is known by any name.
        configuration.webGuard = WebGuard(names: allowed.isEmpty ? .all : .ofThisMachine(allowing: allowed))
        self.configuration = configuration
    }

    func run() throws -> ExitCode {
        let identity = try ServerTLSOptions.identity(arguments) { note("warning: \($0)") }
        let load = try loader()
        let address = try arguments.value(of: Self.listen, expecting: "an address like 127.0.0.1:3000") {
            SocketAddress.parseListener($0)
        }
        guard let address else { throw UsageError("'--listen' needs an address") }
        if arguments[Self.cache] != nil { note("--cache has no effect: modules are not compiled ahead") }
        // Before any other thread starts.
        let ended = DispatchSemaphore(value: 0)
        SignalListener.start { _ in ended.signal() }
        var configuration = configuration
        let log = try RequestLogOutput()
        if arguments[Self.logDirectory] == nil { configuration.logObserver = { log.writer.append($0) } }
        let application = try load(configuration)
        // From here on, clients are answered: they do not wait for modules.
        let socket = try ListeningSocket(binding: address)
        for warning in application.warnings { note("warning: \(warning)") }
        var serverConfiguration = ServerConfiguration()
        serverConfiguration.requestLog = ServedRequestLog(log.writer)
        serverConfiguration.problemObserver = { note($0) }
        serverConfiguration.tls = identity
        let scheme = identity == nil ? "http" : "https"
        let server = WAGIServer(application: application, socket: socket, configuration: serverConfiguration)
        application.removeUnusedParcels()
        try server.start()
        for (route, module, function) in application.routes { say("\(route) → \(function) of \(module)") }
        say("Serving at \(scheme)://\(server.address)/")
        for address in server.address.reachableByOthers {
            say("Other machines can reach it at \(scheme)://\(address)/")
        }
        ended.wait()
        // A guest that is ended when its time is up still has its response written.
        server.drain(deadline: configuration.limits.time + .seconds(2))
        log.finish()
        application.removeFiles()
        return .success
    }

    /// What to serve, by what the options name.
    private func loader() throws -> (WAGIConfiguration) throws -> Application {
        switch (arguments[Self.config], arguments[Self.bindle]) {
        case (let file?, nil):
            let modules = try ModulesFile(file: file)
            for warning in modules.warnings { note("warning: \(warning)") }
            if let directory = arguments[Self.staticFiles], arguments.isSet(Self.noStatic) {
                throw UsageError("'--static \(directory)' and '--no-static' exclude each other")
            }
            return { [arguments] in
                var configuration = $0
                configuration.staticDirectory = arguments[Self.staticFiles] ?? modules.staticDirectory
                return try Application(handlers: modules.handlers, configuration: configuration)
            }
        case (nil, let text?):
            let id: BindleID
            do { id = try BindleID(text) } catch { throw UsageError(error.description) }
            guard arguments[Self.staticFiles] == nil else {
                throw UsageError("'--static' goes with '--config': a bindle has its own files")
            }
            // A server named by the environment only gives way to a directory named on the command line.
            if let directory = arguments[Self.bindlePath] {
                if arguments.source(of: Self.bindleURL) == .commandLine {
                    throw UsageError("'--bindle-url' and '--bindle-path' exclude each other")
                }
                return {
                    try Application(
                        bindle: id, from: StandaloneBindleDirectory(path: directory), configuration: $0)
                }
            }
            let client = try client()
            return { try Application(bindle: id, from: client, configuration: $0) }
        case (_?, _?): throw UsageError("'--config' and '--bindle' exclude each other")
        case (nil, nil): throw UsageError("one of '--config' and '--bindle' is needed: it says what to serve")
        }
    }

    private func client() throws -> BindleClient {
        let credentials: BindleClient.Credentials
        switch (arguments[Self.bindleUser], arguments[Self.bindlePassword]) {
        case (nil, nil): credentials = .none
        case (let user?, let password?): credentials = .basic(username: user, password: password)
        default: throw UsageError("'--bindle-http-user' and '--bindle-http-password' go together")
        }
        let client = try arguments.value(of: Self.bindleURL, expecting: "a URL like \(BindleClient.defaultURL)") {
            var configuration = ClientConfiguration()
            configuration.tls.verifiesServer = !arguments.isSet(Self.bindleInsecure)
            return try BindleClient(baseURL: $0, credentials: credentials, configuration: configuration)
        }
        guard let client else {
            throw UsageError("'--bindle' needs '--bindle-url' or '--bindle-path': where the bindle is")
        }
        return client
    }

    /// The variables of the files, then those of the command line, which win.
    private static func variables(_ arguments: ParsedArguments) throws -> [(name: String, value: String)] {
        try EnvironmentVariables.read(files: arguments.values(of: environmentFile))
            + arguments.convertedValues(of: environment, expecting: "NAME=VALUE") { try EnvironmentVariables.parse($0) }
    }
}

extension EnvironmentVariables {
    /// The variables of files, in order.
    fileprivate static func read(
        files: [String]
    ) throws(LoadError) -> [(name: String, value: String)] {
        var variables: [(name: String, value: String)] = []
        for path in files {
            let text: String
            do {
                text = try FileReader.text(of: path, limit: 16 << 20)
            } catch {
                throw LoadError("the file of variables cannot be read: \(error.reason)", file: path)
            }
            // Quotes are part of the values, as wagi has it.
            do { variables += try parse(file: text, .kept) } catch { throw LoadError("\(error)", file: path) }
        }
        return variables
    }
}

extension WAGIConfiguration {
    /// As a sandbox says.
    init(_ given: WorkerConfiguration) throws(LoadError) {
        self.init()
        environment = given.variables.map { ($0.name, $0.value) }
        projectEnvironment = given.projectVariables.map { ($0.name, $0.value) }
        defaultHost = given.hostname
        logDirectory = given.logDirectory
        logFileLimit = given.logFileLimit ?? logFileLimit
        allowsTransientWrite = given.allowsTransientWrite
        stubsImports = given.stubsImports
        requiresEntrypoints = given.requiresEntrypoints
        maximumTransientBytes = given.limits.transientBytes ?? maximumTransientBytes
        maximumWaiting = given.limits.waitingRequests ?? maximumWaiting
        servesStaticFiles = given.servesStaticFiles
        limits = LimitOptions.requestLimits(given.limits)
        guestTLS = TLSOptions.guestPolicy
        errorAudience = given.showsErrors ? .everybody : .thisMachine
        editor = given.editor
        var names = given.allowedHosts
        var origins: Set<String> = []
        if let behind = given.behind {
            let url: HTTPURL
            do { url = try HTTPURL(behind) } catch { throw LoadError("[up] behind: \(error)") }
            names.append(url.host)
            origins.insert(url.origin)
            front = FrontServer(url: url)
        }
        webGuard = WebGuard(names: .ofThisMachine(allowing: names), origins: origins)
        bindleToken = given.bindleToken
        bindleKeyPin = given.bindleKeyPin
        dataDirectory = given.dataDirectory
        dataLimit = given.dataLimit
        for proxy in given.proxies {
            do throws(ProxyRule.Malformed) {
                proxies.append(try ProxyRule(prefix: proxy.prefix, url: proxy.url, strips: proxy.strips))
            } catch {
                throw LoadError("[proxy]: \(error)")
            }
        }
        program = given.program.map { path in
            var options = ["--hostname", given.hostname]
            if let directory = given.logDirectory { options += ["--log-dir", directory] }
            return ExternalProgram(
                path: path, options: options, variables: environment, projectVariables: projectEnvironment,
                bindleToken: given.bindleToken)
        }
    }
}

/// Writes a line at once: a log that waits in a buffer is of no use to who follows it through a pipe.
private func say(_ line: String) {
    StandardOutput.tell(line)
}

private func note(_ line: String) {
    StandardError.tell("\(line)")
}
