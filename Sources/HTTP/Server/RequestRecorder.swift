/// Keeps what requests and responses were, as far as a server goes through them.
///
/// Called from several threads. It must not block.
package protocol RequestRecorder: Sendable {
    /// Whether a request is to be kept. Asked when its head has arrived.
    func records(_ request: Request) -> Bool
    /// Keeps a request whose response is about to leave as a whole, or has ended.
    ///
    /// - Returns: where it is kept; goes into the access log's record.
    func record(_ exchange: RecordedExchange) -> UInt64?
}

/// A request and its response, as they are kept.
package struct RecordedExchange {
    package let request: Request
    /// The first bytes of the body, 64 KiB at most. What neither the handler nor the server has read is not known.
    package let requestBody: [UInt8]
    /// How many bytes the body has, as far as that is known.
    package let requestBodyCount: Int64
    /// As it was sent; empty if there was none.
    package let responseHead: [UInt8]
    /// The first bytes of the body, without its framing, 64 KiB at most; none if it is stored.
    package let responseBody: ArraySlice<UInt8>
    package let responseBodyCount: Int64
    /// Whether the body is a stored file, or a part of it: see ``Response/isStored``.
    package let isStored: Bool
    /// From the end of the request's head until a handler began; zero where the event loop answered.
    package let queue: Duration
    /// From the end of the request's head until now.
    package let duration: Duration
    /// What the handler has to say: see ``ResponseWriter/details``.
    package let details: (any Sendable)?
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
