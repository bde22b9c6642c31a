import HTTP
import Platform

/// The resource `udp-socket` of `wasi:sockets/udp`.
final class UDPSocket {
    private enum State { case unbound, binding, bound }

    let socket: HostSocket
    private var state = State.unbound
    /// The one peer that the present streams are for, if there is one.
    private(set) var peer: SocketAddress?
    /// Counts the pairs of streams: only the last one works.
    private(set) var generation = 0

    init(_ family: AddressFamily) throws(NetworkErrorCode) {
        socket = try HostSocket(.datagrams, family)
    }

    func startBind(to address: SocketAddress) throws(NetworkErrorCode) {
        switch state {
        case .unbound: break
        case .binding: throw .concurrencyConflict
        case .bound: throw .invalidState
        }
        try address.requireBindable(socket.family)
        try socket.bind(to: address)
        state = .binding
    }

    func finishBind() throws(NetworkErrorCode) {
        guard state == .binding else { throw .notInProgress }
        state = .bound
    }

    /// Makes streams for datagrams, with one peer or with all that are allowed.
    func streams(
        with peer: SocketAddress?, _ call: WASICall
    ) throws(NetworkErrorCode) -> (IncomingDatagramStream, OutgoingDatagramStream) {
        guard state == .bound else { throw .invalidState }
        if let peer {
            try peer.requirePeer(socket.family)
            try call.requireAllowed(peer)
        }
        if self.peer != nil { disconnect() }
        self.peer = nil
        if let peer { try socket.connect(to: peer) }
        self.peer = peer
        generation += 1
        return (IncomingDatagramStream(self, generation), OutgoingDatagramStream(self, generation))
    }

    private func disconnect() {
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNSPEC)
        _ = Glibc.connect(socket.number, &address, socklen_t(MemoryLayout<sockaddr>.size))
    }

    var localAddress: SocketAddress {
        get throws(NetworkErrorCode) {
            guard state == .bound else { throw .invalidState }
            guard let address = socket.localAddress else { throw .current }
            return address
        }
    }

    var remoteAddress: SocketAddress {
        get throws(NetworkErrorCode) {
            guard let peer else { throw .invalidState }
            return peer
        }
    }
}

/// The resource `incoming-datagram-stream` of `wasi:sockets/udp`.
final class IncomingDatagramStream: Awaitable {
    /// How many datagrams are received at a time at most.
    private static let batchSize: UInt64 = 16
    private static let maximumSize = 64 << 10

    private let socket: UDPSocket
    private let generation: Int

    init(_ socket: UDPSocket, _ generation: Int) {
        self.socket = socket
        self.generation = generation
    }

    var readiness: Readiness { .readable(socket.socket.number) }

    /// What has come, at most `limit` datagrams. Those of senders to whom nothing may be sent are passed over.
    func receive(
        upTo limit: UInt64, _ call: WASICall
    ) throws(NetworkErrorCode) -> [(bytes: [UInt8], sender: SocketAddress)] {
        guard generation == socket.generation else { throw .invalidState }
        var datagrams: [(bytes: [UInt8], sender: SocketAddress)] = []
        var looks = 0
        while datagrams.count < min(limit, Self.batchSize), looks < 64 {
            looks += 1
            do throws(NetworkErrorCode) {
                let datagram = try receiveOne()
                guard call.context.socketPolicy.allows(datagram.sender, call.context.resolved) else { continue }
                datagrams.append(datagram)
            } catch {
                // A failure after some datagrams is met again, or over.
                guard error == .wouldBlock || !datagrams.isEmpty else { throw error }
                break
            }
        }
        return datagrams
    }

    private func receiveOne() throws(NetworkErrorCode) -> (bytes: [UInt8], sender: SocketAddress) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var hasFailed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.maximumSize) { buffer, count in
            let received = withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(socket.socket.number, buffer.baseAddress, buffer.count, 0, $0, &length)
                }
            }
            hasFailed = received < 0
            count = max(0, received)
        }
        guard !hasFailed else { throw .current }
        guard let sender = SocketAddress(storage) else { throw .unknown }
        // What is kept for the component is no longer than it has to be.
        return (Array(bytes[...]), sender)
    }
}

/// The resource `outgoing-datagram-stream` of `wasi:sockets/udp`.
final class OutgoingDatagramStream: Awaitable {
    private static let batchSize = 16

    private let socket: UDPSocket
    private let generation: Int
    /// How many datagrams may be sent before the next `check-send`; `nil` before the first.
    private var permitted: Int?

    init(_ socket: UDPSocket, _ generation: Int) {
        self.socket = socket
        self.generation = generation
    }

    var readiness: Readiness { .writable(socket.socket.number) }

    func checkSend() throws(NetworkErrorCode) -> Int {
        guard generation == socket.generation else { throw .invalidState }
        let count = !WASICall.isReady(readiness) ? 0 : Self.batchSize
        permitted = count
        return count
    }

    /// Sends datagrams for which there was a permit, and returns how many have left.
    func send(_ datagrams: [(bytes: [UInt8], receiver: SocketAddress?)], _ call: WASICall) throws -> Int {
        guard let permitted, datagrams.count <= permitted else {
            throw ResourceError(
                "\(datagrams.count) datagrams were sent over a stream whose check-send had permitted \(permitted ?? 0)")
        }
        guard generation == socket.generation else { throw NetworkErrorCode.invalidState }
        self.permitted = permitted - datagrams.count
        for (index, datagram) in datagrams.enumerated() {
            do throws(NetworkErrorCode) {
                try send(datagram.bytes, to: datagram.receiver, call)
            } catch {
                // A failure after some datagrams is not told.
                guard index == 0, error != .wouldBlock else { return index }
                throw error
            }
        }
        return datagrams.count
    }

    private func send(
        _ bytes: [UInt8], to receiver: SocketAddress?, _ call: WASICall
    ) throws(NetworkErrorCode) {
        let number = socket.socket.number
        let flags = Int32(MSG_NOSIGNAL)
        let count: Int
        if let peer = socket.peer {
            guard receiver == nil || receiver == peer else { throw .invalidArgument }
            count = bytes.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, flags) }
        } else {
            guard let receiver else { throw .invalidArgument }
            try receiver.requirePeer(socket.socket.family)
            try call.requireAllowed(receiver)
            count = receiver.withSystemAddress { address, length in
                bytes.withUnsafeBytes { sendto(number, $0.baseAddress, $0.count, flags, address, length) }
            }
        }
        guard count >= 0 else { throw .current }
    }
}
