import HTTP
import Platform

/// The resource `tcp-socket` of `wasi:sockets/tcp`, which can connect and not listen.
final class TCPSocket: Awaitable {
    private enum State {
        case unbound, binding, bound, connecting
        case connected(TCPSource, TCPSink)
        /// Connecting has failed.
        case closed
    }

    let socket: HostSocket
    private var state = State.unbound

    init(_ family: AddressFamily) throws(NetworkErrorCode) {
        socket = try HostSocket(.stream, family)
    }

    var readiness: Readiness {
        if case .connecting = state { .writable(socket.number) } else { .ready }
    }

    func startBind(to address: SocketAddress) throws(NetworkErrorCode) {
        switch state {
        case .unbound: break
        case .binding, .connecting: throw .concurrencyConflict
        case .bound, .connected, .closed: throw .invalidState
        }
        try address.requireBindable(socket.family)
        try socket.bind(to: address)
        state = .binding
    }

    func finishBind() throws(NetworkErrorCode) {
        guard case .binding = state else { throw .notInProgress }
        state = .bound
    }

    func startConnect(to address: SocketAddress, _ call: WASICall) throws(NetworkErrorCode) {
        switch state {
        case .unbound, .bound: break
        case .binding, .connecting: throw .concurrencyConflict
        case .connected, .closed: throw .invalidState
        }
        try address.requirePeer(socket.family)
        try call.requireAllowed(address)
        do throws(NetworkErrorCode) {
            try socket.connect(to: address)
            state = .connecting
        } catch {
            state = .closed
            throw error
        }
    }

    /// The streams of the connection, once it is there.
    func finishConnect(_ call: WASICall) throws(NetworkErrorCode) -> (input: InputStream, output: OutputStream) {
        guard case .connecting = state else { throw .notInProgress }
        guard WASICall.isReady(readiness) else { throw .wouldBlock }
        state = .closed
        let error = Int32(try socket.option(SOL_SOCKET, SO_ERROR))
        guard error == 0 else {
            throw error == EADDRNOTAVAIL ? .addressInUse : NetworkErrorCode(hostError: error)
        }
        guard !call.context.socketPolicy.forbids(connectionOf: socket.number) else { throw .accessDenied }
        let (source, sink) = (TCPSource(socket), TCPSink(socket))
        state = .connected(source, sink)
        return (InputStream(source), OutputStream(sink))
    }

    /// Nobody is to connect to a component.
    func startListen() throws(NetworkErrorCode) {
        switch state {
        case .bound: throw .accessDenied
        case .binding, .connecting: throw .concurrencyConflict
        case .unbound, .connected, .closed: throw .invalidState
        }
    }

    var localAddress: SocketAddress {
        get throws(NetworkErrorCode) {
            switch state {
            case .bound, .connecting, .connected: break
            case .unbound, .binding, .closed: throw .invalidState
            }
            guard let address = socket.localAddress else { throw .current }
            return address
        }
    }

    var remoteAddress: SocketAddress {
        get throws(NetworkErrorCode) {
            guard case .connected = state, let address = socket.peerAddress else { throw .invalidState }
            return address
        }
    }

    /// Says that there is no more to receive, or to send, or neither.
    func shutDown(receiving: Bool, sending: Bool, _ call: WASICall) throws {
        guard case .connected(let source, let sink) = state else { throw NetworkErrorCode.invalidState }
        if receiving { source.shutDown() }
        if sending { try sink.shutDown(call) }
    }

    /// Takes a hint that means nothing for a socket that does not listen.
    func setBacklog(_ count: UInt64) throws(NetworkErrorCode) {
        guard count > 0 else { throw .invalidArgument }
        switch state {
        case .connecting, .connected, .closed: throw .invalidState
        case .unbound, .binding, .bound: break
        }
    }
}

/// The bytes that a peer sends.
final class TCPSource: ByteSource {
    private let socket: HostSocket
    private var isShutDown = false

    init(_ socket: HostSocket) {
        self.socket = socket
    }

    func read(upTo limit: Int, _ call: WASICall) throws(StreamFailure) -> [UInt8] {
        guard !isShutDown else { throw .closed }
        var failure: Int32 = 0
        var hasEnded = false
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let received = recv(socket.number, buffer.baseAddress, limit, 0)
            if received < 0 { failure = errno }
            hasEnded = received == 0
            count = max(0, received)
        }
        if hasEnded { throw .closed }
        switch failure {
        case 0, EAGAIN, EINTR: return bytes
        default: throw .failed(IOError(.network(NetworkErrorCode(hostError: failure))))
        }
    }

    var readiness: Readiness { isShutDown ? .ready : .readable(socket.number) }

    func shutDown() {
        guard !isShutDown else { return }
        isShutDown = true
        _ = shutdown(socket.number, Int32(SHUT_RD))
    }
}

/// The bytes that are sent to a peer.
final class TCPSink: ByteSink {
    private static let budget = 64 << 10

    private let socket: HostSocket
    private var isShutDown = false
    /// What the system has not taken yet.
    private var pending: [UInt8] = []

    init(_ socket: HostSocket) {
        self.socket = socket
    }

    func budget(_ call: WASICall) throws(StreamFailure) -> Int {
        guard !isShutDown else { throw .closed }
        try sendPending()
        return pending.isEmpty && WASICall.isReady(readiness) ? Self.budget : 0
    }

    func write(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure) {
        guard !isShutDown else { throw .closed }
        pending += bytes
        try sendPending()
    }

    func flush(_ call: WASICall) throws(StreamFailure) {
        guard !isShutDown else { throw .closed }
        try sendPending()
    }

    var readiness: Readiness { isShutDown ? .ready : .writable(socket.number) }

    func close(_ call: WASICall) throws {
        guard !isShutDown else { return }
        do { try sendAll(call) } catch StreamFailure.host(let error) { throw error } catch {
            // The peer is gone, which nobody asks any more.
        }
    }

    func shutDown(_ call: WASICall) throws {
        try close(call)
        guard !isShutDown else { return }
        isShutDown = true
        _ = shutdown(socket.number, Int32(SHUT_WR))
    }

    private func sendAll(_ call: WASICall) throws {
        while true {
            try sendPending()
            if pending.isEmpty { return }
            try call.wait(for: readiness)
        }
    }

    private func sendPending() throws(StreamFailure) {
        while !pending.isEmpty {
            let count = pending.withUnsafeBytes { send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count >= 0 {
                pending.removeFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return
            case EPIPE:
                pending = []
                throw .closed
            case let code:
                pending = []
                throw .failed(IOError(.network(NetworkErrorCode(hostError: code))))
            }
        }
    }
}
