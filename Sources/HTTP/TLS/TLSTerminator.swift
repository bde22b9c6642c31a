package import Platform
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where TLS ends: a thread that accepts connections, shakes hands, and passes plain bytes on to a server, to which it
/// connects through a queue. See <doc:TLS>.
///
/// Sendable because its state is used on its own thread only, but for what it is told to do, which is under a lock.
package final class TLSTerminator: @unchecked Sendable {
    /// What it has been told.
    private struct Orders {
        var accepts = true
        /// When it is to end at the latest; it ends as soon as there is no connection left.
        var end: MonotonicTime?
        var hasEnded = false
    }

    private static let listenerToken = UInt64.max - 1
    private static let acceptedPerTurn = 64
    /// How long accepting rests when the system has no descriptors left.
    private static let exhaustionPause = Duration.milliseconds(200)
    /// How often it is tried again what the queue had no room for.
    private static let retryInterval = Duration.milliseconds(2)

    private let socket: ListeningSocket
    private let identity: TLSIdentity
    private let queue: ConnectionQueue
    private let maximumConnections: Int
    private let handshakeTime: Duration
    private let onProblem: @Sendable (String) -> Void
    private let poll: EventPoll
    private let monitor = Monitor()
    // Under the monitor's lock.
    private var orders = Orders()

    // On the terminator's thread only.
    private var connections: [UInt64: TLSConnection] = [:]
    private var interests: [UInt64: EventPoll.Events] = [:]
    private var lastNumber: UInt64 = 0
    private var isListening = false
    private var pausedUntil = MonotonicTime.distantPast
    private var nextSweep = MonotonicTime.distantFuture
    private var unfinished: Set<UInt64> = []
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// - Parameters:
    ///   - connections: the server's, which accepts from nowhere else.
    ///   - maximumConnections: open at one time; further ones wait, not accepted, until one closes.
    ///   - handshakeTime: how long a client may take until the handshake is done; then it is given up.
    ///   - onProblem: told if no connection can be accepted or passed on.
    package init(
        socket: ListeningSocket, identity: TLSIdentity, connections queue: ConnectionQueue,
        maximumConnections: Int = ServerConfiguration().maximumConnections, handshakeTime: Duration = .seconds(10),
        onProblem: @escaping @Sendable (String) -> Void
    ) throws(SystemError) {
        self.socket = socket
        self.identity = identity
        self.queue = queue
        self.maximumConnections = maximumConnections
        self.handshakeTime = handshakeTime
        self.onProblem = onProblem
        poll = try EventPoll()
    }

    deinit { scratch.deallocate() }

    /// Starts to accept connections, and returns.
    package func start() throws(ServerError) {
        let isStarted = SystemThread.start(name: "TLS", stackSize: 1 << 20) { [self] in
            run()
            monitor.withLock {
                orders.hasEnded = true
                monitor.broadcast()
            }
        }
        guard isStarted else {
            monitor.withLock { orders.hasEnded = true }
            throw .system(SystemError(operation: "pthread_create", code: EAGAIN))
        }
    }

    /// Accepts no more connections. Those that wait to be accepted stay in the listening socket.
    package func stopAccepting() {
        monitor.withLock { orders.accepts = false }
        poll.wake()
    }

    /// Accepts no more connections, gives up those whose handshake is not done, waits until the others have ended, and
    /// closes them when `time` is over. It has to have been started.
    package func finish(within time: Duration) {
        monitor.withLock {
            orders.accepts = false
            orders.end = .now + time
        }
        poll.wake()
        monitor.withLock { while !orders.hasEnded { monitor.wait() } }
    }

    // MARK: On its thread

    private func run() {
        while true {
            let orders = monitor.withLock { self.orders }
            var now = MonotonicTime.now
            if let end = orders.end {
                for connection in Array(connections.values) where connection.server == nil { close(connection) }
                if connections.isEmpty || now >= end { break }
            }
            listen(orders.accepts && connections.count < maximumConnections && now >= pausedUntil)
            let events = poll.wait(milliseconds: timeout(orders, now))
            now = .now
            poll.forEachEvent(events) { token, _ in
                if token == Self.listenerToken { accept() } else if token != EventPoll.wakeToken { proceed(token >> 1) }
            }
            for number in unfinished { proceed(number) }
            if now >= nextSweep { sweep(now) }
        }
        listen(false)
        for connection in Array(connections.values) { close(connection) }
    }

    private func timeout(_ orders: Orders, _ now: MonotonicTime) -> Int32 {
        var next = min(nextSweep, orders.end ?? .distantFuture)
        if now < pausedUntil { next = min(next, pausedUntil) }
        if !unfinished.isEmpty { next = min(next, now + Self.retryInterval) }
        if unfinished.contains(where: { connections[$0]?.server != nil }) { return 0 }
        return next < .distantFuture ? next.pollMilliseconds(since: now) : -1
    }

    private func listen(_ wanted: Bool) {
        guard wanted != isListening else { return }
        if wanted {
            isListening = poll.add(socket.fileDescriptor, [.readable, .exclusive], token: Self.listenerToken)
        } else {
            poll.remove(socket.fileDescriptor)
            isListening = false
        }
    }

    private func accept() {
        for _ in 0..<Self.acceptedPerTurn where connections.count < maximumConnections {
            switch acceptConnection(from: socket.fileDescriptor) {
            case .connection(let descriptor, let address):
                lastNumber += 1
                let connection = TLSConnection(
                    client: descriptor, address: address, number: lastNumber, handshakeTime: handshakeTime)
                let events: EventPoll.Events = [.readable, .readHangUp, .edgeTriggered]
                guard poll.add(descriptor, events, token: lastNumber << 1) else { continue }
                interests[lastNumber << 1] = events
                connections[lastNumber] = connection
                nextSweep = min(nextSweep, connection.deadline)
            case .none: return
            case .lost: continue
            case .exhausted(let code):
                onProblem("cannot accept a connection: \(SystemError(operation: "accept", code: code))")
                pausedUntil = .now + Self.exhaustionPause
                return
            }
        }
    }

    private func proceed(_ number: UInt64) {
        guard let connection = connections[number] else { return }
        unfinished.remove(number)
        let hadServer = connection.server != nil
        let next = connection.proceed(scratch, identity) { [queue] address in
            try? queue.connect(securedFor: address)
        }
        switch next {
        case .close: return close(connection)
        case .goOn: unfinished.insert(number)
        case .wait: break
        }
        let waits = connection.waitsToSend
        watch(connection.client, number << 1, waits.client)
        if let server = connection.server {
            let token = number << 1 | 1
            if !hadServer {
                let events: EventPoll.Events = [.readable, .readHangUp, .edgeTriggered]
                guard poll.add(server, events, token: token) else { return close(connection) }
                interests[token] = events
            }
            watch(server, token, waits.server)
        }
        nextSweep = min(nextSweep, connection.deadline)
    }

    private func watch(_ descriptor: Int32, _ token: UInt64, _ waitsToSend: Bool) {
        let events: EventPoll.Events =
            waitsToSend
            ? [.readable, .writable, .readHangUp, .edgeTriggered] : [.readable, .readHangUp, .edgeTriggered]
        guard interests[token] != events else { return }
        interests[token] = events
        _ = poll.modify(descriptor, events, token: token)
    }

    /// Closes what has taken too long.
    private func sweep(_ now: MonotonicTime) {
        nextSweep = .distantFuture
        for connection in Array(connections.values) {
            if connection.deadline <= now { close(connection) } else { nextSweep = min(nextSweep, connection.deadline) }
        }
        if nextSweep < .distantFuture { nextSweep = max(nextSweep, now + .milliseconds(5)) }
    }

    private func close(_ connection: TLSConnection) {
        let number = connection.number
        poll.remove(connection.client)
        if let server = connection.server { poll.remove(server) }
        interests[number << 1] = nil
        interests[number << 1 | 1] = nil
        unfinished.remove(number)
        connections[number] = nil
    }
}
