/// A request's body, read while it arrives. For one thread at a time.
public final class RequestBody {
    /// The declared number of bytes; 0 without a body, `nil` when the body is chunked.
    public let contentLength: Int64? = nil

    /// A body made in code, for handlers under test.
    public init(_ bytes: [UInt8]) { fatalError() }

    /// The fields after a chunked body, once `read` has returned 0.
    public var trailers: Headers { fatalError() }

    /// Waits for the next bytes and puts them into `buffer`.
    ///
    /// The first call sends `100 Continue` to a client that waits for it.
    /// - Returns: the number of bytes, 0 at the end of the body.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(RequestBodyError) -> Int { fatalError() }

    /// Waits for the next bytes: at most `count`, none at the end of the body.
    public func read(upTo count: Int) throws(RequestBodyError) -> [UInt8] { fatalError() }

    /// The rest of the body, at most `limit` bytes; more is `RequestBodyError.tooLarge`.
    public func readAll(limit: Int) throws(RequestBodyError) -> [UInt8] { fatalError() }
}

/// Why a request's body cannot be read. A handler that lets it out answers with `status`.
public enum RequestBodyError: Error, Hashable, CustomStringConvertible {
    /// More bytes than the server, or the reader, is willing to take.
    case tooLarge(limit: Int64)
    /// The chunks or trailers break the rules of RFC 9112 section 7.1.
    case malformed(String)
    /// The client stopped sending, or sends too slowly.
    case timedOut
    /// The connection ended before the body did.
    case disconnected

    /// What the client is told.
    public var status: Status {
        switch self {
        case .tooLarge: .contentTooLarge
        case .malformed, .disconnected: .badRequest
        case .timedOut: .requestTimeout
        }
    }

    public var description: String {
        switch self {
        case .tooLarge(let limit): "the request's body is larger than \(limit) bytes"
        case .malformed(let problem): "the request's body is malformed: \(problem)"
        case .timedOut: "the client sent the request's body too slowly"
        case .disconnected: "the client disconnected before the end of the request's body"
        }
    }
}
