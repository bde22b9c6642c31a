#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Exchange {
    /// Enqueues a whole response that is not a stream.
    func enqueue(_ response: Response) throws(ResponseError) {
        settle()
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
        if declarations.closes || framing == .untilClose || !findsNextRequest { keepsAlive = false }
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
    var canFindNextRequest: Bool {
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
