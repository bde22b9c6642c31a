package import HTTP

/// A request that a component answers: where it comes from and where the response goes. Implemented by whoever serves it.
///
/// All calls come on the thread that runs the component. What is thrown ends the component, but for `RequestBodyError` and
/// `ResponseError`, which say that the client is to blame, and which it is told.
package protocol IncomingHTTPExchange: AnyObject {
    var method: Method { get }
    /// Path and query, whole.
    var pathWithQuery: String { get }
    /// `http` or `https`.
    var scheme: String { get }
    /// The host and port that the client names.
    var authority: String { get }
    var headers: Headers { get }

    /// Waits for the next bytes of the request's body and puts them into `buffer`; 0 at the end.
    func readBody(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

    /// The descriptor that can be read from as soon as more of the body comes; `nil` if `readBody` need not wait, or nobody
    /// knows.
    var awaitedDescriptor: Int32? { get }

    /// The fields after the request's body, once that has ended.
    var requestTrailers: Headers { get }

    /// Sends an interim response.
    func writeInterim(_ status: Status, _ headers: Headers) throws

    /// Begins the response.
    func writeHead(_ status: Status, _ headers: Headers) throws

    /// Takes a part of the response's body; waits while the client takes none.
    func writeBody(_ bytes: UnsafeRawBufferPointer) throws

    /// Sends what has been written, now or soon: the component may go on for long without another call.
    func flush() throws

    /// Ends the response, with fields after its body. The component may go on.
    func finish(trailers: Headers) throws
}
