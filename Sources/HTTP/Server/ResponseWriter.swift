/// Where a handler writes its response. For one thread at a time, except `isClientDisconnected` and `onDisconnect`.
public final class ResponseWriter {
    /// Whether the head has been written (it may still wait for the first bytes of the body).
    public private(set) var hasHead = false

    /// Whether the client is known to be gone. Safe on any thread.
    public var isClientDisconnected: Bool { fatalError() }

    /// Calls `action`, once, on another thread, when the client goes away before the handler is done; at once if it is
    /// gone already. It must not block.
    public func onDisconnect(_ action: @escaping @Sendable () -> Void) { fatalError() }

    /// Sets the status and the header fields. They leave with the body's first bytes, or with `flush`.
    ///
    /// With a `Content-Length` among `headers`, exactly so many bytes must follow; without, the body is chunked (for a
    /// client of HTTP/1.0: ended by the connection's end).
    public func writeHead(_ status: Status, _ headers: Headers = [:]) throws(ResponseError) { fatalError() }

    /// Sends a part of the body, and the head before the first; returns when the system has taken it.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(ResponseError) { fatalError() }

    /// Sends a part of the body, and the head before the first; returns when the system has taken it.
    public func write(_ bytes: some Collection<UInt8>) throws(ResponseError) { fatalError() }

    /// Sends a part of the body in UTF-8, and the head before the first; returns when the system has taken it.
    public func write(_ text: String) throws(ResponseError) { fatalError() }

    /// Sends the head now if it has not left yet.
    public func flush() throws(ResponseError) { fatalError() }

    /// Sends a whole response.
    public func respond(_ response: Response) throws { fatalError() }
}

/// Why a response cannot be written.
public enum ResponseError: Error, Hashable, CustomStringConvertible {
    /// The client is gone.
    case clientDisconnected
    /// The client takes the response too slowly.
    case timedOut
    /// `writeHead` or `respond` for the second time.
    case headAlreadyWritten
    /// A body before the head.
    case headNotWritten
    /// A field name or value that would corrupt the response: line breaks, control characters, an empty name.
    case invalidHeader(name: String, value: String)
    /// More bytes of body than the `Content-Length` among the headers said.
    case bodyExceedsContentLength(Int64)
    /// Fewer bytes of body than the `Content-Length` among the headers said.
    case bodyShorterThanContentLength(Int64)
    /// The file that is the body cannot be read, or shrank meanwhile.
    case unreadableFile(SystemError)

    public var description: String {
        switch self {
        case .clientDisconnected: "the client disconnected"
        case .timedOut: "the client took the response too slowly"
        case .headAlreadyWritten: "the response's head was written before"
        case .headNotWritten: "the response's body was written before its head"
        case .invalidHeader(let name, let value):
            "invalid response header \(name.debugDescription): \(value.debugDescription)"
        case .bodyExceedsContentLength(let length): "the response's body exceeds its Content-Length of \(length)"
        case .bodyShorterThanContentLength(let length):
            "the response's body is shorter than its Content-Length of \(length)"
        case .unreadableFile(let error): "the response's file cannot be read: \(error)"
        }
    }
}
