#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a handler writes its response. For one thread at a time, except `isClientDisconnected` and `onDisconnect`, and
/// only until the handler returns.
package final class ResponseWriter {
    private enum State {
        case noHead
        /// The head is known but has not left.
        case head(Status, Headers, ResponseHeadEncoder.Declarations)
        /// The head has left; so many bytes of body have followed.
        case body(ResponseFraming, written: Int64)
        case finished
    }

    private let exchange: Exchange
    private var state = State.noHead

    init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    /// Whether the head has been written (it may still wait for the first bytes of the body).
    package var hasHead: Bool {
        if case .noHead = state { false } else { true }
    }

    /// Whether the client is known to be gone. Safe on any thread.
    package var isClientDisconnected: Bool { exchange.disconnection.isDisconnected }

    /// Calls `action`, once, on another thread, when the client goes away before the handler is done; at once if it is
    /// gone already. It must not block.
    package func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        exchange.disconnection.onDisconnect(action)
    }

    /// From now on, a wait of this thread's for its client, to take the response or to send the request's body, is given
    /// up as soon as `condition` holds, with the error `cancelled`. `nil` takes that back.
    package func cancelWaits(when condition: Cancellation?) {
        exchange.cancellation = condition
    }

    /// Whether no more of the response can be sent: the client is gone, too slow, or was given up.
    package var hasFailed: Bool { exchange.failure != nil }

    /// Sets the status and the header fields. They leave with the body's first bytes, or with `flush`.
    ///
    /// With a `Content-Length` among `headers`, exactly so many bytes must follow; without, the body is chunked (for a
    /// client of HTTP/1.0: ended by the connection's end). `Connection: close` among them closes the connection; other
    /// fields that concern the connection are the server's affair and are dropped.
    package func writeHead(_ status: Status, _ headers: Headers = [:]) throws(ResponseError) {
        switch state {
        case .noHead: break
        case .head, .body: throw .headAlreadyWritten
        case .finished: throw .exchangeIsOver
        }
        guard status.code >= 200 else { throw .interimStatus(status) }
        state = .head(status, headers, try ResponseHeadEncoder.validate(headers))
    }

    /// Sends a part of the body, and the head before the first; returns when the system has taken it.
    ///
    /// In a response to HEAD, and with a status that forbids a body, the bytes are dropped.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ResponseError) {
        guard !bytes.isEmpty else { return }
        var head: [UInt8] = []
        let framing: ResponseFraming
        let written: Int64
        switch state {
        case .noHead: throw .headNotWritten
        case .finished: throw .exchangeIsOver
        case .head(let status, let headers, let declarations):
            framing = self.framing(status, bodyLength: declarations.contentLength)
            encode(status, headers, declarations, framing, into: &head)
            written = 0
        case .body(let known, let count):
            framing = known
            written = count
        }
        if case .length(let length) = framing, written + Int64(bytes.count) > length {
            exchange.fail("the response's body exceeds its Content-Length")
            throw .bodyExceedsContentLength(length)
        }
        state = .body(framing, written: written + Int64(bytes.count))
        try send(head, bytes, framing)
    }

    /// Sends a part of the body, and the head before the first; returns when the system has taken it.
    package func write(_ bytes: some Collection<UInt8>) throws(ResponseError) {
        var failure: ResponseError?
        let body = { (bytes: UnsafeRawBufferPointer) in
            do throws(ResponseError) { try self.write(bytes) } catch { failure = error }
        }
        if bytes.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes(body)
        }
        if let failure { throw failure }
    }

    /// Sends a part of the body in UTF-8, and the head before the first; returns when the system has taken it.
    package func write(_ text: String) throws(ResponseError) {
        try write(text.utf8)
    }

    /// Sends the head now if it has not left yet.
    package func flush() throws(ResponseError) {
        switch state {
        case .noHead: throw .headNotWritten
        case .finished: throw .exchangeIsOver
        case .body: return
        case .head(let status, let headers, let declarations):
            var head: [UInt8] = []
            let framing = self.framing(status, bodyLength: declarations.contentLength)
            encode(status, headers, declarations, framing, into: &head)
            state = .body(framing, written: 0)
            try send(head, UnsafeRawBufferPointer(start: nil, count: 0), framing)
        }
    }

    /// Sends a whole response. A body that is not a stream is sent further, as the client takes it, after the handler
    /// has returned.
    package func respond(_ response: Response) throws {
        if case .stream(let length, let body) = response.body {
            var headers = response.headers
            if let length { headers.set("Content-Length", String(length)) }
            try writeHead(response.status, headers)
            try body(self)
            return
        }
        switch state {
        case .noHead: break
        case .head, .body: throw ResponseError.headAlreadyWritten
        case .finished: throw ResponseError.exchangeIsOver
        }
        try exchange.enqueue(response)
        state = .finished
    }

    // MARK: For the server

    /// Ends the handler's access, and enqueues what is needed to end the response.
    ///
    /// - Parameter error: what the handler threw.
    func finish(_ error: (any Error)?) {
        defer { state = .finished }
        if exchange.failure != nil { return }
        switch state {
        case .finished:
            if let error { exchange.context.report("\(describe(error)), after it had answered") }
        case .noHead:
            respondToFailure(error)
        case .head(let status, let headers, let declarations):
            if let error {
                exchange.context.report(describe(error))
                return answer(error)
            }
            guard (declarations.contentLength ?? 0) == 0 || forbidsBody(status) else {
                exchange.context.report(
                    describe(ResponseError.bodyShorterThanContentLength(declarations.contentLength!)))
                return answer(nil)
            }
            // No body was written: its length is known to be 0, unless there would have been one but for HEAD.
            let length: Int64? = forbidsBody(status) ? declarations.contentLength : 0
            var head: [UInt8] = []
            encode(status, headers, declarations, framing(status, bodyLength: length), into: &head)
            exchange.output.append(head)
        case .body(let framing, let written):
            if let error {
                if !isClientsDoing(error) {
                    exchange.context.report("\(describe(error)), in the middle of the response")
                }
                exchange.fail("the handler failed in the middle of the response: \(error)")
                if framing != .untilClose { exchange.endsEarly = true }
                return
            }
            switch framing {
            case .none, .untilClose: break
            case .chunked:
                exchange.output.append(Array("0\r\n\r\n".utf8))
                exchange.overhead += 5
            case .length(let length):
                guard written != length else { return }
                let problem = ResponseError.bodyShorterThanContentLength(length)
                exchange.context.report(describe(problem))
                exchange.fail(problem.description)
            }
        }
    }

    private func respondToFailure(_ error: (any Error)?) {
        guard let error else {
            exchange.context.report("no response to \(exchange.request.method) \(exchange.request.target)")
            return answer(nil)
        }
        if !isClientsDoing(error) { exchange.context.report(describe(error)) }
        answer(error)
    }

    /// Whether a request or a connection was broken off by the client, which is no failure of the handler's.
    private func isClientsDoing(_ error: any Error) -> Bool {
        switch error {
        case is RequestBodyError, ResponseError.clientDisconnected, ResponseError.timedOut, ResponseError.cancelled: true
        default: false
        }
    }

    /// Answers with the status that fits the handler's error.
    private func answer(_ error: (any Error)?) {
        let response: Response
        if let error = error as? RequestBodyError {
            response = .failure(error.status, error.description)
        } else {
            response = .failure(.internalServerError, "the server could not answer this request")
        }
        if error is RequestBodyError { exchange.keepsAlive = false }
        do {
            try exchange.enqueue(response)
        } catch {
            exchange.fail("\(error)")
        }
    }

    private func describe(_ error: any Error) -> String {
        "\(exchange.request.method) \(exchange.request.target): \(error)"
    }

    // MARK: Framing

    private func forbidsBody(_ status: Status) -> Bool {
        exchange.request.method == .head || status.forbidsBody
    }

    private func framing(_ status: Status, bodyLength: Int64?) -> ResponseFraming {
        if forbidsBody(status) { return .none(length: status.code == 204 ? nil : bodyLength) }
        if let bodyLength { return .length(bodyLength) }
        return exchange.request.version == .http11 ? .chunked : .untilClose
    }

    private func encode(
        _ status: Status, _ headers: Headers, _ declarations: ResponseHeadEncoder.Declarations,
        _ framing: ResponseFraming, into head: inout [UInt8]
    ) {
        exchange.encodeHead(status, headers, declarations, framing, into: &head)
    }

    private func send(
        _ head: [UInt8], _ bytes: UnsafeRawBufferPointer, _ framing: ResponseFraming
    ) throws(ResponseError) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var prefix = head
        var suffix = nothing
        var body = bytes
        switch framing {
        case .none:
            body = nothing
        case .chunked where !bytes.isEmpty:
            ResponseHeadEncoder.appendChunkSize(bytes.count, to: &prefix)
            exchange.overhead += Int64(prefix.count - head.count) + 2
            let lineEnd: StaticString = "\r\n"
            suffix = UnsafeRawBufferPointer(start: lineEnd.utf8Start, count: 2)
        default:
            break
        }
        var failure: ResponseError?
        prefix.withUnsafeBytes { prefix in
            do throws(ResponseError) {
                try exchange.send(prefix, body, suffix, count: prefix.count + body.count + suffix.count)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}

extension Exchange {
    /// Enqueues a whole response that is not a stream.
    func enqueue(_ response: Response) throws(ResponseError) {
        guard response.status.code >= 200 else { throw .interimStatus(response.status) }
        var response = response
        if case .events = response.body { response.headers.set("Content-Type", "text/event-stream") }
        let declarations = try ResponseHeadEncoder.validate(response.headers)
        var length = response.body.length ?? 0
        let framing: ResponseFraming
        if case .events(let stream, let first) = response.body, request.method != .head, !response.status.forbidsBody {
            events = (stream, first)
            eventFraming = request.version == .http11 ? .chunked : .untilClose
            var head: [UInt8] = []
            encodeHead(response.status, response.headers, declarations, eventFraming, into: &head)
            return output.append(head)
        }
        if response.status.forbidsBody {
            framing = .none(length: response.status.code == 304 ? declarations.contentLength : nil)
        } else if request.method == .head {
            if case .empty = response.body, let declared = declarations.contentLength { length = declared }
            framing = .none(length: length)
        } else {
            framing = .length(length)
        }
        var head: [UInt8] = []
        encodeHead(response.status, response.headers, declarations, framing, into: &head)
        output.append(head)
        guard case .length = framing else { return }
        do throws(ResponseError) {
            switch response.body {
            case .empty, .stream, .events: break
            case .bytes(let bytes): output.append(bytes)
            case .file(let file, let range): try output.append(file, range)
            case .pieces(let pieces):
                for piece in pieces {
                    switch piece {
                    case .bytes(let bytes): output.append(bytes)
                    case .file(let file, let range): try output.append(file, range)
                    }
                }
            }
        } catch {
            // Nothing has left yet, so that another answer is possible.
            output.removeAll()
            overhead = 0
            throw error
        }
    }

    /// Appends the head's bytes to `head`, and settles whether the connection goes on.
    func encodeHead(
        _ status: Status, _ headers: Headers, _ declarations: ResponseHeadEncoder.Declarations,
        _ framing: ResponseFraming, into head: inout [UInt8]
    ) {
        if declarations.closes || framing == .untilClose || !canFindNextRequest { keepsAlive = false }
        if context.isDraining.load(ordering: .relaxed), !context.isHandingOver.load(ordering: .relaxed), !hasFurtherInput {
            keepsAlive = false
        }
        var headers = headers
        if let mark { headers.set(mark.name, mark.value) }
        self.status = status
        context.encoder.append(
            status, headers, framing: framing, version: request.version, keepsAlive: keepsAlive, to: &head)
        overhead += Int64(head.count)
    }

    /// The most of an unread body that is read away for the sake of the connection.
    static let discardedBodyLimit: Int64 = 256 << 10

    /// Whether the rest of the request's body can be skipped: it is small enough, and the client will send it.
    private var canFindNextRequest: Bool {
        if inputIsBroken || owesContinue { return false }
        guard let remainder = decoder.knownRemainder else { return true }
        return remainder <= Self.discardedBodyLimit
    }
}

extension Exchange {
    /// Whether the client has already sent more than this request. While the server drains, that is still answered.
    private var hasFurtherInput: Bool {
        guard let remainder = decoder.knownRemainder else { return false }
        if Int64(input.count) != remainder { return Int64(input.count) > remainder }
        var byte: UInt8 = 0
        return recv(fileDescriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 1
    }
}

extension Response {
    /// What the server itself says when something is wrong.
    static func failure(_ status: Status, _ problem: String) -> Response {
        Response(status: status, text: "\(status): \(problem)\n")
    }
}
