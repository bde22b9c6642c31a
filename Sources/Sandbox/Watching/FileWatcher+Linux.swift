import Foundation
import Synchronization

/// Reports changes of the files of a directory tree that are in a scope, by inotify.
///
/// Every directory that the scope reaches into is watched, from the root down, so that directories may come and go. A
/// change is reported at once, on the watcher's thread; what is still being written is reported when it is closed.
final class FileWatcher: Sendable {
    /// What was seen.
    enum Change: Sendable {
        /// These paths, relative to the root; those of directories that came or went end in `/`.
        case paths(Set<String>)
        /// Anything may have changed: events were lost, or the root itself was away.
        case everything
    }

    private struct State {
        var scope: WatchScope
        var tree: WatchTree
        var synchronizations: [DispatchSemaphore] = []
        /// What the last look at the directories has found, if they are looked at.
        var scan: FileScan?
        var isStopped = false
    }

    private let state: Mutex<State>
    private let queue: ChangeQueue?
    private let root: String
    /// How often the directories are looked at, if they are.
    private let pollInterval: Duration
    private let freshness: Freshness?
    private let wake: PipeDescriptors
    private let onChange: @Sendable (Change, UInt64) -> Void
    /// Until a file that is being written is closed, its changes are held back for this long after the last one, for
    /// the sake of programs that keep files open.
    private static let openFilePatience = Duration.milliseconds(100)
    static let defaultPollInterval = Duration.seconds(1)
    /// While the root is away, this often it is looked for.
    private static let absencePoll = Duration.milliseconds(50)

    /// Watches from now on.
    ///
    /// - Parameters:
    ///   - root: an absolute path.
    ///   - queue: where the changes come from; for this watcher alone. Without it, the directories are looked at now and
    ///     then; that is also done if the queue cannot take them all in.
    ///   - pollInterval: how often the directories are looked at, if they have to be.
    ///   - freshness: is told what is taken from the queue.
    ///   - onProblem: called with a sentence when some directory cannot be watched.
    ///   - onChange: called with a change and its ticket (0 without `freshness`).
    init(
        root: String, scope: WatchScope, queue: ChangeQueue?, pollInterval: Duration = defaultPollInterval, freshness: Freshness? = nil,
        onProblem: @escaping @Sendable (String) -> Void, onChange: @escaping @Sendable (Change, UInt64) -> Void
    ) throws {
        self.queue = queue
        self.root = root
        self.pollInterval = pollInterval
        self.freshness = freshness
        wake = try PipeDescriptors()
        self.onChange = onChange
        var tree = WatchTree(inotify: queue?.fileDescriptor, root: root, onProblem: onProblem)
        _ = tree.rebuild(scope)
        var state = State(scope: scope, tree: tree)
        if queue == nil || tree.isIncomplete { state.scan = FileScan(root: root, scope: scope) }
        self.state = Mutex(state)
        let thread = Thread { [self] in run() }
        thread.name = "watcher"
        thread.start()
    }

    /// Watches another scope from now on. Changes before that, outside the scope before it, are not reported.
    func update(scope: WatchScope) {
        state.withLock { state in
            guard state.scope != scope else { return }
            state.scope = scope
            _ = state.tree.rebuild(scope)
            if state.scan != nil || state.tree.isIncomplete { state.scan = FileScan(root: root, scope: scope) }
        }
    }

    /// Looks at the directories, and adds what has changed since the last time to `changed`.
    ///
    /// - Returns: whether the root has come or gone.
    private func scan(_ changed: inout Set<String>) -> Bool {
        let (scope, last) = state.withLock { ($0.scope, $0.scan) }
        let new = FileScan(root: root, scope: scope)
        state.withLock { state in
            // With another scope, there is another scan already.
            if state.scope == scope { state.scan = new }
        }
        guard let last else { return false }
        changed.formUnion(new.changes(since: last))
        return new.hasRoot != last.hasRoot
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
    }

    private func signalThread() {
        var byte: UInt8 = 0
        _ = write(wake.writeEnd, &byte, 1)
    }

    private func run() {
        var openFiles: Set<String> = []
        var lastWrite = ContinuousClock.now
        var nextScan = ContinuousClock.now + pollInterval
        while true {
            let (isRootAway, isRootDoubtful, isScanning) = state.withLock {
                ($0.tree.isRootAway, $0.tree.isRootDoubtful, $0.scan != nil)
            }
            var timeout: Duration?
            if !openFiles.isEmpty { timeout = max(.zero, lastWrite + Self.openFilePatience - .now) }
            if isScanning { timeout = min(timeout ?? pollInterval, max(.zero, nextScan - .now)) }
            if isRootAway { timeout = Self.absencePoll }
            if isRootDoubtful { timeout = min(timeout ?? Self.absencePoll, Self.absencePoll) }
            waitForEvents(timeout)
            let ticket = freshness?.willTakeEvents() ?? 0

            let synchronizations = state.withLock { state in
                defer { state.synchronizations = [] }
                return state.synchronizations
            }
            var changed: Set<String> = []
            var isEverythingChanged = false
            if isScanning, nextScan <= .now || !synchronizations.isEmpty {
                if scan(&changed) { isEverythingChanged = true }
                nextScan = .now + pollInterval
            }
            while let events = readEvents() {
                state.withLock { state in
                    for event in events {
                        state.tree.handle(event, scope: state.scope, changed: &changed, openFiles: &openFiles)
                        if event.mask & UInt32(IN_MODIFY) != 0 { lastWrite = .now }
                        if event.isOverflow { isEverythingChanged = true }
                    }
                }
            }
            state.withLock { $0.tree.checkRoot() }
            if queue != nil, isEverythingChanged || isRootAway {
                isEverythingChanged = state.withLock { $0.tree.rebuild($0.scope) }
            } else if state.withLock({ $0.tree.isRootAway }) {
                isEverythingChanged = true
            }
            if !openFiles.isEmpty && lastWrite + Self.openFilePatience <= .now {
                changed.formUnion(openFiles)
                openFiles = []
            }
            openFiles.subtract(changed)
            if isEverythingChanged {
                onChange(.everything, ticket)
            } else if !changed.isEmpty {
                onChange(.paths(changed), ticket)
            }
            freshness?.didTakeEvents(
                ticket, hasReported: isEverythingChanged || !changed.isEmpty, isHolding: !openFiles.isEmpty)
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
