/// A request's body, read while it arrives. For one thread at a time, and only until the handler returns.
package final class RequestBody {
    private enum Source {
        case exchange(Exchange)
        case bytes([UInt8], from: Int)
        case none
    }

    private static let receiveSize = 16 << 10
    private var source: Source

    /// The declared number of bytes; 0 without a body, `nil` when the body is chunked.
    package let contentLength: Int64?

    /// A body made in code, for handlers under test.
    package init(_ bytes: [UInt8]) {
        source = .bytes(bytes, from: 0)
        contentLength = Int64(bytes.count)
    }

    init(_ exchange: Exchange) {
        source = .exchange(exchange)
        switch exchange.framing {
        case .none: contentLength = 0
        case .length(let length): contentLength = length
        case .chunked, .untilClose: contentLength = nil
        }
    }

    /// The fields after a chunked body, once `read` has returned 0.
    package var trailers: Headers {
        guard case .exchange(let exchange) = source else { return Headers() }
        return exchange.decoder.trailers
    }

    /// Waits for the next bytes and puts them into `buffer`.
    ///
    /// The first call sends `100 Continue` to a client that waits for it.
    /// - Returns: the number of bytes, 0 at the end of the body (or for an empty buffer).
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(RequestBodyError) -> Int {
        try read(into: buffer, unlessReadable: nil) ?? 0
    }

    /// Waits for the next bytes and puts them into `buffer`, as above, or until another descriptor can be read.
    ///
    /// - Returns: the number of bytes, 0 at the end of the body; `nil` if nothing has come and the other one is readable.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, unlessReadable other: Int32?
    ) throws(RequestBodyError) -> Int? {
        guard !buffer.isEmpty else { return 0 }
        switch source {
        case .none:
            return 0
        case .bytes(let bytes, let start):
            let count = min(buffer.count, bytes.count - start)
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
            }
            source = .bytes(bytes, from: start + count)
            return count
        case .exchange(let exchange):
            guard !exchange.inputIsBroken else { throw .disconnected }
            do throws(RequestBodyError) {
                return try Self.read(exchange, into: buffer, unlessReadable: other)
            } catch {
                exchange.inputIsBroken = true
                throw error
            }
        }
    }

    /// The descriptor that can be read from as soon as the client sends more of the body; `nil` if `read` need not wait, as
    /// far as it is known.
    package var awaitedDescriptor: Int32? {
        guard case .exchange(let exchange) = source, exchange.awaitsClient else { return nil }
        return exchange.fileDescriptor
    }

    /// Waits for the next bytes: at most `count`, none at the end of the body.
    package func read(upTo count: Int) throws(RequestBodyError) -> [UInt8] {
        guard count > 0 else { return [] }
        return try readArray(capacity: count) { (buffer) throws(RequestBodyError) in try read(into: buffer) }
    }

    /// The rest of the body, at most `limit` bytes; more is `RequestBodyError.tooLarge`.
    package func readAll(limit: Int) throws(RequestBodyError) -> [UInt8] {
        if let contentLength, contentLength > Int64(limit) { throw .tooLarge(limit: Int64(limit)) }
        var bytes: [UInt8] = []
        // What the client announces is memory only as far as it comes.
        bytes.reserveCapacity(Int(min(contentLength ?? 0, 1 << 20)))
        while true {
            let piece = try read(upTo: 64 << 10)
            if piece.isEmpty { return bytes }
            guard bytes.count + piece.count <= limit else { throw .tooLarge(limit: Int64(limit)) }
            bytes.append(contentsOf: piece)
        }
    }

    /// Ends the handler's access: what it kept of this object reads nothing.
    func invalidate() {
        source = .none
    }

    // MARK: From the connection

    private static func read(
        _ exchange: Exchange, into buffer: UnsafeMutableRawBufferPointer, unlessReadable other: Int32?
    ) throws(RequestBodyError) -> Int? {
        let limit = exchange.context.configuration.maximumBody
        while true {
            let progress: BodyDecoder.Progress
            do throws(MessageError) {
                progress = try exchange.decoder.decode(from: exchange.input, into: buffer)
            } catch {
                throw error.status == .contentTooLarge ? .tooLarge(limit: limit) : .malformed(error.problem)
            }
            switch progress {
            case .end:
                return 0
            case .bytes(let count):
                return try account(exchange, buffer, count, limit: limit)
            case .needsInput:
                try sendContinueIfOwed(exchange)
                switch try receive(exchange, into: buffer, unlessReadable: other) {
                case .body(let count): return try account(exchange, buffer, count, limit: limit)
                case .input: continue
                case .otherIsReadable: return nil
                }
            }
        }
    }

    /// Counts bytes of body; the limit holds for chunked bodies as well.
    private static func account(
        _ exchange: Exchange, _ buffer: UnsafeMutableRawBufferPointer, _ count: Int, limit: Int64
    ) throws(RequestBodyError) -> Int {
        exchange.recordBody(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        exchange.bodyCount += Int64(count)
        guard exchange.bodyCount <= limit else { throw .tooLarge(limit: limit) }
        return count
    }

    /// What a wait for the client has brought.
    private enum Reception {
        /// So many bytes of body, which are in the buffer as they stand.
        case body(Int)
        /// Bytes in the connection's input, or a reason to look there again.
        case input
        /// Nothing, and the other descriptor can be read.
        case otherIsReadable
    }

    /// Waits for bytes, or for another descriptor to become readable.
    private static func receive(
        _ exchange: Exchange, into buffer: UnsafeMutableRawBufferPointer, unlessReadable other: Int32?
    ) throws(RequestBodyError) -> Reception {
        // First what has come while the response was sent.
        if try exchange.takeBacklog() { return .input }
        guard !exchange.inputHasEnded else { throw .disconnected }
        let direct = min(Int(clamping: exchange.decoder.directAllowance), buffer.count)
        let isDirect = direct >= 4096
        while true {
            let target =
                isDirect
                ? UnsafeMutableRawBufferPointer(rebasing: buffer[..<direct])
                : exchange.input.room(atLeast: receiveSize)
            switch StreamSocket.receive(exchange.fileDescriptor, into: target) {
            case .moved(let count):
                exchange.readPace.didMove(count)
                exchange.hasReceived = true
                guard isDirect else {
                    exchange.input.commit(count)
                    return .input
                }
                exchange.decoder.didReceiveDirectly(count)
                return .body(count)
            case .wouldBlock:
                // What the handler has written is not to wait for what the client has to say.
                do throws(ResponseError) { if try exchange.flushHeld() { return .input } } catch {
                    throw error == .cancelled ? .cancelled : .disconnected
                }
                if let other, exchange.waitForClient(orReadable: other) { return .otherIsReadable }
                guard exchange.waitForClient(.reading) else { throw exchange.isCancelled ? .cancelled : .timedOut }
            case .end:
                // It has no more to say, and may still read.
                exchange.inputHasEnded = true
                throw .disconnected
            case .failed:
                exchange.disconnection.note()
                throw .disconnected
            }
        }
    }

    /// Invites the client to send the body, unless a part of the response has left: what came then would be taken for more
    /// of it. (A client that is not invited sends the body after a while, or not at all.) It is not worth waiting for: a
    /// socket that cannot take 25 bytes before the response has begun has a client that does not read.
    private static func sendContinueIfOwed(_ exchange: Exchange) throws(RequestBodyError) {
        guard exchange.owesContinue else { return }
        // The event loop may be about to send what is held.
        try exchange.claiming { () throws(RequestBodyError) in
            guard exchange.sentCount == 0, exchange.output.isEmpty else { return }
            exchange.owesContinue = false
            guard InterimResponse.sendContinue(to: exchange.fileDescriptor) == .sent else { throw .disconnected }
        }
    }
}

/// An array of at most `capacity` bytes that `read` fills.
func readArray<Failure: Error>(
    capacity: Int, _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
) throws(Failure) -> [UInt8] {
    var failure: Failure?
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        do throws(Failure) {
            count = try read(UnsafeMutableRawBufferPointer(buffer))
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    return bytes
}

/// Why a request's body cannot be read. A handler that lets it out answers with `status`.
package enum RequestBodyError: Error, Hashable, CustomStringConvertible {
    /// More bytes than the server, or the reader, is willing to take.
    case tooLarge(limit: Int64)
    /// The chunks or trailers break the rules of RFC 9112 section 7.1.
    case malformed(String)
    /// The client stopped sending, or sends too slowly.
    case timedOut
    /// The wait for the client was given up: see ``ResponseWriter/cancelWaits(when:)``.
    case cancelled
    /// The connection ended before the body did.
    case disconnected

    /// What the client is told.
    package var status: Status {
        switch self {
        case .tooLarge: .contentTooLarge
        case .malformed, .disconnected: .badRequest
        case .timedOut, .cancelled: .requestTimeout
        }
    }

    package var description: String {
        switch self {
        case .tooLarge(let limit): "the request's body is larger than \(limit) bytes"
        case .malformed(let problem): "the request's body is malformed: \(problem)"
        case .timedOut: "the client sent the request's body too slowly"
        case .cancelled: "the wait for the request's body was given up"
        case .disconnected: "the client disconnected before the end of the request's body"
        }
    }
}
