import Platform

/// How requests wait to be admitted, and how connections pass to the process that serves after this one, or to the one that
/// serves another host.
extension EventLoop {
    /// Decides who answers the request whose head has been parsed, the first `byteCount` bytes of the input, and when.
    func consider(_ connection: Connection, _ head: RequestHead, byteCount: Int) {
        assertOnLoop()
        guard let queue = context.configuration.hostRouting?.queue(for: head.headers, usual: &usualHost) else {
            return admit(connection, head, byteCount: byteCount)
        }
        switch send(connection, through: queue) {
        case .sent: break
        case .full:
            if case .parked = connection.state {
            } else {
                connection.state = .parked(head, byteCount: byteCount)
                // Whoever answers for the host may be stuck. What waits for it must not fill this server for ever.
                setDeadline(of: connection, .now + context.configuration.headTimeout)
            }
            connection.isUnpassed = true
            unpassed.append(connection)
        case .impossible: refusePassing(connection)
        }
    }

    /// Answers a request that cannot pass to the one who answers for its host.
    func refusePassing(_ connection: Connection) {
        refuse(connection, MessageError(.serviceUnavailable, "nobody answers for this host at the moment"))
    }

    /// Asks whether the request whose head has been parsed may be answered; parks the connection if not.
    private func admit(_ connection: Connection, _ head: RequestHead, byteCount: Int) {
        assertOnLoop()
        guard let admission = context.configuration.admission, draining == nil else {
            return begin(connection, head, byteCount: byteCount)
        }
        let waited = connection.waitingSince.map {
            Duration.nanoseconds(MonotonicTime.now.nanoseconds - $0.nanoseconds)
        }
        switch admission(head.target, head.headers, waited ?? .zero) {
        case .proceed:
            begin(connection, head, byteCount: byteCount)
        case .proceedMarked(let name, let value):
            connection.mark = (name, value)
            begin(connection, head, byteCount: byteCount)
        case .wait:
            if connection.waitingSince == nil { connection.waitingSince = .now }
            connection.state = .parked(head, byteCount: byteCount)
            // The answer to the request will show whether the client is still there.
            connection.deadline = .distantFuture
            parked.append(connection)
        }
    }

    /// Asks again for the requests that wait.
    func reconsiderParked() {
        assertOnLoop()
        guard !parked.isEmpty else { return }
        let connections = parked
        parked.removeAll(keepingCapacity: true)
        for connection in connections {
            guard case .parked(let head, let byteCount) = connection.state else { continue }
            if isHandingOver {
                pass(connection)
            } else {
                admit(connection, head, byteCount: byteCount)
                if case .parked = connection.state { continue }
                proceed(connection)
            }
        }
    }

    /// Passes a connection on that is at the beginning of a request, or in its head.
    func pass(_ connection: Connection) {
        assertOnLoop()
        guard let queue = context.configuration.connectionQueue else { return }
        switch send(connection, through: queue) {
        case .sent: break
        case .full:
            connection.isUnpassed = true
            unpassed.append(connection)
        case .impossible:
            // As if there were no queue.
            connection.isHeld = true
            if case .parked(let head, let byteCount) = connection.state {
                consider(connection, head, byteCount: byteCount)
            } else if let draining {
                setDeadline(of: connection, min(connection.deadline, draining.idleUntil))
            }
            proceed(connection)
        }
    }

    /// Sends a connection, which is closed here if that goes well: it has begun no request, or only received its head.
    private func send(_ connection: Connection, through queue: ConnectionQueue) -> ConnectionQueue.SendResult {
        let result = queue.send(
            connection.fileDescriptor, remoteAddress: connection.isSecured ? connection.remoteAddress : nil,
            isSecured: connection.isSecured, waitingSince: connection.waitingSince, isReused: connection.isReused,
            input: connection.input.readable)
        if result == .sent {
            connection.input.consume(connection.input.count)
            close(connection)
        }
        return result
    }

    /// Tries once more to pass on what a queue had no room for.
    func retryPassing() {
        assertOnLoop()
        guard !unpassed.isEmpty else { return }
        let connections = unpassed
        unpassed.removeAll(keepingCapacity: true)
        for connection in connections where !connection.isClosed {
            connection.isUnpassed = false
            if isHandingOver {
                pass(connection)
            } else {
                if case .parked(let head, let byteCount) = connection.state {
                    consider(connection, head, byteCount: byteCount)
                }
                proceed(connection)
            }
        }
    }

    /// Passes a connection on if that is due and it can be.
    ///
    /// - Returns: whether it is no concern of this process any more, or about to be none.
    func passIfDue(_ connection: Connection) -> Bool {
        guard isHandingOver, !connection.isHeld else { return false }
        if case .readingHead = connection.state {} else { return false }
        if !connection.isUnpassed { pass(connection) }
        return true
    }

    /// Takes over connections that other processes have passed on.
    func receivePassed() {
        assertOnLoop()
        guard let queue = context.configuration.connectionQueue else { return }
        for _ in 0..<Self.acceptedPerTurn {
            guard isListening, let passed = queue.receive() else { return }
            let address = passed.remoteAddress ?? SocketAddress(peerOf: passed.fileDescriptor)
            guard let connection = add(passed.fileDescriptor, address) else { continue }
            connection.isSecured = passed.isSecured
            connection.isReused = passed.isReused
            connection.waitingSince = passed.waitingSince
            passed.input.withUnsafeBytes { connection.input.append($0) }
            if passed.isReused, passed.input.isEmpty {
                setDeadline(of: connection, now + context.configuration.keepAliveTimeout)
            }
            connection.mayHaveInput = true
            proceed(connection)
        }
    }
}
