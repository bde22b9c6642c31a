import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The thread that owns a server's connections: it accepts them, receives requests, hands them to workers, and sends
/// what these leave to be sent.
final class EventLoop: @unchecked Sendable {
    private enum Command {
        /// A worker has answered a request, and there is more to do for the connection.
        case handled(Connection)
        /// A worker has let a connection go while the server began to drain.
        case released(Connection)
        case drain(until: MonotonicTime, idleGrace: Duration)
        case stop
    }

    private static let listenerToken = UInt64.max - 1
    /// Requests answered on one connection before others have their turn.
    private static let turn = 32
    private static let acceptedPerTurn = 64
    /// How long accepting rests when the system has no descriptors left.
    private static let exhaustionPause = Duration.milliseconds(200)
    /// How long handlers are waited for whose connections have been cut.
    private static let handlerGrace = Duration.seconds(1)
    /// How long the input of a connection is read away after the last response, so that closing does not destroy it.
    private static let lingerTime = Duration.seconds(2)
    private static let lingerBytes: Int64 = 1 << 20
    private static let longestBufferedBody: Int64 = 64 << 10

    let context: ServerContext
    private let socket: ListeningSocket
    private let poll: EventPoll
    private let commands = Mutex<[Command]>([])
    private var workers: WorkerPool!

    // On the loop's thread only.
    private let connections = ConnectionTable()
    private var isListening = false
    private var acceptPausedUntil: MonotonicTime?
    private var nextSweep = MonotonicTime.distantFuture
    private var now = MonotonicTime.now
    /// Connections that have more to do without a new event.
    private var unfinished: [Connection] = []
    private let memory = ReceiveBuffer.Pool()
    private var draining: (until: MonotonicTime, idleUntil: MonotonicTime)?
    private var isStopping = false
    private var lostRequests = false

    init(socket: ListeningSocket, context: ServerContext) throws(SystemError) {
        self.socket = socket
        self.context = context
        poll = try EventPoll()
        workers = WorkerPool(
            maximumWorkers: context.configuration.maximumWorkers,
            stackSize: context.configuration.workerStackSize
        ) { [self] connection in
            handle(connection)
        }
    }

    // MARK: From other threads

    func drain(until deadline: MonotonicTime, idleGrace: Duration) {
        context.isDraining.store(true, ordering: .sequentiallyConsistent)
        send(.drain(until: deadline, idleGrace: idleGrace))
    }

    func stop() {
        send(.stop)
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
    private func handle(_ connection: Connection) {
        let exchange = connection.exchange!
        let start = MonotonicTime.now
        let body = RequestBody(exchange)
        let writer = ResponseWriter(exchange)
        do {
            try context.handler(exchange.request, body, writer)
            writer.finish(nil)
        } catch {
            writer.finish(error)
        }
        body.invalidate()
        exchange.disconnection.end()
        flush(exchange)
        let isBrief = .now < start + Self.briefHandling
        if !(isBrief && exchange.isComplete && release(connection, exchange)) { send(.handled(connection)) }
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
        resumeAccepting()
        while !isStopping {
            let events = poll.wait(milliseconds: timeout())
            now = .now
            poll.forEachEvent(events) { token, events in
                switch token {
                case EventPoll.wakeToken: break
                case Self.listenerToken: accept()
                default: handleEvents(events, token)
                }
            }
            takeCommands()
            resumeUnfinished()
            if now >= nextSweep { sweep() }
            if let pause = acceptPausedUntil, now >= pause {
                acceptPausedUntil = nil
                resumeAccepting()
            }
            if let draining, connections.count == 0 || now >= draining.until { break }
        }
        return shutDown()
    }

    private func timeout() -> Int32 {
        if !unfinished.isEmpty { return 0 }
        var next = nextSweep
        if let acceptPausedUntil { next = min(next, acceptPausedUntil) }
        if let draining { next = min(next, draining.until) }
        guard next < .distantFuture else { return -1 }
        return next.pollMilliseconds(since: .now)
    }

    private func takeCommands() {
        let taken = commands.withLock { commands in
            let taken = commands
            commands.removeAll(keepingCapacity: true)
            return taken
        }
        for command in taken {
            switch command {
            case .handled(let connection): resume(afterHandling: connection)
            case .released(let connection): notice(connection)
            case .drain(let deadline, let idleGrace): beginDraining(until: deadline, idleGrace: idleGrace)
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
        guard !isListening, draining == nil, acceptPausedUntil == nil,
            connections.count < context.configuration.maximumConnections
        else { return }
        isListening = poll.add(
            socket.fileDescriptor, [.readable, .exclusive], token: Self.listenerToken)
        if !isListening {
            context.report("cannot watch the listening socket: \(SystemError(operation: "epoll_ctl", code: errno))")
        }
    }

    private func pauseAccepting() {
        guard isListening else { return }
        poll.remove(socket.fileDescriptor)
        isListening = false
    }

    private func accept() {
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

    private func add(_ descriptor: Int32, _ address: SocketAddress?) {
        let interests: EventPoll.Events = [.readable, .readHangUp, .edgeTriggered]
        let connection = Connection(
            fileDescriptor: descriptor, remoteAddress: address, token: connections.nextToken(), interests: interests,
            limits: context.headLimits, deadline: .now + context.configuration.headTimeout)
        guard poll.add(descriptor, interests, token: connection.token) else { return }
        connections.insert(connection)
        noteDeadline(of: connection)
        if connections.count >= context.configuration.maximumConnections { pauseAccepting() }
    }

    private func close(_ connection: Connection) {
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
                // Either the client only has no more to say, or it is gone: time will tell.
                setDeadline(of: connection, .now + context.configuration.halfClosedGrace)
            }
            return
        }
        if !events.isDisjoint(with: [.hangUp, .error]), case .lingering = connection.state { return close(connection) }
        proceed(connection)
    }

    /// Takes a connection as far as it can go without waiting.
    private func proceed(_ connection: Connection) {
        var requests = 0
        while true {
            switch connection.state {
            case .readingHead:
                guard requests < Self.turn else { return unfinished.append(connection) }
                switch parse(connection) {
                case .dispatched: requests += 1
                case .needsInput: guard receiveMore(connection) else { return }
                }
            case .readingBody(let head, let length):
                if connection.input.count >= length {
                    dispatch(connection, head)
                } else {
                    guard receiveMore(connection) else { return }
                }
            case .sending:
                guard continueSending(connection) else { return }
            case .skippingBody:
                guard skipBody(connection) else { return }
            case .lingering:
                guard linger(connection) else { return }
            case .handling, .closed:
                return
            }
        }
    }

    // MARK: Receiving

    private enum ParseResult { case dispatched, needsInput }

    private func parse(_ connection: Connection) -> ParseResult {
        guard !connection.input.isEmpty else { return .needsInput }
        do throws(MessageError) {
            guard let (head, byteCount) = try connection.parser.parse(connection.input.readable) else {
                return .needsInput
            }
            connection.input.consume(byteCount)
            if case .length(let length) = head.framing, length > context.configuration.maximumBody {
                throw MessageError(
                    .contentTooLarge, "a body of more than \(context.configuration.maximumBody) bytes")
            }
            if case .length(let length) = head.framing, length <= Self.longestBufferedBody, !head.expectsContinue {
                connection.state = .readingBody(head, length: Int(length))
                setDeadline(of: connection, .now + context.configuration.stallTimeout)
            } else {
                dispatch(connection, head)
            }
        } catch {
            refuse(connection, error)
        }
        return .dispatched
    }

    /// Receives what is there; false if nothing is, and the connection has to wait (or has been closed).
    private func receiveMore(_ connection: Connection) -> Bool {
        guard connection.mayHaveInput else {
            wait(connection)
            return false
        }
        memory.give(to: connection.input)
        let wasIdle = connection.isIdle
        let room = connection.input.room(atLeast: 4096)
        switch StreamSocket.receive(connection.fileDescriptor, into: room) {
        case .moved(let count):
            connection.input.commit(count)
            connection.isExpired = false
            // A reception that does not fill the room has emptied the socket; what comes later brings a new event. Only
            // the stream's end may have come with the data.
            if count < room.count, !connection.inputHasEnded { connection.mayHaveInput = false }
            if wasIdle, connection.isReused { setDeadline(of: connection, .now + context.configuration.headTimeout) }
            return true
        case .wouldBlock:
            connection.mayHaveInput = false
            wait(connection)
            return false
        case .end, .failed:
            close(connection)
            return false
        }
    }

    /// Leaves a connection until its next event.
    private func wait(_ connection: Connection) {
        guard connection.isIdle else { return }
        if connection.isExpired { return close(connection) }
        releaseMemory(of: connection)
    }

    private func releaseMemory(of connection: Connection) {
        if connection.input.isEmpty { memory.take(from: connection.input) }
    }

    // MARK: Requests

    private func dispatch(_ connection: Connection, _ head: RequestHead) {
        let request = Request(
            method: head.method, target: head.target, version: head.version, headers: head.headers,
            remoteAddress: connection.remoteAddress, receivedAt: .now, id: context.nextRequestID())
        let exchange = Exchange(
            context: context, workers: workers, fileDescriptor: connection.fileDescriptor, request: request, head: head,
            input: connection.input)
        connection.exchange = exchange
        connection.isReused = true
        if head.framing == .none, let response = context.configuration.inlineHandler?(request) {
            do throws(ResponseError) {
                try exchange.enqueue(response)
            } catch {
                context.report("\(request.method) \(request.target): \(error)")
                try? exchange.enqueue(.failure(.internalServerError, "the server could not answer this request"))
            }
            exchange.disconnection.end()
            return beginSending(connection)
        }
        connection.state = .handling
        connection.owner.store(.worker, ordering: .releasing)
        setDeadline(of: connection, now + context.configuration.keepAliveTimeout)
        if head.framing == .none {
            // A worker that finds the input without memory may let the connection go by itself.
            releaseMemory(of: connection)
            if !connection.input.isEmpty || connection.mayHaveInput {
                connection.owner.store(.workerWithEvent, ordering: .releasing)
            }
        }
        // While a worker reads the body, its arrival is no news for the loop.
        if let remainder = exchange.decoder.knownRemainder, remainder <= Int64(connection.input.count) {
            if connection.inputHasEnded {
                setDeadline(of: connection, .now + context.configuration.halfClosedGrace)
            }
        } else {
            watch(connection, [.readHangUp, .edgeTriggered])
        }
        guard workers.submit(connection) else {
            context.report("cannot start a thread to answer \(request.method) \(request.target)")
            connection.owner.store(.loop, ordering: .relaxed)
            exchange.keepsAlive = false
            try? exchange.enqueue(.failure(.serviceUnavailable, "the server has no thread to spare"))
            return beginSending(connection)
        }
    }

    /// Answers a request that breaks the rules, and closes the connection: where the next request begins is unknown.
    private func refuse(_ connection: Connection, _ error: MessageError) {
        let request = Request(
            method: .get, target: "", remoteAddress: connection.remoteAddress, receivedAt: .now,
            id: context.nextRequestID())
        let head = RequestHead(
            method: .get, target: "", version: .http11, headers: [:], framing: .none, keepsAlive: false,
            expectsContinue: false)
        let exchange = Exchange(
            context: context, workers: workers, fileDescriptor: connection.fileDescriptor, request: request, head: head,
            input: connection.input)
        exchange.isMalformed = true
        exchange.keepsAlive = false
        try? exchange.enqueue(.failure(error.status, error.problem))
        connection.exchange = exchange
        beginSending(connection)
    }

    private func resume(afterHandling connection: Connection) {
        connection.owner.store(.loop, ordering: .relaxed)
        guard !connection.isClosed else { return }
        if connection.exchange!.hasReceived { connection.mayHaveInput = true }
        watch(connection, [.readable, .readHangUp, .edgeTriggered])
        beginSending(connection)
        proceed(connection)
    }

    // MARK: Responses

    /// Sends what is in the exchange's output, as far as the client takes it.
    private func flush(_ exchange: Exchange) {
        switch exchange.output.send(to: exchange.fileDescriptor, counting: &exchange.sentCount) {
        case .finished, .blocked: break
        case .failed: exchange.fail("the client disconnected")
        case .fileTooShort: exchange.fail("the file became shorter while it was sent")
        }
    }

    private func beginSending(_ connection: Connection) {
        connection.state = .sending
        connection.deadline = .distantFuture
        if !continueSending(connection), case .sending = connection.state {
            connection.sendingLimit = .distantFuture
            if context.configuration.minimumRate > 0 {
                let seconds = connection.exchange!.output.remaining / Int64(context.configuration.minimumRate)
                connection.sendingLimit = .now + context.configuration.minimumRateGrace + .seconds(seconds)
            }
            awaitClient(connection)
            watch(connection, [.readable, .writable, .readHangUp, .edgeTriggered])
        }
    }

    /// Gives the client time to take some of the response.
    private func awaitClient(_ connection: Connection) {
        setDeadline(of: connection, min(.now + context.configuration.stallTimeout, connection.sendingLimit))
    }

    /// False when the client must take something first, or the connection has been closed.
    private func continueSending(_ connection: Connection) -> Bool {
        let exchange = connection.exchange!
        let sentBefore = exchange.sentCount
        if !exchange.output.isEmpty { flush(exchange) }
        guard exchange.output.isEmpty else {
            if exchange.sentCount > sentBefore { awaitClient(connection) }
            return false
        }
        exchange.report()
        if exchange.failure != nil {
            StreamSocket.resetOnClose(connection.fileDescriptor)
            close(connection)
            return false
        }
        guard exchange.keepsAlive else {
            beginLingering(connection)
            return true
        }
        if exchange.decoder.isAtEnd {
            awaitRequest(connection)
        } else {
            connection.state = .skippingBody
            connection.skipped = 0
            setDeadline(of: connection, .now + context.configuration.stallTimeout)
        }
        return true
    }

    private func awaitRequest(_ connection: Connection) {
        connection.exchange = nil
        connection.state = .readingHead
        let timeout =
            connection.input.isEmpty ? context.configuration.keepAliveTimeout : context.configuration.headTimeout
        var deadline = now + timeout
        if let draining { deadline = min(deadline, max(draining.idleUntil, now + Self.exhaustionPause)) }
        setDeadline(of: connection, deadline)
    }

    /// Reads an unread body away; false when more must arrive, or the connection has been closed.
    private func skipBody(_ connection: Connection) -> Bool {
        let exchange = connection.exchange!
        return withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { scratch in
            while true {
                do throws(MessageError) {
                    switch try exchange.decoder.decode(from: connection.input, into: scratch) {
                    case .bytes(let count):
                        connection.skipped += Int64(count)
                        guard connection.skipped <= Exchange.discardedBodyLimit else {
                            beginLingering(connection)
                            return true
                        }
                    case .end:
                        awaitRequest(connection)
                        return true
                    case .needsInput:
                        guard receiveMore(connection) else { return false }
                    }
                } catch {
                    beginLingering(connection)
                    return true
                }
            }
        }
    }

    /// Ends the sending side, and waits for the client to end its own: closing at once, with input unread, would make
    /// the system throw away what the client has not received yet (RFC 9112 section 9.6).
    private func beginLingering(_ connection: Connection) {
        connection.exchange = nil
        shutdown(connection.fileDescriptor, Int32(SHUT_WR))
        connection.state = .lingering
        connection.skipped = 0
        connection.input.consume(connection.input.count)
        setDeadline(of: connection, now + Self.lingerTime)
    }

    private func linger(_ connection: Connection) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { scratch in
            while true {
                switch StreamSocket.receive(connection.fileDescriptor, into: scratch) {
                case .moved(let count):
                    connection.skipped += Int64(count)
                    if connection.skipped > Self.lingerBytes {
                        close(connection)
                        return false
                    }
                case .wouldBlock:
                    return false
                case .end, .failed:
                    close(connection)
                    return false
                }
            }
        }
    }

    private func watch(_ connection: Connection, _ interests: EventPoll.Events) {
        guard connection.interests != interests else { return }
        connection.interests = interests
        _ = poll.modify(connection.fileDescriptor, interests, token: connection.token)
    }

    // MARK: Time

    private func setDeadline(of connection: Connection, _ deadline: MonotonicTime) {
        connection.deadline = deadline
        noteDeadline(of: connection)
    }

    private func noteDeadline(of connection: Connection) {
        nextSweep = min(nextSweep, connection.deadline)
    }

    /// Looks at all connections. It comes only when the earliest deadline that was ever set has passed, so that busy
    /// connections, whose deadlines move on with every request, cost nothing.
    private func sweep() {
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
            if connection.inputHasEnded { connection.exchange?.disconnection.noteUnlessResponding() }
            connection.deadline = now + context.configuration.keepAliveTimeout
        case .sending:
            connection.exchange?.fail("the client took the response too slowly")
            connection.exchange?.report()
            StreamSocket.resetOnClose(connection.fileDescriptor)
            close(connection)
        case .skippingBody, .lingering:
            close(connection)
        case .closed:
            break
        }
    }

    // MARK: Draining

    private func beginDraining(until deadline: MonotonicTime, idleGrace: Duration) {
        guard draining == nil else { return }
        pauseAccepting()
        acceptPausedUntil = nil
        let idleUntil = min(deadline, .now + idleGrace)
        draining = (deadline, idleUntil)
        for connection in connections.all {
            notice(connection)
            guard connection.isIdle, connection.isReused else { continue }
            setDeadline(of: connection, min(connection.deadline, idleUntil))
        }
    }
}
