import Platform
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
    /// What has been received of the body, behind `input`, while the response waited for its client.
    private var backlog: SpillFile?
    /// Whether the client has ended its side, as far as a worker has seen.
    var inputHasEnded = false
    /// Whether the recorder is to get the request.
    var isRecorded = false
    /// The beginning of the body, for the recorder.
    private(set) var recordedBody: [UInt8] = []
    /// When the handler began, if the request is recorded.
    var handlerStart: ContinuousClock.Instant?
    /// What the recorder is to get besides.
    var details: (any Sendable)?

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
    /// Where the request stands in the access log already.
    private var logPlace: RequestLogPlace?
    /// The fields that follow the body, if that is chunked.
    var trailers = Headers()
    /// Why the response is not whole.
    var failure: String?
    /// Whether the client gets what has been sent nevertheless, and sees from the framing that it is not whole.
    var endsEarly = false
    var writePace: TransferPace
    /// What the response goes on with when its head has been sent.
    var events: (stream: EventStream, first: @Sendable () -> [ServerSentEvent])?
    var eventFraming = ResponseFraming.chunked
    /// How far the handler's response has come.
    var progress = ResponseProgress.noHead
    /// What the recorder is to get of the response.
    private var capture = ResponseCapture()
    private var hasRecorded = false
    /// Where the recorder keeps it.
    private var recording: UInt64?
    /// Bytes of the body that have not left yet, since more may follow. Without them, or with them all, the response is
    /// one piece.
    var held: [UInt8] = []
    private var heldSince = MonotonicTime.distantFuture
    /// Whether the handler counts what it has written as sent, though it may be held.
    var isCommitted = false
    /// Whether the handler has said that nothing follows, though it goes on.
    private(set) var isEnded = false
    /// Whether all of a response has left that ended before its handler.
    private var hasEndedEarly = false
    /// Whether the handler has returned, so that the event loop sends no more beside it.
    var isHandled = false
    /// Whether the connection can go on after the request's body, as it was when the handler last wrote something: the event
    /// loop must not look at a body that a worker reads.
    private(set) var findsNextRequest = true
    /// Held by the thread that uses the response's side, since the event loop may send what a handler has left lying.
    private let claim = Atomic<Bool>(false)
    /// The thread that runs the handler.
    var worker: WorkerPool.Worker?
    /// What the event loop has found out about the request.
    var preparation: (any Sendable)?

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
        whileWaiting {
            direction == .reading
                ? readPace.wait(fileDescriptor, for: direction, cancellation)
                : writePace.wait(fileDescriptor, for: direction, cancellation)
        }
    }

    /// Waits until the client has sent something, or another descriptor can be read.
    ///
    /// - Returns: whether the other one can be read, and the client has sent nothing.
    func waitForClient(orReadable other: Int32) -> Bool {
        whileWaiting {
            var polled = [
                pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: other, events: Int16(POLLIN), revents: 0),
            ]
            let timeout = MonotonicTime.now + context.configuration.stallTimeout
            guard poll(&polled, 2, timeout.pollMilliseconds(since: .now)) > 0 else { return false }
            return polled[0].revents == 0 && polled[1].revents != 0
        }
    }

    /// Runs `wait`, which waits for something outside, without counting as one that runs.
    func whileWaiting<Result>(_ wait: () -> Result) -> Result {
        workers.whileWaiting(worker, wait)
    }

    var isCancelled: Bool { cancellation?() ?? false }

    // MARK: On the event loop, while a worker runs the handler

    /// Finds out whether a client that has ended its sending side is still there: an interim response makes the system of
    /// one that is gone reset the connection, which comes as an event. One that waits for its response is not disturbed
    /// (RFC 9110 section 15.2). HTTP/1.0 has no interim responses, so that only the response itself can tell.
    func askForClient() {
        guard request.version == .http11 else { return }
        disconnection.beforeResponse {
            if InterimResponse.sendContinue(to: fileDescriptor) == .failed {
                shutdown(fileDescriptor, Int32(SHUT_RDWR))
            }
        }
    }

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
                let receives = canReceiveAhead
                guard waitForClient(receives ? .either : .writing) else {
                    if isCancelled {
                        fail("the response was given up while the client took none of it")
                        throw .cancelled
                    }
                    fail("the client took the response too slowly")
                    throw .timedOut
                }
                if receives { receiveAhead() }
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
        let configuration = context.configuration
        guard configuration.requestLog != nil || configuration.requestObserver != nil || isRecorded else { return }
        let duration = ContinuousClock.now - request.receivedAt
        record(duration)
        let record = record(sentCount: sentCount, duration)
        configuration.requestLog?.end(record, at: logPlace)
        configuration.requestObserver?(record)
    }

    private func record(sentCount: Int64, _ duration: Duration) -> RequestRecord {
        RequestRecord(
            id: request.id, method: isMalformed ? nil : request.method,
            target: isMalformed ? nil : request.target, remoteAddress: request.remoteAddress,
            // What has not left, the client has not got.
            status: sentCount > 0 ? status : nil, bodyBytes: max(0, sentCount - overhead),
            duration: duration, failure: failure, recording: recording)
    }

    /// Sends what is in the output, as far as the client takes it. With the last of it, the response is in the access log.
    func flush() {
        let remaining = output.remaining
        // More than that hardly leaves at once.
        if let log = context.configuration.requestLog, remaining <= Self.loggedAhead, remaining > 0, !isReported,
            events == nil
        {
            let duration = ContinuousClock.now - request.receivedAt
            record(duration)
            logPlace = log.begin(record(sentCount: sentCount + remaining, duration))
        }
        switch output.send(to: fileDescriptor, counting: &sentCount) {
        case .finished:
            if events == nil { report() }
            return
        case .blocked: break
        case .failed: fail("the client disconnected")
        case .fileTooShort: fail("the file became shorter while it was sent")
        case .fileChanged: fail("the file was written to while it was sent")
        }
        if let logPlace { context.configuration.requestLog?.withdraw(logPlace) }
        logPlace = nil
    }

    /// In bytes.
    private static let loggedAhead: Int64 = 256 << 10
}

// MARK: Recording

extension Exchange {
    /// Has the recorder keep the request, once.
    ///
    /// - Parameter duration: since the request's head was there.
    private func record(_ duration: Duration) {
        guard isRecorded, !hasRecorded, let recorder = context.configuration.recorder else { return }
        hasRecorded = true
        recordUnread()
        recording = recorder.record(RecordedExchange(exchange: self, response: capture, duration: duration))
    }

    /// Takes bytes of the request's body that have been read.
    func recordBody(_ bytes: UnsafeRawBufferPointer) {
        guard isRecorded, recordedBody.count < ResponseCapture.bodyLimit else { return }
        let kept = bytes.prefix(ResponseCapture.bodyLimit - recordedBody.count)
        recordedBody.append(contentsOf: UnsafeRawBufferPointer(rebasing: kept))
    }

    /// Takes what has come of a body that nobody has read.
    private func recordUnread() {
        guard case .length(let length) = framing, !inputIsBroken, bodyCount < length,
            Int64(recordedBody.count) == bodyCount
        else { return }
        recordBody(UnsafeRawBufferPointer(rebasing: input.readable.prefix(Int(clamping: length - bodyCount))))
    }

    /// Takes the response's head as it is sent.
    func recordHead(_ head: ArraySlice<UInt8>) {
        if isRecorded { capture.head = Array(head) }
    }

    /// Takes a whole body, in place of what there was.
    func recordWhole(_ body: Response.Body, isStored: Bool = false) {
        if isRecorded { capture.set(body, isStored: isStored) }
    }

    /// Takes a part of the response's body.
    func recordPart(_ bytes: [UInt8]) {
        if isRecorded { capture.append(bytes) }
    }

    /// Forgets the response.
    func discardRecordedResponse() { capture = ResponseCapture() }
}

// MARK: Receiving while the response is sent

extension Exchange {
    /// How much of a body is kept in memory before a file takes the rest.
    private static let backlogInMemory = 256 << 10

    /// Whether bytes of the body may be received that no handler has asked for yet: a client may send all of it before it
    /// takes anything of the response.
    private var canReceiveAhead: Bool {
        guard framing != .none, !inputHasEnded, !inputIsBroken, !decoder.isAtEnd else { return false }
        let pending = Int64(input.count) + (backlog?.count ?? 0)
        guard pending < context.configuration.maximumBody else { return false }
        return decoder.knownRemainder.map { pending < $0 } ?? true
    }

    /// Whether nothing more is known of the body before the client sends it.
    var awaitsClient: Bool {
        !decoder.isAtEnd && input.isEmpty && (backlog?.count ?? 0) == 0 && !inputHasEnded && !inputIsBroken
            && !owesContinue
    }

    /// Takes what is there.
    private func receiveAhead() {
        while canReceiveAhead {
            let toFile = backlog != nil || input.count >= Self.backlogInMemory
            let result: TransferResult
            if toFile {
                if backlog == nil { backlog = SpillFile() }
                // Without a place for it, the client has to wait.
                guard let backlog else { return inputHasEnded = true }
                let wanted = min(64 << 10, (decoder.knownRemainder ?? .max) - Int64(input.count) - backlog.count)
                result = withUnsafeTemporaryAllocation(byteCount: Int(wanted), alignment: 16) { scratch in
                    let result = StreamSocket.receive(fileDescriptor, into: scratch)
                    guard case .moved(let count) = result else { return result }
                    let isKept = backlog.append(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                    return isKept ? result : .failed(EIO)
                }
            } else {
                let room = input.room(atLeast: 64 << 10)
                result = StreamSocket.receive(fileDescriptor, into: room)
                if case .moved(let count) = result { input.commit(count) }
            }
            switch result {
            case .moved(let count):
                hasReceived = true
                // A client that sends is not one that is too slow.
                readPace.didMove(count)
                writePace.didMove(count)
            case .wouldBlock: return
            case .end, .failed: inputHasEnded = true
            }
        }
    }

    /// After the handler: what is left of what was received ahead belongs to the connection, or the connection ends.
    func returnBacklog() {
        guard let backlog, backlog.count > 0 else { return }
        let room = backlog.count <= Self.discardedBodyLimit ? input.room(atLeast: Int(backlog.count)) : nil
        if let room, let count = backlog.take(into: room) {
            input.commit(count)
        } else {
            inputIsBroken = true
            keepsAlive = false
        }
    }

    /// Moves a part of what was received ahead into the input; false if there is none.
    func takeBacklog() throws(RequestBodyError) -> Bool {
        guard let backlog, backlog.count > 0 else { return false }
        let room = input.room(atLeast: 64 << 10)
        guard let count = backlog.take(into: room) else { throw .disconnected }
        input.commit(count)
        return true
    }
}

// MARK: What is held back

/// How far a response has come.
enum ResponseProgress {
    case noHead
    /// The head is known but has not left.
    case head(Status, Headers, ResponseHeadEncoder.Declarations)
    /// The head has left; so many bytes of body have followed, or are held.
    case body(ResponseFraming, written: Int64)
    case finished
}

extension Exchange {
    /// How many bytes of a body are held back at most.
    static let heldLimit = 32 << 10

    /// Runs `body` while no other thread uses the response's side.
    func claiming<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        while !claim.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged { sched_yield() }
        defer { claim.store(false, ordering: .releasing) }
        return try body()
    }

    /// Keeps bytes of the body until they leave with others.
    func hold(_ bytes: UnsafeRawBufferPointer) {
        if held.isEmpty { heldSince = .now }
        held.append(contentsOf: bytes)
        settle()
    }

    /// Whether it is too late for another response.
    var hasBegunResponse: Bool { isCommitted || sentCount > 0 || !output.isEmpty }

    var hasWaitedLong: Bool {
        (!held.isEmpty || isEnded && !isFinished) && heldSince + context.configuration.holdTime <= .now
    }

    private var isFinished: Bool { if case .finished = progress { true } else { false } }

    /// Takes the handler's word that nothing follows. The end leaves as bytes do that are held.
    func holdEnd() {
        if held.isEmpty { heldSince = .now }
        isEnded = true
        settle()
        // A client that goes away now has all that it asked for.
        disconnection.end()
    }

    /// On the worker: takes note of what the event loop may need to know of the request's body.
    func settle() { findsNextRequest = canFindNextRequest }

    /// Before the handler waits for something: sends what is held; false if there was nothing.
    @discardableResult
    func flushHeld() throws(ResponseError) -> Bool {
        try claiming { () throws(ResponseError) in
            if isEnded {
                // The handler does not wait for its client any more.
                if !hasEndedEarly { workers.noteOutput(of: worker, true) }
                return false
            }
            guard !held.isEmpty else {
                if output.isEmpty { return false }
                try drainOutput()
                return true
            }
            try sendBody(UnsafeRawBufferPointer(start: nil, count: 0))
            return true
        }
    }

    /// Sends what is held, and `bytes` behind it, with the head before the first.
    func sendBody(_ bytes: UnsafeRawBufferPointer) throws(ResponseError) {
        settle()
        let body = held
        held = []
        let (prefix, isSent, suffix) = frame(body.count + bytes.count)
        if isSent, isRecorded {
            capture.append(body)
            capture.append(bytes)
        }
        var failure: ResponseError?
        prefix.withUnsafeBytes { prefix in
            body.withUnsafeBytes { body in
                do throws(ResponseError) {
                    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
                    let pieces = isSent ? (body, bytes) : (nothing, nothing)
                    try drainOutput()
                    try send(
                        prefix, pieces.0, pieces.1, suffix,
                        count: prefix.count + pieces.0.count + pieces.1.count + suffix.count)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }

    /// What stands before and after so many bytes of body, and whether these are sent at all.
    private func frame(_ count: Int) -> (prefix: [UInt8], isSent: Bool, suffix: UnsafeRawBufferPointer) {
        var prefix: [UInt8] = []
        let framing: ResponseFraming
        switch progress {
        case .head(let status, let headers, let declarations):
            framing = self.framing(status, bodyLength: declarations.contentLength)
            encodeHead(status, headers, declarations, framing, into: &prefix)
            progress = .body(framing, written: Int64(count))
        case .body(let known, _): framing = known
        case .noHead, .finished: return ([], false, UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        switch framing {
        case .none: return (prefix, false, nothing)
        case .length where status?.code == 205: return (prefix, false, nothing)
        case .chunked where count > 0:
            let headCount = prefix.count
            ResponseHeadEncoder.appendChunkSize(count, to: &prefix)
            overhead += Int64(prefix.count - headCount) + 2
            let lineEnd: StaticString = "\r\n"
            return (prefix, true, UnsafeRawBufferPointer(start: lineEnd.utf8Start, count: 2))
        default: return (prefix, true, nothing)
        }
    }

    /// Sends what the event loop could not get rid of, waiting for the client.
    func drainOutput() throws(ResponseError) {
        while !output.isEmpty {
            switch output.send(to: fileDescriptor, counting: &sentCount) {
            case .finished: return
            case .blocked:
                let receives = canReceiveAhead
                guard waitForClient(receives ? .either : .writing) else {
                    fail("the client took the response too slowly")
                    throw isCancelled ? .cancelled : .timedOut
                }
                if receives { receiveAhead() }
            case .failed, .fileTooShort, .fileChanged:
                fail("the client disconnected")
                disconnection.note()
                throw .clientDisconnected
            }
        }
    }

    /// On the event loop, while a worker runs the handler: sends what has been held for too long, or what the client did not
    /// take before, as far as the client takes it.
    func flushOverdue() {
        guard claim.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return }
        defer { claim.store(false, ordering: .releasing) }
        guard !isHandled, failure == nil, !hasEndedEarly else { return }
        if hasWaitedLong {
            if isEnded {
                // Another request would have to wait for the handler: it needs another connection.
                keepsAlive = false
                enqueueEnd(nil)
                workers.noteOutput(of: worker, true)
            } else {
                enqueueHeld()
            }
            disconnection.noteResponse()
        }
        var canGoOn = true
        if !output.isEmpty {
            // Whoever writes next sees what is wrong.
            switch output.send(to: fileDescriptor, counting: &sentCount) {
            case .finished, .blocked: break
            case .failed, .fileTooShort, .fileChanged: canGoOn = false
            }
        }
        guard isEnded, isFinished, output.isEmpty || !canGoOn else { return }
        // The client need not wait for the handler to see that the response is whole.
        shutdown(fileDescriptor, Int32(SHUT_WR))
        hasEndedEarly = true
        workers.noteOutput(of: worker, false)
    }

    private func enqueueHeld() {
        let body = held
        held = []
        let (prefix, isSent, suffix) = frame(body.count)
        if isSent, isRecorded { capture.append(body) }
        output.append(prefix + (isSent ? body + suffix : []))
    }

    func framing(_ status: Status, bodyLength: Int64?) -> ResponseFraming {
        if status.code == 205 { return .length(0) }
        if request.method == .head || status.forbidsBody { return .none(length: status.code == 204 ? nil : bodyLength) }
        if let bodyLength { return .length(bodyLength) }
        return request.version == .http11 ? .chunked : .untilClose
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

    /// Sends something before the response, unless that has begun: it does not begin meanwhile.
    func beforeResponse(_ send: () -> Void) {
        state.withLock { state in
            if !state.hasResponse, !state.isOver, !state.isDisconnected { send() }
        }
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
