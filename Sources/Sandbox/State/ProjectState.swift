import Content
import Hippofacts
import SandboxProtocol

/// What is known of the project and of what serves, and what is to be done next.
///
/// A pure value: a message and the time go in, a new state and effects come out. It starts no process, reads no clock and
/// no file; what it has to know of files it asks of `BuildFiles`. `SandboxLoop` performs the effects, one after the other,
/// and hands their results back as messages. See Architecture.md in Sandbox.docc.
struct ProjectState: Sendable {
    typealias Instant = SuspendingClock.Instant

    // MARK: The questions, one enum for each

    /// Is what `hippo-dev.toml` says known?
    enum SettingsState: Hashable, Sendable {
        case current
        /// The file has changed since it was read.
        case outdated
        /// The file is wrong: nothing is begun until it is mended.
        case broken
    }

    /// What is being done?
    enum Activity: Hashable, Sendable {
        case none
        case readingSettings
        case building(BuildRun)
        /// A build is being ended, so that another one can begin, or because it is not wanted any more.
        case cancelling(BuildRun, since: Instant)
        case assembling
        case restoringStorage
        case storing
    }

    /// One run of the build command.
    struct BuildRun: Hashable, Sendable {
        /// Counts the runs, from 1 on.
        let number: Int
        let round: Round
    }

    /// Why a build runs.
    enum Round: Hashable, Sendable {
        /// Something was edited, or somebody asked for it.
        case first
        /// The run before has left files that count as inputs.
        case second
    }

    /// Has the build command to run?
    enum BuildWish: Hashable, Sendable {
        case none
        /// At once, in place of a run that is under way.
        case now
        /// When what the run before has made is on its way to be served.
        case afterwards
    }

    /// What does the store have of the project?
    enum Content: Hashable, Sendable {
        /// Not what the project is now.
        case unknown
        /// The project is what it was when a revision was brought back, and that one was launched.
        case pinned
        /// This revision, which does not serve and is not being loaded.
        case stored(Int)
        /// This revision, which serves or is being loaded.
        case launched(Int)

        var isLaunched: Bool {
            switch self {
            case .pinned, .launched: true
            case .unknown, .stored: false
            }
        }

        var isStored: Bool {
            switch self {
            case .stored, .launched: true
            case .unknown, .pinned: false
            }
        }
    }

    /// What is being loaded?
    enum Loading: Hashable, Sendable {
        case nothing
        case revision(Load)
    }

    struct Load: Hashable, Sendable {
        let revision: Int
        let isProject: Bool
        let began: Instant
        /// The cycle that ends when it serves.
        let cycle: Cycle
    }

    /// What serves?
    enum Serving: Hashable, Sendable {
        case nothing
        /// - isProject: false for a revision that was brought back.
        case revision(Int, isProject: Bool)
    }

    /// Does somebody wait for a revision to be brought back?
    enum Rollback: Hashable, Sendable {
        case none
        /// The store has been asked for it.
        case asked(RollbackID)
        /// It is being loaded, as the revision `revision`.
        case loading(RollbackID, revision: Int, restores: Int)
    }

    /// Is the store there?
    enum Storage: Hashable, Sendable {
        case there
        /// It was removed, and is made again when nothing has changed until then.
        case gone(until: Instant)
        /// It holds something else than what was written to it, and is put aside at once.
        case damaged
    }

    /// Is the blob store out of reach that keeps the parcels?
    enum Outage: Hashable, Sendable {
        case none
        /// So many saves in a row have failed for it. `nil` when the next one is under way.
        case failures(Int, nextAttempt: Instant?)
    }

    /// Is a failure to be told?
    enum Judgement: Hashable, Sendable {
        case none
        /// Files are looked at that it may come from.
        case asked(Failure)
        /// A file that it may come from is still being written: it is looked at again then, unless a change comes before.
        case held(Failure, until: Instant)
    }

    /// Is git in the middle of exchanging files?
    enum Repository: Hashable, Sendable {
        case free
        /// It has a lock, and no build begins before the next look.
        case locked(RepositoryLock, since: Instant, nextLook: Instant)
        /// The lock has gone, and changes from before that are still on their way.
        case released
        /// This lock has been there for so long that builds do not wait for it.
        case stale(RepositoryLock)
    }

    /// What is known of the revision that is being made.
    struct Cycle: Hashable, Sendable {
        var began: Instant
        var timings: [StageTiming] = []
    }

    /// How it came to its end.
    struct End: Hashable, Sendable {
        let reason: String
        /// True if it ended because nothing can be served, and nothing is watched that could change it.
        let isFailure: Bool
    }

    // MARK: State

    /// A load this old is given up when something newer is there; younger ones are worth waiting for.
    static let loadPatience = Duration.seconds(2)
    /// So long nothing must have changed before a store that was removed is made again.
    static let removalPatience = Duration.milliseconds(300)
    /// A build that was cancelled and has not ended after this time is waited for no longer.
    static let cancellationPatience = Duration.seconds(5)
    /// A lock of git's during which nothing has changed for so long is one that was left behind, or that says nothing of files.
    static let lockPatience = Duration.seconds(3)
    /// No lock keeps a build from beginning for longer.
    static let lockLimit = Duration.seconds(60)
    /// While git has a lock, it is looked for so often.
    static let lockInterval = Duration.milliseconds(20)
    /// A revision is begun again so often because a file has changed while it was read.
    static let attemptLimit = 20
    /// A save that failed for an outage is tried again after so long; twice as long after each further one, up to a minute.
    static let (outagePatience, longestOutagePatience) = (Duration.seconds(1), Duration.seconds(60))
    /// So many damaged stores are replaced. What damages more of them is not mended by another one.
    static let damageLimit = 3

    let project: Project
    let addresses: Addresses
    var settings: SandboxSettings
    var settingsState = SettingsState.current
    var scope = WatchScope()
    var activity = Activity.none
    var buildWish = BuildWish.none
    var repository = Repository.free
    /// Whether the project has to be expanded.
    var needsExpansion = true
    /// Whether a revision has to be launched even if its content is the same: what it is run with has changed.
    var needsLaunch = false
    var isWaitingForExternals = false
    var content = Content.unknown
    var loading = Loading.nothing
    var serving = Serving.nothing
    var rollback = Rollback.none
    var storage = Storage.there
    /// How many stores were found to be damaged.
    var damageCount = 0
    var outage = Outage.none
    var judgement = Judgement.none
    var end: End?

    /// All that has changed since the last expansion; `nil` if that is not known, or more than files.
    var touched: Set<ChangedPath>?
    /// What the expansion that is under way takes in.
    var beingAssembled: Set<ChangedPath>?
    var ledger: BuildInputLedger
    var buildCount = 0
    /// Why the last build failed; `nil` if it did not.
    var buildFailure: Failure?
    /// How often the revision that is being made was begun again.
    var attempts = 0
    /// The last ticket of changes that have come in.
    var ticket: UInt64 = 0
    var settledTicket: UInt64 = 0
    var lastChange: Instant
    /// Paths of changes that have not been told yet.
    var changed: Set<String> = []
    var cycle: Cycle
    var bindleID = ""
    /// Whether something newer than what is being loaded has failed.
    var hasFailedSinceLoad = false
    /// Whether the first revision has been announced.
    var hasBeenReady = false
    /// Whether it has been told where the app will be.
    var hasAnnouncedStart = false
    var effects: [Effect] = []

    /// What is told when the first revision serves.
    struct Addresses: Hashable, Sendable {
        let app: String
        let bindle: String
    }

    /// - Parameter outputs: what an earlier session has learned of the build command's outputs.
    init(
        project: Project, settings: SandboxSettings, addresses: Addresses, outputs: Set<RelativePath> = [],
        at now: Instant
    ) {
        self.project = project
        self.settings = settings
        self.addresses = addresses
        ledger = BuildInputLedger(outputs: outputs)
        cycle = Cycle(began: now)
        lastChange = now
        if settings.buildCommand != nil { buildWish = .now }
    }

    // MARK: Reduce

    /// Takes note of messages, in their order, and says what is to be done about all of them together, in this order.
    mutating func reduce(_ messages: [Message], at now: Instant, _ files: BuildFiles) -> [Effect] {
        effects = []
        for message in messages {
            if end == nil {
                handle(message, now, files)
            } else if case .rollBack(let id, _) = message {
                effects.append(.finishRollback(id, .notServed("hippo-dev up is being stopped")))
            }
        }
        if end == nil {
            advance(now, files)
            settle()
        }
        return effects
    }

    /// When there is something to do even if no message comes.
    var nextDeadline: Instant? {
        guard end == nil else { return nil }
        var deadlines: [Instant] = []
        if case .cancelling(_, let since) = activity { deadlines.append(since + Self.cancellationPatience) }
        if case .held(_, let time) = judgement { deadlines.append(time) }
        if let time = revisionTime { deadlines.append(time) }
        if let time = repositoryTime { deadlines.append(time) }
        if activity == .none, case .failures(_, let time?) = outage { deadlines.append(time) }
        return deadlines.min()
    }

    /// When the next revision is begun, if that only waits for time to pass.
    private var revisionTime: Instant? {
        guard activity == .none, needsExpansion, settingsState == .current else { return nil }
        var times: [Instant] = []
        if case .gone(let time) = storage { times.append(time) }
        if case .revision(let load) = loading { times.append(load.began + Self.loadPatience) }
        return times.max()
    }

    /// Whether there is something to be done, or being done, that could change what serves.
    var isWorkPending: Bool {
        settingsState == .outdated || buildWish != .none || needsExpansion || activity != .none || isWaitingForExternals
            || judgement != .none
    }

    var isBuilding: Bool {
        switch activity {
        case .building, .cancelling: true
        default: false
        }
    }

    mutating func handle(_ message: Message, _ now: Instant, _ files: BuildFiles) {
        switch message {
        case .started, .tick: break
        case .changed(let changes, let ticket, let seen): noteChanges(changes, ticket, seen, files)
        case .rebuild:
            if !isWorkPending { cycle = Cycle(began: now) }
            noteEverything()
            if settings.buildCommand != nil { buildWish = .now }
        case .storeGone: noteStoreGone(now)
        case .storeDamaged(let detail): noteStoreDamaged(detail, now)
        case .scopeChanged(let new):
            if new.buildInputs != scope.buildInputs { ledger.forgetListing() }
            scope = new
        case .settingsRead(.success(let new)): adopt(new.settings, hasNewCommand: new.hasNewCommand, now)
        case .settingsRead(.failure(let failure)):
            finish(.readingSettings)
            settingsState = .broken
            reportChanges()
            fail(failure)
        case .failed(let failure): fail(failure)
        case .caughtUp: if repository == .released { repository = .free }
        case .buildNotStarted(let number, let failure): endBuild(number, nil, failure, files, now)
        case .buildEnded(let number, let end): endBuild(number, end.duration, end.failure, files, now)
        case .assembled(let result, let time): noteAssembly(result, time, now)
        case .judged(let failure, let time): noteJudgement(failure, time)
        case .storageRestored(let failure): noteRestoration(failure)
        case .stored(let result, let time): noteStored(result, time, now)
        case .fetched(let isPending):
            isWaitingForExternals = isPending
            needsExpansion = true
            touched = nil
        case .loadNotStarted(let reason): noteLoadNotStarted(reason)
        case .serving(let revision, let id, let timings, let isRestart):
            noteServing(revision, id, timings, isRestart: isRestart, now)
        case .loadFailed(let failure): noteLoadFailed(failure)
        case .rollBack(let id, let number):
            finishRollback(failure: "another rollback came in between")
            rollback = .asked(id)
            effects.append(.restore(id, revision: number))
        case .restored(let id, let revision, let number): noteRestored(id, revision, number, now)
        case .notRestored(let id): if rollback == .asked(id) { rollback = .none }
        case .stop(let reason): stop(End(reason: reason, isFailure: false))
        }
    }

    // MARK: What is next

    /// Begins the next thing that there is to do and that can be done now.
    mutating func advance(_ now: Instant, _ files: BuildFiles) {
        guard end == nil else { return }
        if case .held(let failure, let time) = judgement, time <= now { judge(failure) }
        if activity == .none { endOutage(now) }
        if buildWish == .none { forgetRepository() }
        if case .cancelling(let run, let since) = activity, since + Self.cancellationPatience <= now {
            _ = ledger.endRun(isCancelled: true, files.digest)
            finish(.cancelling(run, since: since))
        }
        switch activity {
        case .none: break
        case .building(let run):
            // Its settings may have changed, and with them the command.
            if settingsState == .outdated { break }
            let isOutdated = buildWish == .now || settings.buildCommand == nil
            if isOutdated, settingsState == .current { cancel(run, now) }
            return
        case .readingSettings, .cancelling, .assembling, .restoringStorage, .storing: return
        }
        switch settingsState {
        case .current: break
        case .broken: return
        case .outdated:
            // A build goes on meanwhile; what is read is there before anything else is looked at.
            if activity == .none { activity = .readingSettings }
            settingsState = .current
            effects.append(.readSettings)
            return
        }
        if buildWish == .now {
            if !waitsForRepository(files, now) { startBuild(.first, files, now) }
        } else if needsExpansion {
            beginRevision(now)
        } else if buildWish == .afterwards {
            if !waitsForRepository(files, now) { startBuild(.second, files, now) }
        }
    }

    mutating func beginRevision(_ now: Instant) {
        // A younger load ends soon; then this is done with all that has come until then.
        if case .revision(let load) = loading, now - load.began < Self.loadPatience { return }
        if case .gone(let time) = storage, now < time { return }
        let isStoreGone = storage != .there
        reportChanges()
        needsExpansion = false
        // What comes of it counts, and not what came of the content before.
        judgement = .none
        activity = .assembling
        // What is not in the store as it is has to be looked at as a whole.
        let known = content.isStored && !isStoreGone ? touched : nil
        beingAssembled = touched
        touched = []
        effects.append(.assemble(touched: known, isStoreGone: isStoreGone))
    }

    /// What nothing is left to do for, whether it ended well or not, need not be waited for.
    mutating func settle() {
        guard end == nil, loading == .nothing, ticket != settledTicket else { return }
        let isBlocked = settingsState == .broken && activity == .none
        guard !isWorkPending || isBlocked else { return }
        settledTicket = ticket
        effects.append(.settle(upTo: ticket))
    }

    mutating func finish(_ activity: Activity) {
        if self.activity == activity { self.activity = .none }
    }

    mutating func reportChanges() {
        guard !changed.isEmpty else { return }
        effects.append(.tell(.rebuilding(changed: changed.sorted())))
        changed = []
    }

    mutating func log(_ text: String) {
        effects.append(.tell(.log(.sandbox, text: text)))
    }

    mutating func fail(_ failure: Failure) {
        if loading != .nothing { hasFailedSinceLoad = true }
        // Where nothing is watched, it is the end.
        if settings.isWatching ?? true { _ = announceStart(nil) }
        effects.append(.fail(failure, upTo: ticket))
        if !(settings.isWatching ?? true), serving == .nothing {
            stop(End(reason: "nothing can be served", isFailure: true))
        }
    }

    /// Tells of a failure that a file may be the cause of, unless that is still being written.
    mutating func judge(_ failure: Failure) {
        judgement = .asked(failure)
        effects.append(.judge(failure))
    }

    mutating func noteJudgement(_ failure: Failure, _ time: Instant?) {
        guard judgement == .asked(failure) else { return }
        if let time {
            judgement = .held(failure, until: time)
        } else {
            judgement = .none
            fail(failure)
        }
    }

    mutating func stop(_ end: End) {
        finishRollback(failure: "hippo-dev up was stopped")
        self.end = end
        effects.append(.stop)
    }
}
