import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Who sends a request's body and takes its response, neither of which waits for the other. Used by the thread that runs
/// the exchange.
package protocol DuplexPeer: AnyObject {
    /// The next bytes of the body, none at its end; `nil` if there are none yet.
    func nextBytes() throws -> [UInt8]?

    /// Can be read from when `nextBytes` has something to tell.
    var bytesDescriptor: Int32 { get }

    /// The fields after the body, once that has ended. Those that say how a message is framed or routed are not sent.
    var trailers: Headers { get }

    func takeHead(_ status: Status, _ headers: Headers)

    /// Takes a part of the response's body. It may be called though there is no room for all of it.
    func takeBytes(_ bytes: UnsafeRawBufferPointer)

    /// Whether more of the response's body can be taken.
    var hasRoom: Bool { get }

    /// Can be read from when there is room.
    var roomDescriptor: Int32 { get }
}

extension Client {
    /// Sends a request whose body comes while the response comes, on a connection of its own. Redirects are the caller's.
    ///
    /// - Parameter request: its own body says how long the body is, and is not looked at otherwise.
    /// - Returns: the fields after the response's body.
    /// - Throws: `ClientError` of the server, and what the peer throws.
    package func exchange(_ request: ClientRequest, with peer: any DuplexPeer) throws -> Headers {
        let deadline = deadline
        let connection = try open(to: request.url, for: request, deadline)
        var exchange = makeExchange(connection, request, deadline)
        try exchange.send(head: try encodeHead(request), body: .empty)
        var duplex = DuplexExchange(exchange, connection, request, peer)
        return try duplex.run()
    }
}

/// One request and its response, both on their way.
private struct DuplexExchange {
    private let exchange: ClientExchange
    private let connection: ClientConnection
    private let timeouts: ClientRequest.Timeouts
    private let stallTimeout: Duration
    private let peer: any DuplexPeer
    private var receiver: ResponseReceiver

    /// Bytes that are left of the body; `nil` for one that is chunked.
    private var remainder: Int64?
    private var pending: [UInt8] = []
    private var hasEnded = false
    /// Whether the server takes no more of the body.
    private var isRefused = false
    /// When the server has last sent or taken anything.
    private var lastProgress = MonotonicTime.now

    init(
        _ exchange: ClientExchange, _ connection: ClientConnection, _ request: ClientRequest, _ peer: any DuplexPeer
    ) {
        self.exchange = exchange
        self.connection = connection
        self.peer = peer
        timeouts = request.timeouts
        stallTimeout = exchange.stallTimeout
        receiver = ResponseReceiver(exchange, connection, request.method)
        if case .stream(let length?, _) = request.body { remainder = length }
    }

    mutating func run() throws -> Headers {
        while true {
            let peer = peer
            var hasReceived = false
            let isWhole = try receiver.receive(while: { peer.hasRoom }) { status, headers in
                hasReceived = true
                peer.takeHead(status, headers)
            } onBody: { bytes in
                hasReceived = true
                peer.takeBytes(bytes)
            }
            if isWhole { return receiver.trailers }
            let hasSent = try advance()
            if hasReceived || hasSent {
                lastProgress = .now
            } else {
                try wait()
            }
        }
    }

    /// Sends of the body what there is and the server takes; whether that was anything.
    private mutating func advance() throws -> Bool {
        guard !isRefused else { return false }
        if pending.isEmpty, !hasEnded { try fill() }
        guard !pending.isEmpty else { return false }
        switch pending.withUnsafeBytes({ connection.send($0) }) {
        case .moved(let count):
            pending.removeFirst(count)
            return count > 0
        case .wouldBlock: return false
        case .end, .failed:
            // It may have said why before it closed.
            isRefused = true
            pending = []
            return false
        }
    }

    private mutating func fill() throws {
        guard let bytes = try peer.nextBytes() else { return }
        hasEnded = bytes.isEmpty
        if let remainder {
            guard Int64(bytes.count) <= remainder, !hasEnded || remainder == 0 else {
                throw exchange.error(.bodySource("it is not as long as its Content-Length"))
            }
            self.remainder = remainder - Int64(bytes.count)
            pending = bytes
            return
        }
        ResponseHeadEncoder.appendChunkSize(bytes.count, to: &pending)
        guard hasEnded else { return pending += bytes + [0x0D, 0x0A] }
        let trailers = peer.trailers.asTrailers
        _ = try ResponseHeadEncoder.validate(trailers)
        let lineCount = trailers.lineByteCount
        pending += [UInt8](unsafeUninitializedCapacity: lineCount) { buffer, count in
            trailers.copyLines(to: UnsafeMutableRawBufferPointer(buffer))
            count = lineCount
        }
        pending += [0x0D, 0x0A]
    }

    /// Waits for the server or the peer.
    private func wait() throws {
        let awaitsRoom = !peer.hasRoom
        let awaitsBytes = pending.isEmpty && !hasEnded && !isRefused
        var events: Int32 = 0
        if !awaitsRoom { events |= POLLIN }
        if !pending.isEmpty { events |= POLLOUT }
        // A connection that nothing is wanted of would be reported when the server has closed it.
        let socket = events == 0 ? -1 : connection.fileDescriptor
        var requests = [pollfd(fd: socket, events: Int16(events), revents: 0)]
        if awaitsBytes { requests.append(pollfd(fd: peer.bytesDescriptor, events: Int16(POLLIN), revents: 0)) }
        if awaitsRoom { requests.append(pollfd(fd: peer.roomDescriptor, events: Int16(POLLIN), revents: 0)) }
        var limit = exchange.deadline
        // The server is to blame for a pause only if it is its turn.
        if !awaitsRoom, !awaitsBytes {
            let step = receiver.hasHead ? timeouts.betweenBytes : hasEnded ? timeouts.firstByte : nil
            limit = min(limit, lastProgress + min(step ?? stallTimeout, stallTimeout))
        }
        let result = poll(&requests, nfds_t(requests.count), limit.pollMilliseconds(since: .now))
        if result == 0, MonotonicTime.now >= limit { throw exchange.error(.timedOut) }
    }
}
