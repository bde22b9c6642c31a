import Bindle
import CommandLineInterface
import HTTP
import Hippofacts
import Platform
import Sandbox
import SandboxProtocol

extension Command {
    static let up = Command(
        name: "up",
        summary: "Serve a project, and keep it up to date while you edit it.",
        discussion: """
            Expands HIPPOFACTS into a bindle, keeps it in a store of its own that a Bindle server makes accessible, and \
            runs it in a WAGI process. Whenever a file changes, the project is built, expanded and served again, \
            without a request failing; if that is not possible, the last good version goes on serving.

            With --once it is for scripts: when the app serves and each --wait-for is answered, COMMAND runs with \
            the app's URL in the variable APP_URL, and 'hippo-dev up' ends with the exit code of COMMAND. What 'up' itself tells \
            goes to standard error then. Nothing is watched; without --listen or --port, a port that is free is taken; \
            without --store, no bindles are kept.

            Settings may also stand in hippo-dev.toml beside HIPPOFACTS; the command line is stronger:

            \(SettingsHelp.text)
            """,
        options: UpOptions.all,
        arguments: [UpOptions.path, UpOptions.command],
        examples: [
            Example("hippo-dev up", "Serves the project in this directory."),
            Example("hippo-dev up --build 'cargo build --target wasm32-wasip1' --watch 'src/**'", "Builds it, too."),
            Example("hippo-dev up handler.wat --port auto", "Serves a single module, at a port that is free."),
            Example(
                "hippo-dev up --once --wait-for / -- npx playwright test", "Tests the app in a script, at APP_URL."),
        ],
        action: { arguments in
            let isJSON = arguments.isSet(UpOptions.json)
            let once = try UpOptions.once(arguments)
            // Standard output is the command's.
            let descriptor = once == nil ? STDOUT_FILENO : STDERR_FILENO
            let style = try OutputOptions.style(
                arguments, showsTimings: arguments.isSet(UpOptions.timings), on: descriptor)
            var configuration = SandboxConfiguration(
                path: arguments[UpOptions.path] ?? ".",
                settings: try UpOptions.settings(arguments),
                output: isJSON ? .json : .text(style),
                version: Commands.version, makeUpstream: { try UpstreamOptions.upstream($0, strategy: $1) })
            configuration.defaultListen = try UpOptions.portOfEnvironment(arguments) ?? configuration.defaultListen
            configuration.hostKeyPath = try HostKeyOptions.path(arguments)
            configuration.once = once
            configuration.outputDescriptor = descriptor
            configuration.opensPage = arguments.isSet(UpOptions.open)
            configuration.takesKeys =
                !isJSON && once == nil && isatty(STDIN_FILENO) == 1
                && OutputOptions.terminal(STDOUT_FILENO, arguments).isTerminal
            do {
                switch try SandboxSession.run(configuration) {
                case .stopped: return .success
                case .failed: return .failure
                case .ran(let exit): return ExitCode(rawValue: exit.shellCode)
                }
            } catch let error as SandboxInUse {
                if arguments.isSet(UpOptions.open) { _ = error.holder?.openPage() }
                throw error
            } catch let error as StoreError {
                guard case .inUse = error else { throw error }
                throw CommandFailure("\(error); or use another store with --store FILE, or none with --ephemeral")
            }
        }
    )
}

/// The options of `hippo-dev up`, and what they mean.
enum UpOptions {
    static let path = Argument(
        "PATH",
        summary:
            "The project's directory, its HIPPOFACTS, a single .wasm or .wat module, or a directory of pages, with "
            + "index.html and no HIPPOFACTS.",
        arity: .optional, defaultValue: ".")
    static let command = Argument(
        "COMMAND", summary: "What --once runs: a program and its arguments.", arity: .behindDashes)
    static let once = Option(
        flag: "once", summary: "Serve the app, run COMMAND, stop, and end with its exit code.")
    private static let passingStatuses = OnceRun.passingStatuses.map(String.init).joined(separator: ", ")
    static let waitFor = Option(
        name: "wait-for", valueName: "PATH",
        summary:
            "Before COMMAND runs, ask for this path, up to a minute, for as long as nothing answers or the status is "
            + "\(passingStatuses). Any other status from 400 on ends 'up' at once, with 1.",
        isRepeatable: true, kind: .text)
    static let listen = Option(
        name: "listen", shortName: "l", valueName: "IP:PORT",
        summary:
            "Where to serve the app; a port alone means 127.0.0.1, port 0 any that is free. By default 127.0.0.1:3000; "
            + "the variable is weaker than hippo-dev.toml.",
        environmentVariable: "PORT")
    static let port = Option(
        name: "port", shortName: "p", valueName: "PORT",
        summary:
            "The port to serve the app at, or auto for the first free port from 3000 on. Bindles are then served at "
            + "the first free port from 8080 on.")
    static let open = Option(flag: "open", shortName: "o", summary: "Open the app in the browser when it serves.")
    static let https = Option(
        flag: "https",
        summary:
            "Serve the app and the bindles as HTTPS, and not as HTTP, with certificates of an authority of your own, which is made "
            + "at the first time. It vouches for localhost, names below it, and loopback addresses only.")
    static let bindleHTTP = Option(
        flag: "bindle-http",
        summary:
            "With --https or --tls-cert, serve the bindles as plain HTTP even so: for Bindle clients and WAGI programs "
            + "that cannot be given an authority.")
    static let bindleListen = Option(
        name: "bindle-listen", valueName: "IP:PORT",
        summary: "Where to serve the bindles. By default 127.0.0.1:8080.")
    static let allowedHost = Option(
        name: "allow-host", valueName: "NAME",
        summary: "A further name by which the app and the bindles may be addressed, or * for any. IP addresses, "
            + "localhost and other local names are allowed always.",
        isRepeatable: true)
    static let behind = Option(
        name: "behind", valueName: "URL",
        summary:
            "The server that passes requests on to this one, such as Vite's: its address is the app's then, and what "
            + "it says of its clients is believed.")
    static let allowedOutbound = Option(
        name: "allow-outbound", valueName: "URL",
        summary:
            "All modules may send requests to the host of this URL. [[handler]] in hippo-dev.toml allows it to single "
            + "ones.",
        isRepeatable: true)
    static let noToken = Option(
        flag: "no-token",
        summary:
            "Ask nobody for a token, although other machines can reach the address of the bindles. By default clients need the "
            + "one that is made at the first start.")
    static let showErrors = Option(
        flag: "show-errors",
        summary:
            "Show every client the stack, output and source of what fails. By default only clients on this machine "
            + "see them.")
    static let watch = Option(
        name: "watch", valueName: "GLOB",
        summary: "Files that the build command reads; a change of one runs it. By default all but what it makes.",
        isRepeatable: true)
    static let waitForBuild = Option(
        flag: "wait-for-build",
        summary: "Let requests wait for a build that runs, instead of answering with the last good version.")
    static let poll = Option(
        flag: "poll",
        summary: "Look for changes at intervals, for file systems that do not report them.")
    static let pollInterval = Option(
        name: "poll-interval", valueName: "TIME",
        summary: "How long to wait between two looks at the files, such as 5s; implies --poll. By default 1s.")
    static let noWatch = Option(flag: "no-watch", summary: "Serve the project as it is now.")
    static let store = Option(
        name: "store", valueName: "FILE",
        summary: "Where the bindles are kept. By default .hippo/bindles.sqlite in the project.")
    static let maximumHistory = Option(
        name: "max-history", valueName: "SIZE",
        summary: "The bytes of parcels that only earlier revisions have; the oldest of these go first. By default 1GiB."
    )
    static let ephemeral = Option(
        flag: "ephemeral", summary: "Keep nothing: the bindles are in a temporary directory until the end.")
    static let variable = Option(
        name: "env", shortName: "e", valueName: "NAME=VALUE", summary: "A variable for the modules.", isRepeatable: true
    )
    static let environmentFile = Option(
        name: "env-file", valueName: "FILE",
        summary: "A file of NAME=VALUE lines for the modules; stronger than hippo-dev.toml, weaker than --env.",
        isRepeatable: true)
    static let stubImports = Option(
        flag: "stub-imports",
        summary: "Imports of components that are not provided trap when they are called, and not when they are loaded.")
    static let transientWrite = Option(
        flag: "allow-transient-write",
        summary: "Let modules write to their files, in a copy that lasts until the next change.")
    static let noStatic = Option(flag: "no-static", summary: "Serve nothing but what handlers answer.")
    static let timeout = Option(
        name: "timeout", valueName: "TIME",
        summary: "How long a module may take for a request, with waits for its client. By default 30s.")
    static let maximumMemory = Option(
        name: "max-memory", valueName: "SIZE", summary: "The memory that a module may have. By default 512MiB.")
    static let maximumResponse = Option(
        name: "max-response", valueName: "SIZE", summary: "The length of a response's body. By default 1GiB.")
    static let noReload = Option(
        flag: "no-reload", summary: "Leave pages as they are: do not let them reload when a new revision serves.")
    static let logDirectory = Option(
        name: "log-dir", valueName: "DIR", summary: "Where to keep what modules write to standard error.")
    static let logLimit = Option(
        name: "log-limit", valueName: "SIZE",
        summary: "How long a file of --log-dir may become; a full one is kept as module.stderr.1. By default 10MiB.")
    static let data = Option(
        name: "data", valueName: "DIR",
        summary: "A directory that handlers have as /data, may write to, and find again after every change.")
    static let dataLimit = Option(
        name: "data-limit", valueName: "SIZE",
        summary:
            "How much handlers may keep in /data, such as 100MB; beyond it they are told that there is no space left.")
    static let library = Option(
        name: "library", valueName: "PATH",
        summary: "A project whose bindle this one refers to: it is put into the store, and watched.", isRepeatable: true
    )
    static let wagi = Option(
        name: "wagi", valueName: "PROGRAM",
        summary: "Serve by another WAGI program, which is started with wagi's options for each revision.",
        kind: .file(extensions: []))
    static let editor = Option(
        name: "editor", valueName: "NAME",
        summary:
            "The editor that pages open files in: \(EditorLink.names.joined(separator: ", ")), or a URL with {file}, "
            + "{line} and {column}. By default vscode.")
    static let json = Option(flag: "json", summary: "Tell what happens in JSON, one object on a line.")
    static let timings = Option(flag: "timings", summary: "Show how long each stage of a change took.")

    static let all =
        [
            once, waitFor, listen, port, open, https, ServerTLSOptions.certificate, ServerTLSOptions.key, bindleHTTP,
            bindleListen, allowedHost, behind,
            allowedOutbound, showErrors, noToken, BuildOptions.command, watch,
            waitForBuild, poll,
            pollInterval, noWatch, store, maximumHistory, ephemeral,
            data, dataLimit, library,
            UpstreamOptions.url, UpstreamOptions.strategy, variable, environmentFile, transientWrite, stubImports,
            noStatic,
            noReload,
            timeout, maximumMemory, maximumResponse, logDirectory, logLimit, wagi, editor, json, timings,
            OutputOptions.color,
            OutputOptions.quiet, OutputOptions.verbose,
        ] + ParcelOptions.all + HostKeyOptions.all + LimitOptions.further + [
            LimitOptions.transient, LimitOptions.waiting,
        ]

    static func settings(_ arguments: ParsedArguments) throws -> SandboxSettings {
        let address = "an address like 127.0.0.1:3000"
        var settings = SandboxSettings()
        if arguments.source(of: listen) == .commandLine {
            settings.listen = try arguments.value(of: listen, expecting: address) { SocketAddress.parseListener($0) }
        }
        settings.port = try arguments.value(of: port, expecting: "a number up to 65535, or auto") {
            PortChoice(parsing: $0)
        }
        if settings.listen != nil && settings.port != nil {
            throw UsageError("the options '--listen' and '--port' exclude each other")
        }
        settings.tls = try tls(arguments)
        settings.servesBindlesAsHTTP = arguments.isSet(bindleHTTP) ? true : nil
        settings.bindleListen = try arguments.value(of: bindleListen, expecting: address) {
            SocketAddress.parseListener($0)
        }
        settings.allowedHosts = arguments.values(of: allowedHost)
        settings.behind = try arguments.value(of: behind, expecting: "a URL like http://localhost:5173") {
            try? HTTPURL($0)
        }
        settings.allowedOutbound = try arguments.convertedValues(
            of: allowedOutbound, expecting: "a URL like https://example.com"
        ) { WAGIFeature.isAllowedHost($0) ? $0 : nil }
        settings.asksForToken = arguments.isSet(noToken) ? false : nil
        settings.showsErrors = arguments.isSet(showErrors) ? true : nil
        try setApp(in: &settings, arguments)
        let patterns = try arguments.convertedValues(of: watch, expecting: "a pattern") { try GlobPattern($0) }
        settings.watchPatterns = patterns.isEmpty ? nil : patterns
        settings.waitsForBuild = arguments.isSet(waitForBuild) ? true : nil
        settings.pollInterval =
            try arguments.value(of: pollInterval, expecting: "a time like 1s", Duration.init(parsing:))
            ?? (arguments.isSet(poll) ? .seconds(1) : nil)
        settings.isWatching = arguments.isSet(noWatch) ? false : nil
        if arguments.isSet(ephemeral) {
            guard arguments[store] == nil else {
                throw UsageError("the options '--ephemeral' and '--store' exclude each other")
            }
            settings.storage = .temporary
        } else {
            if let path = arguments[store], case .reference = StoreLocation(parsing: path) {
                throw UsageError(
                    "'\(path)' is a reference server's directory, which has no place for revisions and channels: push to a "
                        + "server that 'hippo-dev bindle serve --store \(path)' starts, or import the store into it")
            }
            settings.storage = arguments[store].map { .file(absolute($0)) }
        }
        settings.parcels = try ParcelOptions.settings(arguments)
        settings.historyBytes = try arguments.value(of: maximumHistory, expecting: "a size like 500MiB") {
            ByteCount(parsing: $0)?.bytes
        }
        settings.limits = try LimitOptions.given(arguments)
        settings.limits.time = try arguments.value(
            of: timeout, expecting: "a time like 30s", Duration.init(parsing:))
        let size = "a size like 64MiB"
        settings.limits.memoryBytes = try arguments.value(of: maximumMemory, expecting: size) {
            ByteCount(parsing: $0)?.bytes
        }
        settings.limits.responseBytes = try arguments.value(of: maximumResponse, expecting: size) {
            ByteCount(parsing: $0)?.bytes
        }
        settings.editor = try arguments.value(
            of: editor, expecting: "an editor's name, or a URL with {file} in it"
        ) { EditorLink(parsing: $0) }
        settings.reloadsPages = arguments.isSet(noReload) ? false : nil
        settings.logDirectory = arguments[logDirectory].map(absolute)
        settings.logFileLimit = try LimitOptions.size(arguments, logLimit)
        let libraries = arguments.values(of: library).map(absolute)
        settings.libraries = libraries.isEmpty ? nil : libraries
        settings.upstream =
            try arguments.value(of: UpstreamOptions.url, expecting: "a URL like https://HOST/v1") {
                try HTTPURL($0)
            } == nil ? nil : arguments[UpstreamOptions.url]
        settings.upstreamStrategy =
            try arguments.value(
                of: UpstreamOptions.strategy, expecting: "a strategy like GreedyVerification"
            ) { VerificationStrategy($0) } == nil ? nil : arguments[UpstreamOptions.strategy]
        settings.wagiProgram = arguments[wagi].map { $0.contains("/") ? absolute($0) : $0 }
        if arguments.isSet(once) {
            settings.isWatching = false
            if arguments[listen] == nil, settings.port == nil { settings.port = .automatic }
            if settings.storage == nil { settings.storage = .temporary }
        }
        return settings
    }

    /// What is to be done once; `nil` to serve until a signal comes.
    static func once(_ arguments: ParsedArguments) throws -> SandboxConfiguration.Once? {
        let paths = try arguments.convertedValues(of: waitFor, expecting: "a path that begins with '/'") {
            $0.hasPrefix("/") ? $0 : nil
        }
        let words = arguments.values(of: command)
        guard arguments.isSet(once) else {
            guard paths.isEmpty, words.isEmpty else {
                throw UsageError("'--wait-for', and a command behind '--', go with '--once'")
            }
            return nil
        }
        return SandboxConfiguration.Once(paths: paths, command: words)
    }

    private static func tls(_ arguments: ParsedArguments) throws -> SandboxSettings.TLS? {
        guard let files = try ServerTLSOptions.files(arguments) else {
            return arguments.isSet(https) ? .localAuthority : nil
        }
        guard !arguments.isSet(https) else {
            throw UsageError("the options '--https' and '--tls-cert' exclude each other")
        }
        return .files(certificate: absolute(files.certificate), key: absolute(files.key))
    }

    /// The address with the port that the environment asks for, as platforms do that start a program.
    static func portOfEnvironment(_ arguments: ParsedArguments) throws -> SocketAddress? {
        guard arguments.source(of: listen) == .environment, let text = arguments[listen] else { return nil }
        guard let address = SocketAddress.parse("127.0.0.1:\(text)") else {
            throw UsageError("the variable PORT is '\(text)', which is no port: unset it, or use '--listen'")
        }
        return address
    }

    /// The options that say how the app is built and what its handlers get, for all commands that run a project.
    static let app = [
        BuildOptions.command, variable, environmentFile, noStatic, transientWrite, stubImports, data, dataLimit,
    ]

    /// Sets what the options of `app` say.
    static func setApp(in settings: inout SandboxSettings, _ arguments: ParsedArguments) throws {
        settings.buildCommand = try BuildOptions.command(arguments)
        let files = try arguments.convertedValues(of: environmentFile, expecting: "a readable file") {
            access($0, R_OK) == 0 ? absolute($0) : nil
        }
        let variables = try arguments.convertedValues(of: variable, expecting: "NAME=VALUE") {
            SandboxSettings.Variable(parsing: $0)
        }
        settings.variableSources = files.map { .file($0) } + variables.map { .variable($0) }
        settings.allowsTransientWrite = arguments.isSet(transientWrite) ? true : nil
        settings.stubsImports = arguments.isSet(stubImports) ? true : nil
        settings.servesStaticFiles = arguments.isSet(noStatic) ? false : nil
        settings.data = arguments[data].map(DataDirectory.init(given:))
        settings.dataLimit = try LimitOptions.size(arguments, dataLimit)
    }

    private static func absolute(_ path: String) -> String {
        FilePath.absolute(path)
    }
}
