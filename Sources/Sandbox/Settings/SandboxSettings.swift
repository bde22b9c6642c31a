package import HTTP
package import Hippofacts
package import SandboxProtocol

/// How a sandbox runs, as far as one source of settings (the command line, or `hippo-dev.toml`) says. What is `nil` is
/// left to the next source, and to the defaults in the end.
package struct SandboxSettings: Sendable, Equatable {
    /// Where the store of bindles is.
    package enum Storage: Hashable, Sendable {
        /// An SQLite file, kept.
        case file(String)
        /// A temporary directory, removed when the sandbox ends.
        case temporary
    }

    /// A variable for the guests.
    package struct Variable: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Where variables for the guests come from.
    package enum VariableSource: Hashable, Sendable {
        case variable(Variable)
        /// A file of `NAME=VALUE` lines. The path is absolute.
        case file(String)
    }

    /// By which certificate the app is served as HTTPS.
    package enum TLS: Hashable, Sendable {
        /// Files in PEM.
        case files(certificate: String, key: String)
        /// One for each local name, of the user's own authority.
        case localAuthority
    }

    /// Where the app is served; by default 127.0.0.1:3000.
    package var listen: SocketAddress?
    /// The port that the app is served at, in place of the one of `listen`.
    package var port: PortChoice?
    /// How the app is served as HTTPS; by default it is served as HTTP.
    package var tls: TLS?
    /// Whether the bindles are served as plain HTTP even so.
    package var servesBindlesAsHTTP: Bool?
    /// Where the bindles are served; by default 127.0.0.1:8080.
    package var bindleListen: SocketAddress?
    /// Names by which the servers may be addressed, besides IP addresses and local names; `*` stands for all.
    package var allowedHosts: [String] = []
    /// True to show every client the stack, output and source of what fails; by default only those on this machine.
    package var showsErrors: Bool?
    /// False to ask nobody for a token where others can reach the Bindle server; by default true.
    package var asksForToken: Bool?
    /// What builds the modules, as the shell takes it.
    package var buildCommand: String?
    /// The files that the build command reads. By default all of the project but what looks like its product.
    package var watchPatterns: [GlobPattern]?
    /// Variables of the environment that the build command and WAGI processes get though their names are those of secrets.
    package var passedVariables: Set<String> = []
    /// False to bring the project up once, as it is; by default true.
    package var isWatching: Bool?
    /// How often the project's directories are looked at, in place of being told of changes by the system.
    package var pollInterval: Duration?
    /// By default the file `.hippo/bindles.sqlite` in the project.
    package var storage: Storage?
    /// Where the parcels are kept; by default where they are, at first beside the store.
    package var parcels: ParcelSettings?
    /// Bytes of parcels that only earlier revisions have; by default 1 GiB.
    package var historyBytes: Int?
    /// Variables for the guests, the weaker before the stronger: of two with the same name, the later one counts.
    package var variableSources: [VariableSource] = []
    /// False to keep what `.env` has from the guests; by default true.
    package var givesDotenv: Bool?
    /// What the sources and `.env` have, as `readVariables(of:)` has found it.
    package internal(set) var guestVariables = GuestVariables()
    /// True to give the guests a private copy of their files to write to; by default false.
    package var allowsTransientWrite: Bool?
    /// True to have imports of components that are not provided trap when they are called; by default they are errors when
    /// the component is loaded.
    package var stubsImports: Bool?
    /// False to answer only what a handler takes; by default true, files being served where no handler is.
    package var servesStaticFiles: Bool?
    /// True to let requests wait for a build that runs; by default they get the last good version meanwhile.
    package var waitsForBuild: Bool?
    /// False to leave pages as they are, so that they are reloaded by hand; by default true.
    package var reloadsPages: Bool?
    /// What is said of single handlers.
    package var handlers: [HandlerSettings.Handler] = []
    /// URLs whose hosts all modules may send requests to.
    package var allowedOutbound: [String] = []
    /// Patterns of files that are left out of the bundle though HIPPOFACTS names them.
    package var excludedFiles: [GlobPattern] = []
    /// What handlers have as `/data`; `nil` for nothing.
    package var data: DataDirectory?
    /// How many bytes handlers may keep there; by default as many as there is room for.
    package var dataLimit: Int?
    /// Which requests other servers answer that no handler takes.
    package var proxies: [ProxyRule] = []
    /// The server that requests come through, such as a front-end's own; `nil` for none.
    package var behind: HTTPURL?
    /// What modules may use.
    package var limits = WorkerConfiguration.Limits()
    /// Where what guests write to standard error is kept; by default a temporary directory.
    package var logDirectory: String?
    /// Bytes of a file there, before it becomes the older one; by default 10 MiB.
    package var logFileLimit: Int?

    /// Projects whose bindles this one refers to: they are expanded into the same store, and watched. One that others refer
    /// to stands before them.
    package var libraries: [String]?
    /// The Bindle server that has what the store lacks.
    package var upstream: String?
    /// The verification strategy that invoices of the upstream have to pass, by name; by default none is asked for.
    package var upstreamStrategy: String?
    /// The path of another WAGI program, which serves in place of this one.
    package var wagiProgram: String?
    /// How long a channel's process serves while nobody asks for it; `nil` for what is usual.
    package var channelIdleTime: Duration?
    /// How pages open files in the developer's editor; VS Code's way where nothing is said.
    package var editor: EditorLink?

    package init() {}

    /// These settings, completed by those of a weaker source.
    package func completed(by weaker: SandboxSettings) -> SandboxSettings {
        var settings = self
        settings.listen = listen ?? weaker.listen
        // An address of the stronger source has a port, too.
        settings.port = port ?? (listen == nil ? weaker.port : nil)
        settings.tls = tls ?? weaker.tls
        settings.servesBindlesAsHTTP = servesBindlesAsHTTP ?? weaker.servesBindlesAsHTTP
        settings.bindleListen = bindleListen ?? weaker.bindleListen
        settings.allowedHosts = weaker.allowedHosts + allowedHosts
        settings.showsErrors = showsErrors ?? weaker.showsErrors
        settings.asksForToken = asksForToken ?? weaker.asksForToken
        settings.buildCommand = buildCommand ?? weaker.buildCommand
        settings.watchPatterns = watchPatterns ?? weaker.watchPatterns
        settings.passedVariables = passedVariables.union(weaker.passedVariables)
        settings.pollInterval = pollInterval ?? weaker.pollInterval
        settings.isWatching = isWatching ?? weaker.isWatching
        settings.storage = storage ?? weaker.storage
        settings.parcels = parcels ?? weaker.parcels
        settings.historyBytes = historyBytes ?? weaker.historyBytes
        settings.variableSources = weaker.variableSources + variableSources
        settings.givesDotenv = givesDotenv ?? weaker.givesDotenv
        settings.allowsTransientWrite = allowsTransientWrite ?? weaker.allowsTransientWrite
        settings.stubsImports = stubsImports ?? weaker.stubsImports
        settings.servesStaticFiles = servesStaticFiles ?? weaker.servesStaticFiles
        settings.waitsForBuild = waitsForBuild ?? weaker.waitsForBuild
        settings.reloadsPages = reloadsPages ?? weaker.reloadsPages
        settings.handlers = handlers + weaker.handlers
        settings.allowedOutbound = weaker.allowedOutbound + allowedOutbound
        settings.excludedFiles = weaker.excludedFiles + excludedFiles
        settings.data = data ?? weaker.data
        settings.dataLimit = dataLimit ?? weaker.dataLimit
        settings.proxies = proxies + weaker.proxies
        settings.behind = behind ?? weaker.behind
        settings.limits = limits.completed(by: weaker.limits)
        settings.logDirectory = logDirectory ?? weaker.logDirectory
        settings.logFileLimit = logFileLimit ?? weaker.logFileLimit
        settings.libraries = libraries ?? weaker.libraries
        settings.upstream = upstream ?? weaker.upstream
        settings.upstreamStrategy = upstreamStrategy ?? weaker.upstreamStrategy
        settings.wagiProgram = wagiProgram ?? weaker.wagiProgram
        settings.channelIdleTime = channelIdleTime ?? weaker.channelIdleTime
        settings.editor = editor ?? weaker.editor
        return settings
    }

    /// What is to be said of a limit of nothing.
    package var dataLimitNote: String? {
        guard dataLimit != nil, data == nil else { return nil }
        return "--data-limit limits nothing: handlers have no /data without [data] or --data."
    }

    /// The paths of files of variables, which are watched.
    var environmentFiles: [String] {
        variableSources.compactMap { if case .file(let path) = $0 { path } else { nil } }
    }

    /// Keeps what handlers write out of the bundle, if that is in the project.
    mutating func excludeData(inProject directory: String) {
        guard let data, data.path.utf8.starts(with: (directory + "/").utf8) else { return }
        for path in [data.path, data.channelsPath] {
            let path = String(Substring(path.utf8.dropFirst(directory.utf8.count + 1)))
            // Characters that mean something in patterns stand for any.
            let literal = String(path.map { "*?[]{}!\\".contains($0) ? "?" : $0 })
            guard let pattern = try? GlobPattern(literal + "/**/*"), !excludedFiles.contains(pattern) else { continue }
            excludedFiles.append(pattern)
        }
    }

    /// Where the app is served when nothing else is said.
    package static let defaultListen = SocketAddress.loopback(port: 3000)
    /// Where the bindles are served when nothing else is said.
    package static let defaultBindleListen = SocketAddress.loopback(port: 8080)
}

extension WorkerConfiguration.Limits {
    /// These limits, completed by those of a weaker source.
    package func completed(by weaker: Self) -> Self {
        var limits = self
        limits.time = time ?? weaker.time
        limits.memoryBytes = memoryBytes ?? weaker.memoryBytes
        limits.responseBytes = responseBytes ?? weaker.responseBytes
        limits.stackBytes = stackBytes ?? weaker.stackBytes
        limits.heapBytes = heapBytes ?? weaker.heapBytes
        limits.tableElements = tableElements ?? weaker.tableElements
        limits.openFiles = openFiles ?? weaker.openFiles
        limits.transientBytes = transientBytes ?? weaker.transientBytes
        limits.waitingRequests = waitingRequests ?? weaker.waitingRequests
        return limits
    }
}
