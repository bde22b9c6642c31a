/// Keeps what requests and responses were, as far as a server goes through them.
///
/// Called from several threads. It must not block.
package protocol RequestRecorder: Sendable {
    /// Whether a request for a target is to be kept. Asked when its head has arrived.
    func records(_ target: String) -> Bool
    /// Keeps a request whose response is about to leave as a whole, or has ended.
    ///
    /// - Returns: where it is kept; goes into the access log's record.
    func record(_ exchange: RecordedExchange) -> UInt64?
}

/// A request and its response, as they are kept. It holds while the recorder is called.
package struct RecordedExchange {
    // What is asked for is handed out part by part: a copy of it all would cost more than the recording.
    let exchange: Exchange
    let response: ResponseCapture
    /// From the end of the request's head until now.
    package let duration: Duration

    /// Counts the requests of the server, from 1.
    package var id: UInt64 { exchange.request.id }
    package var method: String { exchange.request.method.rawValue }
    package var target: String { exchange.request.target }
    package var isSecured: Bool { exchange.request.isSecured }
    /// How many bytes `copyFields` writes.
    package var fieldByteCount: Int { exchange.request.headers.lineByteCount }

    /// Writes the request's fields as lines, with CR LF each.
    package func copyFields(to buffer: UnsafeMutableRawBufferPointer) {
        exchange.request.headers.copyLines(to: buffer)
    }

    /// The first bytes of the request's body, 64 KiB at most. What has neither been read nor received is not known.
    package var requestBody: [UInt8] { exchange.recordedBody }
    /// How many bytes the body has, as far as that is known.
    package var requestBodyCount: Int64 {
        if case .length(let length) = exchange.framing { length } else { exchange.bodyCount }
    }

    /// As it was sent; empty if there was none.
    package var responseHead: [UInt8] { response.head }
    /// The first bytes of the body, without its framing, 64 KiB at most; none if it is stored.
    package var responseBody: ArraySlice<UInt8> { response.body.prefix(ResponseCapture.bodyLimit) }
    package var responseBodyCount: Int64 { response.bodyCount }
    /// Whether the body is a stored file, or a part of it: see ``Response/isStored``.
    package var isStored: Bool { response.isStored }
    /// From the end of the request's head until a handler began; `nil` where the event loop answered.
    package var queue: Duration? { exchange.handlerStart.map { $0 - exchange.request.receivedAt } }
    /// What the handler has to say: see ``ResponseWriter/details``.
    package var details: (any Sendable)? { exchange.details }
}

/// What of a response a recorder is to get, while it is written.
struct ResponseCapture {
    /// Of longer bodies, so many bytes are kept.
    static let bodyLimit = 64 << 10

    var head: [UInt8] = []
    private(set) var body: [UInt8] = []
    private(set) var bodyCount: Int64 = 0
    private(set) var isStored = false

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        bodyCount += Int64(bytes.count)
        guard body.count < Self.bodyLimit else { return }
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.bodyLimit - body.count)))
    }

    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// Takes a whole body in the place of what there was. Bytes in memory are not copied.
    mutating func set(_ newBody: Response.Body, isStored: Bool) {
        body = []
        bodyCount = newBody.length ?? 0
        self.isStored = isStored && bodyCount > 0
        guard !isStored else { return }
        switch newBody {
        case .bytes(let bytes): body = bytes
        case .pieces(let pieces):
            for piece in pieces {
                // What comes after a file is not kept: it would not be in its place.
                guard case .bytes(let bytes) = piece else { return }
                body.append(contentsOf: bytes.prefix(Self.bodyLimit - body.count))
            }
        case .empty, .file, .stream, .events: break
        }
    }
}
