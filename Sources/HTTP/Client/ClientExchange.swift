import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One request and its response on a connection.
struct ClientExchange {
    private static let receiveSize = 16 << 10
    /// How many responses may come before the one that counts (RFC 9110 section 15.2).
    static let maximumInterim = 15

    let connection: ClientConnection
    let url: HTTPURL
    let limits: HeadLimits
    let deadline: MonotonicTime
    /// When the response's head has to be there.
    var headDeadline = MonotonicTime.distantFuture
    private let cancellation: Cancellation?
    private var pace: TransferPace
    var stallTimeout: Duration { pace.stallTimeout }
    /// Whether the server has answered before it had the whole request.
    private(set) var answeredEarly = false
    /// Whether anything of an answer has come.
    private(set) var hasAnswer = false
    /// Whether the request's stream has been read from, so that it cannot be sent again.
    private(set) var hasConsumedStream = false

    init(
        connection: ClientConnection, url: HTTPURL, configuration: ClientConfiguration, deadline: MonotonicTime,
        cancellation: Cancellation?
    ) {
        self.connection = connection
        self.url = url
        self.deadline = deadline
        self.cancellation = cancellation
        limits = HeadLimits(
            maximumStartLine: configuration.maximumHead, maximumHead: configuration.maximumHead,
            maximumFields: configuration.maximumFields)
        pace = TransferPace(stallTimeout: configuration.stallTimeout)
    }

    func error(_ reason: ClientError.Reason) -> ClientError { ClientError(reason: reason, url: url) }

    mutating func wait(for direction: StreamSocket.Direction) throws(ClientError) {
        guard !pace.wait(connection.fileDescriptor, for: direction, until: min(deadline, headDeadline), cancellation)
        else { return }
        throw error(cancellation?() == true ? .cancelled : .timedOut)
    }

    /// From now on, the server may not pause for longer than that.
    mutating func limitStalls(to limit: Duration) {
        pace = TransferPace(stallTimeout: min(limit, pace.stallTimeout))
    }

    // MARK: Sending

    /// Sends `head` and the body, unless the server answers before it is finished.
    mutating func send(head: [UInt8], body: ClientRequest.Body) throws(ClientError) {
        switch body {
        case .empty:
            try send(head)
        case .bytes(let bytes):
            if bytes.count <= 16 << 10 {
                try send(head + bytes)
            } else {
                try send(head)
                try send(bytes)
            }
        case .file(let file, let range):
            try send(head)
            var offset = range.lowerBound
            try sendPieces(length: Int64(range.count), isChunked: false) { buffer in
                let count = try file.read(at: offset, into: buffer)
                offset += Int64(count)
                return count
            }
        case .stream(let length, let read):
            hasConsumedStream = true
            try send(head)
            try sendPieces(length: length, isChunked: length == nil, read)
        }
    }

    /// Sends what `read` delivers, `length` bytes of it if that is known.
    private mutating func sendPieces(
        length: Int64?, isChunked: Bool, _ read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws(ClientError) {
        var remaining = length ?? .max
        let capacity = 64 << 10
        while remaining > 0, !answeredEarly {
            let piece: [UInt8]
            do {
                piece = try readArray(capacity: Int(min(Int64(capacity), remaining)), read)
            } catch let failure {
                throw error(.bodySource("\(failure)"))
            }
            if piece.isEmpty {
                if length != nil { throw error(.bodySource("it ended \(remaining) bytes early")) }
                break
            }
            remaining -= Int64(piece.count)
            if isChunked {
                var chunk: [UInt8] = []
                chunk.reserveCapacity(piece.count + 16)
                ResponseHeadEncoder.appendChunkSize(piece.count, to: &chunk)
                chunk.append(contentsOf: piece)
                chunk.append(contentsOf: [0x0D, 0x0A])
                try send(chunk)
            } else {
                try send(piece)
            }
        }
        if isChunked, !answeredEarly { try send(Array("0\r\n\r\n".utf8)) }
    }

    private mutating func send(_ bytes: [UInt8]) throws(ClientError) {
        var start = 0
        while start < bytes.count, !answeredEarly {
            let result = bytes.withUnsafeBytes {
                connection.send(UnsafeRawBufferPointer(rebasing: $0[start...]))
            }
            switch result {
            case .moved(let count):
                start += count
            case .wouldBlock:
                try wait(for: .either)
                if connection.hasInput { answeredEarly = true }
            case .end, .failed:
                // The server may have said why before it closed.
                guard connection.hasInput else { throw error(.disconnected) }
                answeredEarly = true
            }
        }
    }

    // MARK: Receiving

    /// Waits for the response's head, passing over interim ones.
    ///
    /// - Parameter maySwitchProtocols: whether 101 is an answer that was asked for.
    mutating func receiveHead(
        for method: Method, maySwitchProtocols: Bool = false
    ) throws(ClientError) -> ResponseHead {
        for _ in 0...Self.maximumInterim {
            var parser = ResponseHeadParser(limits: limits, requestMethod: method)
            while true {
                do throws(MessageError) {
                    if let (head, byteCount) = try parser.parse(connection.input.readable) {
                        connection.input.consume(byteCount)
                        if head.status.code >= 200 { return head }
                        guard head.status.code != 101 else {
                            if maySwitchProtocols { return head }
                            throw MessageError("it switches to a protocol that was not asked for")
                        }
                        break
                    }
                } catch let failure {
                    throw error(
                        failure.status == .requestHeaderFieldsTooLarge
                            ? .tooLarge(limit: Int64(limits.maximumHead)) : .malformedResponse(failure.problem))
                }
                try receiveMore()
            }
        }
        throw error(.malformedResponse("it has too many interim responses"))
    }

    private mutating func receiveMore() throws(ClientError) {
        let room = connection.input.room(atLeast: Self.receiveSize)
        guard let count = try receive(into: room) else { throw error(.disconnected) }
        hasAnswer = true
        connection.input.commit(count)
    }

    /// Waits for bytes; `nil` at the stream's end.
    private mutating func receive(into buffer: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int? {
        while true {
            switch connection.receive(into: buffer) {
            case .moved(let count): return count
            case .end: return nil
            case .failed(let code):
                throw error(
                    code == ECONNRESET || code == 0
                        ? .disconnected : .system(SystemError(operation: "recv", code: code)))
            case .wouldBlock:
                try wait(for: .reading)
            }
        }
    }

    /// Waits for the next bytes of the body; 0 at its end.
    mutating func readBody(
        _ decoder: inout BodyDecoder, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ClientError) -> Int {
        while true {
            let progress: BodyDecoder.Progress
            do throws(MessageError) {
                progress = try decoder.decode(from: connection.input, into: buffer)
            } catch let failure {
                throw error(.malformedResponse(failure.problem))
            }
            switch progress {
            case .end: return 0
            case .bytes(let count): return count
            case .needsInput: break
            }
            let direct = min(Int(clamping: decoder.directAllowance), buffer.count)
            if direct >= 4096 {
                guard let count = try receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<direct])) else {
                    if decoder.endsWithConnection { return 0 }
                    throw error(.disconnected)
                }
                decoder.didReceiveDirectly(count)
                return count
            }
            let room = connection.input.room(atLeast: Self.receiveSize)
            guard let count = try receive(into: room) else {
                if decoder.endsWithConnection { return 0 }
                throw error(.disconnected)
            }
            connection.input.commit(count)
        }
    }
}
