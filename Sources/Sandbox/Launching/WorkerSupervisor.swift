import Platform
import SandboxProtocol

/// Starts WAGI processes, lets one take over from another, and starts a new one when the one that serves dies.
///
/// At most one process serves and one loads at any time; one more stands by, so that the next change need not wait for
/// a process to start; others finish their last requests. To be used from one thread.
///
/// It decides when a process is started, told to load, hand over or end, given up, and started again; processes and the
/// clock are given to it, so that all of that can be tried without either. Times are those of a clock that stands still
/// while the machine sleeps: what was under way then goes on afterwards, and is not late. See Handover.md in Sandbox.docc.
struct WorkerSupervisor {
    typealias Instant = SuspendingClock.Instant

    /// A bindle to be served.
    struct Target: Hashable, Sendable {
        let id: String
        let bindleURL: String
        let revision: Int
        /// What is given to the process; without it, the process fetches what it needs.
        var content: ServedContent?
    }

    /// What the supervisor's user has to know.
    enum Report: Hashable, Sendable {
        /// The target serves from now on.
        case serving(Target, timings: [StageTiming], isRestart: Bool)
        case loadFailed(Target, WorkerFailure)
        /// Something happened that is no failure of a target.
        case notice(String)
        /// Something is odd about what is loaded.
        case warning(String)
    }

    struct WorkerID: Hashable, Sendable {
        let number: Int
    }

    private struct Load {
        let worker: WorkerID
        let target: Target
        let started: Instant
        let isRestart: Bool
        /// How many processes have been given this target before, and gave no sign of life, or were killed.
        let attempt: Int
        /// When the process was last heard of.
        var lastSign: Instant
        /// What the status's serial number was.
        let statusSerial: Int
        /// The style sheets that differ from what serves, if nothing else does.
        var styleSheets: [String]?
    }

    private struct Drain {
        let deadline: Instant
    }

    /// How long the last requests of a process may take.
    static let drainPatience = Duration.seconds(30)
    static let firstRestartDelay = Duration.milliseconds(100)
    static let longestRestartDelay = Duration.seconds(10)
    /// A process that loads and has not been heard of for this long is taken for stuck.
    static let signPatience = Duration.seconds(5)
    /// So many processes are given one target, if none gives a sign of life, or if all are killed by somebody.
    static let attemptLimit = 3
    /// Requests wait for so many restarts of what served; then they are told what is wrong.
    static let awaitedRestarts = 3
    /// A process that has served for this long has not died of its start.
    static let stableTime = Duration.seconds(10)

    private let now: @Sendable () -> Instant
    private let startWorker: StartWorker
    private let onTakeOver: @Sendable (Target) -> Void
    private let onStatus: @Sendable (ProjectStatus) -> Void
    private var command: WorkerCommand
    private var workers: [WorkerID: any WorkerHandle] = [:]
    private var nextNumber = 1
    private var standby: WorkerID?
    private var load: Load?
    private var serving: (worker: WorkerID, target: Target, since: Instant)?
    /// What was the last to serve. It serves again if its process dies, and what was to take its place fails.
    private var lastServed: Target?
    /// The process that answers with the project's status, because there is nothing to be served yet.
    private var holding: WorkerID?
    private var board: StatusBoard
    private var drains: [WorkerID: Drain] = [:]
    /// Whether the process that stands by has been told what serves, so that it can load what will stay the same.
    private var isStandbyPrepared = false
    /// How often a process of the target has died soon after its start.
    private var deathCount = 0
    /// For which hosts the processes answer; nil for all.
    private var hosts: ServedHosts?
    /// How often processes have been told of hosts without having said that they have taken note.
    private var untakenHosts: [WorkerID: Int] = [:]
    /// Called when all have.
    private var onHostsTaken: [@Sendable () -> Void] = []
    /// Whether the status is to be told if what served last does not serve again.
    private var isHoldWanted = false
    private var restart: (target: Target, time: Instant)?
    private var isStopping = false

    /// Starts a process; what it says is told as from the worker with that ID.
    typealias StartWorker = (WorkerCommand, WorkerID) throws -> any WorkerHandle

    /// - Parameters:
    ///   - now: the time, by a clock that stands still while the machine sleeps.
    ///   - onTakeOver: called when a target is about to serve, before any process learns of it.
    ///   - onStatus: called with each new status.
    ///   - startWorker: starts a process, whose events have to be given to `handle`.
    init(
        command: WorkerCommand, status: ProjectStatus, now: @escaping @Sendable () -> Instant = { .now },
        onTakeOver: @escaping @Sendable (Target) -> Void = { _ in },
        onStatus: @escaping @Sendable (ProjectStatus) -> Void = { _ in }, startWorker: @escaping StartWorker
    ) {
        self.command = command
        board = StatusBoard(status)
        self.now = now
        self.onTakeOver = onTakeOver
        self.onStatus = onStatus
        self.startWorker = startWorker
    }

    /// What the processes tell pages.
    var status: ProjectStatus { board.status }
    /// The target that is being loaded, if one is.
    var loadingTarget: Target? { load?.target }
    /// The target that serves, if one does.
    var servingTarget: Target? { serving?.target }
    /// False once all processes have ended.
    var hasWorkers: Bool { !workers.isEmpty }

    /// When `tick` has something to do.
    var nextDeadline: Instant? {
        let signDeadline = load.map { $0.lastSign + Self.signPatience }
        return (drains.values.map(\.deadline) + [restart?.time, signDeadline].compactMap { $0 }).min()
    }

    /// Has the processes answer for these hosts alone from now on.
    ///
    /// - Parameter onTaken: called when none that takes connections answers for another one any more.
    mutating func use(_ hosts: ServedHosts, onTaken: @escaping @Sendable () -> Void = {}) {
        onHostsTaken.append(onTaken)
        if hosts != self.hosts {
            self.hosts = hosts
            for worker in [serving?.worker, holding].compactMap({ $0 }) { tellHosts(to: worker) }
        }
        tellHostsTaken()
    }

    private mutating func tellHosts(to worker: WorkerID) {
        guard let hosts else { return }
        workers[worker]?.send(.hosts(hosts))
        untakenHosts[worker, default: 0] += 1
    }

    private mutating func tellHostsTaken() {
        guard untakenHosts.isEmpty else { return }
        for action in onHostsTaken { action() }
        onHostsTaken = []
    }

    /// Starts processes in another way from now on.
    mutating func use(_ command: WorkerCommand) {
        guard command != self.command else { return }
        self.command = command
        discardStandby()
    }

    /// Ends the process that stands by: it was started with what does not hold any more.
    mutating func discardStandby() {
        guard let discarded = standby else { return }
        standby = nil
        workers[discarded]?.kill()
    }

    /// Starts the process that the next target will be given to, unless there is one.
    mutating func prepare() throws {
        guard standby == nil, !isStopping else { return }
        standby = try start()
        isStandbyPrepared = false
        prepareStandby()
    }

    /// Lets the process that stands by load what serves, as far as that can be done beforehand.
    private mutating func prepareStandby() {
        guard let standby, !isStandbyPrepared, let target = serving?.target, let content = target.content, load == nil
        else { return }
        isStandbyPrepared = true
        workers[standby]?.send(.prepare(message(for: target)), with: content.descriptors)
    }

    private func message(for target: Target) -> LauncherMessage.Load {
        .init(
            bindle: target.id, bindleURL: target.bindleURL, revision: target.revision,
            content: target.content?.message)
    }

    /// Loads a target. A target that is still being loaded is given up.
    mutating func load(_ target: Target) throws {
        restart = nil
        try beginLoad(target, isRestart: false)
    }

    private mutating func beginLoad(
        _ target: Target, isRestart: Bool, attempt: Int = 0, styleSheets: [String]? = nil
    ) throws {
        abandonLoad()
        try prepare()
        guard let worker = standby else { return }
        standby = nil
        load = Load(
            worker: worker, target: target, started: now(), isRestart: isRestart, attempt: attempt, lastSign: now(),
            statusSerial: status.serial, styleSheets: styleSheets)
        workers[worker]?.send(.load(message(for: target)), with: target.content?.descriptors ?? [])
    }

    /// Takes note that what is being loaded differs from what serves in these style sheets only.
    mutating func noteLoadChanges(onlyStyleSheets paths: [String]) {
        load?.styleSheets = paths
    }

    /// Changes what pages are told.
    mutating func updateStatus(_ change: (inout ProjectStatus) -> Void) {
        if board.update(change) { tellStatus() }
    }

    /// Lets pages know what has gone wrong.
    mutating func fail(_ problem: ProjectStatus.Problem) {
        if board.fail(problem) { tellStatus() }
    }

    /// Lets pages know that a build has ended well after one had failed.
    mutating func mendBuild() {
        if board.mendBuild() { tellStatus() }
    }

    /// Lets the requests be told of the process that serves, once it has been told that it does.
    func showRequests() {
        for worker in [serving?.worker, holding].compactMap({ $0 }) { workers[worker]?.showRequests() }
    }

    private func tellStatus() {
        onStatus(status)
        for worker in [serving?.worker, holding].compactMap({ $0 }) { workers[worker]?.send(.status(status)) }
    }

    /// Lets a process answer requests with the project's status, if none serves the project itself, or is about to do so
    /// again.
    mutating func hold() throws {
        guard serving == nil, holding == nil, !isStopping else { return }
        let isRecovering = lastServed != nil && (restart != nil || load != nil)
        guard !isRecovering || deathCount > Self.awaitedRestarts else {
            isHoldWanted = true
            return
        }
        try prepare()
        guard let worker = standby else { return }
        standby = nil
        holding = worker
        for message in [.hold, .status(status)] as [LauncherMessage] { workers[worker]?.send(message) }
        beginServing(worker)
    }

    /// Has a process accept connections, of which those for other hosts pass on.
    private mutating func beginServing(_ worker: WorkerID) {
        tellHosts(to: worker)
        workers[worker]?.send(.serve)
    }

    /// Ends a load that has not come to its end.
    mutating func abandonLoad() {
        guard let abandoned = load else { return }
        load = nil
        workers[abandoned.worker]?.kill()
    }

    /// Lets every process finish its requests and end. `handle` and `tick` are still to be called until `hasWorkers` is
    /// false.
    mutating func stop(patience: Duration) {
        isStopping = true
        restart = nil
        untakenHosts = [:]
        tellHostsTaken()
        for (worker, process) in workers {
            if worker == serving?.worker || worker == holding || drains[worker] != nil {
                // To one that hands over, too: nobody takes what it would still pass on.
                process.send(.drain)
                drains[worker] = Drain(deadline: now() + patience)
            } else {
                process.kill()
            }
        }
        serving = nil
        holding = nil
        load = nil
        standby = nil
    }

    /// Takes note of what a process has said.
    mutating func handle(_ worker: WorkerID, _ event: WorkerProcess.Event) -> Report? {
        let time = now()
        if load?.worker == worker { load?.lastSign = time }
        switch event {
        case .message(.alive): return nil
        case .message(.ready(let revision, let timings)):
            guard let load, load.worker == worker, load.target.revision == revision else { return nil }
            return takeOver(load, timings)
        case .message(.failed(let failure)):
            guard let load, load.worker == worker else { return nil }
            self.load = nil
            workers[worker]?.kill()
            return giveUp(load.target, failure)
        case .message(.prepared): return nil
        case .message(.hostsTaken):
            untakenHosts[worker] = untakenHosts[worker].flatMap { $0 > 1 ? $0 - 1 : nil }
            tellHostsTaken()
            return nil
        case .message(.warning(let text)): return .warning(text)
        case .ended(let exit): return handleEnd(worker, exit)
        }
    }

    /// Does what is due at this time.
    mutating func tick() -> [Report] {
        let time = now()
        var reports: [Report] = []
        for (worker, drain) in drains where drain.deadline <= time {
            workers[worker]?.kill()
            drains[worker] = nil
        }
        if let load, load.lastSign + Self.signPatience <= time { reports.append(replace(load)) }
        if let due = restart, due.time <= time {
            restart = nil
            do {
                try beginLoad(due.target, isRestart: true)
            } catch {
                reports.append(scheduleRestart(of: due.target, because: "\(error)"))
            }
        }
        return reports
    }

    /// Gives the target of a process that gives no sign of life to another one.
    private mutating func replace(_ stuck: Load) -> Report {
        let silence = "gave no sign of life for \(Int(Self.signPatience.seconds)) s while it loaded"
        load = nil
        workers[stuck.worker]?.kill()
        guard stuck.attempt + 1 < Self.attemptLimit else {
            let message = "\(Self.attemptLimit) WAGI processes \(silence). Each was killed."
            return giveUp(stuck.target, WorkerFailure(message: message))
        }
        do {
            try beginLoad(
                stuck.target, isRestart: stuck.isRestart, attempt: stuck.attempt + 1, styleSheets: stuck.styleSheets)
        } catch {
            return giveUp(stuck.target, WorkerFailure(message: "The WAGI process \(silence). \(error)"))
        }
        return .notice("The WAGI process \(silence). It was killed, and another one is started.")
    }

    private mutating func takeOver(_ load: Load, _ timings: [StageTiming]) -> Report {
        self.load = nil
        if load.isRestart {
            board.serveAgain(revision: load.target.revision)
        } else {
            board.serve(
                revision: load.target.revision, styleSheets: load.styleSheets, loadedSince: load.statusSerial)
        }
        onTakeOver(load.target)
        onStatus(status)
        workers[load.worker]?.send(.status(status))
        beginServing(load.worker)
        // Connections that arrive between the two wait in the socket's queue, and those that pass on in theirs.
        for old in [serving?.worker, holding].compactMap({ $0 }) {
            // Told first, so that pages do not have to come back to learn of it.
            workers[old]?.send(.status(status))
            workers[old]?.send(.handOver)
            // It listens to nothing more of this, and takes no connections.
            untakenHosts[old] = nil
            drains[old] = Drain(deadline: now() + Self.drainPatience)
        }
        tellHostsTaken()
        holding = nil
        isHoldWanted = false
        if !load.isRestart { deathCount = 0 }
        lastServed = load.target
        serving = (load.worker, load.target, now())
        let launch = StageTiming(stage: "launch", milliseconds: (now() - load.started).milliseconds)
        return .serving(load.target, timings: [launch] + timings, isRestart: load.isRestart)
    }

    private mutating func handleEnd(_ worker: WorkerID, _ exit: ChildProcess.Exit) -> Report? {
        workers[worker] = nil
        drains[worker] = nil
        untakenHosts[worker] = nil
        tellHostsTaken()
        defer { prepareStandby() }
        guard !isStopping else { return nil }
        if worker == standby {
            // The next load starts another one; if that dies too, it is reported then.
            standby = nil
        } else if worker == holding {
            holding = nil
        } else if let load, worker == load.worker {
            self.load = nil
            if load.isRestart { return scheduleRestart(of: load.target, because: "ended before it was ready: \(exit)") }
            return loadAgain(load, after: exit)
        } else if let dead = serving, worker == dead.worker {
            serving = nil
            if now() - dead.since >= Self.stableTime { deathCount = 0 }
            // A load that is under way replaces the dead process anyway.
            guard load == nil else { return .notice("The WAGI process ended: \(exit).") }
            return scheduleRestart(of: dead.target, because: "ended: \(exit)")
        }
        return nil
    }

    /// Gives the target of a process that has ended to another one, if somebody has killed it: a lack of memory, or a user.
    /// What ends by itself would do so again.
    private mutating func loadAgain(_ ended: Load, after exit: ChildProcess.Exit) -> Report {
        let message = "The WAGI process ended before it was ready: \(exit)."
        guard exit == .killed(signal: SIGKILL), ended.attempt + 1 < Self.attemptLimit else {
            return giveUp(ended.target, WorkerFailure(message: message))
        }
        do {
            try beginLoad(
                ended.target, isRestart: false, attempt: ended.attempt + 1, styleSheets: ended.styleSheets)
        } catch {
            return giveUp(ended.target, WorkerFailure(message: "\(message) \(error)"))
        }
        return .notice("\(message) Another one is started.")
    }

    /// Reports that a target cannot be served. If the process has died meanwhile that served the one before, that is
    /// served again.
    private mutating func giveUp(_ target: Target, _ failure: WorkerFailure) -> Report {
        if serving == nil, let lastServed, lastServed != target { _ = scheduleRestart(of: lastServed, because: "") }
        return .loadFailed(target, failure)
    }

    private mutating func scheduleRestart(of target: Target, because reason: String) -> Report {
        // The first restart is immediate; then 0.1 s, 0.2 s, and so on.
        let delay =
            deathCount == 0
            ? Duration.zero
            : min(Self.firstRestartDelay * (1 << min(deathCount - 1, 10)), Self.longestRestartDelay)
        deathCount += 1
        restart = (target, now() + delay)
        // Should that fail, the next restart finds no better end.
        if isHoldWanted { try? hold() }
        let when = delay == .zero ? "now" : "in \(delay.milliseconds / 1000) s"
        return .notice("The WAGI process \(reason). It is started again \(when).")
    }

    private mutating func start() throws -> WorkerID {
        let worker = WorkerID(number: nextNumber)
        nextNumber += 1
        workers[worker] = try startWorker(command, worker)
        return worker
    }
}
