package import ComponentModel
import HTTP

extension HostInterface {
    /// `wasi:sockets/udp-create-socket`.
    package static let socketsUDPCreateSocket = HostInterface(wasi: "wasi:sockets/udp-create-socket") { list in
        list.add(
            "create-udp-socket", [("address-family", .ipAddressFamily)],
            to: .result(.own(.udpSocket), .networkErrorCode)
        ) { call in
            try call.networkResult {
                try call.requireSocket()
                let socket = try UDPSocket(call.family(0))
                return .resource(try call.context.resources.insert(descriptor: socket))
            }
        }
    }

    /// `wasi:sockets/udp`.
    package static let socketsUDP = HostInterface(
        wasi: "wasi:sockets/udp",
        resources: [
            "udp-socket": .udpSocket, "incoming-datagram-stream": .incomingDatagramStream,
            "outgoing-datagram-stream": .outgoingDatagramStream,
        ]
    ) { list in
        addSocket(to: &list)
        addDatagrams(to: &list)
        list.add([SocketOption.hopLimit("unicast-hop-limit")] + SocketOption.buffers, of: "udp-socket", .udpSocket) {
            call in try call.resource(0, as: UDPSocket.self).socket
        }
    }

    private static func addSocket(to list: inout FunctionList) {
        list.udp("start-bind", [("network", .borrow(.network)), ("local-address", .ipSocketAddress)]) {
            call, socket in
            _ = try call.resource(1, as: Network.self)
            try socket.startBind(to: SocketAddress(call.arguments[2]))
            return nil
        }
        list.udp("finish-bind") { _, socket in
            try socket.finishBind()
            return nil
        }
        list.udp(
            "stream", [("remote-address", .option(.ipSocketAddress))],
            to: .tuple(.own(.incomingDatagramStream), .own(.outgoingDatagramStream))
        ) { call, socket in
            let streams = try socket.streams(with: call.arguments[1].optional.map { SocketAddress($0) }, call)
            let incoming = try call.context.resources.insert(streams.0, childOf: call.number(0))
            let outgoing = try call.context.resources.insert(streams.1, childOf: call.number(0))
            return .record([.resource(incoming), .resource(outgoing)])
        }
        list.udp("local-address", to: .ipSocketAddress) { _, socket in try socket.localAddress.value }
        list.udp("remote-address", to: .ipSocketAddress) { _, socket in try socket.remoteAddress.value }
        let itself = ("self", ValueType.borrow(.udpSocket))
        list.add("[method]udp-socket.address-family", [itself], to: .ipAddressFamily) { call in
            .enumeration(try call.resource(0, as: UDPSocket.self).socket.family.rawValue)
        }
        // Nothing that this interface does with the socket itself has to wait.
        list.add("[method]udp-socket.subscribe", [itself], to: .own(.pollable)) { call in
            _ = try call.resource(0, as: UDPSocket.self)
            return .resource(try call.context.resources.insert(Pollable(time: 0), childOf: call.number(0)))
        }
    }

    private static func addDatagrams(to list: inout FunctionList) {
        let incoming = ("self", ValueType.borrow(.incomingDatagramStream))
        let outgoing = ("self", ValueType.borrow(.outgoingDatagramStream))
        let incomingDatagram = ValueType.record(("data", .bytes), ("remote-address", .ipSocketAddress))
        let outgoingDatagram = ValueType.record(("data", .bytes), ("remote-address", .option(.ipSocketAddress)))
        list.add(
            "[method]incoming-datagram-stream.receive", [incoming, ("max-results", .u64)],
            to: .result(.list(incomingDatagram), .networkErrorCode)
        ) { call in
            let stream = try call.resource(0, as: IncomingDatagramStream.self)
            return try call.networkResult {
                .list(
                    try stream.receive(upTo: call.arguments[1].u64, call).map {
                        .record([.bytes($0.bytes), $0.sender.value])
                    })
            }
        }
        list.add("[method]incoming-datagram-stream.subscribe", [incoming], to: .own(.pollable)) { call in
            try call.subscribe(to: call.number(0), call.resource(0, as: IncomingDatagramStream.self))
        }
        list.add(
            "[method]outgoing-datagram-stream.check-send", [outgoing], to: .result(.u64, .networkErrorCode)
        ) { call in
            let stream = try call.resource(0, as: OutgoingDatagramStream.self)
            return try call.networkResult { .u64(UInt64(try stream.checkSend())) }
        }
        list.add(
            "[method]outgoing-datagram-stream.send", [outgoing, ("datagrams", .list(outgoingDatagram))],
            to: .result(.u64, .networkErrorCode)
        ) { call in
            let stream = try call.resource(0, as: OutgoingDatagramStream.self)
            let datagrams = call.arguments[1].list.map { datagram in
                (bytes: datagram.fields[0].bytes, receiver: datagram.fields[1].optional.map { SocketAddress($0) })
            }
            return try call.networkResult { .u64(UInt64(try stream.send(datagrams, call))) }
        }
        list.add("[method]outgoing-datagram-stream.subscribe", [outgoing], to: .own(.pollable)) { call in
            try call.subscribe(to: call.number(0), call.resource(0, as: OutgoingDatagramStream.self))
        }
    }
}

extension FunctionList {
    /// Adds a method of `udp-socket`, which returns a `result` with an `error-code`.
    fileprivate mutating func udp(
        _ name: String, _ parameters: [(String, ValueType)] = [], to ok: ValueType? = nil,
        body: @escaping @Sendable (WASICall, UDPSocket) throws -> Value?
    ) {
        add(
            "[method]udp-socket.\(name)", [("self", .borrow(.udpSocket))] + parameters,
            to: .result(ok, .networkErrorCode)
        ) { call in
            let socket = try call.resource(0, as: UDPSocket.self)
            return try call.networkResult { try body(call, socket) }
        }
    }
}
