import CLinux
import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Threads that run handlers.
///
/// About as many handlers run at once as there are processors: more of them only get in each other's way. A handler that
/// waits (for its client, for another server, for a time) does not count, nor does one that has run for a while, so that
/// however many of these there are, a request that comes is answered. A thread whose handler computes for long gets a low
/// priority besides. It cannot be given back without privileges, so that such a thread ends with its handler, and starts
/// no other thread: that would have the same priority.
///
/// An idle worker waits for a signal of its own, and the last to become idle is the first to be woken: its stack and
/// what it used are still in the processor's cache.
///
/// Sendable because all state is used under the monitor's lock only.
final class WorkerPool: @unchecked Sendable {
    enum Acceptance { case accepted, full, noThread }

    /// A thread, and what it does.
    final class Worker: @unchecked Sendable {
        fileprivate enum State {
            case idle
            /// Counts as one that runs.
            case running
            /// Runs for longer than others have to wait for.
            case overdue
            /// Waits for something outside.
            case waiting
        }

        // Under the pool's lock, all but the semaphore.
        fileprivate var state = State.idle
        fileprivate var connection: Connection?
        /// Since when it runs, or runs again after a wait.
        fileprivate var since = MonotonicTime.now
        fileprivate var thread: pid_t = 0
        fileprivate var isLowered = false
        /// Whether its connection has something to send that `tick` sees to.
        fileprivate var hasOutput = false
        /// The processor time of its thread when the handler was first seen to take longer than a turn.
        fileprivate var processorTime: Duration?
        /// Its place in the pool's list.
        fileprivate var index = 0
        private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

        fileprivate init() {
            sem_init(semaphore, 0, 0)
        }

        deinit {
            sem_destroy(semaphore)
            semaphore.deallocate()
        }

        fileprivate func wake() { sem_post(semaphore) }

        fileprivate func sleep() {
            while sem_wait(semaphore) != 0, errno == EINTR {}
        }
    }

    /// After so long, others do not wait for a handler any more.
    private static let turn = Duration.milliseconds(5)
    /// A handler's thread that has had so much processor time without a wait gets a low priority. One that has not, since
    /// others have the processors, or since it waits for the disk or a lock, keeps its own: it may hold a lock itself.
    private static let long = Duration.milliseconds(50)
    /// How often `tick` is to be called while handlers run, in milliseconds.
    static let tickInterval: Int32 = 5

    private let monitor = Monitor()
    /// How many handlers may run at once.
    private let limit: Int
    /// How many requests may be with a worker or wait for one.
    private let maximumRequests: Int
    /// Idle threads beyond these end.
    private let keptIdle: Int
    private let stackSize: Int
    /// Called on a worker when handlers run again after none did: `tick` has to be called.
    private let becameActive: @Sendable () -> Void

    // Under the monitor's lock.
    /// Taken along by each worker, and let go at the end, since it holds what holds the pool.
    private var run: (@Sendable (Connection, Worker) -> Void)?
    private var queue: [Connection] = []
    private var next = 0
    private var workers: [Worker] = []
    private var idle: [Worker] = []
    /// Workers whose state is `running`.
    private var runningCount = 0
    /// Workers whose state is `running` or `overdue`.
    private var activeCount = 0
    /// Workers whose connection has something to send that `tick` sees to.
    private var outputCount = 0
    private var isStopping = false

    init(
        limit: Int, maximumRequests: Int, stackSize: Int, becameActive: @escaping @Sendable () -> Void,
        run: @escaping @Sendable (Connection, Worker) -> Void
    ) {
        self.limit = max(1, limit)
        self.maximumRequests = max(1, maximumRequests)
        keptIdle = max(4, 2 * self.limit)
        self.stackSize = stackSize
        self.becameActive = becameActive
        self.run = run
    }

    /// Hands a connection whose request has arrived to a worker, or lets it wait for one.
    func submit(_ connection: Connection) -> Acceptance {
        let (acceptance, woken) = monitor.withLock { () -> (Acceptance, Worker?) in
            guard workers.count - idle.count + queue.count - next < maximumRequests else { return (.full, nil) }
            if runningCount < limit, next == queue.count {
                if let worker = assign(connection) { return (.accepted, worker) }
                if start(connection) { return (.accepted, nil) }
                guard !workers.isEmpty else { return (.noThread, nil) }
            }
            queue.append(connection)
            return (.accepted, nil)
        }
        // Outside the lock, which the worker needs at once.
        woken?.wake()
        return acceptance
    }

    /// On a worker: runs `wait`, which waits for something outside; another worker may take its turn meanwhile.
    func whileWaiting<Result>(_ worker: Worker?, _ wait: () -> Result) -> Result {
        guard let worker else { return wait() }
        let woken = monitor.withLock { () -> [Worker] in
            if worker.state == .running { runningCount -= 1 }
            if worker.state != .waiting { activeCount -= 1 }
            worker.state = .waiting
            return assignQueued(startingThreads: !worker.isLowered)
        }
        for other in woken { other.wake() }
        defer {
            let isFirst = monitor.withLock { () -> Bool in
                worker.since = .now
                worker.processorTime = nil
                worker.state = worker.isLowered ? .overdue : .running
                if worker.state == .running { runningCount += 1 }
                activeCount += 1
                return activeCount == 1
            }
            if isFirst { becameActive() }
        }
        return wait()
    }

    /// Takes note whether a handler's connection has something to send though the handler goes on: `tick` sees to it, also while
    /// the handler waits.
    func noteOutput(of worker: Worker?, _ hasOutput: Bool) {
        guard let worker else { return }
        let isFirst = monitor.withLock { () -> Bool in
            setOutput(of: worker, hasOutput)
            return hasOutput && activeCount == 0
        }
        if isFirst { becameActive() }
    }

    private func setOutput(of worker: Worker, _ hasOutput: Bool) {
        guard worker.hasOutput != hasOutput else { return }
        worker.hasOutput = hasOutput
        outputCount += hasOutput ? 1 : -1
    }

    /// Whether handlers run, or wait for their turn, or have left something to send, so that `tick` has to be called in a while.
    var isActive: Bool { monitor.withLock { activeCount > 0 || outputCount > 0 || next < queue.count } }

    /// To be called now and then while handlers run: lets those that wait for their turn take that of handlers that take
    /// long.
    ///
    /// - Parameter body: called for the connection of each handler that has run for a while, or has left something to send. It
    ///   must not block.
    func tick(_ body: (Connection) -> Void) {
        let now = MonotonicTime.now
        var slow: [Connection] = []
        var lowered: [pid_t] = []
        let woken = monitor.withLock { () -> [Worker] in
            for worker in workers where worker.state == .running || worker.state == .overdue {
                guard worker.since + Self.turn <= now else { continue }
                if worker.state == .running {
                    worker.state = .overdue
                    runningCount -= 1
                }
                if let connection = worker.connection { slow.append(connection) }
                if !worker.isLowered, hasComputedLong(worker) {
                    worker.isLowered = true
                    lowered.append(worker.thread)
                }
            }
            if outputCount > 0 {
                for worker in workers where worker.state == .waiting && worker.hasOutput {
                    if let connection = worker.connection { slow.append(connection) }
                }
            }
            return assignQueued(startingThreads: true)
        }
        for worker in woken { worker.wake() }
        for thread in lowered where thread > 0 { ThreadTurn.lower(thread) }
        for connection in slow { body(connection) }
    }

    /// Lets the workers end when they have done what is queued, and waits for them, at most until `deadline`.
    func stop(until deadline: MonotonicTime) {
        let idle = monitor.withLock { () -> [Worker] in
            isStopping = true
            run = nil
            defer { self.idle = [] }
            return self.idle
        }
        for worker in idle { worker.wake() }
        monitor.withLock {
            while !workers.isEmpty, monitor.wait(until: deadline) {}
        }
    }

    // MARK: Under the lock

    /// Gives a connection to the worker that was the last to become idle. It has to be woken.
    private func assign(_ connection: Connection) -> Worker? {
        guard let worker = idle.popLast() else { return nil }
        begin(worker, connection)
        return worker
    }

    private func begin(_ worker: Worker, _ connection: Connection) {
        worker.connection = connection
        worker.state = .running
        worker.since = .now
        worker.processorTime = nil
        runningCount += 1
        activeCount += 1
    }

    /// Whether a handler has had `long` of processor time since it was first asked about.
    private func hasComputedLong(_ worker: Worker) -> Bool {
        guard let now = processorTime(ofThread: worker.thread) else { return false }
        guard let first = worker.processorTime else {
            worker.processorTime = now
            return false
        }
        return now - first >= Self.long
    }

    /// Starts a thread for a connection.
    private func start(_ connection: Connection) -> Bool {
        guard let run else { return false }
        let worker = Worker()
        worker.index = workers.count
        workers.append(worker)
        begin(worker, connection)
        if SystemThread.start(stackSize: stackSize, { self.work(worker, run) }) { return true }
        workers.removeLast()
        runningCount -= 1
        activeCount -= 1
        return false
    }

    /// Gives what is queued to workers, as many as may run; those that have to be woken.
    ///
    /// - Parameter startingThreads: whether there may be new ones. They have the priority of this thread. What is left
    ///   without one is for the next `tick`.
    private func assignQueued(startingThreads: Bool) -> [Worker] {
        var woken: [Worker] = []
        while runningCount < limit, next < queue.count {
            if let worker = assign(queue[next]) {
                woken.append(worker)
            } else if !startingThreads || !start(queue[next]) {
                break
            }
            dropFirst()
        }
        return woken
    }

    private func dropFirst() {
        next += 1
        if next == queue.count {
            queue.removeAll(keepingCapacity: true)
            next = 0
        } else if next > 1024, next > queue.count / 2 {
            queue.removeFirst(next)
            next = 0
        }
    }

    private func remove(_ worker: Worker) {
        let last = workers.removeLast()
        if last !== worker {
            last.index = worker.index
            workers[worker.index] = last
        }
        monitor.broadcast()
    }

    // MARK: On a worker

    private func work(_ worker: Worker, _ run: @Sendable (Connection, Worker) -> Void) {
        let thread = gettid()
        ThreadTurn.shorten()
        monitor.withLock { worker.thread = thread }
        while true {
            // In a function of its own: a connection is closed with its last reference, which must not sleep along.
            guard runNext(worker, run) else { return }
            let (goesOn, sleeps, woken) = monitor.withLock { end(worker) }
            for other in woken { other.wake() }
            guard goesOn else { return }
            if sleeps { worker.sleep() }
        }
    }

    /// False if there is no connection for the worker, which is to end.
    private func runNext(_ worker: Worker, _ run: @Sendable (Connection, Worker) -> Void) -> Bool {
        guard let connection = monitor.withLock({ worker.connection }) else {
            monitor.withLock { remove(worker) }
            return false
        }
        run(connection, worker)
        return true
    }

    /// Takes the next connection, if there is one, or leaves the worker without: as an idle one, or to end.
    private func end(_ worker: Worker) -> (goesOn: Bool, sleeps: Bool, woken: [Worker]) {
        if worker.state == .running { runningCount -= 1 }
        activeCount -= 1
        worker.state = .idle
        worker.connection = nil
        setOutput(of: worker, false)
        if worker.isLowered || idle.count >= keptIdle || isStopping && next == queue.count {
            remove(worker)
            return (false, false, assignQueued(startingThreads: !worker.isLowered))
        }
        if next < queue.count, runningCount < limit {
            begin(worker, queue[next])
            dropFirst()
            return (true, false, [])
        }
        idle.append(worker)
        return (true, true, [])
    }

    /// The processor time that a thread of this process has had; `nil` if it has not begun, or the system does not tell.
    private func processorTime(ofThread thread: pid_t) -> Duration? {
        #if os(Linux)
            guard thread > 0 else { return nil }
            var time = timespec()
            // The number of a thread's clock is made of the thread's: see clock_getcpuclockid in the kernel's headers.
            guard clock_gettime(clockid_t(~thread << 3 | 6), &time) == 0 else { return nil }
            return .nanoseconds(time.nanoseconds)
        #else
            return nil
        #endif
    }
}
