#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a handler writes its response. For one thread at a time, except `isClientDisconnected` and `onDisconnect`, and
/// only until the handler returns.
package final class ResponseWriter {
    let exchange: Exchange
    /// What follows the response.
    private var epilogue: (() -> Void)?

    init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    /// Whether the head has been written (it may still wait for the first bytes of the body).
    package var hasHead: Bool {
        if case .noHead = exchange.progress { false } else { true }
    }

    /// Whether a part of the response has left, or counts as if it had: see `commit`.
    package var hasSent: Bool { exchange.claiming { exchange.hasBegunResponse } }

    /// What the server's inline handler has found out about the request.
    package var preparation: (any Sendable)? { exchange.preparation }

    /// Whether the server keeps the request and its response.
    package var isRecorded: Bool { exchange.isRecorded }

    /// What a recorder is to get besides: from whoever answers.
    package var details: (any Sendable)? {
        get { exchange.details }
        set { exchange.details = newValue }
    }

    /// Whether the client is known to be gone. Safe on any thread.
    package var isClientDisconnected: Bool { exchange.disconnection.isDisconnected }

    /// Calls `action`, once, on another thread, when the client goes away before the handler is done; at once if it is
    /// gone already. It must not block.
    package func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        exchange.disconnection.onDisconnect(action)
    }

    /// Runs `action` on this thread when the response has been sent, as far as the client takes it at once: so the client
    /// does not wait for it. It must not block.
    package func afterwards(_ action: @escaping () -> Void) { epilogue = action }

    /// To be called when the connection has been given back.
    func runEpilogue() { epilogue?() }

    /// From now on, a wait of this thread's for its client, to take the response or to send the request's body, is given
    /// up as soon as `condition` holds, with the error `cancelled`. `nil` takes that back.
    package func cancelWaits(when condition: Cancellation?) {
        exchange.cancellation = condition
    }

    /// Whether no more of the response can be sent: the client is gone, too slow, or was given up.
    package var hasFailed: Bool { exchange.failure != nil }

    /// Runs `wait`, which waits for something but the client. What has been written leaves before, and other requests may
    /// have their turn meanwhile.
    package func whileWaiting<Result>(_ wait: () -> Result) -> Result {
        // A client that is gone shows at the next write.
        _ = try? exchange.flushHeld()
        return exchange.whileWaiting(wait)
    }

    /// Sets the status and the header fields. They leave with the body's first bytes, or with `flush`.
    ///
    /// With a `Content-Length` among `headers`, exactly so many bytes must follow. Without, a body that is short and
    /// written at once gets one; a longer one is chunked (for a client of HTTP/1.0: ended by the connection's end).
    /// `Connection: close` among them closes the connection; other fields that concern the connection are the server's
    /// affair and are dropped.
    package func writeHead(_ status: Status, _ headers: Headers = [:]) throws(ResponseError) {
        try exchange.claiming { () throws(ResponseError) in
            switch exchange.progress {
            case .noHead: break
            case .head, .body: throw .headAlreadyWritten
            case .finished: throw .exchangeIsOver
            }
            guard status.code >= 200 else { throw .interimStatus(status) }
            exchange.progress = .head(status, headers, try ResponseHeadEncoder.validate(headers))
        }
    }

    /// Takes back what has been written. Nothing of it may have left: see `hasSent`.
    package func discard() {
        exchange.claiming {
            guard !exchange.hasBegunResponse else { return }
            exchange.held = []
            exchange.progress = .noHead
            exchange.status = nil
            exchange.discardRecordedResponse()
        }
    }

    /// Takes a part of the body. It leaves with what follows: when there are 32 KiB of it, when the handler waits for
    /// something, after 10 ms, or at the end. With more than that, it returns when the system has taken it.
    ///
    /// In a response to HEAD, and with a status that forbids a body, the bytes are dropped.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ResponseError) {
        guard !bytes.isEmpty else { return }
        try exchange.claiming { () throws(ResponseError) in
            if exchange.failure != nil { throw .clientDisconnected }
            let framing: ResponseFraming?
            let written: Int64
            switch exchange.progress {
            case .noHead: throw .headNotWritten
            case .finished: throw .exchangeIsOver
            case .head(_, _, let declarations):
                framing = declarations.contentLength.map { .length($0) }
                written = Int64(exchange.held.count)
            case .body(let known, let count):
                framing = known
                written = count
            }
            let total = written + Int64(bytes.count)
            if case .length(let length)? = framing, total > length, exchange.status?.code != 205 {
                // While nothing has left, another response is possible.
                if case .body = exchange.progress {
                    exchange.fail("the response's body exceeds its Content-Length of \(length)")
                }
                throw .bodyExceedsContentLength(length)
            }
            if case .body(let known, _) = exchange.progress { exchange.progress = .body(known, written: total) }
            if exchange.held.count + bytes.count <= Exchange.heldLimit {
                exchange.hold(bytes)
                if exchange.hasWaitedLong { try exchange.sendBody(UnsafeRawBufferPointer(start: nil, count: 0)) }
            } else {
                try exchange.sendBody(bytes)
            }
        }
    }

    /// Takes a part of the body, as above.
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

    /// Takes a part of the body in UTF-8, as above.
    package func write(_ text: String) throws(ResponseError) {
        try write(text.utf8)
    }

    /// Sends now what has been written, the head at least.
    package func flush() throws(ResponseError) {
        try exchange.claiming { () throws(ResponseError) in
            switch exchange.progress {
            case .noHead: throw .headNotWritten
            case .finished: throw .exchangeIsOver
            case .body where exchange.held.isEmpty: return
            case .body, .head: try exchange.sendBody(UnsafeRawBufferPointer(start: nil, count: 0))
            }
        }
    }

    /// Counts what has been written as sent: another response is possible no more. Bytes of the body leave with what follows,
    /// as `write` has it, after 10 ms at the latest; a head without a body leaves now.
    package func commit() throws(ResponseError) {
        if try exchange.claiming({ () throws(ResponseError) in
            exchange.isCommitted = true
            return exchange.held.isEmpty
        }) {
            try flush()
        }
    }

    /// Sets the fields that follow the body (RFC 9110 section 6.5), before the response is ended. Those that say how a
    /// message is framed or routed are dropped. So are all in a response that is not chunked, where there is no place for
    /// them: with a `Content-Length`, without a body, or to a client of HTTP/1.0.
    package func setTrailers(_ trailers: Headers) throws(ResponseError) {
        _ = try ResponseHeadEncoder.validate(trailers)
        try exchange.claiming { () throws(ResponseError) in
            switch exchange.progress {
            case .noHead: throw .headNotWritten
            case .finished: throw .exchangeIsOver
            case .body: break
            // Otherwise the response would leave in one piece, with a length.
            case .head: try exchange.sendBody(UnsafeRawBufferPointer(start: nil, count: 0))
            }
            exchange.trailers = trailers.asTrailers
        }
    }

    /// Sends an interim response (RFC 9110 section 15.2), such as 103, to a client of HTTP/1.1.
    ///
    /// - Throws: `interimStatus` for another status than one from 102 to 199; `headAlreadyWritten` if a part of the response has
    ///   left.
    package func writeInterim(_ status: Status, _ headers: Headers) throws(ResponseError) {
        guard (102...199).contains(status.code) else { throw .interimStatus(status) }
        _ = try ResponseHeadEncoder.validate(headers)
        try exchange.claiming { () throws(ResponseError) in
            guard case .noHead = exchange.progress, exchange.sentCount == 0 else { throw .headAlreadyWritten }
            guard exchange.request.version == .http11 else { return }
            var head = Array("HTTP/1.1 \(status)\r\n".utf8)
            let lineCount = headers.lineByteCount
            head += [UInt8](unsafeUninitializedCapacity: lineCount) { buffer, count in
                headers.copyLines(to: UnsafeMutableRawBufferPointer(buffer))
                count = lineCount
            }
            head += [0x0D, 0x0A]
            var failure: ResponseError?
            head.withUnsafeBytes { head in
                do throws(ResponseError) { try exchange.send(head, count: head.count) } catch { failure = error }
            }
            if let failure { throw failure }
            // It is no part of the response: another one is still possible.
            exchange.sentCount = 0
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
        switch exchange.progress {
        case .noHead: break
        case .head, .body: throw ResponseError.headAlreadyWritten
        case .finished: throw ResponseError.exchangeIsOver
        }
        try exchange.claiming { () throws(ResponseError) in
            try exchange.enqueue(response)
            exchange.progress = .finished
        }
    }

    // MARK: For the server

    /// Ends the handler's access, and enqueues what is needed to end the response.
    ///
    /// - Parameter error: what the handler threw.
    func finish(_ error: (any Error)?) {
        exchange.claiming {
            defer {
                exchange.progress = .finished
                exchange.held = []
            }
            if exchange.failure != nil { return }
            switch exchange.progress {
            case .finished:
                if let error { exchange.context.report("\(describe(error)), after it had answered") }
            case .noHead:
                respondToFailure(error)
            case .head(let status, let headers, let declarations):
                if exchange.isCommitted, error != nil || !isWhole(status, declarations) {
                    // It is cut off, as it would be if it had left.
                    guard (try? exchange.sendBody(UnsafeRawBufferPointer(start: nil, count: 0))) != nil,
                        case .body(let framing, let written) = exchange.progress
                    else { return }
                    return finishBody(framing, written, error)
                }
                if let error {
                    if !isClientsDoing(error) { exchange.context.report(describe(error)) }
                    return answer(error)
                }
                finishWhole(status, headers, declarations)
            case .body(let framing, let written):
                finishBody(framing, written, error)
            }
        }
    }

    /// Whether a response without a body is what the request and the status ask for.
    private func isBodiless(_ status: Status) -> Bool {
        exchange.request.method == .head || status.forbidsBody || status.code == 205
    }

    /// Whether what is held is all of the body that the head declares.
    private func isWhole(_ status: Status, _ declarations: ResponseHeadEncoder.Declarations) -> Bool {
        guard let length = declarations.contentLength, !isBodiless(status) else { return true }
        return length == exchange.held.count
    }

    /// Nothing of the response has left: it leaves in one piece.
    private func finishWhole(_ status: Status, _ headers: Headers, _ declarations: ResponseHeadEncoder.Declarations) {
        let body = exchange.held
        let isBodiless = isBodiless(status)
        if !isWhole(status, declarations), let length = declarations.contentLength {
            exchange.context.report(describe(ResponseError.bodyShorterThanContentLength(length)))
            return answer(nil)
        }
        // In an answer to HEAD, a body that is not there says nothing about that of another method. In 304, the length would
        // be that of a 200 (RFC 9110 section 8.6).
        let isUnknown = status.code == 304 || isBodiless && body.isEmpty
        let known = declarations.contentLength ?? (isUnknown ? nil : Int64(body.count))
        let framing = exchange.framing(status, bodyLength: known)
        exchange.recordWhole(isBodiless ? .empty : .bytes(body))
        var whole: [UInt8] = []
        exchange.encodeHead(status, headers, declarations, framing, into: &whole)
        if !isBodiless { whole.append(contentsOf: body) }
        exchange.output.append(whole)
    }

    private func finishBody(_ framing: ResponseFraming, _ written: Int64, _ error: (any Error)?) {
        if let error {
            if !isClientsDoing(error) {
                exchange.context.report("\(describe(error)), in the middle of the response")
            }
            let rest = exchange.held
            exchange.fail("the handler failed in the middle of the response: \(error)")
            guard framing != .untilClose else { return }
            // The client gets what there is, and sees that the end is missing.
            appendBody(rest, framing)
            exchange.endsEarly = true
            return
        }
        if case .length(let length) = framing, written != length, exchange.status?.code != 205 {
            let problem = ResponseError.bodyShorterThanContentLength(length)
            exchange.context.report(describe(problem))
            let rest = exchange.held
            exchange.fail(problem.description)
            appendBody(rest, framing)
            exchange.endsEarly = true
            return
        }
        appendBody(exchange.held, framing)
        guard case .chunked = framing else { return }
        var end = Array("0\r\n".utf8)
        let lineCount = exchange.trailers.lineByteCount
        end += [UInt8](unsafeUninitializedCapacity: lineCount) { buffer, count in
            exchange.trailers.copyLines(to: UnsafeMutableRawBufferPointer(buffer))
            count = lineCount
        }
        end += [0x0D, 0x0A]
        exchange.output.append(end)
        exchange.overhead += Int64(end.count)
    }

    /// Enqueues the rest of the body.
    private func appendBody(_ bytes: [UInt8], _ framing: ResponseFraming) {
        switch framing {
        case .none: return
        case .length where exchange.status?.code == 205: return
        default: exchange.recordPart(bytes)
        }
        switch framing {
        case .chunked where !bytes.isEmpty:
            var chunk: [UInt8] = []
            ResponseHeadEncoder.appendChunkSize(bytes.count, to: &chunk)
            exchange.overhead += Int64(chunk.count) + 2
            exchange.output.append(chunk + bytes + [0x0D, 0x0A])
        default: exchange.output.append(bytes)
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
        case is RequestBodyError, ResponseError.clientDisconnected, ResponseError.timedOut, ResponseError.cancelled:
            true
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
        if response.status.code == 205 {
            // It tells the client that there is none (RFC 9110 section 15.3.6).
            response.body = .empty
            framing = .length(0)
        } else if response.status.forbidsBody {
            framing = .none(length: response.status.code == 304 ? declarations.contentLength : nil)
        } else if request.method == .head {
            if case .empty = response.body, let declared = declarations.contentLength { length = declared }
            framing = .none(length: length)
        } else {
            framing = .length(length)
        }
        var head: [UInt8] = []
        if case .bytes(let body) = response.body, body.count <= OutputQueue.copiedByteCount {
            // The body is copied behind it.
            head.reserveCapacity(512 + body.count)
        }
        encodeHead(response.status, response.headers, declarations, framing, into: &head)
        output.append(head)
        guard case .length = framing else {
            recordWhole(.empty)
            return
        }
        recordWhole(response.body, isStored: response.isStored)
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
        if context.isDraining.load(ordering: .relaxed), !context.isHandingOver.load(ordering: .relaxed),
            !hasFurtherInput
        {
            keepsAlive = false
        }
        var headers = headers
        if let mark { headers.set(mark.name, mark.value) }
        self.status = status
        let start = head.count
        context.encoder.append(
            status, headers, framing: framing, version: request.version, keepsAlive: keepsAlive, to: &head)
        recordHead(head[start...])
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
