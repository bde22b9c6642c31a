/// A request to be sent.
package struct ClientRequest: Sendable {
    package var method: Method
    package var url: HTTPURL
    /// `Host`, `Content-Length`, `Transfer-Encoding` and `Connection` are the client's affair.
    package var headers: Headers
    package var body: Body
    /// What the server is told to be called, for proxies; by default what the URL calls it. Not kept over redirects.
    package var host: String?
    /// When to give the request up, response included, with the error `cancelled`.
    package var cancellation: Cancellation?
    /// By which another thread may give the request up, whatever this one waits for.
    package var abort: RequestAbort?
    /// Whether redirects are followed as the client's configuration says; otherwise they are the caller's.
    package var followsRedirects = true
    /// Limits that hold besides those of the client's configuration.
    package var timeouts = Timeouts()

    package init(_ method: Method = .get, _ url: HTTPURL, headers: Headers = [:], body: Body = .empty) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// How long single steps may take; `nil` for no limit besides the configuration's.
    package struct Timeouts: Sendable {
        /// Establishing a connection.
        package var connect: Duration?
        /// From the end of the request to the response's head.
        package var firstByte: Duration?
        /// From one part of the response's body to the next.
        package var betweenBytes: Duration?

        package init() {}
    }

    /// A request's body.
    package enum Body: Sendable {
        case empty
        case bytes([UInt8])
        /// The range of an open file.
        case file(OpenFile, Range<Int64>)
        /// Read while it is sent: the closure puts the next bytes into the buffer and returns their number, 0 at the
        /// end. `length` is the number of bytes, if known: otherwise the body is chunked.
        case stream(length: Int64?, @Sendable (UnsafeMutableRawBufferPointer) throws -> Int)
    }
}
