/// A response whose body is read while it arrives. For one thread at a time.
package final class ClientResponse {
    /// The URL that answered, after redirects.
    package let url: HTTPURL
    private let head: ResponseHead
    private let pool: ConnectionPool
    /// `nil` once the body has been read or given up.
    private var exchange: ClientExchange?
    private var decoder: BodyDecoder

    init(head: ResponseHead, exchange: ClientExchange, pool: ConnectionPool) {
        url = exchange.url
        self.head = head
        self.pool = pool
        self.exchange = exchange
        decoder = BodyDecoder(framing: head.framing, limits: exchange.limits)
        if decoder.isAtEnd { finish() }
    }

    package var status: Status { head.status }
    package var version: Version { head.version }
    package var headers: Headers { head.headers }

    /// The number of bytes of the body, `nil` when only its end will tell.
    package var contentLength: Int64? {
        switch head.framing {
        case .none: 0
        case .length(let length): length
        case .chunked, .untilClose: nil
        }
    }

    /// The fields after a chunked body, once `read` has returned 0.
    package var trailers: Headers { decoder.trailers }

    /// Waits for the next bytes and puts them into `buffer`; 0 is the end of the body (or an empty buffer).
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int {
        guard !buffer.isEmpty, exchange != nil else { return 0 }
        do throws(ClientError) {
            let count = try exchange!.readBody(&decoder, into: buffer)
            if count == 0 || decoder.isAtEnd { finish() }
            return count
        } catch {
            exchange = nil
            throw error
        }
    }

    /// Waits for the next bytes: at most `count`, none at the end of the body.
    package func read(upTo count: Int) throws(ClientError) -> [UInt8] {
        guard count > 0 else { return [] }
        return try readArray(capacity: count) { (buffer) throws(ClientError) in try read(into: buffer) }
    }

    /// The rest of the body, at most `limit` bytes; more is an error.
    package func readAll(limit: Int) throws(ClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            if Int64(bytes.count) + max(0, decoder.knownRemainder ?? 0) > Int64(limit) {
                close()
                throw ClientError(reason: .tooLarge(limit: Int64(limit)), url: url)
            }
            let piece = try read(upTo: 64 << 10)
            if piece.isEmpty { return bytes }
            bytes.append(contentsOf: piece)
        }
    }

    /// Gives the rest of the body up, and the connection with it unless the body has been read to its end.
    package func close() {
        exchange = nil
    }

    /// Gives the connection back for the next request, if both sides agree to that.
    private func finish() {
        guard let exchange else { return }
        self.exchange = nil
        guard head.keepsAlive, !decoder.endsWithConnection, !exchange.answeredEarly, exchange.connection.input.isEmpty
        else { return }
        pool.put(exchange.connection, serverTimeout: Self.keepAliveTimeout(head.headers))
    }

    /// The seconds in `Keep-Alive: timeout=5`.
    private static func keepAliveTimeout(_ headers: Headers) -> Duration? {
        guard let field = headers["Keep-Alive"], let mark = field.lowercased().firstRange(of: "timeout=") else {
            return nil
        }
        let digits = field.lowercased()[mark.upperBound...].prefix { $0.isNumber }
        return Int(digits).map { .seconds($0) }
    }
}
