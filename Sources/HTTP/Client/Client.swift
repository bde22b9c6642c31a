/// An HTTP/1.1 client with kept-alive connections. Its calls block; any number of threads may share it.
public final class Client: Sendable {
    public init(configuration: ClientConfiguration = ClientConfiguration()) {}

    /// Sends `request` and returns when the response's head has arrived; the body is read from the response.
    public func send(_ request: ClientRequest) throws(ClientError) -> ClientResponse { fatalError() }
}

/// The limits of a `Client`.
public struct ClientConfiguration: Sendable {
    /// How long establishing a connection may take.
    public var connectTimeout = Duration.seconds(10)
    /// How long the server may neither send nor take a byte.
    public var stallTimeout = Duration.seconds(60)
    /// From the call of `send` to the end of the response's body; `nil` for no limit.
    public var totalTimeout: Duration?
    /// Bytes of a response's head.
    public var maximumHead = 64 << 10
    /// Fields in a response's head.
    public var maximumFields = 200
    /// How long an idle connection is kept for the next request.
    public var keepAliveTimeout = Duration.seconds(30)
    /// Idle connections kept for one server.
    public var maximumIdlePerHost = 8
    /// Redirects followed for one request, for GET and HEAD only; 0 hands them to the caller.
    public var maximumRedirects = 0
    /// Asked before a redirect is followed; `false` hands the redirect to the caller.
    public var allowsRedirect: (@Sendable (HTTPURL) -> Bool)?

    public init() {}
}

/// A request to be sent.
public struct ClientRequest: Sendable {
    public var method: Method
    public var url: HTTPURL
    /// `Host`, `Content-Length`, `Transfer-Encoding` and `Connection` are the client's affair.
    public var headers: Headers
    public var body: Body

    public init(_ method: Method = .get, _ url: HTTPURL, headers: Headers = [:], body: Body = .empty) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// A request's body.
    public enum Body: Sendable {
        case empty
        case bytes([UInt8])
        /// The range of an open file.
        case file(OpenFile, Range<Int64>)
        /// Read while it is sent: the closure puts the next bytes into the buffer and returns their number, 0 at the
        /// end. `length` is the number of bytes, if known: otherwise the body is chunked.
        case stream(length: Int64?, @Sendable (UnsafeMutableRawBufferPointer) throws -> Int)
    }
}

/// A response whose body is read while it arrives. For one thread at a time.
public final class ClientResponse {
    public var status: Status { fatalError() }
    public var version: Version { fatalError() }
    public var headers: Headers { fatalError() }
    /// The number of bytes of the body, `nil` when only its end will tell.
    public var contentLength: Int64? { fatalError() }
    /// The URL that answered, after redirects.
    public var url: HTTPURL { fatalError() }
    /// The fields after a chunked body, once `read` has returned 0.
    public var trailers: Headers { fatalError() }

    /// Waits for the next bytes and puts them into `buffer`; 0 is the end of the body.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int { fatalError() }

    /// Waits for the next bytes: at most `count`, none at the end of the body.
    public func read(upTo count: Int) throws(ClientError) -> [UInt8] { fatalError() }

    /// The rest of the body, at most `limit` bytes; more is an error.
    public func readAll(limit: Int) throws(ClientError) -> [UInt8] { fatalError() }

    /// Gives the rest of the body up, and the connection with it unless the body has been read to its end.
    public func close() {}
}

/// Why a request failed. The description names the URL.
public struct ClientError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// `https`, which this client does not speak, or another scheme.
        case unsupportedScheme(String)
        /// The host's name has no address.
        case unknownHost(String)
        /// No connection to the server.
        case cannotConnect(SystemError)
        /// Neither an answer nor progress in time.
        case timedOut
        /// The connection ended before the response did.
        case disconnected
        /// The server's answer breaks the rules of HTTP.
        case malformedResponse(String)
        /// The response's head or body is larger than is allowed.
        case tooLarge(limit: Int64)
        /// A header, a method or a length of the request is not valid.
        case invalidRequest(String)
        /// The source of the request's body failed.
        case bodySource(String)
        /// Redirected more often than is allowed.
        case tooManyRedirects
        /// Any other call that failed.
        case system(SystemError)
    }

    public let reason: Reason
    public let url: HTTPURL

    public var description: String { fatalError() }
}
