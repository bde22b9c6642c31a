import Bindle
import Dispatch
import Hippofacts
import Platform
import SandboxProtocol

/// The inner loop: what has changed is built, expanded, stored and launched, one thing after the other, on one thread.
///
/// Everything else (watcher, build command, WAGI processes, signals) posts messages to it. Whatever comes while it is
/// busy is taken together afterwards, so that there is nothing to wait for before it reacts.
final class SandboxLoop {
    enum Message: Sendable {
        case change(FileWatcher.Changes, ticket: UInt64, seen: SuspendingClock.Instant)
        case buildLine(String)
        case buildEnded(number: Int, BuildProcess.Outcome)
        case worker(WorkerSupervisor.WorkerID, WorkerProcess.Event)
        case rollBack(RollbackRequest)
        /// Somebody asks for a rebuild, whether anything has changed or not.
        case rebuild
        /// Something to be told.
        case notice(String)
        case fetched(ExternalFetches.Item, ExternalBindleError?)
        case stop(reason: String)
    }

    /// What the loop works with; it lives longer than the loop.
    struct Surroundings {
        let project: Project
        /// What the command line says.
        let commandLineSettings: SandboxSettings
        let store: BindleStore
        /// The parcels that WAGI processes find as files, and need not fetch.
        let parcels: ParcelDirectory
        /// The file that keeps the digests of the project's files from one sandbox to the next.
        let digestsPath: String?
        let appURL: String
        let bindleURL: String
        let mailbox: Mailbox<Message>
        let freshness: Freshness
        /// The queue of file changes; nil if the project is not watched, or only looked at now and then.
        let changes: ChangeQueue?
        /// Whether what a build command writes is shown on a terminal with its colours.
        let hasColours: Bool
        let emit: @Sendable (Event) -> Void
        let workerCommand: @Sendable (SandboxSettings) -> WorkerCommand
        /// The upstream that settings name.
        let upstream: @Sendable (SandboxSettings) throws -> ExternalBindles.Upstream?
        /// Makes the directories of the store and of the cache again.
        let restoreStorage: @Sendable () throws -> Void
    }

    /// What is known of the revision that is being made.
    struct Cycle {
        var began = SuspendingClock.now
        var timings: [StageTiming] = []
    }

    /// A load this old is given up when something newer is there; younger ones are worth waiting for.
    static let loadPatience = Duration.seconds(2)
    /// So long nothing must have changed before a store that was removed is made again.
    static let removalPatience = Duration.milliseconds(300)
    static let stopPatience = Duration.seconds(3)

    let surroundings: Surroundings
    let emit: @Sendable (Event) -> Void
    var settings: SandboxSettings
    var supervisor: WorkerSupervisor
    var watcher: FileWatcher?
    var facts: Hippofacts?
    var scope = WatchScope()
    /// The roots that are watched for files of variables outside the project.
    var environmentRoots: Set<String> = []
    var expansion: ProjectExpansion
    var hasKeptDigests = false
    /// All that has changed since the last expansion; `nil` if that is not known, or more than files.
    var touched: Set<String>?
    var ledger = BuildInputLedger()
    let libraries: Libraries
    let externals: ExternalFetches

    /// The last ticket of changes that have come in.
    var ticket: UInt64 = 0
    var changed: Set<String> = []
    var lastChange = SuspendingClock.now
    /// When a store that was removed is made again, unless something changes before.
    var leftAloneTime: SuspendingClock.Instant?
    var needsSettings = false
    var needsBuild = false
    var needsExpansion = true
    /// True if a revision has to be launched even if its content is the same: what it is run with has changed.
    var needsLaunch = false
    var build: (process: BuildProcess, number: Int)?
    var buildCount = 0
    /// What the compilers of the build report.
    var diagnostics = DiagnosticScanner()
    /// The cycle of what has changed since the last load began.
    var cycle = Cycle()
    /// The cycle of the load that is under way.
    var loadingCycle = Cycle()

    /// The invoice of what has been loaded, or is being; `nil` if the project is not that any more, or failed to load.
    var launchedInvoice: Invoice?
    /// The invoice of the revision that serves, unless that was brought back.
    var servedInvoice: Invoice?
    /// Whether the expansion, as it is, is in the store, as the revision `storedRevision`.
    var isStored = false
    var storedRevision: Int?
    /// Whether the last load was of the project, and not of something that was brought back.
    var isLayoutOfProject = false
    var isReady = false
    /// The revision that serves.
    var revision = 0
    /// The last revision that was brought back.
    var restoredRevision: Int?
    /// The revision that is being brought back, and who waits for it.
    var rollback: (revision: Revision, request: RollbackRequest)?
    var lastWarnings: [String] = []
    var knownVersions: [String: [SemanticVersion]] = [:]
    var end: End?

    /// - Parameter supervisor: posts its events to the surroundings' mailbox.
    init(_ surroundings: Surroundings, supervisor: WorkerSupervisor, settings: SandboxSettings) throws {
        self.surroundings = surroundings
        self.supervisor = supervisor
        self.settings = settings
        expansion = ProjectExpansion(digests: surroundings.digestsPath.map(DigestCache.init(contentsOf:)) ?? DigestCache())
        let (emit, mailbox) = (surroundings.emit, surroundings.mailbox)
        self.emit = emit
        libraries = Libraries(store: surroundings.store, projectDirectory: surroundings.project.directory)
        externals = ExternalFetches(
            store: surroundings.store, upstream: try surroundings.upstream(settings),
            onStart: { emit(.log(.sandbox, text: "Fetching \($0) from \($1).")) },
            onEnd: { mailbox.post(.fetched($0, $1)) })
    }

    /// How the loop came to its end.
    struct End: Hashable, Sendable {
        let reason: String
        /// True if it ended because nothing can be served, and nothing is watched that could change it.
        let isFailure: Bool
    }

    /// Runs until it is told to stop. Nothing that it has started runs any more then.
    func run() throws -> End {
        defer { watcher?.stop() }
        try startWatching()
        needsBuild = settings.buildCommand != nil
        advance()
        while end == nil {
            let deadline = nextDeadline.map { DispatchTime.now() + max(.zero, $0 - .now).seconds }
            for message in surroundings.mailbox.next(until: deadline ?? .distantFuture) { handle(message) }
            if let report = supervisor.tick() { handle(report) }
            if end == nil { advance() }
            // What nothing is left to do for, whether it ended well or not, need not be waited for.
            if !isWorkPending, supervisor.loadingTarget == nil { surroundings.freshness.finish(upTo: ticket) }
        }
        shutDown()
        return end ?? End(reason: "", isFailure: false)
    }

    func startWatching() throws {
        guard settings.isWatching ?? true else { return }
        let mailbox = surroundings.mailbox
        let emit = emit
        facts = try? surroundings.project.facts()
        scope = surroundings.project.scope(of: facts, settings: settings)
        let watcher = try FileWatcher(
            queue: surroundings.changes, pollInterval: settings.pollInterval ?? FileWatcher.defaultPollInterval,
            freshness: surroundings.freshness, onProblem: { emit(.log(.sandbox, text: $0)) },
            onChange: { mailbox.post(.change($0, ticket: $1, seen: .now)) })
        watcher.watch(surroundings.project.directory, scope)
        (self.watcher, libraries.watcher) = (watcher, watcher)
        watchEnvironmentFiles()
    }

    /// When there is something to do even if no message comes.
    var nextDeadline: SuspendingClock.Instant? {
        var deadlines = [supervisor.nextDeadline].compactMap { $0 }
        if needsExpansion, build == nil, let leftAloneTime { deadlines.append(leftAloneTime) }
        if needsExpansion, build == nil, let time = supervisor.loadingTime {
            deadlines.append(.now + max(.zero, Self.loadPatience - time))
        }
        return deadlines.min()
    }

    // MARK: Stages

    /// Does the next thing that there is to do and that can be done now.
    func advance() {
        if needsSettings && !reloadSettings() { return }
        if needsBuild {
            startBuild()
        } else if build == nil && needsExpansion {
            // A younger load ends soon; then this is done with all that has come until then.
            if let time = supervisor.loadingTime, time < Self.loadPatience { return }
            reportChanges()
            do throws(Failure) {
                try makeRevision()
            } catch {
                fail(error)
            }
        }
    }

    /// False if the settings are broken: then nothing is done until they are mended.
    func reloadSettings() -> Bool {
        needsSettings = false
        let new: SandboxSettings
        do {
            let file = try SettingsFile.read(inProject: surroundings.project.directory)
            new = surroundings.commandLineSettings.completed(by: file)
        } catch {
            reportChanges()
            fail(error)
            return false
        }
        guard new != settings else { return true }
        if new.buildCommand != settings.buildCommand { needsBuild = new.buildCommand != nil }
        if new.listen != settings.listen || new.bindleListen != settings.bindleListen || new.storage != settings.storage
            || new.isWatching != settings.isWatching || new.pollInterval != settings.pollInterval
        {
            emit(
                .log(
                    .sandbox,
                    text: "New addresses, another store, and watching or not take effect when hippo-dev up is started again."))
        }
        if new.libraries != settings.libraries || new.upstream != settings.upstream
            || new.upstreamStrategy != settings.upstreamStrategy
        {
            needsExpansion = true
            touched = nil
            do { externals.use(try surroundings.upstream(new)) } catch {
                fail(Failure(stage: .assemble, message: "\(error)", file: SettingsFile.name))
            }
        }
        // From now on each process lays out the files for itself.
        if new.allowsTransientWrite ?? false { supervisor.layouts = nil }
        let command = surroundings.workerCommand(new)
        if command != surroundings.workerCommand(settings) {
            supervisor.use(command)
            needsLaunch = true
            needsExpansion = true
        }
        settings = new
        watchEnvironmentFiles()
        supervisor.updateStatus { $0.reloadsPages = new.reloadsPages ?? true }
        updateScope()
        return true
    }

    /// Watches the files of variables that are not in the project.
    func watchEnvironmentFiles() {
        guard let watcher else { return }
        var scopes: [String: WatchScope] = [:]
        for file in settings.environmentFiles {
            let directory = FilePath.parent(file)
            guard !(directory + "/").hasPrefix(surroundings.project.directory + "/") else { continue }
            // Told apart by its name from the root of a library in the same place.
            scopes[directory + "/.", default: WatchScope()].files.insert(FilePath.name(file))
        }
        for root in environmentRoots where scopes[root] == nil { watcher.unwatch(root) }
        for (root, scope) in scopes { watcher.watch(root, scope) }
        environmentRoots = Set(scopes.keys)
    }

    func reportChanges() {
        guard !changed.isEmpty else { return }
        emit(.rebuilding(changed: changed.sorted()))
        changed = []
    }

    // MARK: End

    func shutDown() {
        watcher?.stop()
        keepDigests()
        libraries.stop()
        finishRollback(failure: "hippo-dev up was stopped")
        build?.process.cancel()
        supervisor.stop(patience: Self.stopPatience)
        let deadline = SuspendingClock.now + Self.stopPatience + .seconds(1)
        var isHurried = false
        while (supervisor.hasWorkers || build != nil) && deadline > .now && !isHurried {
            let next = min(deadline, supervisor.nextDeadline ?? deadline)
            for message in surroundings.mailbox.next(until: .now() + max(.zero, next - .now).seconds) {
                switch message {
                case .worker(let worker, let event):
                    if let report = supervisor.handle(worker, event) { handle(report) }
                case .buildEnded(let number, _): if build?.number == number { build = nil }
                case .stop: isHurried = true
                case .rollBack(let request): request.finish(.failure(.notServed("hippo-dev up is being stopped")))
                case .change, .fetched, .buildLine, .rebuild, .notice: break
                }
            }
            _ = supervisor.tick()
        }
    }
}
