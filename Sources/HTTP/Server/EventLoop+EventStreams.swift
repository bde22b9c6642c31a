import Platform

/// Connections whose response is a stream of events, which goes on until the client leaves or the server drains.
extension EventLoop {
    /// Often enough for proxies, which give up silent connections.
    private static let heartbeatInterval = Duration.seconds(15)
    /// A client that leaves so many bytes of events untaken is given up.
    private static let longestBacklog: Int64 = 1 << 20

    /// Begins to send what is published, the response's head having been sent.
    func follow(_ stream: EventStream, on connection: Connection, first: @Sendable () -> [ServerSentEvent]) {
        connection.state = .following(stream)
        // Before the first events are made: whatever they do not tell is still to be delivered.
        stream.add(self)
        for event in first() { connection.exchange?.appendEvent(event.encoded) }
        guard draining == nil else { return endStream(on: connection) }
        setDeadline(of: connection, .now + Self.heartbeatInterval)
        watch(connection, [.readable, .writable, .readHangUp, .edgeTriggered])
        continueStream(on: connection)
    }

    /// Sends an event to all connections that follow the stream.
    func deliver(_ bytes: [UInt8], of stream: EventStream) {
        assertOnLoop()
        for connection in connections.all {
            guard case .following(let followed) = connection.state, followed === stream else { continue }
            append(bytes, to: connection)
        }
    }

    /// Sends what is left; whatever the client sends is not looked at, since its next request has to wait.
    func continueStream(on connection: Connection) {
        assertOnLoop()
        guard let exchange = connection.exchange else { return }
        if !exchange.output.isEmpty { exchange.flush() }
        if exchange.failure != nil || connection.inputHasEnded {
            exchange.report()
            close(connection)
        }
    }

    /// Called when nothing has been sent for a while.
    func sendHeartbeat(on connection: Connection) {
        assertOnLoop()
        append(ServerSentEvent.heartbeat, to: connection)
        if !connection.isClosed { setDeadline(of: connection, .now + Self.heartbeatInterval) }
    }

    private func append(_ bytes: [UInt8], to connection: Connection) {
        guard let exchange = connection.exchange else { return }
        exchange.appendEvent(bytes)
        if exchange.output.remaining > Self.longestBacklog {
            exchange.fail("the client took the events too slowly")
        }
        continueStream(on: connection)
    }

    /// Ends the response as a whole one, and closes the connection.
    func endStream(on connection: Connection) {
        assertOnLoop()
        guard let exchange = connection.exchange else { return }
        exchange.endEvents()
        exchange.keepsAlive = false
        beginSending(connection)
        proceed(connection)
    }
}

extension Exchange {
    /// Enqueues a part of a stream of events.
    func appendEvent(_ bytes: [UInt8]) {
        recordPart(bytes)
        guard case .chunked = eventFraming else { return output.append(bytes) }
        var chunk: [UInt8] = []
        ResponseHeadEncoder.appendChunkSize(bytes.count, to: &chunk)
        overhead += Int64(chunk.count) + 2
        output.append(chunk + bytes + [0x0D, 0x0A])
    }

    /// Enqueues the end of a stream of events.
    func endEvents() {
        events = nil
        guard case .chunked = eventFraming else { return }
        output.append(Array("0\r\n\r\n".utf8))
        overhead += 5
    }
}
