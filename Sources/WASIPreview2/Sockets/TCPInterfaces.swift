package import ComponentModel
import HTTP

extension HostInterface {
    /// `wasi:sockets/tcp-create-socket`.
    package static let socketsTCPCreateSocket = HostInterface(wasi: "wasi:sockets/tcp-create-socket") { list in
        list.add(
            "create-tcp-socket", [("address-family", .ipAddressFamily)],
            to: .result(.own(.tcpSocket), .networkErrorCode)
        ) { call in
            try call.networkResult {
                try call.requireSocket()
                let socket = try TCPSocket(call.family(0))
                return .resource(try call.context.resources.insert(descriptor: socket))
            }
        }
    }

    /// `wasi:sockets/tcp`.
    package static let socketsTCP = HostInterface(wasi: "wasi:sockets/tcp", resources: ["tcp-socket": .tcpSocket]) {
        list in
        addConnecting(to: &list)
        addListening(to: &list)
        addState(to: &list)
        list.add(
            SocketOption.keepAlive + [SocketOption.hopLimit("hop-limit")] + SocketOption.buffers, of: "tcp-socket",
            .tcpSocket
        ) { call in
            try call.resource(0, as: TCPSocket.self).socket
        }
    }

    private static func addConnecting(to list: inout FunctionList) {
        let network = ("network", ValueType.borrow(.network))
        list.tcp("start-bind", [network, ("local-address", .ipSocketAddress)]) { call, socket in
            _ = try call.resource(1, as: Network.self)
            try socket.startBind(to: SocketAddress(call.arguments[2]))
            return nil
        }
        list.tcp("finish-bind") { _, socket in
            try socket.finishBind()
            return nil
        }
        list.tcp("start-connect", [network, ("remote-address", .ipSocketAddress)]) { call, socket in
            _ = try call.resource(1, as: Network.self)
            try socket.startConnect(to: SocketAddress(call.arguments[2]), call)
            return nil
        }
        list.tcp("finish-connect", to: .tuple(.own(.inputStream), .own(.outputStream))) { call, socket in
            let streams = try socket.finishConnect(call)
            let input = try call.context.resources.insert(streams.input, childOf: call.number(0))
            let output = try call.context.resources.insert(streams.output, childOf: call.number(0))
            return .record([.resource(input), .resource(output)])
        }
        list.tcp("shutdown", [("shutdown-type", .enumeration("receive", "send", "both"))]) { call, socket in
            let kind = call.arguments[1].caseNumber
            try socket.shutDown(receiving: kind != 1, sending: kind != 0, call)
            return nil
        }
    }

    private static func addListening(to list: inout FunctionList) {
        list.tcp("start-listen") { _, socket in
            try socket.startListen()
            return nil
        }
        list.tcp("finish-listen") { _, _ in throw NetworkErrorCode.notInProgress }
        list.tcp(
            "accept", to: .tuple(.own(.tcpSocket), .own(.inputStream), .own(.outputStream))
        ) { _, _ in throw NetworkErrorCode.invalidState }
        list.tcp("set-listen-backlog-size", [("value", .u64)]) { call, socket in
            try socket.setBacklog(call.arguments[1].u64)
            return nil
        }
    }

    private static func addState(to list: inout FunctionList) {
        let itself = ("self", ValueType.borrow(.tcpSocket))
        list.tcp("local-address", to: .ipSocketAddress) { _, socket in try socket.localAddress.value }
        list.tcp("remote-address", to: .ipSocketAddress) { _, socket in try socket.remoteAddress.value }
        list.add("[method]tcp-socket.is-listening", [itself], to: .bool) { _ in .bool(false) }
        list.add("[method]tcp-socket.address-family", [itself], to: .ipAddressFamily) { call in
            .enumeration(try call.resource(0, as: TCPSocket.self).socket.family.rawValue)
        }
        list.add("[method]tcp-socket.subscribe", [itself], to: .own(.pollable)) { call in
            try call.subscribe(to: call.number(0), call.resource(0, as: TCPSocket.self))
        }
    }
}

extension WASICall {
    /// The argument at `position`, an `ip-address-family`.
    func family(_ position: Int) -> AddressFamily { arguments[position].caseNumber == 0 ? .v4 : .v6 }
}

extension FunctionList {
    /// Adds a method of `tcp-socket`, which returns a `result` with an `error-code`.
    fileprivate mutating func tcp(
        _ name: String, _ parameters: [(String, ValueType)] = [], to ok: ValueType? = nil,
        body: @escaping @Sendable (WASICall, TCPSocket) throws -> Value?
    ) {
        add(
            "[method]tcp-socket.\(name)", [("self", .borrow(.tcpSocket))] + parameters,
            to: .result(ok, .networkErrorCode)
        ) { call in
            let socket = try call.resource(0, as: TCPSocket.self)
            return try call.networkResult { try body(call, socket) }
        }
    }
}
