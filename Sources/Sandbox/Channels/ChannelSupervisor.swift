import Bindle
import ControlPage
import Dispatch
import HTTP
import Platform
import SandboxProtocol
import Synchronization

/// Keeps the channels of a sandbox, and serves them: one thread that owns a `ChannelRunner` for each.
///
/// See Channels.md in Sandbox.docc.
final class ChannelSupervisor: Sendable {
    /// What it works with.
    struct Dependencies: Sendable {
        let store: BindleStore
        let project: Project
        /// The URL of the app, whose scheme and port are those of channels.
        let appURL: HTTPURL
        /// The sandbox's Bindle server, `/v1` included.
        let bindleURL: String
        let surroundings: WorkerSurroundings
        let switchboard: Switchboard
        /// How a WAGI process of the working copy serves, with these settings.
        let workerCommand: @Sendable (SandboxSettings) -> WorkerCommand
        let now: @Sendable () -> SuspendingClock.Instant
        /// Tells the working copy's processes for which hosts they do not answer; calls back when that is done.
        let announceHosts: @Sendable (Set<String>, _ done: @escaping @Sendable () -> Void) -> Void
    }

    enum Message: Sendable {
        case request(ChannelKey)
        /// A process of the runner with this number.
        case worker(runner: Int, WorkerSupervisor.WorkerID, WorkerProcess.Event)
        /// Channels, releases or settings have changed.
        case change(onDone: DispatchSemaphore?)
        case stop(patience: Duration)
    }

    private struct State {
        var settings: SandboxSettings
        /// The name of the project's own app.
        var app: String?
        var tell: @Sendable (String) -> Void = { _ in }
        var onChange: @Sendable () -> Void = {}
        var conditions: [ChannelKey: ChannelStatus.Condition] = [:]
        /// When requests were answered, by `APP/CHANNEL`.
        var uses: [String: SuspendingClock.Instant] = [:]
        var hasNewStore = false
    }

    /// How long a process serves a channel that nobody asks for.
    static let defaultIdleTime = Duration.seconds(15 * 60)
    /// How long the working copy's processes may take to learn of new hosts before a change is reported as done.
    private static let announcementPatience = DispatchTimeInterval.seconds(1)
    private static let changePatience = DispatchTimeInterval.seconds(5)
    private static let firstLookPatience = DispatchTimeInterval.seconds(1)
    /// So many are told of at the start.
    private static let shownChannels = 8

    private let dependencies: Dependencies
    private let mailbox = Mailbox<Message>()
    private let state: Mutex<State>
    private let hasEnded = DispatchSemaphore(value: 0)
    private let hasBegun = DispatchSemaphore(value: 0)
    /// Held while a channel is changed, so that two that clash cannot come in at once.
    private let changing = Mutex<Void>(())

    init(_ dependencies: Dependencies, settings: SandboxSettings) {
        self.dependencies = dependencies
        state = Mutex(State(settings: settings, app: try? dependencies.project.facts().name))
    }

    /// Begins to serve channels. Returns when the store has been asked for them: afterwards nobody asks it without a reason,
    /// so that a project can be removed while it runs.
    ///
    /// - Parameters:
    ///   - tell: tells people something, in a sentence.
    ///   - onChange: called when channels, their releases or what serves them may have changed.
    func start(_ tell: @escaping @Sendable (String) -> Void, onChange: @escaping @Sendable () -> Void) {
        state.withLock { ($0.tell, $0.onChange) = (tell, onChange) }
        mailbox.post(.change(onDone: nil))
        SystemThread.detach(name: "channels") { [self] in
            run()
            hasEnded.signal()
        }
        _ = hasBegun.wait(timeout: .now() + Self.firstLookPatience)
    }

    /// Lets all processes finish their requests and end. Returns at once.
    func beginStop(patience: Duration) { mailbox.post(.stop(patience: patience), isUrgent: true) }

    /// Waits until they have ended.
    func waitForEnd(patience: Duration) { _ = hasEnded.wait(timeout: .now() + patience.seconds) }

    // MARK: What it is told

    /// Serves with other settings from now on.
    func use(_ settings: SandboxSettings) {
        state.withLock { $0.settings = settings }
        reconsider()
    }

    /// Takes note that the store is about to be a new one, without channels. They are looked at when something of it serves.
    func noteNewStore() { state.withLock { $0.hasNewStore = true } }

    /// Takes note of the bindle that serves: the project may have another name now.
    func noteServed(_ id: String) {
        guard let name = try? BindleID(id).name else { return }
        let isNew = state.withLock { state in
            defer { (state.app, state.hasNewStore) = (name, false) }
            return state.app != name || state.hasNewStore
        }
        if isNew { reconsider() }
    }

    /// Takes note of requests.
    func note(_ entries: [RequestLogEntry]) {
        var names: Set<String> = []
        for entry in entries { if let channel = entry.channel { names.insert(channel.name) } }
        guard !names.isEmpty else { return }
        let now = dependencies.now()
        state.withLock { state in for name in names { state.uses[name] = now } }
    }

    /// Looks at channels and releases again, since one of them may have changed.
    func reconsider() { mailbox.post(.change(onDone: nil)) }

    // MARK: The thread

    /// What the thread owns.
    private struct Desk {
        /// A runner, and the number by which its processes name it.
        struct Place {
            let number: Int
            var runner: ChannelRunner
        }

        var places: [ChannelKey: Place] = [:]
        /// Those of channels that are gone, until their processes have ended.
        var leaving: [Place] = []
        var nextNumber = 1
        /// Whether the channels that there were at the start have been told of.
        var hasTold = false

        var hasProcesses: Bool {
            places.values.contains { $0.runner.hasProcesses } || leaving.contains { $0.runner.hasProcesses }
        }

        var nextDeadline: SuspendingClock.Instant? {
            (Array(places.values) + leaving).compactMap(\.runner.nextDeadline).min()
        }

        mutating func handle(_ number: Int, _ worker: WorkerSupervisor.WorkerID, _ event: WorkerProcess.Event) {
            for key in places.keys where places[key]?.number == number { places[key]?.runner.handle(worker, event) }
            for index in leaving.indices where leaving[index].number == number {
                leaving[index].runner.handle(worker, event)
            }
        }

        mutating func tick() {
            for key in places.keys { places[key]?.runner.tick() }
            for index in leaving.indices { leaving[index].runner.tick() }
            leaving.removeAll { !$0.runner.hasProcesses }
        }

        mutating func remove(_ key: ChannelKey) {
            guard var gone = places.removeValue(forKey: key) else { return }
            gone.runner.finish(patience: ChannelRunner.drainPatience)
            leaving.append(gone)
        }
    }

    private func run() {
        var desk = Desk()
        var isStopping = false
        var isFirst = true
        while !isStopping || desk.hasProcesses {
            var done: [DispatchSemaphore] = []
            var isChanged = false
            for message in mailbox.next(until: desk.nextDeadline.map(dispatchTime) ?? .distantFuture) {
                switch message {
                case .request(let key): desk.places[key]?.runner.noteRequest()
                case .worker(let number, let worker, let event): desk.handle(number, worker, event)
                case .change(let onDone):
                    isChanged = true
                    if !isStopping { update(&desk, isAwaited: onDone != nil) }
                    if let onDone { done.append(onDone) }
                case .stop(let patience):
                    isStopping = true
                    for key in desk.places.keys { desk.places[key]?.runner.finish(patience: patience) }
                }
            }
            let uses = state.withLock { $0.uses }
            for (name, time) in uses {
                for key in desk.places.keys where key.description == name { desk.places[key]?.runner.noteUse(at: time) }
            }
            desk.tick()
            let conditions = desk.places.mapValues(\.runner.condition)
            let onChange = state.withLock { state in
                defer { state.conditions = conditions }
                return isChanged || state.conditions != conditions ? state.onChange : nil
            }
            onChange?()
            for semaphore in done { semaphore.signal() }
            if isFirst { hasBegun.signal() }
            isFirst = false
        }
    }

    private func tell(_ text: String) { state.withLock { $0.tell }(text) }

    private func dispatchTime(_ instant: SuspendingClock.Instant) -> DispatchTime {
        .now() + max(.zero, instant - dependencies.now()).seconds
    }

    /// Brings runners in line with the channels of the store.
    private func update(_ desk: inout Desk, isAwaited: Bool) {
        let channels: [Channel]
        do { channels = try dependencies.store.channels() } catch {
            return tell("The channels cannot be read: \(error)")
        }
        var hosts: [String: Switchboard.Place] = [:]
        var new: [Channel] = []
        for channel in channels {
            let key = ChannelKey(channel)
            if desk.places[key] == nil {
                do { desk.places[key] = try place(for: channel, number: desk.nextNumber) } catch {
                    tell("Channel \(key) cannot be served: \(error)")
                    continue
                }
                desk.nextNumber += 1
                new.append(channel)
            }
            guard let queue = desk.places[key]?.runner.queue else { continue }
            hosts[channel.servedHost] = .init(queue: queue) { [mailbox] in mailbox.post(.request(key)) }
        }
        // Before processes end, so that nothing more is sent to them.
        announce(dependencies.switchboard.use(hosts), isAwaited: isAwaited)
        let keys = Set(channels.map { ChannelKey($0) })
        for key in desk.places.keys where !keys.contains(key) { desk.remove(key) }
        for channel in channels { desk.places[ChannelKey(channel)]?.runner.reconsider(channel) }
        tell(ofNew: new, isFirst: !desk.hasTold)
        desk.hasTold = true
    }

    private func announce(_ hosts: Set<String>, isAwaited: Bool) {
        let isKnown = DispatchSemaphore(value: 0)
        dependencies.announceHosts(hosts) { isKnown.signal() }
        if isAwaited { _ = isKnown.wait(timeout: .now() + Self.announcementPatience) }
    }

    private func tell(ofNew channels: [Channel], isFirst: Bool) {
        for channel in channels.prefix(isFirst ? Self.shownChannels : channels.count) {
            tell("Channel \(ChannelKey(channel)) is at \(url(of: channel))")
        }
        let rest = channels.count - Self.shownChannels
        if isFirst, rest > 0 { tell("'hippo-dev channel list' shows \(rest) more channel\(rest == 1 ? "" : "s").") }
    }

    private func place(for channel: Channel, number: Int) throws(SystemError) -> Desk.Place {
        let key = ChannelKey(channel)
        let queue = try ConnectionQueue()
        var surroundings = dependencies.surroundings
        surroundings.connections = queue
        surroundings.channel = key.description
        let (dependencies, mailbox) = (dependencies, mailbox)
        let idleTime = { [self] in state.withLock { $0.settings.channelIdleTime } ?? Self.defaultIdleTime }
        let runner = ChannelRunner(
            channel, queue: queue,
            .init(
                idleTime: idleTime, now: dependencies.now,
                release: { try dependencies.store.release(of: $0) }, command: { [self] in command(of: $0) },
                content: { [self] in try content(of: $0) },
                bindleURL: dependencies.bindleURL,
                startWorker: { [surroundings] command, worker in
                    try WorkerProcess(command: command, listeningSocket: nil, surroundings: surroundings) { event in
                        mailbox.postWhenThereIsRoom(.worker(runner: number, worker, event))
                    }
                },
                tell: { [self] in tell("Channel \(key): \($0)") }))
        return Desk.Place(number: number, runner: runner)
    }

    // MARK: What channels serve

    private func content(of target: ChannelRunner.Target) throws -> ServedContent {
        if let data = target.command.configuration?.dataDirectory {
            try DataDirectory(path: data, isOfProject: true).make()
        }
        let (invoice, times) = try dependencies.store.content(ofRelease: target.release.id)
        let isOwn = state.withLock { $0.app } == target.release.id.name
        var contents = ServedContents(
            store: dependencies.store.path, project: isOwn ? dependencies.project.directory : nil)
        return try contents.replace(with: invoice, times: times)
    }

    /// How the processes of a channel serve.
    private func command(of channel: Channel) -> WorkerCommand {
        let (settings, app) = state.withLock { ($0.settings, $0.app) }
        var command = dependencies.workerCommand(settings)
        var configuration = command.configuration ?? WorkerConfiguration()
        configuration.serve(channel, at: dependencies.appURL.port)
        if channel.app == app {
            configuration.dataDirectory = settings.data?.ofChannel(named: channel.name).path
        } else {
            configuration.forgetProject()
            command.passedVariables = []
        }
        configuration.add(channel.variables)
        command.configuration = configuration
        return command
    }

    private func url(of channel: Channel) -> String {
        let url = dependencies.appURL
        let usualPort: UInt16 = url.scheme == "https" ? 443 : 80
        return "\(url.scheme)://\(channel.servedHost)\(url.port == usualPort ? "" : ":\(url.port)")/"
    }
}

extension WorkerConfiguration {
    /// Serves a channel, and not the working copy.
    fileprivate mutating func serve(_ channel: Channel, at port: UInt16) {
        hostname = "\(channel.servedHost):\(port)"
        allowedHosts = [channel.servedHost]
        // Each has files of its own there.
        logDirectory = logDirectory.map { "\($0)/channels/\(ChannelHost.usual(ChannelKey(channel)))" }
        // It can be asked for nothing but bindles.
        program = nil
        behind = nil
    }

    /// Serves the app of somebody else: what the project's settings say is of the project's own.
    fileprivate mutating func forgetProject() {
        variables = []
        projectVariables = []
        dataDirectory = nil
        dataLimit = nil
        proxies = []
        allowsTransientWrite = false
        stubsImports = false
        servesStaticFiles = true
    }

    /// Variables that are stronger than those that are there.
    fileprivate mutating func add(_ added: [Channel.Variable]) {
        let names = Set(added.map(\.name))
        variables.removeAll { names.contains($0.name) }
        projectVariables.removeAll { names.contains($0.name) }
        variables += added.map { Variable(name: $0.name, value: $0.value) }
    }
}

// MARK: - For the API

extension ChannelSupervisor: ChannelControl {
    func channels() throws(StoreError) -> [ChannelStatus] {
        var statuses: [ChannelStatus] = []
        for channel in try dependencies.store.channels() { statuses.append(try status(of: channel)) }
        return statuses
    }

    func change(_ key: ChannelKey, _ change: ChannelChange) throws -> (status: ChannelStatus, isNew: Bool) {
        try changing.withLock { _ in
            let channels = try dependencies.store.channels()
            let hosts = state.withLock { $0.settings.allowedHosts }
            let channel = try change.apply(to: key, among: channels, appHosts: hosts)
            try dependencies.store.put(channel)
            awaitChange()
            return (try status(of: channel), !channels.contains { ChannelKey($0) == key })
        }
    }

    func remove(_ key: ChannelKey) throws(StoreError) -> ChannelStatus {
        guard let channel = try dependencies.store.channels().first(where: { ChannelKey($0) == key }) else {
            throw .noSuchChannel(app: key.app, name: key.name)
        }
        let status = try status(of: channel)
        try dependencies.store.removeChannel(app: key.app, name: key.name)
        awaitChange()
        return status
    }

    func environment() throws(StoreError) -> EnvironmentReport? {
        let (settings, app) = state.withLock { ($0.settings, $0.app) }
        let own = Self.variables(of: settings)
        let channels = try dependencies.store.channels().map { channel in
            let isOwn = channel.app == app
            let names = Set(channel.variables.map(\.name))
            let inherited = isOwn ? own.filter { !names.contains($0.name) } : []
            return EnvironmentReport.Environment(
                channel: ChannelKey(channel),
                variables: inherited
                    + channel.variables.map { .init(name: $0.name, value: $0.value, source: "channel") },
                data: data(of: channel))
        }
        return EnvironmentReport(
            app: .init(channel: nil, variables: own, data: settings.data?.path), channels: channels,
            dataLimit: settings.dataLimit)
    }

    private static func variables(of settings: SandboxSettings) -> [EnvironmentReport.Variable] {
        settings.guestVariables.ofAll.map { .init(name: $0.name, value: $0.value, source: "settings") }
            + settings.guestVariables.ofProject.map { .init(name: $0.name, value: $0.value, source: ".env") }
    }

    private func data(of channel: Channel) -> String? {
        let (settings, app) = state.withLock { ($0.settings, $0.app) }
        return channel.app == app ? settings.data?.ofChannel(named: channel.name).path : nil
    }

    private func status(of channel: Channel) throws(StoreError) -> ChannelStatus {
        ChannelStatus(
            channel: channel, url: url(of: channel), release: try dependencies.store.release(of: channel),
            condition: state.withLock { $0.conditions[ChannelKey(channel)] } ?? .idle, data: data(of: channel))
    }

    /// Has what has changed come into effect.
    private func awaitChange() {
        let isDone = DispatchSemaphore(value: 0)
        mailbox.post(.change(onDone: isDone))
        _ = isDone.wait(timeout: .now() + Self.changePatience)
    }
}
