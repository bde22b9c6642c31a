import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Client {
    /// Sends a request whose body is read while it is sent, and hands the response on while it comes: each may wait for
    /// the other. On a connection of its own.
    ///
    /// - Parameters:
    ///   - request: its own body is not looked at.
    ///   - body: what is sent; read on this thread.
    ///   - onHead: called once, when the response's head has come.
    ///   - onBody: called with each piece of the response's body as soon as it is there.
    /// - Throws: `ClientError` of the server, `RequestBodyError` of the client, and what the closures throw.
    package func relay(
        _ request: ClientRequest, body: RequestBody, onHead: (Status, Headers) throws -> Void,
        onBody: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var request = request
        request.body = .stream(length: body.contentLength) { _ in 0 }
        let deadline = deadline
        let connection = try ClientConnection.open(
            to: request.url, configuration: configuration, limit: deadline, cancellation: request.cancellation)
        var exchange = makeExchange(connection, request, deadline)
        try exchange.send(head: try encodeHead(request), body: .empty)
        var sender = BodySender(body, isChunked: body.contentLength == nil)
        var receiver = ResponseReceiver(exchange, connection, request.method)
        while true {
            // What has come leaves first: a server that has answered may want no more.
            if try receiver.receive(onHead: onHead, onBody: onBody) { return }
            switch try sender.advance(connection) {
            case .sent: continue
            case .ended: try exchange.wait(for: .reading)
            case .mustWait: try exchange.wait(for: .either)
            case .serverReady: continue
            case .serverGone:
                // It may have said why before it closed.
                try exchange.wait(for: .reading)
            }
        }
    }
}

/// Sends a body as far as that goes without waiting for the server.
private struct BodySender {
    enum Progress {
        case sent
        /// All has been sent.
        case ended
        /// The server takes no more for now.
        case mustWait
        /// The server has something to say, while the client has not.
        case serverReady
        /// The server takes no more at all.
        case serverGone
    }

    private static let bufferSize = 64 << 10
    private let body: RequestBody
    private let isChunked: Bool
    private var pending: [UInt8] = []
    private var start = 0
    private var hasEnded: Bool
    private var isRefused = false

    init(_ body: RequestBody, isChunked: Bool) {
        self.body = body
        self.isChunked = isChunked
        hasEnded = body.contentLength == 0
    }

    mutating func advance(_ connection: ClientConnection) throws(RequestBodyError) -> Progress {
        if isRefused { return .serverGone }
        if start < pending.count {
            let result = pending.withUnsafeBytes { connection.send(UnsafeRawBufferPointer(rebasing: $0[start...])) }
            switch result {
            case .moved(let count):
                start += count
                return .sent
            case .wouldBlock: return .mustWait
            case .end, .failed:
                isRefused = true
                return .serverGone
            }
        }
        if hasEnded { return .ended }
        var count: Int?
        let piece = try readArray(capacity: Self.bufferSize) { (buffer) throws(RequestBodyError) in
            count = try body.read(into: buffer, unlessReadable: connection.fileDescriptor)
            return count ?? 0
        }
        guard count != nil else { return .serverReady }
        hasEnded = piece.isEmpty
        start = 0
        guard isChunked else {
            pending = piece
            return .sent
        }
        pending = []
        ResponseHeadEncoder.appendChunkSize(piece.count, to: &pending)
        pending += piece + [0x0D, 0x0A]
        return .sent
    }
}

/// Receives a response as far as that goes without waiting.
struct ResponseReceiver {
    private static let bufferSize = 64 << 10
    private let exchange: ClientExchange
    private let connection: ClientConnection
    private let method: Method
    private var parser: ResponseHeadParser
    private var decoder: BodyDecoder?
    private var interimCount = 0

    init(_ exchange: ClientExchange, _ connection: ClientConnection, _ method: Method) {
        self.exchange = exchange
        self.connection = connection
        self.method = method
        parser = ResponseHeadParser(limits: exchange.limits, requestMethod: method)
    }

    /// Whether the response's head has been handed on.
    var hasHead: Bool { decoder != nil }

    /// The fields after a chunked body, once the response is whole.
    var trailers: Headers { decoder?.trailers ?? Headers() }

    /// Hands on what is there.
    ///
    /// - Parameter hasRoom: whether more of the body can be handed on now.
    /// - Returns: whether the response is whole.
    mutating func receive(
        while hasRoom: () -> Bool = { true }, onHead: (Status, Headers) throws -> Void,
        onBody: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Bool {
        while true {
            if try take(while: hasRoom, onHead: onHead, onBody: onBody) { return true }
            guard hasRoom() else { return false }
            switch connection.receive(into: connection.input.room(atLeast: Self.bufferSize)) {
            case .moved(let count): connection.input.commit(count)
            case .wouldBlock: return false
            case .end where decoder?.endsWithConnection == true: return true
            case .end, .failed: throw exchange.error(.disconnected)
            }
        }
    }

    /// Hands on what has been received.
    private mutating func take(
        while hasRoom: () -> Bool, onHead: (Status, Headers) throws -> Void,
        onBody: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Bool {
        while decoder == nil {
            guard let head = try nextHead() else { return false }
            guard head.status.code >= 200 else {
                interimCount += 1
                guard head.status.code != 101 else {
                    throw exchange.error(.malformedResponse("it switches to a protocol that was not asked for"))
                }
                guard interimCount <= ClientExchange.maximumInterim else {
                    throw exchange.error(.malformedResponse("it has too many interim responses"))
                }
                parser = ResponseHeadParser(limits: exchange.limits, requestMethod: method)
                continue
            }
            try onHead(head.status, head.headers)
            decoder = BodyDecoder(framing: head.framing, limits: exchange.limits)
        }
        return try withUnsafeTemporaryAllocation(byteCount: Self.bufferSize, alignment: 16) { buffer in
            while hasRoom() {
                switch try decode(into: buffer) {
                case .end: return true
                case .needsInput: return false
                case .bytes(let count): try onBody(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
            }
            return false
        }
    }

    private mutating func nextHead() throws(ClientError) -> ResponseHead? {
        do throws(MessageError) {
            guard let (head, byteCount) = try parser.parse(connection.input.readable) else { return nil }
            connection.input.consume(byteCount)
            return head
        } catch {
            throw exchange.error(.malformedResponse(error.problem))
        }
    }

    private mutating func decode(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(ClientError) -> BodyDecoder.Progress {
        do throws(MessageError) { return try decoder!.decode(from: connection.input, into: buffer) } catch {
            throw exchange.error(.malformedResponse(error.problem))
        }
    }
}
