#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A server's answer to a request to switch to another protocol (RFC 9110 section 7.8).
package enum UpgradeAnswer {
    /// It has switched: these are the fields of its 101, and the connection belongs to the other protocol.
    case switched(Headers, UpgradedConnection)
    /// It answers as to any other request.
    case refused(ClientResponse)
}

/// A connection to a server that has switched to another protocol.
package final class UpgradedConnection {
    private let connection: ClientConnection

    init(_ connection: ClientConnection) {
        self.connection = connection
    }

    var end: Tunnel.End {
        let connection = connection
        return Tunnel.End(
            fileDescriptor: connection.fileDescriptor, input: connection.input, send: connection.send,
            receive: connection.receive(into:),
            // With TLS, the end is a matter of its own protocol: the connection is closed when both sides are done.
            endSending: { if !connection.isSecured { shutdown(connection.fileDescriptor, Int32(SHUT_WR)) } })
    }
}

extension Client {
    /// Asks a server to switch to another protocol, on a connection of its own.
    ///
    /// - Parameter name: the protocol, as the `Upgrade` field names it: `websocket`.
    package func upgrade(_ request: ClientRequest, to name: String) throws(ClientError) -> UpgradeAnswer {
        let deadline = deadline
        let head = try encodeHead(request, upgrade: name)
        let connection = try ClientConnection.open(
            to: request.url, configuration: configuration, limit: deadline, cancellation: request.cancellation)
        var exchange = makeExchange(connection, request, deadline)
        try exchange.send(head: head, body: request.body)
        let response = try exchange.receiveHead(for: request.method, maySwitchProtocols: true)
        guard response.status.code == 101 else { return .refused(self.response(response, exchange)) }
        guard response.headers.hasToken("upgrade", in: "Connection"), response.headers.hasToken(name, in: "Upgrade")
        else {
            throw exchange.error(.malformedResponse("it switches to a protocol that was not asked for"))
        }
        return .switched(response.headers, UpgradedConnection(connection))
    }
}
