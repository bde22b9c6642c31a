/// A whole response: what a handler hands to `ResponseWriter.respond`.
package struct Response: Sendable {
    package var status: Status
    /// `Date`, `Connection`, `Content-Length` and `Transfer-Encoding` are the server's affair and are added by it.
    /// (A `Content-Length` given here is kept where it cannot be derived: in a response to HEAD, or with `.stream`.)
    package var headers: Headers
    package var body: Body
    /// Whether the body is a stored file, or a part of it, whose digest is the `ETag`: whoever keeps the response need
    /// not copy it.
    package var isStored = false

    package init(status: Status = .ok, headers: Headers = [:], body: Body = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response with text, by default `text/plain` in UTF-8.
    package init(status: Status = .ok, text: String, contentType: String = "text/plain; charset=utf-8") {
        self.init(status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
    }

    /// A response's body.
    package enum Body: Sendable {
        case empty
        case bytes([UInt8])
        /// A range of an open file, sent by the kernel without passing through this process where it can.
        case file(OpenFile, Range<Int64>)
        /// Several pieces, one after the other.
        case pieces([Piece])
        /// Written while it is sent, by a closure that runs on a worker thread. `length` is the number of bytes it is
        /// going to write, if known: otherwise the body is chunked.
        case stream(length: Int64?, @Sendable (ResponseWriter) throws -> Void)
        /// Events, as they come, without a thread that waits for them. The headers need not name the media type.
        ///
        /// `first` gives what the client is to get before. It is called on the event loop, and must not block. What it
        /// makes from state that is changed before `EventStream.send` is called misses no event, though the client may
        /// learn something twice.
        case events(EventStream, first: @Sendable () -> [ServerSentEvent])

        /// The number of bytes, `nil` for a stream that does not know.
        package var length: Int64? {
            switch self {
            case .empty: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, let range): Int64(range.count)
            case .pieces(let pieces): pieces.reduce(0) { $0 + $1.length }
            case .stream(let length, _): length
            case .events: nil
            }
        }
    }

    /// A part of a body made of several.
    package enum Piece: Sendable {
        case bytes([UInt8])
        case file(OpenFile, Range<Int64>)

        var length: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, let range): Int64(range.count)
            }
        }
    }
}
