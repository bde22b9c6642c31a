import Platform
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The thread that owns a server's connections: it accepts them, receives requests, hands them to workers, and sends
/// what these leave to be sent.
///
/// Sendable because its state is used on the loop's thread only, which debug builds check (`assertOnLoop`), but for
/// commands, which are under a lock.
final class EventLoop: @unchecked Sendable {
    private enum Command {
        /// A worker has answered a request, and there is more to do for the connection.
        case handled(Connection)
        /// A worker has let a connection go while the server began to drain.
        case released(Connection)
        /// An event for all who follow the stream.
        case publish([UInt8], EventStream)
        case drain(until: MonotonicTime, idleGrace: Duration, handsOver: Bool)
        case stop
    }

    private static let listenerToken = UInt64.max - 1
    private static let queueToken = UInt64.max - 2
    static let acceptedPerTurn = 64
    /// How often it is tried again what has to wait for other processes, in milliseconds.
    private static let retryInterval: Int32 = 1
    /// How long accepting rests when the system has no descriptors left.
    private static let exhaustionPause = Duration.milliseconds(200)
    /// How long handlers are waited for whose connections have been cut.
    private static let handlerGrace = Duration.seconds(1)

    let context: ServerContext
    /// `nil` where connections come through the configuration's queue only.
    private let socket: ListeningSocket?
    let poll: EventPoll
    private let commands = Mutex<[Command]>([])
    var workers: WorkerPool!
    /// The thread that runs the loop.
    private let thread = OwningThread()

    // On the loop's thread only: see `assertOnLoop`.
    let connections = ConnectionTable()
    private(set) var isListening = false
    private var acceptPausedUntil: MonotonicTime?
    private var nextSweep = MonotonicTime.distantFuture
    var now = MonotonicTime.now
    /// Connections that have more to do without a new event.
    var unfinished: [Connection] = []
    let memory = ReceiveBuffer.Pool()
    var draining: (until: MonotonicTime, idleUntil: MonotonicTime)?
    /// Whether connections pass to another process as soon as they can.
    private(set) var isHandingOver = false
    /// Connections whose requests wait to be admitted.
    var parked: [Connection] = []
    /// The host of nearly all requests.
    var usualHost = HostRouting.Usual()
    /// Connections that a queue to another process had no room for.
    var unpassed: [Connection] = []
    private var isStopping = false
    private var lostRequests = false
    /// Whether handlers run. Some may take long.
    private var isTicking = false

    init(socket: ListeningSocket?, context: ServerContext) throws(SystemError) {
        self.socket = socket
        self.context = context
        poll = try EventPoll()
        // Waking is the one thing that any thread may do with it.
        nonisolated(unsafe) let poll = poll
        workers = WorkerPool(
            limit: context.configuration.maximumWorkers, maximumRequests: context.configuration.maximumWaiting,
            stackSize: context.configuration.workerStackSize, becameActive: { poll.wake() }
        ) { [self] connection, worker in
            handle(connection, worker)
        }
    }

    /// Ends a debug build where the loop's state is touched by another thread than the one that runs it.
    func assertOnLoop(file: StaticString = #fileID, line: UInt = #line) {
        assert(
            thread.isCurrent, "the state of an event loop is touched by another thread than its own", file: file,
            line: line)
    }

    // MARK: From other threads

    func drain(until deadline: MonotonicTime, idleGrace: Duration, handsOver: Bool) {
        if handsOver { context.isHandingOver.store(true, ordering: .sequentiallyConsistent) }
        context.isDraining.store(true, ordering: .sequentiallyConsistent)
        send(.drain(until: deadline, idleGrace: idleGrace, handsOver: handsOver))
    }

    func stop() {
        send(.stop)
    }

    func publish(_ bytes: [UInt8], to stream: EventStream) {
        send(.publish(bytes, stream))
    }

    private func send(_ command: Command) {
        let isFirst = commands.withLock { commands in
            commands.append(command)
            return commands.count == 1
        }
        if isFirst { poll.wake() }
    }

    // MARK: On a worker

    /// Handlers that take longer leave the connection to the loop, which counts the keep-alive time from the end.
    private static let briefHandling = Duration.seconds(1)

    /// Runs the handler, sends what it left as far as the client takes it, and gives the connection back.
    private func handle(_ connection: Connection, _ worker: WorkerPool.Worker) {
        let exchange = connection.exchange!
        exchange.worker = worker
        let start = MonotonicTime.now
        if exchange.isRecorded { exchange.handlerStart = .now }
        let body = RequestBody(exchange)
        let writer = ResponseWriter(exchange)
        do {
            try context.handler(exchange.request, body, writer)
            exchange.finish(nil)
        } catch {
            exchange.finish(error)
        }
        body.invalidate()
        exchange.returnBacklog()
        exchange.disconnection.end()
        exchange.worker = nil
        exchange.flush()
        let isBrief = .now < start + Self.briefHandling
        if !(isBrief && exchange.isComplete && release(connection, exchange)) { send(.handled(connection)) }
        writer.runEpilogue()
    }

    /// Lets a connection go that only has to wait for its next request, without waking the loop: that will find it so
    /// when it next looks. False if an event has come meanwhile, which the loop must attend to.
    private func release(_ connection: Connection, _ exchange: Exchange) -> Bool {
        exchange.report()
        let (isReleased, _) = connection.owner.compareExchange(
            expected: .worker, desired: .loop, ordering: .sequentiallyConsistent)
        // Either the loop sees, when it begins to drain, that the connection is idle, or this thread sees that it has
        // begun.
        if isReleased, context.isDraining.load(ordering: .sequentiallyConsistent) { send(.released(connection)) }
        return isReleased
    }

    // MARK: The loop

    /// Runs until the server is stopped or drained.
    ///
    /// - Returns: whether all requests were finished.
    func run() -> Bool {
        thread.claim()
        defer { thread.release() }
        ThreadTurn.shorten()
        resumeAccepting()
        while !isStopping {
            let events = poll.wait(milliseconds: timeout())
            now = .now
            poll.forEachEvent(events) { token, events in
                switch token {
                case EventPoll.wakeToken: break
                case Self.listenerToken: accept()
                case Self.queueToken: receivePassed()
                default: handleEvents(events, token)
                }
            }
            takeCommands()
            resumeUnfinished()
            reconsiderParked()
            retryPassing()
            if now >= nextSweep { sweep() }
            if isTicking { workers.tick { $0.exchange?.flushOverdue() } }
            if let pause = acceptPausedUntil, now >= pause {
                acceptPausedUntil = nil
                resumeAccepting()
            }
            if let draining, connections.count == 0 || now >= draining.until { break }
        }
        return shutDown()
    }

    private func timeout() -> Int32 {
        isTicking = workers.isActive
        let milliseconds = timeToNext()
        guard isTicking else { return milliseconds }
        return milliseconds < 0 ? WorkerPool.tickInterval : min(milliseconds, WorkerPool.tickInterval)
    }

    private func timeToNext() -> Int32 {
        if !unfinished.isEmpty { return 0 }
        var next = nextSweep
        if let acceptPausedUntil { next = min(next, acceptPausedUntil) }
        if let draining { next = min(next, draining.until) }
        let mustRetry = !parked.isEmpty || !unpassed.isEmpty
        guard next < .distantFuture else { return mustRetry ? Self.retryInterval : -1 }
        let milliseconds = next.pollMilliseconds(since: .now)
        return mustRetry ? min(milliseconds, Self.retryInterval) : milliseconds
    }

    private func takeCommands() {
        assertOnLoop()
        let taken = commands.withLock { commands in
            let taken = commands
            commands.removeAll(keepingCapacity: true)
            return taken
        }
        for command in taken {
            switch command {
            case .handled(let connection): resume(afterHandling: connection)
            case .released(let connection):
                notice(connection)
                _ = passIfDue(connection)
            case .publish(let bytes, let stream): deliver(bytes, of: stream)
            case .drain(let deadline, let idleGrace, let handsOver):
                beginDraining(until: deadline, idleGrace: idleGrace, handsOver: handsOver)
            case .stop: isStopping = true
            }
        }
    }

    private func resumeUnfinished() {
        guard !unfinished.isEmpty else { return }
        let resumed = unfinished
        unfinished.removeAll(keepingCapacity: true)
        for connection in resumed where !connection.isClosed { proceed(connection) }
    }

    /// Closes everything, makes workers return from waiting for clients, and waits a moment for the handlers.
    private func shutDown() -> Bool {
        pauseAccepting()
        for connection in connections.all {
            notice(connection)
            if connection.isHandling {
                lostRequests = true
                connection.exchange?.disconnection.note()
                shutdown(connection.fileDescriptor, Int32(SHUT_RDWR))
            } else {
                if case .sending = connection.state { lostRequests = true }
                close(connection)
            }
        }
        workers.stop(until: .now + Self.handlerGrace)
        connections.removeAll()
        commands.withLock { $0.removeAll() }
        return !lostRequests
    }

    // MARK: Accepting

    private func resumeAccepting() {
        assertOnLoop()
        guard !isListening, draining == nil, acceptPausedUntil == nil,
            connections.count < context.configuration.maximumConnections
        else { return }
        if let socket {
            isListening = poll.add(
                socket.fileDescriptor, [.readable, .exclusive], token: Self.listenerToken)
            if !isListening {
                context.report("cannot watch the listening socket: \(SystemError(operation: "epoll_ctl", code: errno))")
            }
        } else {
            isListening = true
        }
        if let queue = context.configuration.connectionQueue {
            _ = poll.add(queue.receivingDescriptor, [.readable, .exclusive], token: Self.queueToken)
        }
    }

    private func pauseAccepting() {
        assertOnLoop()
        guard isListening else { return }
        if let socket { poll.remove(socket.fileDescriptor) }
        if let queue = context.configuration.connectionQueue { poll.remove(queue.receivingDescriptor) }
        isListening = false
    }

    private func accept() {
        guard let socket else { return }
        for _ in 0..<Self.acceptedPerTurn {
            guard isListening else { return }
            switch acceptConnection(from: socket.fileDescriptor) {
            case .connection(let descriptor, let address):
                add(descriptor, address)
            case .none:
                return
            case .lost:
                continue
            case .exhausted(let code):
                context.report(
                    "cannot accept a connection: \(SystemError(operation: "accept", code: code)); "
                        + "\(connections.count) are open (raise the limit with ulimit -n)")
                pauseAccepting()
                acceptPausedUntil = .now + Self.exhaustionPause
                return
            }
        }
    }

    @discardableResult
    func add(_ descriptor: Int32, _ address: SocketAddress?) -> Connection? {
        assertOnLoop()
        let interests: EventPoll.Events = [.readable, .readHangUp, .edgeTriggered]
        let connection = Connection(
            fileDescriptor: descriptor, remoteAddress: address, token: connections.nextToken(), interests: interests,
            limits: context.headLimits, deadline: .now + context.configuration.headTimeout)
        guard poll.add(descriptor, interests, token: connection.token) else { return nil }
        connections.insert(connection)
        noteDeadline(of: connection)
        if connections.count >= context.configuration.maximumConnections { pauseAccepting() }
        return connection
    }

    func close(_ connection: Connection) {
        assertOnLoop()
        guard !connection.isClosed else { return }
        connection.state = .closed
        releaseMemory(of: connection)
        connection.exchange = nil
        // The descriptor is closed with the object's last reference, which may not be this one; the poll must not
        // report it meanwhile.
        poll.remove(connection.fileDescriptor)
        connections.remove(connection)
        resumeAccepting()
    }

    // MARK: Events

    /// Whether a worker has the connection; if so, it will be told that there is something to attend to.
    private func isWithWorker(_ connection: Connection) -> Bool {
        guard connection.isHandling else { return false }
        let (_, owner) = connection.owner.compareExchange(
            expected: .worker, desired: .workerWithEvent, ordering: .acquiringAndReleasing)
        if owner != .loop { return true }
        notice(connection)
        return false
    }

    /// Sees whether a worker has let the connection go in the meantime.
    private func notice(_ connection: Connection) {
        assertOnLoop()
        guard connection.isHandling, connection.owner.load(ordering: .sequentiallyConsistent) == .loop else { return }
        connection.exchange = nil
        connection.state = .readingHead
        if let draining { setDeadline(of: connection, min(connection.deadline, draining.idleUntil)) }
    }

    private func handleEvents(_ events: EventPoll.Events, _ token: UInt64) {
        guard let connection = connections[token] else { return }
        if !events.isDisjoint(with: [.readable, .readHangUp, .hangUp, .error]) { connection.mayHaveInput = true }
        if !events.isDisjoint(with: [.readHangUp, .hangUp, .error]) { connection.inputHasEnded = true }
        if isWithWorker(connection) {
            if !events.isDisjoint(with: [.hangUp, .error]) {
                connection.exchange?.disconnection.note()
            } else if events.contains(.readHangUp) {
                // Either the client only has no more to say, or it is gone: it will be asked.
                setDeadline(of: connection, .now + context.configuration.halfClosedGrace)
            }
            return
        }
        if !events.isDisjoint(with: [.hangUp, .error]) {
            switch connection.state {
            case .lingering, .parked: return close(connection)
            default: break
            }
        }
        proceed(connection)
    }

    // MARK: Time

    func setDeadline(of connection: Connection, _ deadline: MonotonicTime) {
        assertOnLoop()
        connection.deadline = deadline
        noteDeadline(of: connection)
    }

    private func noteDeadline(of connection: Connection) {
        nextSweep = min(nextSweep, connection.deadline)
    }

    /// Looks at all connections. It comes only when the earliest deadline that was ever set has passed, so that busy
    /// connections, whose deadlines move on with every request, cost nothing.
    private func sweep() {
        assertOnLoop()
        // Not again at once for one that is only a little later.
        let earliestNext = now + .milliseconds(5)
        nextSweep = .distantFuture
        for connection in connections.all {
            notice(connection)
            if connection.deadline <= now { expire(connection) }
            if !connection.isClosed, connection.deadline < .distantFuture {
                nextSweep = min(nextSweep, max(connection.deadline, earliestNext))
            }
        }
    }

    private func expire(_ connection: Connection) {
        connection.deadline = .distantFuture
        switch connection.state {
        case .readingHead where connection.isIdle:
            // Unless the next request has come in the meantime.
            connection.isExpired = true
            connection.mayHaveInput = true
            proceed(connection)
        case .readingHead, .readingBody:
            refuse(connection, MessageError(.requestTimeout, "the request did not arrive in time"))
            proceed(connection)
        case .handling:
            // A client that had ended its sending side, and to which nothing has been sent since.
            if connection.inputHasEnded { connection.exchange?.askForClient() }
            connection.deadline = now + context.configuration.keepAliveTimeout
        case .sending:
            connection.exchange?.fail("the client took the response too slowly")
            connection.exchange?.report()
            StreamSocket.resetOnClose(connection.fileDescriptor)
            close(connection)
        case .following:
            sendHeartbeat(on: connection)
        case .skippingBody, .lingering:
            close(connection)
        case .parked where connection.isUnpassed:
            refusePassing(connection)
            proceed(connection)
        case .parked, .closed:
            break
        }
    }

    // MARK: Draining

    private func beginDraining(until deadline: MonotonicTime, idleGrace: Duration, handsOver: Bool) {
        guard draining == nil else {
            guard isHandingOver, !handsOver else { return }
            // Nobody takes what would still pass.
            isHandingOver = false
            context.isHandingOver.store(false, ordering: .sequentiallyConsistent)
            for connection in unpassed { setDeadline(of: connection, .now + idleGrace) }
            return
        }
        isHandingOver = handsOver
        pauseAccepting()
        acceptPausedUntil = nil
        let idleUntil = min(deadline, .now + idleGrace)
        draining = (deadline, idleUntil)
        for connection in connections.all {
            notice(connection)
            if case .following = connection.state { endStream(on: connection) }
            if passIfDue(connection) { continue }
            guard connection.isIdle, connection.isReused else { continue }
            setDeadline(of: connection, min(connection.deadline, idleUntil))
        }
    }
}
