import Bindle
import Content
import ControlPage
package import HTTP
import HippoAPI
import Hippofacts
import Platform
package import SandboxProtocol
import Synchronization
import WebGuard

/// A running `hippo-dev up`: a store with its server, the loop that keeps the app up to date, and what it tells.
package enum SandboxSession {
    /// Runs a sandbox until a signal ends it.
    ///
    /// To be called before the process has started any thread.
    ///
    /// - Throws: when it cannot begin: no project, broken settings, an address or a store in use.
    package static func run(_ configuration: SandboxConfiguration) throws -> SandboxEnd {
        // Before there are threads.
        FreedMemory.giveBack()
        let mailbox = Mailbox<SandboxLoop.Message>()
        let cancellation = Cancellation()
        let stopGuard = StopGuard()
        let stop: @Sendable (String) -> Void = { reason in
            // In this order: who finds out that it is cancelled finds the message.
            mailbox.post(.stop(reason: reason), isUrgent: true)
            cancellation.cancel()
            stopGuard.watch(reason)
        }
        let once = configuration.once.map { OnceRun($0, stop: stop) }
        if let once {
            cancellation.onCancel { once.cancel() }
            // What it has come to is said by the exit code, also where the loop is stuck. The first action is the last one.
            stopGuard.onEnd { _ in
                switch once.end {
                case .stopped: break
                case .failed: _exit(1)
                case .ran(let exit): _exit(exit.shellCode)
                }
            }
        }
        SignalListener.start(terminalMode: configuration.takesKeys ? TerminalMode.actions : nil, stop)
        let now: @Sendable () -> SuspendingClock.Instant = { .now }
        var found = try Project(at: configuration.path)
        found.ownFiles = outputFiles()
        let project = found
        var completed = try project.settings(completing: configuration.settings)
        try completed.readVariables(of: project)
        let settings = completed

        try settings.data?.make()
        let storage = try Storage(settings.storage, projectDirectory: project.directory)
        if !storage.isTemporary { ProjectRegister.ofThisUser.note(project.directory) }
        defer { storage.remove() }
        stopGuard.onEnd { _ in storage.remove() }
        let sockets = try sockets(
            settings, defaultListen: configuration.defaultListen, of: configuration.path, storage)
        let (appSocket, bindleSocket) = (sockets.app, sockets.bindle)
        let identity = try TLSIdentity(settings.tls)
        let scheme = identity == nil ? "http" : "https"
        let appURL = "\(scheme)://\(appSocket.address.reachable)/"
        let front = settings.behind
        // Where people find the app.
        let shownURL = front?.description ?? appURL
        let ownURL = shownURL == appURL ? nil : appURL
        let bindleIdentity = settings.servesBindlesAsHTTP ?? false ? nil : identity
        let controlURL = "\(bindleIdentity == nil ? "http" : "https")://\(bindleSocket.address.reachable)/"
        let bindleURL = controlURL + "v1"
        let announced = Mutex(settings)
        let channelSupervisor = Mutex<ChannelSupervisor?>(nil)
        let announce: @Sendable (SandboxSettings) -> Void = { settings in
            announced.withLock { $0 = settings }
            channelSupervisor.withLock { $0 }?.use(settings)
            storage.announce(
                RunningSandbox(
                    app: shownURL, server: ownURL, bindle: bindleURL, bindleKeyPin: bindleIdentity?.publicKeyPin,
                    isEphemeral: storage.isTemporary, data: KeptData(settings)))
        }
        announce(settings)
        bindleIdentity?.onRenewal { announce(announced.withLock { $0 }) }

        let token = try accessToken(settings, bindleSocket.address, storage, project)
        let workerCommand: @Sendable (SandboxSettings) -> WorkerCommand = { settings in
            var settings = settings
            // As addresses, it stays what it was at the start.
            settings.behind = front
            var command = WorkerCommand.thisProgram(arguments: [])
            command.configuration = workerConfiguration(
                settings, address: appSocket.address, bindleToken: token?.value,
                bindleKeyPin: bindleIdentity?.publicKeyPin)
            command.passedVariables = settings.passedVariables
            return command
        }
        let appCommand: @Sendable (SandboxSettings) -> WorkerCommand = { settings in
            var command = workerCommand(settings)
            // What served before is better than a handler that can answer nothing.
            command.configuration?.requiresEntrypoints = true
            return command
        }
        let isWatching = settings.isWatching ?? true
        let board = try RevisionBoard()
        let freshness = Freshness(board: board)
        let (changes, queueProblem) = changeQueue(isWanted: isWatching && settings.pollInterval == nil)
        let requestLog = try RequestLogCollector()
        defer { requestLog.stop() }
        let recordings = try RecordingReader()
        let connections = try ConnectionQueue()
        let terminator = try identity.map { identity in
            try TLSTerminator(socket: appSocket, identity: identity, connections: connections) {
                StandardError.tell("warning: \($0)")
            }
        }
        try terminator?.start()
        defer { terminator?.finish(within: terminatorGrace) }
        let switchboard = try Switchboard(app: connections)
        defer { switchboard.stop() }
        let workerSurroundings = WorkerSurroundings(
            connections: connections, switchboard: switchboard.incoming, board: board, changes: changes,
            requestLog: requestLog, recordings: recordings.memory)
        let feed = ControlFeed()
        var supervisor = WorkerSupervisor(
            command: appCommand(settings),
            status: ProjectStatus(
                session: String(UInt64.random(in: 0 ... .max), radix: 36), reloadsPages: settings.reloadsPages ?? true),
            now: now, onTakeOver: { freshness.takeOver(revision: $0.revision) }, onStatus: { feed.note($0) },
            startWorker: { command, worker in
                let process = try WorkerProcess(
                    command: command, listeningSocket: terminator == nil ? appSocket.fileDescriptor : nil,
                    surroundings: workerSurroundings
                ) { event in
                    if case .ended = event { stopGuard.remove(worker) }
                    mailbox.postWhenThereIsRoom(.worker(worker, event))
                }
                stopGuard.add(process, worker)
                return process
            })
        // It starts while the store is opened and the project is read.
        try supervisor.prepare()

        let store = try BindleStore(
            path: storage.path, isTemporary: storage.isTemporary,
            historyLimit: settings.historyBytes ?? BindleStore.defaultHistoryLimit,
            parcels: settings.parcels?.storage)
        defer { store.removeMemory() }
        stopGuard.onEnd { _ in store.removeMemory() }
        // A stop does not wait for a large file that is being copied.
        cancellation.onCancel { store.interrupt() }
        let webGuard = WebGuard(names: .ofThisMachine(allowing: settings.allowedHosts))
        let authentication = token.map { ServerAuthentication(tokens: [$0.value]) }
        let requests = RequestList(recordings: recordings)
        Replayer.removeLeftovers(beside: storage.path)
        let replayer = Replayer(
            .init(
                store: store, storePath: storage.path, project: project.directory, bindleURL: bindleURL,
                recordings: recordings.memory, command: { workerCommand(announced.withLock { $0 }) },
                status: { feed.status }))
        let rollBack: BindleServer.RollBack = { RollbackRequest.send(revision: $0, to: mailbox) }
        let channels = ChannelSupervisor(
            .init(
                store: store, project: project, appURL: try HTTPURL(appURL), bindleURL: bindleURL,
                surroundings: WorkerSurroundings(
                    switchboard: switchboard.incoming, requestLog: requestLog,
                    recordings: recordings.memory),
                switchboard: switchboard, workerCommand: workerCommand, now: now,
                announceHosts: { hosts, onTold in mailbox.post(.otherHosts(hosts, onTold: onTold)) }),
            settings: settings)
        channelSupervisor.withLock { $0 = channels }
        let upstream: @Sendable (SandboxSettings) throws -> ExternalBindles.Upstream? = { settings in
            try settings.upstream.map { try configuration.makeUpstream($0, settings.upstreamStrategy) }
        }
        let feeding = Feed(store: store, scratch: storage.scratchDirectory) {
            try upstream(announced.withLock { $0 })
        }
        let secrets = HippoStorage(
            forStore: pathForSecrets(storage, project), environment: ProcessEnvironment.all)
        let page = ControlPage(
            store: store, appURL: shownURL, version: configuration.version, webGuard: webGuard,
            authentication: authentication, requests: requests,
            sections: [
                ReleaseSection(store: store) { _ in channels.reconsider() },
                RevisionSection(store: store, rollBack: rollBack), ComparisonSection(store: store),
                BindleSection(store: store), FeedSection(feeding), ChannelSection(channels),
                TokenSection(secrets),
                RequestSection(
                    list: requests, appURL: appURL, version: configuration.version,
                    storedFiles: storedFiles(storage.path), replayer: replayer),
            ])
        page.start()
        defer { page.stop() }
        feed.attach(page)
        let hippo = HippoAPI(
            store: store, storage: secrets, registration: bindleSocket.address.isLoopback ? .open : .closed,
            webGuard: webGuard, channels: channels,
            log: { page.lines(of: $0) }, onReleaseChange: { _ in channels.reconsider() })
        let gate = UploadGate(
            feed: feeding, store: store, storage: secrets, channels: channels, webGuard: webGuard)
        let bindleServer = try EmbeddedBindleServer(
            store: store, page: page, hippo: hippo, gate: gate, socket: bindleSocket, identity: bindleIdentity,
            version: configuration.version,
            webGuard: webGuard, hostKey: configuration.hostKeyPath.map(hostKey), authentication: authentication,
            rollBack: rollBack)
        defer { bindleServer.stop() }
        let isOpen = Atomic(false)
        let output = SandboxOutput(
            descriptor: configuration.outputDescriptor,
            renderer: renderer(configuration, settings, project, control: link(controlURL, token)),
            logPath: ProjectStore.log(ofStore: storage.path),
            onReaderGone: { stop("nobody reads the output") },
            onEvent: { event in
                feed.note(event)
                switch event {
                case .ready(_, _, let id, _):
                    channels.noteServed(id)
                    once?.begin(at: appURL)
                case .serving(_, let id, _, _): channels.noteServed(id)
                default: break
                }
                // A page that is opened while the first build runs waits for its end.
                guard configuration.opensPage else { return }
                switch event {
                case .starting, .ready: if !isOpen.exchange(true, ordering: .relaxed) { open(shownURL, mailbox) }
                default: break
                }
            })
        let tellRequests: RequestLogCollector.Deliver = {
            output.tell($0)
            feed.note($0)
            channels.note($0)
        }
        requestLog.start(tellRequests)
        replayer.start(tellRequests)
        stopGuard.onEnd { reason in
            output.tell(.stopped(reason: reason))
            output.close()
            TerminalMode.leave()
        }
        let notes = sockets.notes + Self.notes(onOthersOf: configuration.path) + Self.notes(on: settings)
        if !bindleSocket.address.isLoopback { output.tell(.log(.sandbox, text: AccessNotice.text(token))) }
        for address in appSocket.address.reachableByOthers {
            output.tell(.log(.sandbox, text: "Other machines can reach the app at \(scheme)://\(address)/."))
        }
        if let front {
            output.tell(.log(.sandbox, text: "The server in front is to pass requests on to \(appURL)."))
            noteUnknownName(of: front) { output.tell(.log(.sandbox, text: $0)) }
        }
        if let identity, let note = identity.trustNote { output.tell(.log(.sandbox, text: note)) }
        for note in notes { output.tell(.log(.sandbox, text: note)) }
        let content = ProjectContent(
            project: project, store: store, digestsPath: storage.digestsPath,
            upstream: try upstream(settings), cancellation: cancellation, emit: { output.tell($0) },
            onFetch: { mailbox.post(.fetched($0, $1)) })
        let loop = SandboxLoop(
            .init(
                project: project, commandLineSettings: configuration.settings, content: content,
                buildOutputs: BuildOutputsFile(path: storage.buildOutputsPath), appURL: shownURL, bindleURL: bindleURL,
                mailbox: mailbox, freshness: freshness, changes: changes, hasColours: hasColours(configuration.output),
                cancellation: cancellation,
                onStop: {
                    stopGuard.obey()
                    channels.beginStop(patience: SandboxLoop.stopPatience)
                }, now: now, emit: { output.tell($0) },
                emitBuildLine: {
                    output.tellBuildLine($0)
                    feed.noteBuildLine($0)
                }, workerCommand: appCommand, upstream: upstream, announce: announce,
                restoreStorage: {
                    channels.noteNewStore()
                    try storage.restore()
                },
                keepClaim: { storage.keepClaim() },
                storeWatch: StoreWatch(store: storage.path) { mailbox.post(.storeTouched) }),
            supervisor: supervisor, settings: settings)
        let keys = configuration.takesKeys ? TerminalKeys { obey($0, shownURL, output, mailbox, stop) } : nil
        defer { keys?.stop() }
        if let queueProblem { output.tell(.log(.sandbox, text: "\(queueProblem)")) }
        channels.start({ output.tell(.log(.sandbox, text: $0)) }, onChange: { page.noteChannels() })
        let end = try loop.run()
        channels.waitForEnd(patience: SandboxLoop.stopPatience + .milliseconds(100))
        let onceEnd = once?.finish()
        output.tell(.stopped(reason: end.reason))
        output.close()
        // What is in the store's log is safe there; it is long, the next to open the store takes it over.
        let log = FileStatus(linkAt: storage.path + "-wal")
        if let log, log.size > Self.longestLog, cancellation.isCancelled { _ = Unmanaged.passRetained(store) }
        return end.isFailure ? .failed : onceEnd ?? .stopped
    }

    /// Finds the contents of files that have been served.
    private static func storedFiles(_ store: String) -> RequestSection.StoredFiles {
        let content = StoreContent(path: store)
        return { digest, size in
            guard let digest = SHA256Digest(hex: digest) else { return nil }
            let file = ContentFile(digest: digest, size: size, mediaType: "", modificationTime: 0)
            guard let open = try? content.open(file, named: digest.hex) else { return nil }
            switch open.storage {
            case .bytes(let bytes): return .bytes(bytes)
            case .file(let descriptor): return .file(OpenFile(open, descriptor: descriptor))
            }
        }
    }

    /// The files that this process's output goes to, as in `hippo-dev up > log`: what it tells of a change must not be one.
    private static func outputFiles() -> [String] {
        [STDOUT_FILENO, STDERR_FILENO].compactMap { descriptor in
            guard FileStatus(descriptor: descriptor)?.isRegular == true else { return nil }
            return resolvedPath("/proc/self/fd/\(descriptor)")
        }
    }

    /// How long clients may take what has been sent to them when all processes have ended.
    private static let terminatorGrace = Duration.seconds(1)

    /// A store whose log is longer, in bytes, is not closed in order at a stop, which would take long.
    private static let longestLog: Int64 = 8 << 20

    /// What clients of the Bindle server have to say; nil if nobody else can reach it.
    private static func accessToken(
        _ settings: SandboxSettings, _ address: SocketAddress, _ storage: Storage, _ project: Project
    ) throws -> AccessToken? {
        guard !address.isLoopback, settings.asksForToken ?? true else { return nil }
        return try AccessToken.make(forStore: pathForSecrets(storage, project), environment: ProcessEnvironment.all)
    }

    /// The path by which secrets about the store are kept. One that is kept nowhere has another path each time.
    private static func pathForSecrets(_ storage: Storage, _ project: Project) -> String {
        storage.isTemporary ? project.directory : storage.path
    }

    /// The key of a file. If there is none yet, it is made now, while other things go on.
    private static func hostKey(_ path: String) -> HostKey {
        let key = HostKey(path: path, onProblem: { StandardError.write("warning: \($0)\n") })
        if FileStatus(path: path) == nil { SystemThread.detach(name: "host key") { _ = key.key } }
        return key
    }

    /// The sockets. Where an address is taken by another sandbox of the project, that one is told of.
    private static func sockets(
        _ settings: SandboxSettings, defaultListen: SocketAddress, of project: String, _ storage: Storage
    ) throws -> SandboxSockets {
        do { return try SandboxSockets(settings, defaultListen: defaultListen) } catch let taken as AddressTaken {
            let others = (try? RunningSandbox.all(project: project, store: nil)) ?? []
            let other = others.first { other in
                [other.server ?? other.app, other.bindle].contains { (try? HTTPURL($0))?.port == taken.address.port }
            }
            guard let other else { throw taken }
            throw SandboxInUse(store: storage.path, holder: other)
        }
    }

    /// Where else the project is served.
    private static func notes(onOthersOf project: String) -> [String] {
        let others = (try? RunningSandbox.all(project: project, store: nil)) ?? []
        return others.filter { $0.process != Int(getpid()) }.map {
            "Another sandbox of this project runs as process \($0.process), and serves at \($0.app)."
        }
    }

    /// A queue of changes, if it is wanted; if the system has none to give, why.
    private static func changeQueue(isWanted: Bool) -> (ChangeQueue?, problem: ChangeQueue.Unavailable?) {
        guard isWanted else { return (nil, nil) }
        do { return (try ChangeQueue(), nil) } catch { return (nil, error) }
    }

    private static func hasColours(_ output: SandboxConfiguration.Output) -> Bool {
        if case .text(let style) = output { style.usesStyles } else { false }
    }

    /// The link to the control page. A token stands in its fragment, which browsers send to nobody.
    private static func link(_ controlURL: String, _ token: AccessToken?) -> String {
        controlURL + (token.map { "#token=\($0.value)" } ?? "")
    }

    private static func renderer(
        _ configuration: SandboxConfiguration, _ settings: SandboxSettings, _ project: Project, control: String
    ) -> any EventRenderer {
        switch configuration.output {
        case .json: JSONEventRenderer()
        case .text(let style):
            HumanEventRenderer(
                heading: .init(
                    project: project.displayPath, control: control, isWatching: settings.isWatching ?? true,
                    hint: configuration.takesKeys ? "press ? for keys" : nil),
                style: style)
        }
    }

    /// Does what a key asks for.
    private static func obey(
        _ key: TerminalKey, _ appURL: String, _ output: SandboxOutput, _ mailbox: Mailbox<SandboxLoop.Message>,
        _ stop: (String) -> Void
    ) {
        switch key {
        case .rebuild: mailbox.post(.rebuild)
        case .open: open(appURL, mailbox)
        case .clear: output.write(text: "\u{1B}[H\u{1B}[2J\u{1B}[3J")
        case .help: output.write(text: TerminalKey.list)
        case .quit: stop("quit")
        }
    }

    private static func open(_ url: String, _ mailbox: Mailbox<SandboxLoop.Message>) {
        let isStarted = Browser.open(
            url,
            onFailure: {
                mailbox.post(.notice("The browser could not be opened: open \(url) yourself, or set BROWSER."))
            })
        if !isStarted {
            mailbox.post(.notice("No browser was found: set BROWSER to one, or open \(url) yourself."))
        }
    }

    /// Says so if the name of the server in front is not known. A look at it may take long, which nobody waits for.
    private static func noteUnknownName(of front: HTTPURL, _ tell: @escaping @Sendable (String) -> Void) {
        guard front.fixedAddresses == nil else { return }
        SystemThread.detach(name: "front server") {
            do throws(ClientError) { _ = try front.addresses() } catch {
                tell(
                    "\(front.host), the host of --behind, is not known yet: what the server there says of its clients is not "
                        + "believed until it is. \(error)")
            }
        }
    }

    /// What of the settings has no effect.
    private static func notes(on settings: SandboxSettings) -> [String] {
        guard let program = settings.wagiProgram else {
            return [settings.dataLimitNote].compactMap { $0 }
        }
        var options: [String] = []
        if settings.allowsTransientWrite ?? false { options.append("--allow-transient-write") }
        if settings.stubsImports ?? false { options.append("--stub-imports") }
        if settings.data != nil { options.append("[data]") }
        if !settings.proxies.isEmpty { options.append("[proxy]") }
        options += settings.limits.optionNames
        if settings.logFileLimit != nil { options.append("--log-limit") }
        guard !options.isEmpty else { return [] }
        return [
            "\(program) is not told of \(options.joined(separator: ", ")): other WAGI programs have no such option."
        ]
    }

    /// How a WAGI process serves.
    package static func workerConfiguration(
        _ settings: SandboxSettings, address: SocketAddress, bindleToken: String? = nil, bindleKeyPin: String? = nil
    ) -> WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.hostname = address.reachable.description
        configuration.variables = settings.guestVariables.ofAll.map { .init(name: $0.name, value: $0.value) }
        configuration.projectVariables = settings.guestVariables.ofProject.map {
            .init(name: $0.name, value: $0.value)
        }
        configuration.allowsTransientWrite = settings.allowsTransientWrite ?? false
        configuration.stubsImports = settings.stubsImports ?? false
        configuration.servesStaticFiles = settings.servesStaticFiles ?? true
        configuration.allowedHosts = settings.allowedHosts
        configuration.dataDirectory = settings.data?.path
        configuration.dataLimit = settings.dataLimit
        configuration.proxies = settings.proxies.map {
            .init(prefix: $0.prefix + "/", url: $0.url.description, strips: $0.strips)
        }
        configuration.behind = settings.behind?.description
        configuration.bindleToken = bindleToken
        configuration.bindleKeyPin = bindleKeyPin
        configuration.showsErrors = settings.showsErrors ?? false
        configuration.logDirectory = settings.logDirectory
        configuration.logFileLimit = settings.logFileLimit
        configuration.limits = settings.limits
        configuration.editor = settings.editor ?? .usual
        // One that is not there is reported when it is to be started.
        configuration.program = settings.wagiProgram.map { program in
            ExecutablePath.find(program, in: ProcessEnvironment.value("PATH")) ?? program
        }
        return configuration
    }
}

extension WorkerConfiguration.Limits {
    /// The options that set those that are other than usual.
    fileprivate var optionNames: [String] {
        let names: [(String, Bool)] = [
            ("--max-stack", stackBytes != nil), ("--max-heap", heapBytes != nil),
            ("--max-table-elements", tableElements != nil), ("--max-open-files", openFiles != nil),
            ("--max-transient", transientBytes != nil), ("--timeout", time != nil),
            ("--max-memory", memoryBytes != nil), ("--max-response", responseBytes != nil),
            ("--max-waiting", waitingRequests != nil),
        ]
        return names.filter(\.1).map(\.0)
    }
}

extension SocketAddress {
    /// The address by which this machine reaches a socket that is bound to this one: that of all interfaces is not one to
    /// connect to.
    var reachable: SocketAddress {
        switch ip {
        case .v4(0): .loopback(port: port)
        case .v6(high: 0, low: 0, scope: _): SocketAddress(ip: .v6(high: 0, low: 1, scope: 0), port: port)
        default: self
        }
    }
}

extension TLSIdentity {
    /// As the settings say; `nil` for plain HTTP.
    fileprivate convenience init?(_ tls: SandboxSettings.TLS?) throws(TLSProblem) {
        switch tls {
        case nil: return nil
        case .files(let certificate, let key)?:
            try self.init(certificateFile: certificate, keyFile: key) { StandardError.tell("warning: \($0)") }
        case .localAuthority?:
            try self.init(authority: try LocalAuthority(directory: UserFile.settingsDirectory()))
        }
    }

    /// What is to be done so that clients trust the user's own authority.
    fileprivate var trustNote: String? {
        authorityFile.map { file in
            """
            Browsers trust the app once \(file) is among their authorities: import it in their settings. For other \
            programs, on Debian: sudo cp \(file) /usr/local/share/ca-certificates/hippo-dev.crt && sudo \
            update-ca-certificates. For curl: --cacert \(file). It vouches for nothing but localhost, names below it, \
            and loopback addresses.
            """
        }
    }
}
