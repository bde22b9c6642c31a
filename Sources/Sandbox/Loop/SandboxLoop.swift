import Bindle
import Foundation
import Hippofacts
import SandboxProtocol

/// The inner loop: what has changed is built, expanded, stored and launched, one thing after the other, on one thread.
///
/// Everything else (watcher, build command, WAGI processes, signals) posts messages to it. Whatever comes while it is
/// busy is taken together afterwards, so that there is nothing to wait for before it reacts.
final class SandboxLoop {
    enum Message: Sendable {
        case change(FileWatcher.Change, ticket: UInt64, seen: ContinuousClock.Instant)
        case buildLine(String)
        case buildEnded(number: Int, BuildProcess.Outcome)
        case worker(WorkerSupervisor.WorkerID, WorkerProcess.Event)
        case rollBack(RollbackRequest)
        /// Somebody asks for a rebuild, whether anything has changed or not.
        case rebuild
        /// Something to be told.
        case notice(String)
        /// A file of the library in this directory has changed.
        case libraryChange(directory: String, FileWatcher.Change, seen: ContinuousClock.Instant)
        case fetched(ExternalFetches.Item, ExternalBindleError?)
        case stop(reason: String)
    }

    /// What the loop works with; it lives longer than the loop.
    struct Surroundings {
        let project: Project
        /// What the command line says.
        let commandLineSettings: SandboxSettings
        let store: BindleStore
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
    }

    /// What is known of the revision that is being made.
    struct Cycle {
        var began = ContinuousClock.now
        var timings: [StageTiming] = []
    }

    /// A load this old is given up when something newer is there; younger ones are worth waiting for.
    private static let loadPatience = Duration.seconds(2)
    private static let stopPatience = Duration.seconds(3)

    let surroundings: Surroundings
    let emit: @Sendable (Event) -> Void
    private var settings: SandboxSettings
    var supervisor: WorkerSupervisor
    private var watcher: FileWatcher?
    private var facts: Hippofacts?
    private var scope = WatchScope()
    private var expansion = ProjectExpansion()
    /// All that has changed since the last expansion; `nil` if that is not known, or more than files.
    private var touched: Set<String>?
    private var ledger = BuildInputLedger()
    private let libraries: Libraries
    private let externals: ExternalFetches

    /// The last ticket of changes that have come in.
    private var ticket: UInt64 = 0
    private var changed: Set<String> = []
    private var needsSettings = false
    private var needsBuild = false
    private var needsExpansion = true
    /// True if a revision has to be launched even if its content is the same: what it is run with has changed.
    private var needsLaunch = false
    private var build: (process: BuildProcess, number: Int)?
    private var buildCount = 0
    /// What the compilers of the build report.
    private var diagnostics = DiagnosticScanner()
    /// The cycle of what has changed since the last load began.
    private var cycle = Cycle()
    /// The cycle of the load that is under way.
    var loadingCycle = Cycle()

    /// The invoice of what has been loaded, or is being; `nil` if the project is not that any more, or failed to load.
    var launchedInvoice: Invoice?
    /// The invoice of the revision that serves, unless that was brought back.
    private var servedInvoice: Invoice?
    /// Whether the expansion, as it is, is in the store, as the revision `storedRevision`.
    private var isStored = false
    private var storedRevision: Int?
    /// Whether the last load was of the project, and not of something that was brought back.
    var isLayoutOfProject = false
    private var isReady = false
    /// The revision that serves.
    var revision = 0
    /// The last revision that was brought back.
    var restoredRevision: Int?
    /// The revision that is being brought back, and who waits for it.
    var rollback: (revision: Revision, request: RollbackRequest)?
    private var lastWarnings: [String] = []
    private var knownVersions: [String: [SemanticVersion]] = [:]
    private var end: End?

    /// - Parameter supervisor: posts its events to the surroundings' mailbox.
    init(_ surroundings: Surroundings, supervisor: WorkerSupervisor, settings: SandboxSettings) throws {
        self.surroundings = surroundings
        self.supervisor = supervisor
        self.settings = settings
        let (emit, mailbox) = (surroundings.emit, surroundings.mailbox)
        self.emit = emit
        libraries = Libraries(
            store: surroundings.store, isWatching: surroundings.changes != nil,
            onProblem: { emit(.log(.sandbox, text: $0)) },
            onChange: { mailbox.post(.libraryChange(directory: $0, $1, seen: .now)) })
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

    private func startWatching() throws {
        guard settings.isWatching ?? true else { return }
        let mailbox = surroundings.mailbox
        let emit = emit
        facts = try? surroundings.project.facts()
        scope = surroundings.project.scope(of: facts, settings: settings)
        watcher = try FileWatcher(
            root: surroundings.project.directory, scope: scope, queue: surroundings.changes,
            pollInterval: settings.pollInterval ?? FileWatcher.defaultPollInterval, freshness: surroundings.freshness,
            onProblem: { emit(.log(.sandbox, text: $0)) },
            onChange: { mailbox.post(.change($0, ticket: $1, seen: .now)) })
    }

    /// When there is something to do even if no message comes.
    private var nextDeadline: ContinuousClock.Instant? {
        var deadlines = [supervisor.nextDeadline].compactMap { $0 }
        if needsExpansion, build == nil, let time = supervisor.loadingTime {
            deadlines.append(.now + max(.zero, Self.loadPatience - time))
        }
        return deadlines.min()
    }

    // MARK: Messages

    private func handle(_ message: Message) {
        switch message {
        case .change(let change, let ticket, let seen):
            self.ticket = max(self.ticket, ticket)
            externals.forgetFailures()
            if !isWorkPending { cycle = Cycle(began: seen) }
            switch change {
            case .everything: noteEverything()
            case .paths(let paths): for path in paths { note(path) }
            }
        case .buildLine(let line):
            diagnostics.note(line)
            emit(.log(.build, text: line))
        case .buildEnded(let number, let outcome):
            guard let build, build.number == number else { return }
            finishBuild(outcome)
            self.build = nil
            surroundings.freshness.board.build = .idle
        case .worker(let worker, let event):
            if let report = supervisor.handle(worker, event) { handle(report) }
        case .rollBack(let request):
            rollBack(request)
        case .rebuild:
            if !isWorkPending { cycle = Cycle() }
            noteEverything()
        case .notice(let text):
            emit(.log(.sandbox, text: text))
        case .libraryChange(let directory, let change, let seen):
            if !isWorkPending { cycle = Cycle(began: seen) }
            noteLibraryChange(directory, change)
        case .fetched(let item, let failure):
            externals.finish(item, failure)
            needsExpansion = true
            touched = nil
        case .stop(let reason):
            end = End(reason: reason, isFailure: false)
        }
    }

    private var isWorkPending: Bool {
        needsSettings || needsBuild || needsExpansion || build != nil || externals.isPending
    }

    private func noteEverything() {
        changed.insert(".")
        touched = nil
        needsSettings = true
        needsExpansion = true
        needsBuild = settings.buildCommand != nil
    }

    /// Finds out what a change of a path means. Directories end in `/`.
    private func note(_ path: String) {
        noteTouched(path)
        let components = path.split(separator: "/")
        let isDirectory = path.hasSuffix("/")
        let isBuildInput =
            isDirectory
            ? scope.buildInputs?.reaches(below: components) == true : scope.buildInputs?.contains(components) == true
        if isBuildInput {
            noteBuildInput(path)
            if needsBuild { changed.insert(path) }
        }
        if path == SettingsFile.name { needsSettings = true }
        if settings.environmentFiles.contains(surroundings.project.directory + "/" + path) {
            supervisor.discardStandby()
            needsLaunch = true
        }
        // A directory that only the build knows of is no part of the bundle; whether another one is, expansion tells.
        var others = scope
        others.buildInputs = nil
        if isDirectory ? others.reaches(below: components) : others.contains(components) {
            needsExpansion = true
            if build == nil { changed.insert(path) }
        }
    }

    /// Only changes of files can be taken in one by one, and only as long as what they are for stays the same.
    private func noteTouched(_ path: String) {
        let isFile = !path.hasSuffix("/") && !Hippofacts.fileNames.contains(path)
            && surroundings.project.path != surroundings.project.directory + "/" + path
        if isFile { touched?.insert(path) } else { touched = nil }
    }

    private func noteLibraryChange(_ directory: String, _ change: FileWatcher.Change) {
        externals.forgetFailures()
        libraries.noteChange(in: directory)
        let name = directory.split(separator: "/").last.map(String.init) ?? directory
        switch change {
        case .everything: changed.insert(name)
        case .paths(let paths): changed.formUnion(paths.map { "\(name)/\($0)" })
        }
        touched = nil
        needsExpansion = true
    }

    private func noteBuildInput(_ path: String) {
        guard build != nil else {
            ledger.noteEdit(path, in: surroundings.project.directory)
            needsBuild = true
            return
        }
        switch ledger.judge(path, in: surroundings.project.directory) {
        case .edit: needsBuild = true
        case .unchanged, .product: break
        }
    }

    private func handle(_ report: WorkerSupervisor.Report) {
        switch report {
        case .serving(let target, let timings, let isRestart):
            revision = target.revision
            if isRestart {
                emit(.log(.sandbox, text: "Revision \(revision) serves again."))
            } else {
                servedInvoice = target.revision == restoredRevision ? nil : launchedInvoice
                loadingCycle.timings += timings
                announce(target.id, isUnchanged: false, loadingCycle)
            }
            noteServed()
            // Its start must not compete with the first requests, but it has to be over before the next save.
            try? supervisor.prepare()
        case .loadFailed(_, let failure):
            launchedInvoice = nil
            try? supervisor.prepare()
            finishRollback(failure: "it could not be launched: \(failure.message)")
            fail(
                Failure(
                    stage: .launch, message: failure.message, file: failure.file.map(surroundings.project.relative),
                    line: failure.line, column: failure.column))
        case .request(let request): emit(.request(request))
        case .log(let route, let text): emit(.log(.guest(route: route), text: text))
        case .notice(let text): emit(.log(.sandbox, text: text))
        }
    }

    private func announce(_ id: String, isUnchanged: Bool, _ cycle: Cycle) {
        if isUnchanged {
            surroundings.freshness.succeed()
            supervisor.updateStatus { status in
                status.problem = nil
                status.isBuilding = false
            }
        }
        let total = StageTiming(stage: "total", milliseconds: (ContinuousClock.now - cycle.began).milliseconds)
        if isReady {
            emit(.serving(revision: revision, id: id, isUnchanged: isUnchanged, timings: cycle.timings + [total]))
        } else {
            isReady = true
            emit(.ready(app: surroundings.appURL, bindle: surroundings.bindleURL, id: id, revision: revision))
        }
    }

    private func fail(_ failure: Failure) {
        emit(.failed(failure))
        let stage = failure.stage == .build ? "the build failed" : "the last change cannot be served"
        surroundings.freshness.fail(upTo: ticket, because: "\(stage): \(failure)")
        let problem = failure.problem(inProject: surroundings.project.directory)
        supervisor.updateStatus { status in
            status.problem = problem
            status.isBuilding = false
        }
        if watcher == nil && supervisor.servingTarget == nil {
            end = End(reason: "nothing can be served", isFailure: true)
            return
        }
        // Without a process to tell of it, a browser would wait and learn nothing.
        try? supervisor.hold()
        try? supervisor.prepare()
    }

    // MARK: Stages

    /// Does the next thing that there is to do and that can be done now.
    private func advance() {
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
    private func reloadSettings() -> Bool {
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
        supervisor.updateStatus { $0.reloadsPages = new.reloadsPages ?? true }
        updateScope()
        return true
    }

    private func reportChanges() {
        guard !changed.isEmpty else { return }
        emit(.rebuilding(changed: changed.sorted()))
        changed = []
    }

    private func startBuild() {
        needsBuild = false
        reportChanges()
        build?.process.cancel()
        build = nil
        surroundings.freshness.board.build = .idle
        guard let command = settings.buildCommand else { return }
        needsExpansion = true
        cycle.timings = []
        buildCount += 1
        diagnostics = DiagnosticScanner()
        let number = buildCount
        let mailbox = surroundings.mailbox
        do {
            let process = try BuildProcess(
                command: command, directory: surroundings.project.directory,
                environment: ProcessInfo.processInfo.environment.map { ($0.key, $0.value) },
                runner: .thisProgram(arguments: ["build-runner", "--"]),
                terminal: surroundings.hasColours ? TerminalSize(of: STDOUT_FILENO) : nil,
                onLine: { mailbox.post(.buildLine($0)) },
                onEnd: { mailbox.post(.buildEnded(number: number, $0)) })
            build = (process, number)
            surroundings.freshness.board.build = settings.waitsForBuild ?? false ? .awaited : .running
            supervisor.updateStatus { $0.isBuilding = true }
        } catch {
            needsExpansion = false
            fail(Failure(stage: .build, message: "The build command could not be started: \(error)"))
        }
    }

    private func finishBuild(_ outcome: BuildProcess.Outcome) {
        // What the build wrote last is still on its way; it is part of this cycle, not the beginning of another one.
        watcher?.synchronize()
        for message in surroundings.mailbox.takeAll() {
            handle(message)
        }
        let products = ledger.noteEnd()
        if !products.isEmpty {
            let names = products.joined(separator: ", ")
            emit(
                .log(
                    .sandbox,
                    text: "The build command itself writes \(names): changes of it during a build do not restart it any more."))
            needsBuild = true
        }
        guard !needsBuild else { return }
        cycle.timings.append(StageTiming(stage: "build", milliseconds: outcome.milliseconds))
        guard outcome.isSuccess else {
            needsExpansion = false
            let command = settings.buildCommand ?? ""
            let lines = outcome.lastLines.isEmpty ? "" : "\n" + outcome.lastLines.joined(separator: "\n")
            fail(buildFailure("The build command '\(command)' ended with \(outcome.exit).\(lines)"))
            return
        }
    }

    /// The failure of a build: at the place of the first error that a compiler reported, if that is a file's.
    private func buildFailure(_ message: String) -> Failure {
        let directory = surroundings.project.directory
        guard let error = diagnostics.firstError,
            FileManager.default.fileExists(atPath: error.file.hasPrefix("/") ? error.file : "\(directory)/\(error.file)")
        else { return Failure(stage: .build, message: message) }
        return Failure(
            stage: .build, message: "\(error.message)\n\(message)", file: surroundings.project.relative(error.file),
            line: error.line, column: error.column)
    }

    /// Expands the project, stores the bindle, and begins to load it, unless it is what is loaded already.
    private func makeRevision() throws(Failure) {
        needsExpansion = false
        guard let change = try assemble() else { return }
        if !change.isEmpty { (launchedInvoice, isStored) = (nil, false) }
        guard let invoice = expansion.invoice, try hasExternalParcels(change) else { return }
        let id = invoice.id.description
        if launchedInvoice != nil && !needsLaunch {
            // What is still being loaded is announced when it serves.
            if supervisor.loadingTarget == nil { announce(id, isUnchanged: true, cycle) }
            cycle = Cycle()
            return
        }
        if let pinned = pinnedRevision(for: invoice) {
            emit(.log(.sandbox, text: "Revision \(pinned.number) serves until a file changes: it was brought back."))
            restoredRevision = pinned.number
            layOut(revision: pinned.number)
            try launch(pinned.id, revision: pinned.number)
        } else {
            guard let number = try store(invoice, change) else { return }
            layOut(invoice, change)
            if number == supervisor.servingTarget?.revision && supervisor.loadingTarget == nil {
                // The project has become what was brought back.
                servedInvoice = invoice
                announce(id, isUnchanged: true, cycle)
                cycle = Cycle()
            } else {
                try launch(invoice.id, revision: number)
            }
        }
        launchedInvoice = invoice
        // While the process loads it, there is time.
        if !needsLaunch, let servedInvoice, let paths = invoice.styleSheets(differingFrom: servedInvoice) {
            supervisor.noteLoadChanges(onlyStyleSheets: paths)
        }
        needsLaunch = false
    }

    /// What is loaded next has the files of the project.
    private func layOut(_ invoice: Invoice, _ change: Change) {
        switch change {
        case .parcels(let update) where isLayoutOfProject:
            supervisor.layouts?.applyToContent(update.changes.map { ($0.old, $0.new) })
        default:
            supervisor.layouts?.replaceContent(with: invoice)
        }
        isLayoutOfProject = true
    }

    /// Begins to load a revision, which is served when that has come to its end.
    private func launch(_ id: BindleID, revision: Int) throws(Failure) {
        finishRollback(failure: "a change of the project came in between")
        loadingCycle = cycle
        surroundings.freshness.beginLoad(upTo: ticket)
        do {
            try supervisor.load(
                .init(id: id.description, bindleURL: surroundings.bindleURL(ofRevision: revision), revision: revision))
        } catch {
            launchedInvoice = nil
            throw Failure(stage: .launch, message: "The WAGI process could not be started: \(error)")
        }
    }

    /// How the project's expansion differs from the one before.
    private enum Change {
        case whole(Expansion, isNew: Bool)
        case parcels(ProjectExpansion.Update)

        var isEmpty: Bool {
            switch self {
            case .whole(_, let isNew): !isNew
            case .parcels(let update): update.changes.isEmpty
            }
        }
    }

    /// False while parcels of other bindles are being fetched.
    private func hasExternalParcels(_ change: Change) throws(Failure) -> Bool {
        guard case .whole(let expansion, _) = change else { return true }
        do {
            try externals.require(expansion.externalParcels)
            return true
        } catch is ExternalFetches.Pending {
            return false
        } catch {
            throw Failure(stage: .store, message: "An external bindle is not to be had as a whole: \(error)")
        }
    }

    /// What has changed; `nil` while an external bindle is being fetched.
    private func assemble() throws(Failure) -> Change? {
        let started = ContinuousClock.now
        defer {
            cycle.timings.append(
                StageTiming(stage: "assemble", milliseconds: (ContinuousClock.now - started).milliseconds))
        }
        do {
            // What is not in the store as it is has to be looked at as a whole.
            if isStored, let touched, let update = try expansion.update(touched) {
                self.touched = []
                return .parcels(update)
            }
            return try expand()
        } catch is ExternalFetches.Pending {
            return nil
        } catch let error as HippofactsError {
            // What cannot be had yet is being fetched; when it is here, all this is done again.
            if externals.isPending { return nil }
            throw Failure(
                stage: .assemble, message: error.message + (error.excerpt.map { "\n" + $0 } ?? ""),
                file: surroundings.project.relative(error.file), line: error.position?.line,
                column: error.position?.column)
        } catch {
            throw Failure(stage: .assemble, message: "\(error)")
        }
    }

    private func expand() throws -> Change {
        touched = nil
        let facts = try surroundings.project.facts()
        self.facts = facts
        // Watched first, so that what changes from here on is seen.
        updateScope()
        let store = surroundings.store
        if case .nextPatch = facts.version, knownVersions[facts.name] == nil {
            // Asked for once, so that a version like 1.2.* stays the same from rebuild to rebuild.
            let ids = try store.allIDs(includingYanked: true)
            knownVersions[facts.name] = ids.filter { $0.name == facts.name }.map(\.version)
        }
        try libraries.use(settings.libraries ?? [])
        try libraries.store(externals)
        let options = ExpansionOptions(
            versionMode: .asWritten,
            knownVersions: { [knownVersions] in knownVersions[$0] ?? [] },
            externalInvoice: { [externals] in try externals.invoice($0) })
        let before = expansion.invoice
        let whole = try expansion.expand(facts, options)
        for warning in whole.warnings.map(\.description) where !lastWarnings.contains(warning) {
            emit(.log(.sandbox, text: "warning: \(warning)"))
        }
        lastWarnings = whole.warnings.map(\.description)
        touched = []
        return .whole(whole, isNew: whole.invoice != before)
    }

    private func updateScope() {
        guard let watcher else { return }
        let new = surroundings.project.scope(of: facts, settings: settings)
        guard new != scope else { return }
        scope = new
        watcher.update(scope: new)
    }

    /// The number that the store gives to the revision; `nil` if a file has changed since it was read, so that all has to
    /// be done again.
    private func store(_ invoice: Invoice, _ change: Change) throws(Failure) -> Int? {
        let started = ContinuousClock.now
        let changes: ParcelChanges?
        let sources: [String: Expansion.ParcelSource]
        switch change {
        case .whole(let expansion, _): (changes, sources) = (nil, expansion.sources)
        case .parcels(let update):
            changes = ParcelChanges(update.changes.map { .init(old: $0.place..<$0.place + 1, new: $0.place..<$0.place + 1) })
            sources = update.sources
        }
        do {
            let saved = try surroundings.store.saveRevision(
                invoice, changes: changes, since: storedRevision, isAlwaysNew: needsLaunch
            ) { [path = surroundings.store.path] (label) throws(StoreError) in
                try DiskSpace.require(label, beside: path)
                switch sources[label.sha256] {
                case .file(let path, _): return .file(path: path)
                case .bytes(let bytes): return .bytes(bytes)
                case nil: throw .parcelNotUploaded(invoice.id, digest: label.sha256)
                }
            }
            (isStored, storedRevision) = (true, saved.number)
            cycle.timings.append(StageTiming(stage: "store", milliseconds: (ContinuousClock.now - started).milliseconds))
            return saved.number
        } catch .sourceChanged, .unreadableSource {
            expansion.forgetFiles()
            needsExpansion = true
            surroundings.mailbox.post(.change(.paths([]), ticket: 0, seen: .now))
            return nil
        } catch {
            // What is missing may be more than what this change has brought.
            touched = nil
            throw Failure(stage: .store, message: "\(error)")
        }
    }

    // MARK: End

    private func shutDown() {
        watcher?.stop()
        libraries.stop()
        finishRollback(failure: "hippo-dev up was stopped")
        build?.process.cancel()
        supervisor.stop(patience: Self.stopPatience)
        let deadline = ContinuousClock.now + Self.stopPatience + .seconds(1)
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
                case .change, .libraryChange, .fetched, .buildLine, .rebuild, .notice: break
                }
            }
            _ = supervisor.tick()
        }
    }
}

extension Duration {
    /// The duration in seconds, fractions included.
    var seconds: Double { milliseconds / 1000 }
}
