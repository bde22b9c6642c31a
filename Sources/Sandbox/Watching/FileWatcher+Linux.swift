import Foundation
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
        /// These paths, relative to the root; those of directories that came or went end in `/`.
        case paths(Set<String>)
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
        /// Files that are being written.
        var openFiles: Set<String> = []
        /// What is to be reported next.
        var changed: Set<String> = []
        var isEverythingChanged = false
        /// Whether it has been reported that there is no root.
        var isKnownAway: Bool

        mutating func takeChange() -> Change? {
            defer { (changed, isEverythingChanged) = ([], false) }
            openFiles.subtract(changed)
            return isEverythingChanged ? .everything : changed.isEmpty ? nil : .paths(changed)
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
    private let freshness: Freshness?
    private let fileSystem: @Sendable (String) -> FileSystem
    private let wake: PipeDescriptors
    private let scannerWake = DispatchSemaphore(value: 0)
    /// One look at a time.
    private let scanning = Mutex<Void>(())
    private let onProblem: @Sendable (String) -> Void
    private let onChange: @Sendable (Changes, UInt64) -> Void
    /// Until a file that is being written is closed, its changes are held back for this long after the last one, for
    /// the sake of programs that keep files open.
    private static let openFilePatience = Duration.milliseconds(100)
    static let defaultPollInterval = Duration.seconds(1)
    /// Looking at the directories takes at most this part of the time: on slow file systems, it is done less often.
    private static let pollShare = 4
    /// While a root is away, this often it is looked for.
    private static let absencePoll = Duration.milliseconds(50)

    /// Watches from now on.
    ///
    /// - Parameters:
    ///   - queue: where the changes come from; for this watcher alone. Without it, the directories are looked at now and
    ///     then; that is also done if the queue cannot take them all in, or is not told of all.
    ///   - pollInterval: how often the directories are looked at, if they have to be.
    ///   - freshness: is told what is taken from the queue.
    ///   - fileSystem: tells what file system a directory is on.
    ///   - onProblem: called with a sentence when some directory cannot be watched.
    ///   - onChange: called with changes and their ticket (0 without `freshness`).
    init(
        queue: ChangeQueue?, pollInterval: Duration = defaultPollInterval, freshness: Freshness? = nil,
        fileSystem: @escaping @Sendable (String) -> FileSystem = { FileSystem(ofItemAt: $0) },
        onProblem: @escaping @Sendable (String) -> Void, onChange: @escaping @Sendable (Changes, UInt64) -> Void
    ) throws {
        self.queue = queue
        self.pollInterval = pollInterval
        self.freshness = freshness
        self.fileSystem = fileSystem
        wake = try PipeDescriptors()
        self.onProblem = onProblem
        self.onChange = onChange
        let thread = Thread { [self] in run() }
        thread.name = "watcher"
        thread.start()
    }

    /// Watches what a scope takes of the tree below a root from now on, in place of what was watched there before.
    /// Changes before that, outside the scope before it, are not reported.
    ///
    /// - Parameter root: an absolute path.
    func watch(_ root: String, _ scope: WatchScope) {
        state.withLock { state in
            guard state.trees[root]?.scope != scope else { return }
            var watched = state.trees[root] ?? Watched(
                root: root, scope: scope,
                tree: WatchTree(
                    inotify: queue?.fileDescriptor, root: root, fileSystem: fileSystem, onProblem: onProblem),
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
        watched.scan = FileScan(root: watched.root, scope: watched.scope)
        guard !state.hasScanner else { return }
        state.hasScanner = true
        let thread = Thread { [self] in scanNowAndThen() }
        thread.name = "scanner"
        thread.start()
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
        var lastWrite = SuspendingClock.now
        while true {
            waitForEvents(timeout(lastWrite: lastWrite))
            let ticket = freshness?.willTakeEvents() ?? 0

            let synchronizations = state.withLock { state in
                defer { state.synchronizations = [] }
                return state.synchronizations
            }
            if !synchronizations.isEmpty { _ = scan() }
            while let events = readEvents() {
                state.withLock { state in
                    for event in events { handle(event, &state, lastWrite: &lastWrite) }
                }
            }
            let (changes, isHolding) = state.withLock { state in
                findLostRoots(&state)
                if lastWrite + Self.openFilePatience <= .now {
                    state.update { $0.changed.formUnion($0.openFiles) }
                }
                var changes: Changes = [:]
                state.update { watched in
                    guard let change = watched.takeChange() else { return }
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
    private func timeout(lastWrite: SuspendingClock.Instant) -> Duration? {
        state.withLock { state in
            var timeouts: [Duration] = []
            if state.hasOpenFiles { timeouts.append(lastWrite + Self.openFilePatience - .now) }
            if state.isRootAway || state.isRootDoubtful { timeouts.append(Self.absencePoll) }
            return timeouts.min().map { max(.zero, $0) }
        }
    }

    private func handle(_ event: WatchEvent, _ state: inout State, lastWrite: inout SuspendingClock.Instant) {
        state.update { watched in
            watched.tree.handle(
                event, scope: watched.scope, changed: &watched.changed, openFiles: &watched.openFiles)
            if event.isOverflow { watched.isEverythingChanged = true }
        }
        removeReleased(&state)
        if event.mask & UInt32(IN_MODIFY) != 0 { lastWrite = .now }
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
            guard watched.isEverythingChanged || watched.tree.isRootAway else { continue }
            let isThere = watched.tree.rebuild(watched.scope)
            watched.isEverythingChanged = isThere || !watched.isKnownAway
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
            let began = SuspendingClock.now
            if scan() { signalThread() }
            pause = max(pollInterval, (.now - began) * (Self.pollShare - 1))
        }
    }

    /// Looks at the directories, and takes note of what has changed since the last time.
    ///
    /// - Returns: whether anything has.
    private func scan() -> Bool {
        scanning.withLock { _ in
            var hasChanged = false
            for watched in state.withLock({ $0.trees.values.filter { $0.scan != nil } }) {
                let new = FileScan(root: watched.root, scope: watched.scope)
                state.withLock { state in
                    // With another scope, there is another scan already.
                    guard var current = state.trees[watched.root], current.scope == watched.scope,
                        let before = current.scan
                    else { return }
                    let changed = new.changes(since: before)
                    current.scan = new
                    current.changed.formUnion(changed)
                    if new.hasRoot != before.hasRoot { current.isEverythingChanged = true }
                    hasChanged = hasChanged || !changed.isEmpty || current.isEverythingChanged
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
            _ = read(wake.readEnd, &bytes, bytes.count)
        }
    }

    /// All events of one read; `nil` if there are none.
    private func readEvents() -> [WatchEvent]? {
        guard let queue else { return nil }
        var events: [WatchEvent] = []
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 8) { buffer in
            let count = read(queue.fileDescriptor, buffer.baseAddress, buffer.count)
            guard count > 0 else { return }
            var bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            while let event = WatchEvent(consuming: &bytes) { events.append(event) }
        }
        return events.isEmpty ? nil : events
    }
}

/// An event as the kernel reports it.
struct WatchEvent {
    let descriptor: Int32
    let mask: UInt32
    /// The entry of the watched directory; empty for the directory itself.
    let name: String

    var isDirectory: Bool { mask & UInt32(IN_ISDIR) != 0 }
    var isOverflow: Bool { mask & UInt32(IN_Q_OVERFLOW) != 0 }

    /// Takes the first event off the buffer: four 32-bit words, then the name, padded with zeros.
    init?(consuming bytes: inout UnsafeRawBufferPointer) {
        guard bytes.count >= 16 else { return nil }
        descriptor = bytes.loadUnaligned(as: Int32.self)
        mask = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        let length = Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        guard bytes.count >= 16 + length else { return nil }
        name = String(decoding: bytes[16..<16 + length].prefix { $0 != 0 }, as: UTF8.self)
        bytes = UnsafeRawBufferPointer(rebasing: bytes[(16 + length)...])
    }
}
