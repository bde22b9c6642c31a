#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension ResponseWriter {
    /// Switches the client's connection to another protocol (101, RFC 9110 section 7.8), and passes bytes between it and a
    /// server's until both have ended, one is gone, or the wait is cancelled. The connection is closed then.
    ///
    /// - Parameter headers: those of the response; `Upgrade` is among them, `Connection` need not be.
    /// - Throws: if something has been written already, or the client is gone.
    package func switchProtocols(_ headers: Headers, to other: UpgradedConnection) throws(ResponseError) {
        let connection = exchange
        try connection.claiming { () throws(ResponseError) in
            guard case .noHead = connection.progress else { throw .headAlreadyWritten }
            _ = try ResponseHeadEncoder.validate(headers)
            connection.progress = .finished
            connection.keepsAlive = false
            connection.status = Status(101)
        }
        var head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
        for field in headers where field.name.lowercased() != "connection" {
            head += "\(field.name): \(field.value)\r\n"
        }
        head += "\r\n"
        connection.recordHead(Array(head.utf8)[...])
        try connection.sendWhole(Array(head.utf8))
        let own = Tunnel.End(
            fileDescriptor: connection.fileDescriptor, input: connection.input,
            send: { bytes in
                let result = StreamSocket.send(connection.fileDescriptor, bytes)
                if case .moved(let count) = result { connection.sentCount += Int64(count) }
                return result
            },
            receive: { StreamSocket.receive(connection.fileDescriptor, into: $0) },
            endSending: { shutdown(connection.fileDescriptor, Int32(SHUT_WR)) })
        var tunnel = Tunnel(own, other.end)
        tunnel.run(isCancelled: { [disconnection = connection.disconnection] in disconnection.isDisconnected }) {
            wait in
            connection.whileWaiting(wait)
        }
        connection.input.consume(connection.input.count)
        connection.inputIsBroken = true
    }
}

extension Exchange {
    /// Sends bytes that are no body.
    fileprivate func sendWhole(_ bytes: [UInt8]) throws(ResponseError) {
        overhead += Int64(bytes.count)
        var failure: ResponseError?
        bytes.withUnsafeBytes { bytes in
            do throws(ResponseError) { try send(bytes, count: bytes.count) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
