import Bindle
import Dispatch
import Hippofacts
import Platform
import SandboxProtocol

/// The inner loop: takes messages, asks `ProjectState` what to do about them, and does it, one thing after the other, on
/// one thread.
///
/// Everything else (watcher, build command, WAGI processes, signals) posts messages to it. Whatever comes while it is
/// busy is taken together afterwards; a stop overtakes all of it. See Architecture.md in Sandbox.docc.
final class SandboxLoop {
    enum Message: Sendable {
        case change(FileWatcher.Changes, ticket: UInt64, seen: SuspendingClock.Instant)
        case buildEnded(number: Int, BuildProcess.Outcome)
        /// All changes that were made before it was asked for are in the mailbox before this.
        case caughtUp
        case worker(WorkerSupervisor.WorkerID, WorkerProcess.Event)
        case rollBack(RollbackRequest)
        /// Somebody asks for a rebuild, whether anything has changed or not.
        case rebuild
        /// The store may have been removed.
        case storeTouched
        /// Something to be told.
        case notice(String)
        case fetched(ExternalFetches.Item, ExternalBindleError?)
        /// The working copy is served at all hosts but these. Called when its processes have been told.
        case otherHosts(Set<String>, onTold: @Sendable () -> Void)
        case stop(reason: String)
    }

    /// What the loop works with; it lives longer than the loop.
    struct Dependencies {
        let project: Project
        /// What the command line says.
        let commandLineSettings: SandboxSettings
        let content: ProjectContent
        let buildOutputs: BuildOutputsFile
        let appURL: String
        let bindleURL: String
        let mailbox: Mailbox<Message>
        let freshness: Freshness
        /// The queue of file changes; nil if the project is not watched, or only looked at now and then.
        let changes: ChangeQueue?
        /// Whether what a build command writes is shown on a terminal with its colours.
        let hasColours: Bool
        /// Set when a stop has been asked for.
        let cancellation: Cancellation
        /// Called when the loop begins to obey a stop.
        let onStop: @Sendable () -> Void
        let now: @Sendable () -> SuspendingClock.Instant
        let emit: @Sendable (Event) -> Void
        /// Tells a line of a build's output, as soon as there is room for it.
        let emitBuildLine: @Sendable (String) -> Void
        let workerCommand: @Sendable (SandboxSettings) -> WorkerCommand
        /// The upstream that settings name.
        let upstream: @Sendable (SandboxSettings) throws -> ExternalBindles.Upstream?
        /// Tells others who ask where this sandbox serves, and what it keeps.
        let announce: @Sendable (SandboxSettings) -> Void
        /// Makes the directories of the store and of the cache again.
        let restoreStorage: @Sendable () throws -> Void
        /// Claims the store again if only the claim was removed.
        let keepClaim: @Sendable () -> Void
        /// Posts `storeTouched`; nil if the system has nothing to notice it with.
        let storeWatch: StoreWatch?
    }

    static let stopPatience = Duration.seconds(2)

    let dependencies: Dependencies
    let content: ProjectContent
    let emit: @Sendable (Event) -> Void
    private(set) var state: ProjectState
    var supervisor: WorkerSupervisor
    var watcher: FileWatcher?
    var scope = WatchScope()
    /// The roots that are watched for files of variables outside the project.
    var environmentRoots: Set<String> = []
    var build: (process: BuildProcess, number: Int)?
    /// When the last build began, in nanoseconds since 1970.
    var buildStart: Int64 = 0
    /// When the build began that has ended well and whose modules have not been looked at.
    var finishedBuildStart: Int64?
    var toldMismatches: Set<ModuleMismatch> = []
    /// Where git would put its lock, as it was found at the beginning and while the last build ran: no save waits for that.
    var lockPath: String?
    /// The files that have changed since the project served as it was: what a failure may come from. Absolute.
    var suspects: Set<String> = []
    var writing = WritingDetector()
    /// Makes what is given to processes.
    var served: ServedContents
    /// What is to be loaded, or why it cannot be.
    var servedContent: Result<ServedContent, AssetError>?
    /// Whether that is the project, and not something that was brought back.
    var isContentOfProject = false
    var rollbacks: [RollbackID: (request: RollbackRequest, revision: Revision?)] = [:]
    private var rollbackCount = 0
    /// When it is looked at whether the claim on the store is still there: whoever removes it may remove more.
    private var claimCheck: SuspendingClock.Instant?
    private let thread = OwningThread()
    /// What processes have found odd about what they load.
    private var toldWarnings: Set<String> = []
    /// Which variables come from `.env`, as it was told last.
    var toldVariables: String?
    /// Why no process could be started to stand by, as it was told last.
    var standbyProblem: String?

    /// - Parameter supervisor: posts its events to the mailbox.
    init(_ dependencies: Dependencies, supervisor: WorkerSupervisor, settings: SandboxSettings) {
        self.dependencies = dependencies
        self.supervisor = supervisor
        content = dependencies.content
        served = ServedContents(
            store: dependencies.content.store.path, project: dependencies.project.directory)
        emit = dependencies.emit
        lockPath = RepositoryLock.path(around: dependencies.project.directory)
        state = ProjectState(
            project: dependencies.project, settings: settings,
            addresses: .init(app: dependencies.appURL, bindle: dependencies.bindleURL),
            outputs: dependencies.buildOutputs.read(of: settings.buildCommand), at: dependencies.now())
    }

    /// Runs until it is told to stop. Nothing that it has started runs any more then.
    func run() throws -> ProjectState.End {
        thread.claim()
        defer { thread.release() }
        defer { watcher?.stop() }
        try startWatching()
        tellVariables(state.settings)
        process([.scopeChanged(scope), .started])
        while state.end == nil {
            let deadline = [state.nextDeadline, supervisor.nextDeadline, claimCheck].compactMap { $0 }.min()
            var messages: [ProjectState.Message] = []
            for message in dependencies.mailbox.next(until: deadline.map(dispatchTime) ?? .distantFuture) {
                if let message = note(message) { messages.append(message) }
            }
            for report in supervisor.tick() {
                if let message = note(report) { messages.append(message) }
            }
            process(messages + [.tick])
            keepClaim()
            supervisor.showRequests()
        }
        dependencies.onStop()
        let end = state.end ?? ProjectState.End(reason: "", isFailure: false)
        shutDown()
        return end
    }

    /// Claims the store again if that is due, and the store is not one that is about to be made again.
    private func keepClaim() {
        guard let time = claimCheck, time <= dependencies.now(), state.end == nil else { return }
        claimCheck = nil
        if !content.store.isGone { dependencies.keepClaim() }
    }

    private func dispatchTime(_ instant: SuspendingClock.Instant) -> DispatchTime {
        .now() + max(.zero, instant - dependencies.now()).seconds
    }

    /// Does all that follows of messages, until a stop is asked for.
    private func process(_ messages: [ProjectState.Message]) {
        assertOnLoop()
        var queue = messages
        while !queue.isEmpty {
            let effects = state.reduce(queue, at: dependencies.now(), buildFiles)
            queue = []
            for effect in effects {
                queue += perform(effect)
                // What has been broken off means nothing. The stop itself is in the mailbox.
                if dependencies.cancellation.isCancelled, state.end == nil { return }
            }
        }
    }

    /// Ends a debug build where the loop's state is touched by another thread than the one that runs it.
    func assertOnLoop(file: StaticString = #fileID, line: UInt = #line) {
        assert(
            thread.isCurrent, "the state of the inner loop is touched by another thread than its own", file: file,
            line: line)
    }

    /// What the state has to know of the files that the build command reads.
    private var buildFiles: BuildFiles {
        BuildInputFiles(directory: dependencies.project.directory, lockPath: lockPath).lookups
    }

    // MARK: Messages

    /// What a message is to the state; `nil` if it is nothing to it.
    private func note(_ message: Message) -> ProjectState.Message? {
        assertOnLoop()
        switch message {
        case .change(let changes, let ticket, let seen): return .changed(changes, ticket: ticket, seen: seen)
        case .buildEnded(let number, let outcome):
            if build?.number == number {
                build = nil
                if outcome.isSuccess { finishedBuildStart = buildStart }
            }
            return .buildEnded(number: number, buildEnd(outcome))
        case .caughtUp: return .caughtUp
        case .worker(let worker, let event): return supervisor.handle(worker, event).flatMap(note)
        case .rollBack(let request):
            rollbackCount += 1
            let id = RollbackID(number: rollbackCount)
            rollbacks[id] = (request, nil)
            return .rollBack(id, revision: request.number)
        case .rebuild: return .rebuild
        case .storeTouched:
            claimCheck = dependencies.now() + ProjectState.removalPatience
            return content.store.isGone ? .storeGone : nil
        case .notice(let text): emit(.log(.sandbox, text: text))
        case .fetched(let item, let failure):
            content.externals.finish(item, failure)
            return .fetched(isPending: content.externals.isPending)
        case .otherHosts(let hosts, let onTold):
            supervisor.use(.allBut(hosts), onTaken: onTold)
        case .stop(let reason): return .stop(reason: reason)
        }
        return nil
    }

    /// What a report of the supervisor is to the state; `nil` if it is nothing to it.
    private func note(_ report: WorkerSupervisor.Report) -> ProjectState.Message? {
        assertOnLoop()
        switch report {
        case .serving(let target, let timings, let isRestart):
            return .serving(revision: target.revision, id: target.id, timings: timings, isRestart: isRestart)
        case .loadFailed(_, let failure): return .loadFailed(launchFailure(failure))
        case .notice(let text): emit(.log(.sandbox, text: text))
        // Each revision's process finds it again.
        case .warning(let text):
            if toldWarnings.insert(text).inserted { emit(.log(.sandbox, text: "warning: \(text)")) }
        }
        return nil
    }

    /// Why nothing could be loaded; where a handler is wrong, at the place where HIPPOFACTS names it.
    private func launchFailure(_ failure: WorkerFailure) -> Failure {
        let project = dependencies.project
        let named = failure.file.map { "\(project.relative($0)): " } ?? ""
        // What is brought back is of another HIPPOFACTS.
        if case .revision(let load) = state.loading, load.isProject, let route = failure.route,
            let error = content.facts?.error(named + failure.message, inHandlerFor: route)
        {
            return Failure(.launch, error, in: project)
        }
        return Failure(
            stage: .launch, message: failure.message, file: failure.file.map(project.relative), line: failure.line,
            column: failure.column)
    }

    /// How a build ended: a failure is at the place of the first error that a compiler reported, if that is a file's.
    private func buildEnd(_ outcome: BuildProcess.Outcome) -> ProjectState.BuildEnd {
        .init(
            duration: outcome.duration,
            failure: outcome.failure(of: state.settings.buildCommand ?? "", in: dependencies.project))
    }

    // MARK: End

    /// Ends everything that runs; requests that are being answered get up to `stopPatience`.
    private func shutDown() {
        watcher?.stop()
        content.libraries.stop()
        build?.process.cancel()
        supervisor.stop(patience: Self.stopPatience)
        content.keepDigests()
        let now = dependencies.now
        let deadline = now() + Self.stopPatience + .milliseconds(100)
        while (supervisor.hasWorkers || build != nil) && deadline > now() {
            let next = min(deadline, supervisor.nextDeadline ?? deadline)
            for message in dependencies.mailbox.next(until: dispatchTime(next)) {
                switch message {
                case .worker(let worker, let event):
                    if let report = supervisor.handle(worker, event) { _ = note(report) }
                case .buildEnded(let number, _): if build?.number == number { build = nil }
                case .rollBack(let request): request.finish(.failure(.notServed("hippo-dev up is being stopped")))
                case .otherHosts(_, let onTold): onTold()
                case .stop, .change, .caughtUp, .fetched, .rebuild, .notice, .storeTouched: break
                }
            }
            _ = supervisor.tick()
        }
    }
}
