import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A client's connection to a server, used by one exchange at a time, closed with its last reference.
///
/// Sendable because one thread uses it at a time: whoever has taken it out of the pool.
final class ClientConnection: @unchecked Sendable {
    /// What connections are pooled by.
    struct Destination: Hashable, Sendable {
        let scheme: String
        let host: String
        let port: UInt16

        init(_ url: HTTPURL) {
            scheme = url.scheme
            host = url.host
            port = url.port
        }
    }

    let fileDescriptor: Int32
    /// What secures the connection; `nil` for plain HTTP.
    private let tls: TLSStream?
    /// Whether bytes go through TLS.
    var isSecured: Bool { tls != nil }
    let destination: Destination
    let input = ReceiveBuffer()
    /// By which the request that has the connection may be given up.
    var abort: RequestAbort? {
        didSet {
            oldValue?.end(fileDescriptor)
            abort?.begin(fileDescriptor)
        }
    }
    /// Whether an exchange has been completed on it.
    var isReused = false
    /// Until when it may lie idle in the pool.
    var idleDeadline = MonotonicTime.distantFuture

    /// Connects to the first address of the host's that answers.
    ///
    /// Neither the system's resolver nor libcurl can be interrupted. Where the request may be cancelled, they work on a
    /// thread of their own, which is left to itself then.
    static func open(
        to url: HTTPURL, configuration: ClientConfiguration, limit: MonotonicTime, cancellation: Cancellation?,
        abort: RequestAbort? = nil
    ) throws(ClientError) -> ClientConnection {
        @Sendable func connect() throws(ClientError) -> ClientConnection {
            try ClientConnection(
                to: url, configuration: configuration, limit: limit, cancellation: cancellation, abort: abort)
        }
        guard let cancellation, url.scheme != "http" || SocketAddress.parseIP(url.host) == nil else {
            return try connect()
        }
        let attempt = Attempt()
        let isStarted = SystemThread.start(stackSize: 1 << 20) {
            do throws(ClientError) { attempt.finish(.success(try connect())) } catch { attempt.finish(.failure(error)) }
        }
        guard isStarted else { return try connect() }
        guard let result = attempt.result(unless: cancellation) else {
            throw ClientError(reason: .cancelled, url: url)
        }
        return try result.get()
    }

    /// The outcome of connecting, which another thread waits for.
    ///
    /// Sendable because the outcome is used under the monitor's lock only.
    private final class Attempt: @unchecked Sendable {
        private let monitor = Monitor()
        private var outcome: Result<ClientConnection, ClientError>?

        func finish(_ result: Result<ClientConnection, ClientError>) {
            monitor.withLock { outcome = result }
            monitor.signal()
        }

        /// Waits for the outcome; `nil` when it was cancelled before. Signals do not end the wait.
        func result(unless isCancelled: Cancellation) -> Result<ClientConnection, ClientError>? {
            monitor.withLock {
                while outcome == nil, !isCancelled() { _ = monitor.wait(until: .now + .milliseconds(5)) }
                return outcome
            }
        }
    }

    private init(
        to url: HTTPURL, configuration: ClientConfiguration, limit: MonotonicTime, cancellation: Cancellation?,
        abort: RequestAbort?
    ) throws(ClientError) {
        destination = Destination(url)
        let deadline = min(.now + configuration.connectTimeout, limit)
        guard url.scheme == "http" else {
            let left = deadline.nanoseconds - MonotonicTime.now.nanoseconds
            let stream = try TLSStream.open(to: url, policy: configuration.tls, timeout: .nanoseconds(max(0, left)))
            tls = stream
            fileDescriptor = stream.fileDescriptor
            try checkPeer(url, configuration)
            return
        }
        tls = nil
        if let queue = configuration.connectionQueue {
            do { fileDescriptor = try queue.connect() } catch {
                throw ClientError(reason: .cannotConnect(error), url: url)
            }
            return
        }
        var lastError = SystemError(operation: "connect", code: EHOSTUNREACH)
        for address in try url.addresses() {
            let descriptor = makeStreamSocket(family: address.family)
            guard descriptor >= 0 else {
                throw ClientError(reason: .system(SystemError(operation: "socket", code: errno)), url: url)
            }
            abort?.begin(descriptor)
            let code = Self.connect(descriptor, to: address, until: deadline, cancellation)
            abort?.end(descriptor)
            switch code {
            case 0:
                setSocketOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
                fileDescriptor = descriptor
                try checkPeer(url, configuration)
                return
            case let code:
                close(descriptor)
                lastError = SystemError(operation: "connect to \(address)", code: code)
            }
        }
        if let cancellation, cancellation() { throw ClientError(reason: .cancelled, url: url) }
        throw ClientError(reason: lastError.code == ETIMEDOUT ? .connectTimedOut : .cannotConnect(lastError), url: url)
    }

    deinit {
        abort?.end(fileDescriptor)
        if tls == nil { close(fileDescriptor) }
    }

    /// Looks at whom it is connected with, before anything is sent: no name, no redirect and no other spelling of an
    /// address can hide that.
    private func checkPeer(_ url: HTTPURL, _ configuration: ClientConfiguration) throws(ClientError) {
        guard !configuration.forbiddenLocalPorts.isEmpty, let peer = SocketAddress(peerOf: fileDescriptor),
            configuration.forbiddenLocalPorts.contains(peer.port)
        else { return }
        // A connection of this machine with itself has one address at both ends, or addresses of the loopback network.
        guard peer.isLoopback || peer.ip == SocketAddress(localAddressOf: fileDescriptor)?.ip else { return }
        throw ClientError(reason: .forbiddenAddress(peer), url: url)
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        tls?.send(bytes) ?? StreamSocket.send(fileDescriptor, bytes)
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        tls?.receive(into: buffer) ?? StreamSocket.receive(fileDescriptor, into: buffer)
    }

    /// Whether the server has said something or closed the connection. With TLS, that takes receiving, since there is
    /// traffic that is no message; what comes stands in `input`.
    var hasInput: Bool {
        guard let tls else { return StreamSocket.isReadable(fileDescriptor) }
        if !input.isEmpty { return true }
        switch tls.receive(into: input.room(atLeast: 4096)) {
        case .moved(let count):
            input.commit(count)
            return true
        case .wouldBlock: return false
        case .end, .failed: return true
        }
    }

    /// Whether it can carry another request: a server that has closed it, or says anything unasked, cannot.
    var isUsable: Bool {
        input.isEmpty && MonotonicTime.now < idleDeadline && !hasInput
    }

    /// Connects without blocking beyond `deadline`; 0 or an `errno`.
    private static func connect(
        _ descriptor: Int32, to address: SocketAddress, until deadline: MonotonicTime, _ cancellation: Cancellation?
    ) -> Int32 {
        guard setNonBlocking(descriptor) else { return errno }
        if address.withSystemAddress({ Glibc.connect(descriptor, $0, $1) }) == 0 { return 0 }
        guard errno == EINPROGRESS || errno == EINTR else { return errno }
        guard StreamSocket.wait(descriptor, for: .writing, until: deadline, cancellation) else { return ETIMEDOUT }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return errno }
        return code
    }
}
