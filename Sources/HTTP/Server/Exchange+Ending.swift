extension Exchange {
    /// Ends the handler's access, and enqueues what is needed to end the response.
    ///
    /// - Parameter error: what the handler threw.
    func finish(_ error: (any Error)?) {
        claiming {
            isHandled = true
            settle()
            // What a handler has ended is whole, whatever becomes of it later.
            if isEnded { enqueueEnd(nil) }
            enqueueEnd(error)
        }
    }

    /// Enqueues what is needed to end the response. Only for who has claimed it.
    func enqueueEnd(_ error: (any Error)?) {
        defer {
            progress = .finished
            held = []
        }
        if failure != nil { return }
        switch progress {
        case .finished:
            if let error { context.report("\(describe(error)), after it had answered") }
        case .noHead:
            respondToFailure(error)
        case .head(let status, let headers, let declarations):
            if isCommitted, error != nil || !isWhole(status, declarations) {
                // It is cut off, as it would be if it had left.
                guard (try? sendBody(UnsafeRawBufferPointer(start: nil, count: 0))) != nil,
                    case .body(let framing, let written) = progress
                else { return }
                return finishBody(framing, written, error)
            }
            if let error {
                if !isClientsDoing(error) { context.report(describe(error)) }
                return answer(error)
            }
            finishWhole(status, headers, declarations)
        case .body(let framing, let written):
            finishBody(framing, written, error)
        }
    }

    /// The length that the head declares, if the body that has been written is shorter, and that matters.
    func missingLength() throws(ResponseError) -> Int64? {
        switch progress {
        case .noHead: throw .headNotWritten
        case .finished: throw .exchangeIsOver
        case .head(let status, _, let declarations): isWhole(status, declarations) ? nil : declarations.contentLength
        case .body(.length(let length), let written): written == length || status?.code == 205 ? nil : length
        case .body: nil
        }
    }

    /// Whether a response without a body is what the request and the status ask for.
    private func isBodiless(_ status: Status) -> Bool {
        request.method == .head || status.forbidsBody || status.code == 205
    }

    /// Whether what is held is all of the body that the head declares.
    private func isWhole(_ status: Status, _ declarations: ResponseHeadEncoder.Declarations) -> Bool {
        guard let length = declarations.contentLength, !isBodiless(status) else { return true }
        return length == held.count
    }

    /// Nothing of the response has left: it leaves in one piece.
    private func finishWhole(_ status: Status, _ headers: Headers, _ declarations: ResponseHeadEncoder.Declarations) {
        let body = held
        let isBodiless = isBodiless(status)
        if !isWhole(status, declarations), let length = declarations.contentLength {
            context.report(describe(ResponseError.bodyShorterThanContentLength(length)))
            return answer(nil)
        }
        // In an answer to HEAD, a body that is not there says nothing about that of another method. In 304, the length would
        // be that of a 200 (RFC 9110 section 8.6).
        let isUnknown = status.code == 304 || isBodiless && body.isEmpty
        let known = declarations.contentLength ?? (isUnknown ? nil : Int64(body.count))
        let framing = framing(status, bodyLength: known)
        recordWhole(isBodiless ? .empty : .bytes(body))
        var whole: [UInt8] = []
        encodeHead(status, headers, declarations, framing, into: &whole)
        if !isBodiless { whole.append(contentsOf: body) }
        output.append(whole)
    }

    private func finishBody(_ framing: ResponseFraming, _ written: Int64, _ error: (any Error)?) {
        if let error {
            if !isClientsDoing(error) {
                context.report("\(describe(error)), in the middle of the response")
            }
            let rest = held
            fail("the handler failed in the middle of the response: \(error)")
            guard framing != .untilClose else { return }
            // The client gets what there is, and sees that the end is missing.
            appendBody(rest, framing)
            endsEarly = true
            return
        }
        if case .length(let length) = framing, written != length, status?.code != 205 {
            let problem = ResponseError.bodyShorterThanContentLength(length)
            context.report(describe(problem))
            let rest = held
            fail(problem.description)
            appendBody(rest, framing)
            endsEarly = true
            return
        }
        appendBody(held, framing)
        guard case .chunked = framing else { return }
        var end = Array("0\r\n".utf8)
        let lineCount = trailers.lineByteCount
        end += [UInt8](unsafeUninitializedCapacity: lineCount) { buffer, count in
            trailers.copyLines(to: UnsafeMutableRawBufferPointer(buffer))
            count = lineCount
        }
        end += [0x0D, 0x0A]
        output.append(end)
        overhead += Int64(end.count)
    }

    /// Enqueues the rest of the body.
    private func appendBody(_ bytes: [UInt8], _ framing: ResponseFraming) {
        switch framing {
        case .none: return
        case .length where status?.code == 205: return
        default: recordPart(bytes)
        }
        switch framing {
        case .chunked where !bytes.isEmpty:
            var chunk: [UInt8] = []
            ResponseHeadEncoder.appendChunkSize(bytes.count, to: &chunk)
            overhead += Int64(chunk.count) + 2
            output.append(chunk + bytes + [0x0D, 0x0A])
        default: output.append(bytes)
        }
    }

    private func respondToFailure(_ error: (any Error)?) {
        guard let error else {
            context.report("no response to \(request.method) \(request.target)")
            return answer(nil)
        }
        if !isClientsDoing(error) { context.report(describe(error)) }
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
        if error is RequestBodyError { keepsAlive = false }
        do {
            try enqueue(response)
        } catch {
            fail("\(error)")
        }
    }

    private func describe(_ error: any Error) -> String {
        "\(request.method) \(request.target): \(error)"
    }
}
