import Bindle
import Dispatch
import HTTP
import Platform
package import SandboxProtocol
import Synchronization
import WebGuard

/// A WAGI process that a sandbox has started: it does what it is told over a control channel, and ends with it.
///
/// See Handover.md in Sandbox.docc.
package final class WAGIWorker: Sendable {
    private let channel: ControlChannel
    /// `nil` where connections come through the queue only.
    private let socket: ListeningSocket?
    private let makeConfiguration: @Sendable (WorkerConfiguration) throws(LoadError) -> WAGIConfiguration
    private let said = Mutex(WAGIConfiguration())
    private let connections: ConnectionQueue?
    /// Where connections pass whose requests are for other processes.
    private let switchboard: ConnectionQueue?
    private let hostRouting = HostRouting()
    private let board: RevisionBoard?
    private let changes: Int32?
    private let log: RequestLogWriter?
    private let recordings: RecordingWriter?
    /// Sends in order, without letting those who send wait for the sandbox to read.
    private let sending = DispatchQueue(label: "control channel")
    /// How long serving may wait for the addresses of the server in front, whose name is mostly known at once.
    private static let frontPatience = Duration.milliseconds(200)
    /// How long the last requests may take.
    private static let drainDeadline = Duration.seconds(30)

    /// Takes over the descriptors, and closes them in the end.
    ///
    /// - Parameter configuration: makes of what the sandbox says how modules are run.
    package init(
        _ arguments: WorkerArguments,
        configuration: @escaping @Sendable (WorkerConfiguration) throws(LoadError) -> WAGIConfiguration
    ) throws {
        socket = try arguments.listen.map { try ListeningSocket(adopting: $0) }
        channel = ControlChannel(adopting: arguments.control)
        connections = arguments.connections.map {
            ConnectionQueue(adoptingSending: $0.sending, receiving: $0.receiving)
        }
        switchboard = arguments.switchboard.map { ConnectionQueue(adoptingSending: $0) }
        board = try arguments.board.map { try RevisionBoard(adopting: $0) }
        log = try arguments.log.map { RequestLogWriter(try RequestLogMemory(adopting: $0)) }
        recordings = try arguments.recordings.map { RecordingWriter(try RecordingMemory(adopting: $0)) }
        changes = arguments.changes
        if let changes { _ = fcntl(changes, F_SETFD, FD_CLOEXEC) }
        makeConfiguration = configuration
    }

    /// How modules are run. Said once by the sandbox, before all else, on the thread of `run`.
    private var configuration: WAGIConfiguration { said.withLock { $0 } }

    /// Waits for the bindle to load, serves it, and returns when the work is done: after a drain, a failure, or the end
    /// of the control channel.
    package func run() {
        // Whoever waits at the other end, or on this one, learns at once that it is over.
        defer { shutdown(channel.fileDescriptor, Int32(SHUT_RDWR)) }
        do throws(LoadError) {
            switch try prepare() {
            case .load(let load, let loading)?:
                let signs = SignsOfLife { [self] in send(.alive) }
                defer { signs.end() }
                if let program = configuration.program {
                    try serve(load, by: program, loading, signs)
                } else {
                    let application = try finish(loading, load)
                    signs.end()
                    serve(application, revision: load.revision)
                }
            case .hold?: hold()
            case nil: return
            }
        } catch {
            let failure = WorkerFailure(
                message: error.message, file: error.file, line: error.position?.line, column: error.position?.column,
                route: error.route?.description)
            try? channel.send(WorkerMessage.failed(failure))
        }
    }

    /// Tells the sandbox each second that this process is at work, until it has told that it is ready.
    private final class SignsOfLife: Sendable {
        private let isOver = DispatchSemaphore(value: 0)
        private static let interval = DispatchTimeInterval.seconds(1)

        init(_ give: @escaping @Sendable () -> Void) {
            SystemThread.detach { [isOver] in
                while isOver.wait(timeout: .now() + Self.interval) == .timedOut { give() }
            }
        }

        func end() { isOver.signal() }
    }

    private func serve(_ application: Application, revision: Int) {
        let liveReload = application.configuration.liveReload ?? liveReload(revision: revision)
        let serverConfiguration = serverConfiguration(revision: revision)
        let server = WAGIServer(
            application: application, socket: socket, connections: connections, configuration: serverConfiguration)
        defer { application.removeFiles() }
        for warning in application.warnings { send(.warning(warning)) }
        send(.ready(revision: revision, timings: application.timings))
        attend(server.server, liveReload)
    }

    /// Passes requests on to another program, which is started for this revision and ends with it.
    private func serve(
        _ load: LauncherMessage.Load, by program: ExternalProgram, _ loading: Loading, _ signs: SignsOfLife
    ) throws(LoadError) {
        let started = ContinuousClock.now
        let liveReload = liveReload(revision: load.revision)
        var loading = loading
        var files: FrontFiles?
        if let revision = try revision(of: load), configuration.servesStaticFiles {
            let routes = try loading.loadFiles(revision)
            files = loading.staticFiles.map { FrontFiles($0, routes: routes, liveReload: liveReload) }
        }
        let isForProject = load.content.map { $0.handlers.allSatisfy { !$0.isFromOtherBindle } } ?? false
        let process = try ExternalProcess(
            program, bindle: load.bindle, bindleURL: load.bindleURL, isForProject: isForProject
        ) { [self] line in
            log?.append(line: line, route: program.name, number: 0)
        }
        defer { process.kill() }
        try process.waitUntilItAnswers()
        signs.end()
        let proxy = ReverseProxy(port: process.port, name: program.name, liveReload: liveReload)
        var serverConfiguration = serverConfiguration(revision: load.revision)
        let ownAnswer = { @Sendable [webGuard = configuration.webGuard, files] (request: Request) -> Response? in
            webGuard.refusal(of: request)?.response ?? liveReload.respond(to: request)
                ?? files?.response(to: request)
        }
        serverConfiguration.inlineHandler = { InlineAnswer(ownAnswer($0)) }
        let server = Server(socket: socket, connections: connections, configuration: serverConfiguration) {
            request, body, writer in
            if let response = ownAnswer(request) { return try writer.respond(response) }
            try proxy.respond(to: request, body, writer)
        }
        send(
            .ready(
                revision: load.revision,
                timings: [StageTiming(stage: "program", milliseconds: (ContinuousClock.now - started).milliseconds)]))
        // Without the program, there is nothing that this process could answer: the sandbox starts another one.
        process.onUnexpectedEnd { [self] in
            log?.append(line: "The program has ended.", route: program.name, number: 0)
            flush()
            _exit(1)
        }
        attend(server, liveReload)
    }

    /// Answers with the project's status, while there is nothing to serve.
    private func hold() {
        let liveReload = liveReload(revision: 0)
        var serverConfiguration = serverConfiguration(revision: 0)
        let page = StatusPage(
            liveReload: liveReload, webGuard: configuration.webGuard, errorAudience: configuration.errorAudience,
            failure: { [board] in board?.failure })
        serverConfiguration.inlineHandler = { .response(page.respond(to: $0)) }
        let server = Server(socket: socket, connections: connections, configuration: serverConfiguration) {
            request, _, writer in
            try writer.respond(page.respond(to: request))
        }
        attend(server, liveReload)
    }

    private func liveReload(revision: Int) -> LiveReload {
        LiveReload(
            revision: revision, webGuard: configuration.webGuard, errorAudience: configuration.errorAudience)
    }

    private func serverConfiguration(revision: Int) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.requestLog = log.map { ServedRequestLog($0, revision: revision) }
        configuration.recorder = recordings.map { ServedRequestRecorder($0, revision: revision) }
        configuration.connectionQueue = connections
        if switchboard != nil { configuration.hostRouting = hostRouting }
        if let front = self.configuration.front { configuration.adoption = { front.adopt($0) } }
        if let board {
            let gate = RevisionGate(
                board: board, changes: changes, revision: revision, firstPatience: self.configuration.limits.time)
            configuration.admission = { target, headers, waited in
                // Of those that serve the app, no request is for the status.
                let isForStatus = revision == 0 && (LiveReload.owns(target) || PageRequest.accepts(headers))
                return gate.admission(waited: waited, isForStatus: isForStatus)
            }
        }
        return configuration
    }

    /// Does what it is told, until the server has ended.
    private func attend(_ server: Server, _ liveReload: LiveReload) {
        while let message = receive() {
            switch message {
            case .serve:
                do {
                    try server.start()
                } catch {
                    send(.failed(WorkerFailure(message: error.description)))
                    flush()
                    return
                }
            case .drain, .handOver:
                return finish(server, handsOver: message == .handOver && connections != nil)
            case .hosts(let hosts):
                answer(for: hosts)
                send(.hostsTaken)
            case .status(let status):
                liveReload.update(status)
            case .configure, .load, .prepare, .hold:
                // Each process serves one thing.
                return server.stop()
            }
        }
        server.stop()
    }

    /// Answers for these hosts alone from now on.
    private func answer(for hosts: ServedHosts) {
        guard let switchboard else { return }
        hostRouting.use { field in
            hosts.includes(field.flatMap { HostNames.name(inHostField: $0) }) ? nil : switchboard
        }
    }

    /// Finishes the requests that have begun.
    private func finish(_ server: Server, handsOver: Bool) {
        // Nobody else would notice meanwhile that the sandbox has gone, or is about to.
        SystemThread.detach(name: "control") { [self] in
            while let message = receive() {
                if message == .drain { server.drain(deadline: Self.drainDeadline) }
            }
            server.stop()
        }
        if handsOver {
            server.handOver(deadline: Self.drainDeadline)
        } else {
            server.drain(deadline: Self.drainDeadline)
        }
        flush()
    }

    /// What a process is for.
    private enum Task {
        case load(LauncherMessage.Load, Loading)
        case hold
    }

    /// Does what can be done before it is known what this process is to serve, and what it is told to until then; nil if
    /// the sandbox goes before.
    private func prepare() throws(LoadError) -> Task? {
        var loading: Loading?
        // What is wrong with the configuration is told when something is to be loaded.
        var problem: LoadError?
        while let message = receive() {
            switch message {
            case .configure(let given):
                do throws(LoadError) {
                    loading = try begin(given)
                } catch {
                    problem = error
                }
            case .prepare(let load):
                if let problem { throw problem }
                // Another program fetches what it needs itself. The descriptors are taken from the channel in any case.
                let revision = try revision(of: load)
                if let revision, configuration.program == nil { try loading?.prepare(revision) }
                send(.prepared)
            case .load(let load):
                if let problem { throw problem }
                guard let loading else { return nil }
                return .load(load, loading)
            case .hold: return .hold
            default: return nil
            }
        }
        return nil
    }

    /// Does what can be done before it is known what is to be served.
    private func begin(_ given: WorkerConfiguration) throws(LoadError) -> Loading {
        var configuration = try makeConfiguration(given)
        if let log { configuration.logObserver = { log.append($0) } }
        configuration.front?.lookUpAddresses(within: Self.frontPatience)
        said.withLock { [configuration] in $0 = configuration }
        return Loading(configuration, isWorker: true)
    }

    private func finish(_ prepared: Loading, _ load: LauncherMessage.Load) throws(LoadError) -> Application {
        var loading = prepared
        loading.configuration.liveReload = liveReload(revision: load.revision)
        loading.configuration.sourceDirectory = load.content?.project
        // A guest that may send requests anywhere could change bindles there.
        loading.configuration.controlPort = (try? HTTPURL(load.bindleURL))?.port
        if let revision = try revision(of: load) {
            try loading.load(revision)
        } else {
            let (id, client) = try source(of: load)
            try loading.loadBindle(id, from: client)
        }
        return Application(loading)
    }

    /// What is to be served, if this process gets it from the sandbox and need not fetch it.
    private func revision(of load: LauncherMessage.Load) throws(LoadError) -> Loading.Revision? {
        let descriptors = channel.takeDescriptors(load.content?.imageCount ?? 0)
        guard let content = load.content else { return nil }
        guard let base = descriptors.first, descriptors.count == content.imageCount else {
            for descriptor in descriptors { close(descriptor) }
            throw LoadError("the wwwroot has not come over the control channel")
        }
        return Loading.Revision(
            id: try source(of: load).0, handlers: content.handlers, images: (base, descriptors.dropFirst().first),
            store: content.store, project: content.project)
    }

    private func source(of load: LauncherMessage.Load) throws(LoadError) -> (BindleID, BindleClient) {
        do {
            let credentials = configuration.bindleToken.map { BindleClient.Credentials.bearer(token: $0) } ?? .none
            var client = ClientConfiguration()
            client.tls.publicKeyPin = configuration.bindleKeyPin
            return (
                try BindleID(load.bindle),
                try BindleClient(baseURL: load.bindleURL, credentials: credentials, configuration: client)
            )
        } catch {
            throw LoadError("\(error)")
        }
    }

    private func receive() -> LauncherMessage? {
        // A channel that fails means the same as one that ends.
        try? channel.receive(LauncherMessage.self)
    }

    private func send(_ message: WorkerMessage) {
        sending.async { [self] in try? channel.send(message) }
    }

    /// Waits until everything is sent.
    private func flush() {
        sending.sync {}
    }
}
