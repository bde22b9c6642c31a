import Bindle
import ControlPage
import HTTP
import Platform
import SandboxProtocol

/// Runs the processes of one channel: starts one when the channel is first asked for, lets another take over when its release
/// or what it is told changes, and ends it when it has been idle.
///
/// It decides when; how is the affair of `WorkerSupervisor`. What a channel is to serve, processes and the clock are given to
/// it. To be used from one thread. See Channels.md in Sandbox.docc.
struct ChannelRunner {
    typealias Instant = SuspendingClock.Instant

    /// What a channel is to serve.
    struct Target: Hashable, Sendable {
        let release: Release
        let command: WorkerCommand

        static func == (left: Target, right: Target) -> Bool {
            left.release.id == right.release.id && left.release.digest == right.release.digest
                && left.command == right.command
        }

        func hash(into hasher: inout Hasher) { hasher.combine(release.id) }
    }

    /// What the runner needs to know and to do.
    struct Dependencies {
        let idleTime: () -> Duration
        let now: @Sendable () -> Instant
        /// The release that the channel is to serve now; `nil` if none matches.
        let release: (Channel) throws -> Release?
        /// How its processes serve.
        let command: (Channel) -> WorkerCommand
        /// Makes what processes need of a release, as they get it.
        let content: (Target) throws -> ServedContent
        let bindleURL: String
        let startWorker: WorkerSupervisor.StartWorker
        /// Tells people something of the channel, in a sentence.
        let tell: (String) -> Void
    }

    /// How long the last requests may take when a process is idle or has no release to serve any more.
    static let drainPatience = Duration.seconds(30)

    /// The same when the channel has another host.
    static let movePatience = Duration.seconds(2)

    let queue: ConnectionQueue
    private(set) var channel: Channel
    private let dependencies: Dependencies
    private var supervisor: WorkerSupervisor?
    private var isEnding = false
    /// Whether no process is to be started any more.
    private var isOver = false
    /// What was given to a process last.
    private var given: Target?
    /// What is wrong, until it is mended.
    private var problem: String?
    private var toldWarnings: Set<String> = []
    private var used: Instant
    /// The release that serves.
    private var served: BindleID?

    init(_ channel: Channel, queue: ConnectionQueue, _ dependencies: Dependencies) {
        self.channel = channel
        self.queue = queue
        self.dependencies = dependencies
        used = dependencies.now()
    }

    var hasProcesses: Bool { supervisor?.hasWorkers ?? false }

    var condition: ChannelStatus.Condition {
        guard supervisor != nil, !isEnding else { return .idle }
        if let problem { return .failed(problem, serving: served) }
        return served.map { .serving($0) } ?? .starting
    }

    /// When `tick` has something to do.
    var nextDeadline: Instant? {
        guard let supervisor else { return nil }
        return [supervisor.nextDeadline, isEnding ? nil : used + dependencies.idleTime()].compactMap { $0 }.min()
    }

    // MARK: What happens

    /// Somebody asks for the channel.
    mutating func noteRequest() {
        noteUse(at: dependencies.now())
        if supervisor == nil || isStranded { start() }
    }

    /// Whether there is no process, and none will be started: none could be, or one that told what is wrong has died.
    private var isStranded: Bool {
        guard let supervisor, !isEnding else { return false }
        return !supervisor.hasWorkers && supervisor.nextDeadline == nil
    }

    /// A request of the channel was answered then.
    mutating func noteUse(at time: Instant) { used = max(used, time) }

    /// The channel, the releases, or the settings have changed.
    mutating func reconsider(_ channel: Channel) {
        let isMoved = self.channel.servedHost != channel.servedHost
        self.channel = channel
        guard supervisor != nil, !isEnding else { return }
        // A process knows one host, and answers no request for another one. Those for the new host wait in the queue.
        if isMoved { end(patience: Self.movePatience) } else { update() }
    }

    /// A process has said something, or has ended.
    mutating func handle(_ worker: WorkerSupervisor.WorkerID, _ event: WorkerProcess.Event) {
        if let report = supervisor?.handle(worker, event) { note(report) }
        supervisor?.showRequests()
        if isStranded, queue.hasConnections { start() }
        finishEnding()
    }

    /// Does what is due at this time.
    mutating func tick() {
        for report in supervisor?.tick() ?? [] { note(report) }
        if supervisor != nil, !isEnding, used + dependencies.idleTime() <= dependencies.now() {
            end(patience: Self.drainPatience)
        }
        finishEnding()
    }

    /// Lets the processes finish their requests and end, for good.
    mutating func finish(patience: Duration) {
        isOver = true
        end(patience: patience)
    }

    /// Lets the processes finish their requests and end.
    private mutating func end(patience: Duration) {
        guard supervisor != nil else { return }
        isEnding = true
        supervisor?.stop(patience: patience)
        finishEnding()
    }

    // MARK: Serving

    private mutating func start() {
        guard !isOver else { return }
        supervisor = WorkerSupervisor(
            command: dependencies.command(channel), status: ProjectStatus(session: "channel", reloadsPages: false),
            now: dependencies.now, startWorker: dependencies.startWorker)
        supervisor?.use(.only(channel.servedHost))
        (given, problem, served) = (nil, nil, nil)
        update()
    }

    /// Serves what the channel is to serve now.
    private mutating func update() {
        let command = dependencies.command(channel)
        do {
            guard let release = try dependencies.release(channel) else {
                // What it serves may be gone from the store.
                if served != nil { return end(patience: Self.drainPatience) }
                given = nil
                return fail(Self.absence(of: channel))
            }
            let target = Target(release: release, command: command)
            guard target != given else { return }
            let content = try dependencies.content(target)
            given = target
            supervisor?.use(target.command)
            let load = WorkerSupervisor.Target(
                id: release.id.description, bindleURL: dependencies.bindleURL, revision: 0, content: content)
            try supervisor?.load(load)
            problem = nil
        } catch {
            fail("\(error)")
        }
    }

    private static func absence(of channel: Channel) -> String {
        switch channel.selection {
        case .range(let range) where range.text.isEmpty || range.text == "*":
            "There is no release of \(channel.app): make one with hippo-dev release."
        case .range(let range):
            "No release of \(channel.app) is in the range \(range.text): make one with hippo-dev release, or set another "
                + "range with hippo-dev channel set \(channel.name) --range."
        case .pin(let version): "The release \(channel.app)/\(version) is not there any more."
        }
    }

    private mutating func note(_ report: WorkerSupervisor.Report) {
        switch report {
        case .serving(let target, _, _):
            problem = nil
            let id = try? BindleID(target.id)
            if served != id { dependencies.tell("serves \(target.id)") }
            served = id
        case .loadFailed(_, let failure):
            let place = failure.file.map { "\($0): " } ?? ""
            fail(place + failure.message)
        case .notice(let text): dependencies.tell(text)
        case .warning(let text): if toldWarnings.insert(text).inserted { dependencies.tell("warning: \(text)") }
        }
    }

    /// Tells whoever asks what is wrong; a release that serves goes on serving.
    private mutating func fail(_ message: String) {
        if problem != message { dependencies.tell(message) }
        problem = message
        supervisor?.fail(.init(stage: "release", message: message))
        do { try supervisor?.hold() } catch { dependencies.tell("No WAGI process could be started: \(error)") }
    }

    // MARK: The end

    private mutating func finishEnding() {
        guard isEnding, supervisor?.hasWorkers == false else { return }
        supervisor = nil
        isEnding = false
        (given, problem, served) = (nil, nil, nil)
        // They came when no process took connections any more.
        if queue.hasConnections { noteRequest() }
    }
}
