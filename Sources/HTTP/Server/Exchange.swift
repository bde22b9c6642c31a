import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One request and its response: what the body is read from and the response written to.
///
/// It belongs to one thread at a time: to the event loop until it is handed to a worker, then to that, then to the loop
/// again. Only `disconnection` is used by both at once.
///
/// Sendable because one thread uses it at a time, as said above, and `disconnection` has a lock.
final class Exchange: @unchecked Sendable {
    let context: ServerContext
    let fileDescriptor: Int32
    let request: Request
    let framing: BodyFraming
    let input: ReceiveBuffer
    let disconnection = Disconnection()
    /// When a worker is to wait for the client no longer.
    var cancellation: Cancellation?

    // MARK: The request's side

    var decoder: BodyDecoder
    /// Whether the client still waits for `100 Continue`.
    var owesContinue: Bool
    /// Whether the body is broken, so that the next request cannot be found.
    var inputIsBroken = false
    /// Whether the request could not be parsed, and `request` stands in for it.
    var isMalformed = false
    /// Whether a worker has received from the socket, and with the body perhaps the beginning of what follows.
    var hasReceived = false
    /// Bytes of the body read so far.
    var bodyCount: Int64 = 0
    var readPace: TransferPace

    // MARK: The response's side

    /// Whether the connection can go on after this exchange.
    var keepsAlive: Bool
    /// A field that the response gets, whatever the handler says.
    var mark: (name: String, value: String)?
    /// What remains to be sent when the handler is done.
    var output = OutputQueue()
    var sentCount: Int64 = 0
    /// Bytes among `sentCount` and in `output` that are not body.
    var overhead: Int64 = 0
    var status: Status?
    private var isReported = false
    /// Why the response is not whole.
    var failure: String?
    /// Whether the client gets what has been sent nevertheless, and sees from the framing that it is not whole.
    var endsEarly = false
    var writePace: TransferPace
    /// What the response goes on with when its head has been sent.
    var events: (stream: EventStream, first: @Sendable () -> [ServerSentEvent])?
    var eventFraming = ResponseFraming.chunked

    private let workers: WorkerPool

    init(
        context: ServerContext, workers: WorkerPool, fileDescriptor: Int32, request: Request, head: RequestHead,
        input: ReceiveBuffer
    ) {
        self.context = context
        self.workers = workers
        self.fileDescriptor = fileDescriptor
        self.request = request
        self.input = input
        framing = head.framing
        decoder = BodyDecoder(framing: head.framing, limits: context.headLimits)
        owesContinue = head.expectsContinue && head.framing != .none
        keepsAlive = head.keepsAlive
        readPace = context.pace
        writePace = context.pace
    }

    /// Marks the response as failed: the connection will be cut.
    func fail(_ reason: String) {
        if failure == nil { failure = reason }
        keepsAlive = false
        output.removeAll()
    }

    // MARK: On a worker

    /// Waits until the client has sent or taken something; false if it is too slow, or the wait is cancelled.
    func waitForClient(_ direction: StreamSocket.Direction) -> Bool {
        workers.whileWaitingForClient {
            direction == .reading
                ? readPace.wait(fileDescriptor, for: direction, cancellation)
                : writePace.wait(fileDescriptor, for: direction, cancellation)
        }
    }

    var isCancelled: Bool { cancellation?() ?? false }

    /// Sends `pieces` (their sum is `count`), waiting for the client where needed.
    func send(_ pieces: UnsafeRawBufferPointer..., count: Int) throws(ResponseError) {
        if sentCount == 0 { disconnection.noteResponse() }
        var skipped = 0
        while skipped < count {
            let result = withIovecs(pieces, skipping: skipped) { StreamSocket.send(fileDescriptor, $0) }
            switch result {
            case .moved(let moved):
                skipped += moved
                sentCount += Int64(moved)
                writePace.didMove(moved)
            case .wouldBlock:
                guard waitForClient(.writing) else {
                    if isCancelled {
                        fail("the response was given up while the client took none of it")
                        throw .cancelled
                    }
                    fail("the client took the response too slowly")
                    throw .timedOut
                }
            case .end, .failed:
                fail("the client disconnected")
                disconnection.note()
                throw .clientDisconnected
            }
        }
    }

    private func withIovecs(
        _ pieces: [UnsafeRawBufferPointer], skipping skipped: Int,
        _ body: (UnsafeMutableBufferPointer<iovec>) -> TransferResult
    ) -> TransferResult {
        withUnsafeTemporaryAllocation(of: iovec.self, capacity: pieces.count) { vectors in
            var filled = 0
            var toSkip = skipped
            for piece in pieces {
                if toSkip >= piece.count {
                    toSkip -= piece.count
                    continue
                }
                vectors.initializeElement(
                    at: filled,
                    to: iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: piece.baseAddress! + toSkip),
                        iov_len: piece.count - toSkip))
                filled += 1
                toSkip = 0
            }
            return body(UnsafeMutableBufferPointer(rebasing: vectors[..<filled]))
        }
    }

    /// Whether nothing remains to be done before the connection waits for its next request.
    var isComplete: Bool {
        output.isEmpty && failure == nil && keepsAlive && framing == .none && events == nil
    }

    /// Tells the access log, once.
    func report() {
        guard !isReported else { return }
        isReported = true
        guard let observer = context.configuration.requestObserver else { return }
        observer(
            RequestRecord(
                id: request.id, method: isMalformed ? nil : request.method,
                target: isMalformed ? nil : request.target, remoteAddress: request.remoteAddress,
                status: status, bodyBytes: max(0, sentCount - overhead),
                duration: ContinuousClock.now - request.receivedAt,
                failure: failure))
    }
}

/// Whether the client is gone, and what to do then.
final class Disconnection: Sendable {
    private struct State {
        var isDisconnected = false
        var isOver = false
        var hasResponse = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isDisconnected: Bool { state.withLock { $0.isDisconnected } }

    /// Records that the client is gone, and runs the action.
    func note() {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isDisconnected, !state.isOver else { return nil }
            state.isDisconnected = true
            defer { state.action = nil }
            return state.action
        }
        action?()
    }

    /// Records that a part of the response has been sent: whether the client is still there will show by itself.
    func noteResponse() {
        state.withLock { $0.hasResponse = true }
    }

    /// As `note`, if nothing has been sent.
    func noteUnlessResponding() {
        if !state.withLock({ $0.hasResponse }) { note() }
    }

    /// Sets what `note` runs; runs it now if that has been.
    func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        let runsNow = state.withLock { state in
            if !state.isDisconnected && !state.isOver { state.action = action }
            return state.isDisconnected
        }
        if runsNow { action() }
    }

    /// The handler is done: the action must not run any more.
    func end() {
        state.withLock { state in
            state.isOver = true
            state.action = nil
        }
    }
}
