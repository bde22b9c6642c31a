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
            exchange.settle()
        }
    }

    /// Runs `body` while no other thread uses the response, which it adds to.
    private func continuing<Result>(_ body: () throws(ResponseError) -> Result) throws(ResponseError) -> Result {
        try exchange.claiming { () throws(ResponseError) in
            if exchange.isEnded { throw .exchangeIsOver }
            return try body()
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
        try continuing { () throws(ResponseError) in
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
        try continuing { () throws(ResponseError) in
            switch exchange.progress {
            case .noHead: throw .headNotWritten
            case .finished: throw .exchangeIsOver
            case .body where exchange.held.isEmpty: try exchange.drainOutput()
            case .body, .head: try exchange.sendBody(UnsafeRawBufferPointer(start: nil, count: 0))
            }
        }
    }

    /// Counts what has been written as sent: another response is possible no more. Bytes of the body leave with what follows,
    /// as `write` has it, after 10 ms at the latest; a head without a body leaves now.
    package func commit() throws(ResponseError) {
        if try continuing({ () throws(ResponseError) in
            exchange.isCommitted = true
            return exchange.held.isEmpty
        }) {
            try flush()
        }
    }

    /// Ends the response before the handler returns: nothing can follow. The end leaves as bytes of the body do: when the
    /// handler waits for something, after 10 ms, or when it returns.
    ///
    /// - Throws: `headNotWritten`; `exchangeIsOver` if it has been ended before; `bodyShorterThanContentLength`, and then it
    ///   is not ended.
    package func end() throws(ResponseError) {
        try continuing { () throws(ResponseError) in
            if let length = try exchange.missingLength() { throw .bodyShorterThanContentLength(length) }
            exchange.isCommitted = true
            exchange.holdEnd()
        }
    }

    /// Sets the fields that follow the body (RFC 9110 section 6.5), before the response is ended. Those that say how a
    /// message is framed or routed are dropped. So are all in a response that is not chunked, where there is no place for
    /// them: with a `Content-Length`, without a body, or to a client of HTTP/1.0.
    package func setTrailers(_ trailers: Headers) throws(ResponseError) {
        _ = try ResponseHeadEncoder.validate(trailers)
        try continuing { () throws(ResponseError) in
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
}

extension Response {
    /// What the server itself says when something is wrong.
    static func failure(_ status: Status, _ problem: String) -> Response {
        Response(status: status, text: "\(status): \(problem)\n")
    }
}
