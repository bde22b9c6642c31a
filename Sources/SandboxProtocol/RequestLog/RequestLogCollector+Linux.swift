import CLinux
package import Platform
import Synchronization

/// Reads request logs on a thread of its own, and hands on what they tell, in batches.
///
/// While requests come, it looks every few milliseconds, so that writers need not wake it. When none has come for a while
/// it sleeps, and the first record after that wakes it: it is handed on at once.
///
/// See RequestLog.md in SandboxProtocol.docc.
package final class RequestLogCollector: Sendable {
    /// Takes what has been read. Called by one thread at a time for each log; while it works, logs fill up.
    package typealias Deliver = @Sendable ([RequestLogEntry]) -> Void

    /// How often it looks while records come, in microseconds.
    private static let interval: UInt32 = 10_000
    /// After so many looks at nothing, it sleeps.
    private static let idleLooks = 3

    private struct State {
        var logs: [CollectedRequestLog] = []
        var deliver: Deliver?
        var isStopped = false
    }

    private let state = Mutex(State())
    private let poll: Int32
    /// Wakes it for what has changed in `state`.
    private let wakeUp: WakeUp

    package init() throws(SystemError) {
        wakeUp = try WakeUp()
        poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poll >= 0 else { throw .last("epoll_create1") }
        try watch(wakeUp)
    }

    deinit {
        close(poll)
    }

    /// Makes a log, which is read from now on until `CollectedRequestLog.finish`.
    ///
    /// - Parameter channel: `APP/CHANNEL`, where the process that writes is a channel's.
    package func makeLog(channel: String? = nil) throws(SystemError) -> CollectedRequestLog {
        let memory = try RequestLogMemory()
        try watch(memory.wakeUp)
        let log = CollectedRequestLog(memory, collector: self, channel: channel)
        state.withLock { $0.logs.append(log) }
        return log
    }

    /// Begins to read. What has been written before is handed on first.
    package func start(_ deliver: @escaping Deliver) {
        state.withLock { $0.deliver = deliver }
        SystemThread.detach(name: "request log") { [self] in run() }
    }

    /// Reads no more. What is still to be told tells `CollectedRequestLog.finish`.
    package func stop() {
        state.withLock { $0.isStopped = true }
        wakeUp.wake()
    }

    // MARK: For the logs

    var deliver: Deliver? { state.withLock { $0.deliver } }

    func lookAgain() { wakeUp.wake() }

    func remove(_ log: CollectedRequestLog) {
        state.withLock { $0.logs.removeAll { $0 === log } }
        _ = epoll_ctl(poll, EPOLL_CTL_DEL, log.memory.wakeUp.descriptor, nil)
        // So that its memory goes, too.
        wakeUp.wake()
    }

    private func watch(_ wakeUp: WakeUp) throws(SystemError) {
        var event = epoll_event(events: EPOLLIN.rawValue | EPOLLET.rawValue, data: epoll_data_t(u64: 0))
        guard epoll_ctl(poll, EPOLL_CTL_ADD, wakeUp.descriptor, &event) == 0 else { throw .last("epoll_ctl") }
    }

    // MARK: The thread

    private func run() {
        var looks = 0
        while true {
            let (logs, isStopped) = state.withLock { ($0.logs, $0.isStopped) }
            if isStopped { return }
            var isBusy = false
            for log in logs where log.look() { isBusy = true }
            looks = isBusy ? 0 : looks + 1
            if looks < Self.idleLooks {
                // However often a writer wakes it meanwhile.
                usleep(Self.interval)
            } else {
                sleep(logs)
                looks = 0
            }
        }
    }

    private func sleep(_ logs: [CollectedRequestLog]) {
        defer { for log in logs { log.endSleep() } }
        for log in logs where !log.beginSleep() { return }
        var event = epoll_event()
        // Interrupted or woken by something else, it looks, and sleeps again.
        _ = epoll_wait(poll, &event, 1, -1)
    }
}

/// A request log that a collector reads: the memory of one WAGI process's.
package final class CollectedRequestLog: Sendable {
    package let memory: RequestLogMemory
    private let collector: RequestLogCollector
    private let reading: Mutex<Reading>

    private struct Reading {
        var reader: RequestLogReader
        var showsRequests = false
        var isFinished = false
        /// Whose process writes; `nil` for the working copy's.
        var channel: ServedChannel?
        /// When drops were last told.
        var droppedAt = MonotonicTime.distantPast
        var drops: (requests: UInt64, lines: UInt64) = (0, 0)
    }

    /// Entries that are handed on at once, at most.
    private static let batch = 4096
    /// Drops are told once in so long.
    private static let dropInterval = Duration.seconds(1)

    init(_ memory: RequestLogMemory, collector: RequestLogCollector, channel: String?) {
        self.memory = memory
        self.collector = collector
        reading = Mutex(
            Reading(reader: RequestLogReader(memory), channel: channel.map { ServedChannel(name: $0) }))
    }

    /// Takes note of the release that a channel's process serves.
    package func note(release: String) {
        reading.withLock { $0.channel?.release = release }
    }

    /// Hands on requests, too, from now on: until then, only what comes before the first.
    package func showRequests() {
        let isNew = reading.withLock { reading in
            defer { reading.showsRequests = true }
            return !reading.showsRequests
        }
        if isNew { collector.lookAgain() }
    }

    /// Hands on all there is, and no more: the process that writes has ended. Returns when that is done.
    package func finish() {
        reading.withLock { reading in
            guard !reading.isFinished else { return }
            reading.isFinished = true
            reading.showsRequests = true
            _ = handOn(&reading, isOver: true)
        }
        collector.remove(self)
    }

    /// Hands on what has come; false if that is nothing.
    func look() -> Bool {
        reading.withLock { reading in
            !reading.isFinished && handOn(&reading, isOver: false)
        }
    }

    private func handOn(_ reading: inout Reading, isOver: Bool) -> Bool {
        // Without anybody to tell, it waits in the memory.
        guard let deliver = collector.deliver else { return false }
        var isBusy = false
        // No more than the memory holds, however fast it is written meanwhile.
        for _ in 0..<RequestLogLayout.capacity / (Self.batch * RequestLogLayout.Field.end) + 1 {
            let (entries, isMore) = next(&reading, isOver: isOver)
            if !entries.isEmpty {
                deliver(reading.channel.map { channel in entries.map { $0.told(by: channel) } } ?? entries)
            }
            isBusy = isBusy || !entries.isEmpty || reading.showsRequests && reading.drops != (0, 0)
            if !isMore { break }
        }
        return isBusy
    }

    private func next(_ reading: inout Reading, isOver: Bool) -> (entries: [RequestLogEntry], isMore: Bool) {
        var entries: [RequestLogEntry] = []
        let isMore = reading.reader.read(
            limit: Self.batch, includesRequests: reading.showsRequests, isOver: isOver, into: &entries)
        let drops = reading.reader.takeDrops()
        reading.drops.requests &+= drops.requests
        reading.drops.lines &+= drops.lines
        if !isMore, reading.showsRequests, reading.drops != (0, 0),
            isOver || reading.droppedAt + Self.dropInterval <= .now
        {
            entries.append(
                RequestLogEntry(
                    time: RequestLogReader.now,
                    content: .dropped(requests: reading.drops.requests, lines: reading.drops.lines)))
            reading.drops = (0, 0)
            reading.droppedAt = .now
        }
        return (entries, isMore)
    }

    func beginSleep() -> Bool { reading.withLock { $0.isFinished || $0.reader.beginSleep() } }

    func endSleep() { reading.withLock { $0.reader.endSleep() } }
}
