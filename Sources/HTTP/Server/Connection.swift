import Platform
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A client's connection, owned by the event loop except while a worker answers a request of it.
///
/// Sendable because one thread uses it at a time: the loop's, or the worker's that answers a request of it.
final class Connection: @unchecked Sendable {
    enum State {
        /// Waiting for a request or inside its head.
        case readingHead
        /// The head is there, the first so many bytes of the input; waiting to be admitted.
        case parked(RequestHead, byteCount: Int)
        /// The head is there; waiting for a body that is short enough to be received before the handler starts.
        case readingBody(RequestHead, length: Int)
        /// A worker has it.
        case handling
        /// Sending what the exchange left.
        case sending
        /// Sending events as they are published, for as long as the client stays.
        case following(EventStream)
        /// Skipping a request's body that the handler did not read.
        case skippingBody
        /// Waiting, after the last response, for the client to close.
        case lingering
        case closed
    }

    /// Who has the connection while its state is `handling`.
    enum Owner: UInt8, AtomicRepresentable {
        case loop
        case worker
        /// A worker, and the loop has seen an event, which it must attend to afterwards.
        case workerWithEvent
    }

    let owner = Atomic(Owner.loop)
    let fileDescriptor: Int32
    let remoteAddress: SocketAddress?
    /// What the event poll knows it by: its place in the loop's table, and a number that tells it from the one that
    /// had the place before.
    let token: UInt64
    let input = ReceiveBuffer()
    var parser: RequestHeadParser
    var state = State.readingHead
    var deadline: MonotonicTime
    /// Until when the client must have taken the response, at the least rate that is allowed.
    var sendingLimit = MonotonicTime.distantFuture
    var exchange: Exchange?
    /// Since when the request whose head is there has waited to be admitted, in whatever process.
    var waitingSince: MonotonicTime?
    /// A field for the response to the request that has been admitted.
    var mark: (name: String, value: String)?
    /// Whether it waits for room in the queue to another process.
    var isUnpassed = false
    /// Whether it cannot pass to another process.
    var isHeld = false
    /// Whether its client speaks TLS, which ends before this server.
    var isSecured = false
    /// Whether a request has been answered on it.
    var isReused = false
    /// Whether the socket may hold input that no event will tell of any more.
    var mayHaveInput = false
    /// Whether the client has ended its sending side.
    var inputHasEnded = false
    /// Whether it is to be closed unless a request is there already.
    var isExpired = false
    /// What the event poll watches.
    var interests: EventPoll.Events
    /// Bytes skipped since the connection was about to be closed, or in a body.
    var skipped: Int64 = 0

    init(
        fileDescriptor: Int32, remoteAddress: SocketAddress?, token: UInt64, interests: EventPoll.Events,
        limits: HeadLimits, deadline: MonotonicTime
    ) {
        self.fileDescriptor = fileDescriptor
        self.remoteAddress = remoteAddress
        self.token = token
        self.interests = interests
        self.deadline = deadline
        parser = RequestHeadParser(limits: limits)
    }

    deinit {
        close(fileDescriptor)
    }

    var isHandling: Bool {
        if case .handling = state { true } else { false }
    }

    var isClosed: Bool {
        if case .closed = state { true } else { false }
    }

    /// Whether it waits for a request and nothing of it has come yet.
    var isIdle: Bool {
        if case .readingHead = state { input.isEmpty && !parser.isInsideHead } else { false }
    }
}
