#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Platform

/// What becomes of a connection from its first byte to its last: receiving requests, handing them on, sending responses.
extension EventLoop {
    /// Requests answered on one connection before others have their turn.
    private static let turn = 32
    /// How long the input of a connection is read away after the last response, so that closing does not destroy it.
    private static let lingerTime = Duration.seconds(2)
    private static let lingerBytes: Int64 = 64 << 20
    private static let longestBufferedBody: Int64 = 64 << 10
    /// While draining, how long a connection may at least still bring a request after it has been answered one.
    private static let leastIdleGrace = Duration.milliseconds(200)

    /// Takes a connection as far as it can go without waiting.
    func proceed(_ connection: Connection) {
        assertOnLoop()
        var requests = 0
        while true {
            switch connection.state {
            case .readingHead:
                if passIfDue(connection) { return }
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
                guard continueSending(connection) else { return discardInput(connection) }
            case .following:
                return continueStream(on: connection)
            case .skippingBody:
                guard skipBody(connection) else { return }
            case .lingering:
                guard linger(connection) else { return }
            case .parked, .handling, .closed:
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
            if case .length(let length) = head.framing, length > context.configuration.maximumBody {
                throw MessageError(
                    .contentTooLarge, "a body of more than \(context.configuration.maximumBody) bytes")
            }
            consider(connection, head, byteCount: byteCount)
        } catch {
            refuse(connection, error)
        }
        return .dispatched
    }

    /// Answers a request whose head is the first `byteCount` bytes of the input, when what else it takes is there.
    func begin(_ connection: Connection, _ head: RequestHead, byteCount: Int) {
        assertOnLoop()
        connection.input.consume(byteCount)
        connection.waitingSince = nil
        if case .length(let length) = head.framing, length <= Self.longestBufferedBody, !head.expectsContinue {
            connection.state = .readingBody(head, length: Int(length))
            let stallTimeout = context.configuration.stallTimeout
            setDeadline(of: connection, .now + min(stallTimeout, context.configuration.bodyTimeout ?? stallTimeout))
        } else {
            dispatch(connection, head)
        }
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
        case .end:
            return refuseUnfinished(connection)
        case .failed:
            close(connection)
            return false
        }
    }

    /// The client has ended its side. If it did so in the middle of a request, it is told (RFC 9112 section 8), since it
    /// may still read.
    ///
    /// - Returns: whether the connection goes on.
    private func refuseUnfinished(_ connection: Connection) -> Bool {
        let problem: String
        switch connection.state {
        case .readingHead where !connection.isIdle: problem = "the connection ended within the request's head"
        case .readingBody: problem = "the connection ended before the request's body did"
        default:
            close(connection)
            return false
        }
        refuse(connection, MessageError(problem))
        return true
    }

    /// Leaves a connection until its next event.
    private func wait(_ connection: Connection) {
        guard connection.isIdle else { return }
        if connection.isExpired { return close(connection) }
        releaseMemory(of: connection)
    }

    func releaseMemory(of connection: Connection) {
        assertOnLoop()
        if connection.input.isEmpty { memory.take(from: connection.input) }
    }

    // MARK: Requests

    private func dispatch(_ connection: Connection, _ head: RequestHead) {
        var request = Request(
            method: head.method, target: head.target, version: head.version, headers: head.headers,
            remoteAddress: connection.remoteAddress, isSecured: connection.isSecured, receivedAt: .now,
            id: context.nextRequestID())
        if let adoption = context.configuration.adoption { request = adoption(request) }
        let exchange = Exchange(
            context: context, workers: workers, fileDescriptor: connection.fileDescriptor, request: request, head: head,
            input: connection.input)
        if let recorder = context.configuration.recorder { exchange.isRecorded = recorder.records(request.target) }
        exchange.mark = connection.mark
        connection.mark = nil
        connection.exchange = exchange
        connection.isReused = true
        if head.framing == .none, let answer = context.configuration.inlineHandler?(request) {
            guard case .response(let response) = answer else {
                if case .handle(let preparation) = answer { exchange.preparation = preparation }
                return handOn(connection, exchange, head)
            }
            do throws(ResponseError) {
                try exchange.enqueue(response)
            } catch {
                context.report("\(request.method) \(request.target): \(error)")
                try? exchange.enqueue(.failure(.internalServerError, "the server could not answer this request"))
            }
            exchange.disconnection.end()
            return beginSending(connection)
        }
        handOn(connection, exchange, head)
    }

    /// Has a worker answer.
    private func handOn(_ connection: Connection, _ exchange: Exchange, _ head: RequestHead) {
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
        let problem: String
        switch workers.submit(connection) {
        case .accepted: return
        case .full:
            problem =
                "\(context.configuration.maximumWaiting) requests are being answered or wait, the limit"
                + (context.configuration.waitingRemedy.map { ": \($0)" } ?? "")
        case .noThread: problem = "the server has no thread to spare"
        }
        context.report("\(exchange.request.method) \(exchange.request.target) is refused: \(problem)")
        connection.owner.store(.loop, ordering: .relaxed)
        exchange.disconnection.end()
        exchange.keepsAlive = false
        var response = Response.failure(.serviceUnavailable, problem)
        response.headers.set("Retry-After", "1")
        try? exchange.enqueue(response)
        beginSending(connection)
    }

    /// Answers a request that breaks the rules, and closes the connection: where the next request begins is unknown.
    func refuse(_ connection: Connection, _ error: MessageError) {
        assertOnLoop()
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
        if error.isHTTP2 {
            exchange.status = error.status
            exchange.output.append(HTTP2Refusal.bytes)
            exchange.overhead += Int64(HTTP2Refusal.bytes.count)
        } else {
            try? exchange.enqueue(.failure(error.status, error.problem))
        }
        connection.exchange = exchange
        beginSending(connection)
    }

    func resume(afterHandling connection: Connection) {
        assertOnLoop()
        connection.owner.store(.loop, ordering: .relaxed)
        guard !connection.isClosed else { return }
        if connection.exchange!.hasReceived { connection.mayHaveInput = true }
        watch(connection, [.readable, .readHangUp, .edgeTriggered])
        beginSending(connection)
        proceed(connection)
    }

    // MARK: Responses

    func beginSending(_ connection: Connection) {
        assertOnLoop()
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
        if !exchange.output.isEmpty { exchange.flush() }
        guard exchange.output.isEmpty else {
            if exchange.sentCount > sentBefore { awaitClient(connection) }
            return false
        }
        if exchange.failure == nil, let (stream, first) = exchange.events {
            follow(stream, on: connection, first: first)
            return false
        }
        exchange.report()
        if exchange.failure != nil, !exchange.endsEarly {
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

    /// Reads away what the client sends of a body that nobody reads any more, while it takes none of the response: it may
    /// be one that sends all before it reads.
    private func discardInput(_ connection: Connection) {
        guard case .sending = connection.state, let exchange = connection.exchange, !exchange.decoder.isAtEnd,
            !exchange.keepsAlive, connection.mayHaveInput
        else { return }
        connection.input.consume(connection.input.count)
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { scratch in
            while connection.skipped < Self.lingerBytes {
                guard case .moved(let count) = StreamSocket.receive(connection.fileDescriptor, into: scratch) else {
                    connection.mayHaveInput = false
                    return
                }
                connection.skipped += Int64(count)
            }
        }
    }

    private func awaitRequest(_ connection: Connection) {
        connection.exchange = nil
        connection.state = .readingHead
        let timeout =
            connection.input.isEmpty ? context.configuration.keepAliveTimeout : context.configuration.headTimeout
        var deadline = now + timeout
        if let draining { deadline = min(deadline, max(draining.idleUntil, now + Self.leastIdleGrace)) }
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

    func watch(_ connection: Connection, _ interests: EventPoll.Events) {
        assertOnLoop()
        guard connection.interests != interests else { return }
        connection.interests = interests
        _ = poll.modify(connection.fileDescriptor, interests, token: connection.token)
    }
}
