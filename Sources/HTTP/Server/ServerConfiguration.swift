import Platform
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The limits and hooks of a `Server`. Each limit protects against a client that is broken or means harm.
package struct ServerConfiguration: Sendable {
    /// Handlers that run at the same time: 1 or more. Those that wait, or have run for some milliseconds, do not count.
    package var maximumWorkers = max(2, ServerConfiguration.processorCount)
    /// Requests that may be with a handler, or wait for one, at the same time; further ones get 503.
    package var maximumWaiting = 1024
    /// How that limit is raised; goes into messages.
    package var waitingRemedy: String?
    /// The stack of each worker in bytes.
    package var workerStackSize = 8 << 20
    /// Connections open at one time. Further ones wait, not accepted, until one closes.
    package var maximumConnections = 4096

    /// Bytes of a request line; past it the answer is 414.
    package var maximumRequestLine = 16 << 10
    /// Bytes of a request's whole head; past it the answer is 431.
    package var maximumHead = 64 << 10
    /// Fields in a request's head or trailers; past it the answer is 431.
    package var maximumFields = 200
    /// Bytes of a request's body, chunked ones included; past it the answer is 413.
    package var maximumBody: Int64 = 1 << 30

    /// From the first byte of a head (for the first request: from the connection's start) to its end; past it the
    /// answer is 408.
    package var headTimeout = Duration.seconds(15)
    /// How long a connection stays open between requests.
    package var keepAliveTimeout = Duration.seconds(75)
    /// From the end of a head to the end of a body that is received before the handler starts; past it the answer is 408.
    /// `nil` is as long as `stallTimeout`.
    package var bodyTimeout: Duration?
    /// How long a client may neither send nor take a byte while a handler waits for it.
    package var stallTimeout = Duration.seconds(30)
    /// Bytes a second that a client must send or take on average while a handler waits for it, once
    /// `minimumRateGrace` has passed. 0 disables the check.
    package var minimumRate = 240
    /// How long a client may be slower than `minimumRate`.
    package var minimumRateGrace = Duration.seconds(10)
    /// How long a client that has shut down its sending side, which is also what one that is gone looks like, is left
    /// alone while nothing has been sent to it. Then it gets an interim response, if it speaks HTTP/1.1: that of one that
    /// is gone is refused by its system.
    package var halfClosedGrace = Duration.seconds(2)

    /// How long the first bytes of a response are held back at most, so that more can leave with them, and so that a handler
    /// that fails soon has sent nothing.
    package var holdTime = Duration.milliseconds(10)

    /// As whom it speaks TLS, and nothing else; `nil` for plain HTTP.
    package var tls: TLSIdentity?

    /// The value of the `Server` field; `nil` sends none.
    package var serverName: String?

    /// Makes of each request what is to be answered, on the event loop: a server before this one may have received it, and
    /// says from whom. It must not block. `nil` leaves requests as they are.
    package var adoption: (@Sendable (Request) -> Request)?

    /// Asked, on the event loop, about each request whose head has arrived, and again while it has to wait; it is told
    /// what the head says, and how long the request has waited so far. It must not block. `nil` admits every request at
    /// once.
    package var admission: (@Sendable (_ target: String, _ headers: Headers, _ waited: Duration) -> Admission)?
    /// Which hosts it answers for, and where connections pass whose requests are for others; `nil` for all. Asked before
    /// `admission`.
    package var hostRouting: HostRouting?
    /// Through which connections come from the process that served the socket before this one, and go to the next.
    package var connectionQueue: ConnectionQueue?

    /// Asked first, on the event loop itself, about each request that has no body: a response is sent from there,
    /// without a change of threads. It must not block.
    package var inlineHandler: (@Sendable (Request) -> InlineAnswer)?

    /// Told of each request when its response has been sent or has failed, from several threads. It must not block.
    package var requestObserver: (@Sendable (RequestRecord) -> Void)?

    /// As `requestObserver`, for a log that must not miss a request.
    package var requestLog: (any RequestLog)?
    /// Keeps requests and responses; `nil` to keep none.
    package var recorder: (any RequestRecorder)?

    /// Told of what the server itself notices: a handler that threw, a lack of file descriptors.
    package var problemObserver: (@Sendable (String) -> Void)?

    package init() {}

    private static var processorCount: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

/// What the event loop does with a request by itself.
package enum InlineAnswer: Sendable {
    case response(Response)
    /// The handler is to answer. What is known already is `ResponseWriter.preparation` there.
    case handle((any Sendable)?)

    /// `nil` leaves the request to the handler.
    package init(_ response: Response?) {
        self = response.map { .response($0) } ?? .handle(nil)
    }
}

/// What an access log says of a request.
package struct RequestRecord: Sendable {
    /// Counts the requests of a server, from 1.
    package let id: UInt64
    /// `nil`, like `target`, for a request so malformed that it has none.
    package let method: Method?
    package let target: String?
    package let remoteAddress: SocketAddress?
    /// The status that was sent; `nil` if the connection ended before.
    package let status: Status?
    /// Bytes of the response's body that were handed to the system.
    package let bodyBytes: Int64
    /// From the end of the request's head to the response's last byte.
    package let duration: Duration
    /// Why the response is not whole, when it is not.
    package let failure: String?
    /// Where the recorder keeps it; `nil` if it does not.
    package let recording: UInt64?
}
