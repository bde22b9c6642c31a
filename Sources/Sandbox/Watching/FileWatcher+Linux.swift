import Content
import Dispatch
import Glibc
import Hippofacts
import Platform
import Synchronization

/// Reports changes of the files of directory trees that are in a scope, by inotify.
///
/// Every directory that the scope reaches into is watched, from the tree's root down, so that directories may come and
/// go. A change is reported at once, on the watcher's thread; what is still being written is reported when it is
/// closed. All trees share one queue, so that whoever finds it empty knows that nothing has changed in any of them.
///
/// See Freshness.md in Sandbox.docc.
final class FileWatcher: Sendable {
    /// What was seen in a tree.
    enum Change: Sendable {
        /// These paths, relative to the root.
        case paths(Set<ChangedPath>)
        /// Anything may have changed: events were lost, or the root itself was away.
        case everything
    }

    /// What was seen, by the trees' roots.
    typealias Changes = [String: Change]

    private struct Watched {
        let root: String
        var scope: WatchScope
        var tree: WatchTree
        /// What the last look at the directories has found, if they are looked at.
        var scan: FileScan?
        /// Files that are being written, or about to be, and when they are reported in any case.
        var openFiles: [RelativePath: MonotonicTime] = [:]
        /// What is to be reported next.
        var changes = WatchedChanges()
        /// Whether it has been reported that there is no root.
        var isKnownAway: Bool

        /// What is to be reported now.
        mutating func takeChange(at now: MonotonicTime) -> Change? {
            for (path, time) in openFiles where time <= now { changes.insert(path) }
            for path in changes.paths { openFiles[path.path] = nil }
            defer { changes = WatchedChanges() }
            return changes.isEverything ? .everything : changes.paths.isEmpty ? nil : .paths(changes.paths)
        }

        /// Takes in what an event has told.
        mutating func handle(_ event: WatchEvent, at now: MonotonicTime) {
            tree.handle(event, scope: scope, &changes)
            for (path, duration) in changes.held { openFiles[path] = max(openFiles[path] ?? now, now + duration) }
            changes.held = [:]
            if event.isOverflow { changes.isEverything = true }
        }
    }

    private struct State {
        var trees: [String: Watched] = [:]
        var synchronizations: [DispatchSemaphore] = []
        /// Whether there is a thread that looks at the directories.
        var hasScanner = false
        var isStopped = false

        var isRootAway: Bool { trees.values.contains { $0.tree.isRootAway } }
        var isRootDoubtful: Bool { trees.values.contains { $0.tree.isRootDoubtful } }
        var hasOpenFiles: Bool { trees.values.contains { !$0.openFiles.isEmpty } }
        /// When the next of them is reported in any case.
        var openFilesEnd: MonotonicTime? { trees.values.lazy.flatMap(\.openFiles.values).min() }

        mutating func update(_ change: (inout Watched) -> Void) {
            for root in trees.keys { change(&trees[root]!) }
        }

        /// The watches that no tree has any use for.
        mutating func takeReleased() -> Set<Int32> {
            var released: Set<Int32> = []
            update { released.formUnion($0.tree.takeReleased()) }
            return released.filter { !uses($0) }
        }

        func uses(_ descriptor: Int32) -> Bool { trees.values.contains { $0.tree.uses(descriptor) } }
    }

    private let state = Mutex(State())
    private let queue: ChangeQueue?
    /// How often the directories are looked at, if they are.
    private let pollInterval: Duration
    private let renamePatience: Duration
    private let freshness: Freshness?
    private let fileSystem: @Sendable (String) -> FileSystem
    private let time: any TimeSource
    private let wake: PipeDescriptors
    private let scannerWake = DispatchSemaphore(value: 0)
    /// One look at a time.
    private let scanning = Mutex<Void>(())
    private let onProblem: @Sendable (String) -> Void
    private let onChange: @Sendable (Changes, UInt64) -> Void
    static let defaultPollInterval = Duration.seconds(1)
    /// Looking at the directories takes at most this part of the time: on slow file systems, it is done less often.
    private static let pollShare = 4
    /// While a root is away, this often it is looked for.
    private static let absencePoll = Duration.milliseconds(50)
    /// The second event of a rename comes so soon after the first, unless whoever renames is stopped between them.
    static let defaultRenamePatience = Duration.milliseconds(2)

    /// Watches from now on.
    ///
    /// - Parameters:
    ///   - queue: where the changes come from; for this watcher alone. Without it, the directories are looked at now and
    ///     then; that is also done if the queue cannot take them all in, or is not told of all.
    ///   - pollInterval: how often the directories are looked at, if they have to be.
    ///   - renamePatience: how long the second event of a rename is waited for.
    ///   - freshness: is told what is taken from the queue.
    ///   - fileSystem: tells what file system a directory is on.
    ///   - time: what tells how late it is.
    ///   - onProblem: called with a sentence when some directory cannot be watched.
    ///   - onChange: called with changes and their ticket (0 without `freshness`).
    init(
        queue: ChangeQueue?, pollInterval: Duration = defaultPollInterval,
        renamePatience: Duration = defaultRenamePatience, freshness: Freshness? = nil,
        fileSystem: @escaping @Sendable (String) -> FileSystem = { FileSystem(ofItemAt: $0) },
        time: any TimeSource = .system,
        onProblem: @escaping @Sendable (String) -> Void, onChange: @escaping @Sendable (Changes, UInt64) -> Void
    ) throws {
        self.queue = queue
        self.pollInterval = pollInterval
        self.renamePatience = renamePatience
        self.freshness = freshness
        self.fileSystem = fileSystem
        self.time = time
        wake = try PipeDescriptors()
        self.onProblem = onProblem
        self.onChange = onChange
        SystemThread.detach(name: "watcher") { [self] in run() }
    }

    /// Watches what a scope takes of the tree below a root from now on, in place of what was watched there before.
    /// Changes before that, outside the scope before it, are not reported.
    ///
    /// - Parameter root: an absolute path.
    func watch(_ root: String, _ scope: WatchScope) {
        state.withLock { state in
            guard state.trees[root]?.scope != scope else { return }
            var watched =
                state.trees[root]
                ?? Watched(
                    root: root, scope: scope,
                    tree: WatchTree(
                        inotify: queue?.fileDescriptor, root: root, time: time, fileSystem: fileSystem,
                        onProblem: onProblem),
                    isKnownAway: false)
            watched.scope = scope
            watched.isKnownAway = !watched.tree.rebuild(scope)
            prepareScan(&watched, &state)
            state.trees[root] = watched
            removeReleased(&state)
        }
    }

    /// Lets the directories of a tree be looked at from now on, if that has to be.
    private func prepareScan(_ watched: inout Watched, _ state: inout State) {
        guard queue == nil || watched.scan != nil || watched.tree.isIncomplete else { return }
        watched.scan = FileScan(root: watched.root, scope: watched.scope, time: time)
        guard !state.hasScanner else { return }
        state.hasScanner = true
        SystemThread.detach(name: "scanner") { [self] in scanNowAndThen() }
    }

    /// Watches the tree below a root no more.
    func unwatch(_ root: String) {
        state.withLock { state in
            guard var watched = state.trees.removeValue(forKey: root) else { return }
            watched.tree.clear()
            let released = watched.tree.takeReleased()
            for descriptor in released where !state.uses(descriptor) { remove(descriptor) }
        }
    }

    private func removeReleased(_ state: inout State) {
        for descriptor in state.takeReleased() { remove(descriptor) }
    }

    private func remove(_ descriptor: Int32) {
        if let queue { inotify_rm_watch(queue.fileDescriptor, descriptor) }
    }

    /// Returns when every change made before the call has been reported (but for files still being written).
    func synchronize() {
        let done = DispatchSemaphore(value: 0)
        let isStopped = state.withLock { state in
            if !state.isStopped { state.synchronizations.append(done) }
            return state.isStopped
        }
        guard !isStopped else { return }
        signalThread()
        done.wait()
    }

    /// Ends the watcher's thread.
    func stop() {
        state.withLock { $0.isStopped = true }
        signalThread()
        scannerWake.signal()
    }

    private func signalThread() {
        var byte: UInt8 = 0
        _ = write(wake.writeEnd, &byte, 1)
    }

    // MARK: The thread

    private func run() {
        while true {
            waitForEvents(timeout())
            let ticket = freshness?.willTakeEvents() ?? 0

            let synchronizations = state.withLock { state in
                defer { state.synchronizations = [] }
                return state.synchronizations
            }
            if !synchronizations.isEmpty { _ = scan() }
            while let events = readEvents() {
                state.withLock { state in
                    for event in events { handle(event, &state) }
                }
            }
            let (changes, isHolding) = state.withLock { state in
                findLostRoots(&state)
                let now = time.now
                var changes: Changes = [:]
                state.update { watched in
                    guard let change = watched.takeChange(at: now) else { return }
                    let root = watched.root
                    changes[root] = change
                    // What is known need not be found by looking once more.
                    if queue != nil, case .paths(let paths) = change { watched.scan?.update(paths, root: root) }
                }
                return (changes, state.hasOpenFiles)
            }
            if !changes.isEmpty { onChange(changes, ticket) }
            freshness?.didTakeEvents(ticket, hasReported: !changes.isEmpty, isHolding: isHolding)
            for synchronization in synchronizations { synchronization.signal() }
            let remaining = state.withLock { state -> [DispatchSemaphore]? in
                state.isStopped ? state.synchronizations : nil
            }
            if let remaining {
                for synchronization in remaining { synchronization.signal() }
                return
            }
        }
    }

    /// How long there is nothing to do without an event; `nil` for ever.
    private func timeout() -> Duration? {
        state.withLock { state in
            var timeouts: [Duration] = []
            if let end = state.openFilesEnd { timeouts.append(end - time.now) }
            if state.isRootAway || state.isRootDoubtful { timeouts.append(Self.absencePoll) }
            return timeouts.min().map { max(.zero, $0) }
        }
    }

    private func handle(_ event: WatchEvent, _ state: inout State) {
        let now = time.now
        state.update { $0.handle(event, at: now) }
        removeReleased(&state)
    }

    /// Watches anew where events were lost, and roots that were away, if they are back.
    private func findLostRoots(_ state: inout State) {
        guard queue != nil else { return }
        for root in state.trees.keys {
            var watched = state.trees[root]!
            watched.tree.checkRoot()
            // A directory may have come that cannot be watched, or not as a whole.
            if watched.tree.isIncomplete, watched.scan == nil { prepareScan(&watched, &state) }
            state.trees[root] = watched
            guard watched.changes.isEverything || watched.tree.isRootAway else { continue }
            let isThere = watched.tree.rebuild(watched.scope)
            watched.changes.isEverything = isThere || !watched.isKnownAway
            watched.isKnownAway = !isThere
            if isThere { prepareScan(&watched, &state) }
            state.trees[root] = watched
        }
        removeReleased(&state)
    }

    // MARK: Looking

    private func scanNowAndThen() {
        var pause = pollInterval
        while true {
            _ = scannerWake.wait(timeout: .now() + pause.seconds)
            guard !state.withLock({ $0.isStopped }) else { return }
            let began = time.now
            if scan() { signalThread() }
            pause = max(pollInterval, (time.now - began) * (Self.pollShare - 1))
        }
    }

    /// Looks at the directories, and takes note of what has changed since the last time.
    ///
    /// - Returns: whether anything has.
    private func scan() -> Bool {
        scanning.withLock { _ in
            var hasChanged = false
            for watched in state.withLock({ $0.trees.values.filter { $0.scan != nil } }) {
                let new = FileScan(root: watched.root, scope: watched.scope, time: time)
                state.withLock { state in
                    // With another scope, there is another scan already.
                    guard var current = state.trees[watched.root], current.scope == watched.scope,
                        let before = current.scan
                    else { return }
                    let changed = new.changes(since: before)
                    current.scan = new
                    for path in changed { current.changes.insert(path) }
                    if new.hasRoot != before.hasRoot { current.changes.isEverything = true }
                    hasChanged = hasChanged || !changed.isEmpty || current.changes.isEverything
                    state.trees[watched.root] = current
                }
            }
            return hasChanged
        }
    }

    private func waitForEvents(_ timeout: Duration?) {
        var polled = [
            pollfd(fd: queue?.fileDescriptor ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&polled, 2, timeout.map { Int32($0.milliseconds.rounded(.up)) } ?? -1)
        if polled[1].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 64)
            _ = Glibc.read(wake.readEnd, &bytes, bytes.count)
        }
    }

    /// All events of one read; `nil` if there are none.
    private func readEvents() -> [WatchEvent]? {
        guard let queue else { return nil }
        var events: [WatchEvent] = []
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 8) { buffer in
            read(queue, buffer, &events)
            // Both events of a rename are looked at together.
            while let last = events.last, last.has(IN_MOVED_FROM) {
                var polled = pollfd(fd: queue.fileDescriptor, events: Int16(POLLIN), revents: 0)
                let count = events.count
                if poll(&polled, 1, Int32(renamePatience.milliseconds.rounded(.up))) > 0 {
                    read(queue, buffer, &events)
                }
                if events.count == count { break }
            }
        }
        guard !events.isEmpty else { return nil }
        var targets: [UInt32: String] = [:]
        for event in events where event.has(IN_MOVED_TO) {
            if case .name(let name) = event.entry { targets[event.cookie] = name }
        }
        for index in events.indices where events[index].has(IN_MOVED_FROM) && !events[index].isAboutDirectory {
            guard let name = targets[events[index].cookie], let path = RelativePath(validating: name) else { continue }
            events[index].isPutAside = EditorFiles.contain(path)
        }
        return events
    }

    private func read(_ queue: ChangeQueue, _ buffer: UnsafeMutableRawBufferPointer, _ events: inout [WatchEvent]) {
        let count = Glibc.read(queue.fileDescriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        while let event = WatchEvent(consuming: &bytes) { events.append(event) }
    }
}
