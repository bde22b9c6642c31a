import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A client's connection that is secured by TLS, and the plain one by which its requests reach the server.
///
/// Used on the terminator's thread only.
final class TLSConnection {
    private enum State {
        /// Nothing has come that would tell whether the client speaks TLS.
        case untried
        case shakingHands(TLSSession)
        /// The queue to the server had no room.
        case unplaced(TLSSession)
        case relaying(TLSSession, server: Int32)
        /// The client does not speak TLS, and has been told.
        case refused
    }

    /// What a call has left to do.
    enum Next {
        /// To wait for an event.
        case wait
        /// To go on after others had their turn.
        case goOn
        case close
    }

    /// How long a client may take nothing of what there is for it.
    private static let stallTime = Duration.seconds(30)
    /// How long a client may take to close, once all has been said.
    private static let lingerTime = Duration.seconds(2)
    /// Bytes that move in one direction before other connections have their turn.
    private static let turn = 512 << 10

    let client: Int32
    let address: SocketAddress?
    let number: UInt64
    /// When it is closed.
    private(set) var deadline: MonotonicTime
    private var state = State.untried
    /// What the other side had no room for.
    private var toServer: [UInt8] = []
    private var toClient: [UInt8] = []
    private var clientHasEnded = false
    private var serverHasEnded = false
    /// Whether the server takes nothing more.
    private var serverIsDeaf = false
    private var hasSaidEnd = false

    /// - Parameter handshakeTime: how long the client may take until the handshake is done.
    init(client: Int32, address: SocketAddress?, number: UInt64, handshakeTime: Duration) {
        self.client = client
        self.address = address
        self.number = number
        deadline = .now + handshakeTime
    }

    deinit {
        if let server { close(server) }
        close(client)
    }

    /// The plain connection's descriptor, once there is one.
    var server: Int32? {
        if case .relaying(_, let server) = state { server } else { nil }
    }

    /// Whether the client, or the server, is waited for to take something.
    var waitsToSend: (client: Bool, server: Bool) {
        switch state {
        case .untried, .unplaced, .refused: (false, false)
        case .shakingHands(let session): (session.wantsToWrite, false)
        case .relaying(let session, _):
            (session.wantsToWrite || !toClient.isEmpty || (serverHasEnded && !hasSaidEnd), !toServer.isEmpty)
        }
    }

    /// Does what can be done now.
    ///
    /// - Parameters:
    ///   - scratch: for bytes on their way.
    ///   - identity: as whom a session begins.
    ///   - connect: makes a connection to the server; nil if there is no room at the moment.
    func proceed(
        _ scratch: UnsafeMutableRawBufferPointer, _ identity: TLSIdentity, connect: (SocketAddress?) -> Int32?
    ) -> Next {
        while true {
            switch state {
            case .untried:
                var first: UInt8 = 0
                let count = recv(client, &first, 1, Int32(MSG_PEEK))
                if count < 0, errno == EAGAIN || errno == EINTR { return .wait }
                guard count > 0 else { return .close }
                // The kind of a record that a handshake begins with (RFC 8446 section 5.1). Anything else is no TLS.
                guard first == 22 else {
                    guard UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else { return .close }
                    refuse()
                    continue
                }
                guard let session = TLSSession(identity.context(), descriptor: client) else { return .close }
                state = .shakingHands(session)
            case .shakingHands(let session):
                switch session.shakeHands() {
                case .waiting: return .wait
                case .failed: return .close
                case .done: state = .unplaced(session)
                }
            case .unplaced(let session):
                guard let server = connect(address) else { return .goOn }
                state = .relaying(session, server: server)
                deadline = .distantFuture
            case .relaying(let session, let server):
                return relay(session, server, scratch)
            case .refused:
                while true {
                    switch StreamSocket.receive(client, into: scratch) {
                    case .moved: continue
                    case .wouldBlock: return .wait
                    case .end, .failed: return .close
                    }
                }
            }
        }
    }

    /// Tells a client of plain HTTP what it did wrong.
    private func refuse() {
        let text = "This port speaks TLS: use https:// in place of http://.\n"
        let response =
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Content-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n\(text)"
        _ = Array(response.utf8).withUnsafeBytes { StreamSocket.send(client, $0) }
        shutdown(client, Int32(SHUT_WR))
        state = .refused
        deadline = .now + Self.lingerTime
    }

    // MARK: Relaying

    private func relay(_ session: TLSSession, _ server: Int32, _ scratch: UnsafeMutableRawBufferPointer) -> Next {
        let inward = moveToServer(session, server, scratch)
        if case .close = inward { return .close }
        let outward = moveToClient(session, server, scratch)
        if case .close = outward { return .close }
        if case .wait = inward, case .wait = outward { return hasSaidEnd && clientHasEnded ? .close : .wait }
        return .goOn
    }

    private func moveToServer(
        _ session: TLSSession, _ server: Int32, _ scratch: UnsafeMutableRawBufferPointer
    ) -> Next {
        var moved = 0
        while moved < Self.turn {
            if !toServer.isEmpty {
                switch toServer.withUnsafeBytes({ StreamSocket.send(server, $0) }) {
                case .moved(let count): toServer.removeFirst(count)
                case .wouldBlock: return .wait
                case .end, .failed:
                    serverIsDeaf = true
                    toServer = []
                }
                continue
            }
            guard !clientHasEnded else { return .wait }
            switch session.receive(into: scratch) {
            case .moved(let count):
                moved += count
                // What comes after the server's end is read away: closing with input unread would take from the client
                // what it has not read yet.
                guard !serverIsDeaf else { continue }
                toServer += send(scratch[..<count]) { StreamSocket.send(server, $0) }
            case .wouldBlock: return .wait
            case .end:
                clientHasEnded = true
                shutdown(server, Int32(SHUT_WR))
                return .wait
            case .failed: return .close
            }
        }
        return .goOn
    }

    private func moveToClient(
        _ session: TLSSession, _ server: Int32, _ scratch: UnsafeMutableRawBufferPointer
    ) -> Next {
        var moved = 0
        while moved < Self.turn {
            if !toClient.isEmpty {
                switch toClient.withUnsafeBytes({ session.send($0) }) {
                case .moved(let count):
                    toClient.removeFirst(count)
                    deadline = .distantFuture
                case .wouldBlock:
                    if deadline == .distantFuture { deadline = .now + Self.stallTime }
                    return .wait
                case .end, .failed: return .close
                }
                continue
            }
            guard !serverHasEnded else { return sayEnd(session) }
            switch StreamSocket.receive(server, into: scratch) {
            case .moved(let count):
                moved += count
                toClient += send(scratch[..<count]) { session.send($0) }
            case .wouldBlock: return .wait
            // A server that closes with a request unread seems to fail.
            case .end, .failed: serverHasEnded = true
            }
        }
        return .goOn
    }

    /// Sends as much as can be sent at once.
    ///
    /// - Returns: what is left.
    private func send(
        _ bytes: Slice<UnsafeMutableRawBufferPointer>, _ send: (UnsafeRawBufferPointer) -> TransferResult
    ) -> [UInt8] {
        var rest = UnsafeRawBufferPointer(rebasing: bytes)
        while !rest.isEmpty, case .moved(let count) = send(rest) {
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        // Whatever has failed will fail again, and be attended to then.
        return Array(rest)
    }

    private func sayEnd(_ session: TLSSession) -> Next {
        guard !hasSaidEnd else { return .wait }
        if deadline == .distantFuture { deadline = .now + Self.lingerTime }
        guard session.endSending() else { return .wait }
        hasSaidEnd = true
        shutdown(client, Int32(SHUT_WR))
        return .wait
    }
}
