import Platform

/// Threads that run handlers, started when there is work for them and none is idle.
///
/// A worker that waits for its client is not counted against the maximum while it does: slow clients, whether they are
/// far away or mean harm, cost a thread each, but keep nobody else waiting until there are very many.
///
/// Sendable because all state is used under the monitor's lock only.
final class WorkerPool: @unchecked Sendable {
    /// The most threads there may be, those that wait for clients included, for each worker.
    private static let threadsPerWorker = 8

    private let monitor = Monitor()
    private let maximumWorkers: Int
    private let stackSize: Int

    // Under the monitor's lock.
    /// Taken along by each worker, and let go at the end, since it holds what holds the pool.
    private var run: (@Sendable (Connection) -> Void)?
    private var queue: [Connection] = []
    private var next = 0
    private var workers = 0
    private var idle = 0
    private var waitingForClients = 0
    private var isStopping = false

    init(maximumWorkers: Int, stackSize: Int, run: @escaping @Sendable (Connection) -> Void) {
        self.maximumWorkers = max(1, maximumWorkers)
        self.stackSize = stackSize
        self.run = run
    }

    /// Hands a connection whose request has arrived to a worker; false if there is no thread to run it.
    func submit(_ connection: Connection) -> Bool {
        let (isAccepted, wakesWorker) = monitor.withLock {
            queue.append(connection)
            addWorkerIfNeeded()
            guard workers > 0 else {
                queue.removeLast()
                return (false, false)
            }
            return (true, idle > 0)
        }
        // Outside the lock, which the worker needs at once.
        if wakesWorker { monitor.signal() }
        return isAccepted
    }

    /// On a worker: runs `wait`, which waits for a client; another worker may take this one's place meanwhile.
    func whileWaitingForClient<Result>(_ wait: () -> Result) -> Result {
        monitor.withLock {
            waitingForClients += 1
            addWorkerIfNeeded()
        }
        defer { monitor.withLock { waitingForClients -= 1 } }
        return wait()
    }

    /// Under the lock: starts a worker for what is queued, if nobody is free to do it and there may be one more.
    private func addWorkerIfNeeded() {
        guard queue.count - next > idle, workers - waitingForClients < maximumWorkers,
            workers < maximumWorkers * Self.threadsPerWorker, let run
        else { return }
        workers += 1
        if !SystemThread.start(stackSize: stackSize, { self.work(run) }) { workers -= 1 }
    }

    /// Lets the workers end when they have done what is queued, and waits for them, at most until `deadline`.
    func stop(until deadline: MonotonicTime) {
        monitor.withLock {
            isStopping = true
            run = nil
            monitor.broadcast()
            while workers > 0, monitor.wait(until: deadline) {}
        }
    }

    private func work(_ run: @Sendable (Connection) -> Void) {
        while let connection = take() { run(connection) }
    }

    /// The next connection, waited for; `nil` when the worker is to end, which is then counted out already.
    private func take() -> Connection? {
        monitor.withLock {
            while next == queue.count {
                // Those that took the places of workers that waited for clients are not needed for ever.
                if isStopping || workers > maximumWorkers {
                    workers -= 1
                    monitor.broadcast()
                    return nil
                }
                idle += 1
                monitor.wait()
                idle -= 1
            }
            let connection = queue[next]
            next += 1
            if next == queue.count {
                queue.removeAll(keepingCapacity: true)
                next = 0
            } else if next > 1024, next > queue.count / 2 {
                queue.removeFirst(next)
                next = 0
            }
            return connection
        }
    }
}
