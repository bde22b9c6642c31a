import ComponentModel
import Foundation
import HTTP
import TestSupport
import Testing
import WASI
import WASIPreview2
import WebAssemblyRuntime

@Suite("Sockets")
struct SocketTests {
    private static let v4 = Value.enumeration(0)
    private static let v6 = Value.enumeration(1)

    private static func address(_ port: UInt16, _ parts: [UInt8] = [127, 0, 0, 1]) -> Value {
        .variant(0, .record([.u16(port), .record(parts.map { .u8($0) })]))
    }

    private static func address6(_ port: UInt16, _ parts: [UInt16]) -> Value {
        .variant(1, .record([.u16(port), .u32(0), .record(parts.map { .u16($0) }), .u32(0)]))
    }

    private func component(_ port: UInt16, host: String = "127.0.0.1", forbidden: Set<UInt16> = []) -> Component {
        Component(
            sockets: SocketPolicy(destinations: [.init(host: host, port: port)], forbiddenLocalPorts: forbidden))
    }

    private func tcp(_ name: String) -> String { "sockets/tcp [method]tcp-socket.\(name)" }
    private func udp(_ name: String) -> String { "sockets/udp [method]udp-socket.\(name)" }

    private func network(_ component: Component) throws -> Value {
        try component.call("sockets/instance-network instance-network")
    }

    private func code(_ failure: Value) -> NetworkErrorCode? { NetworkErrorCode(rawValue: failure.caseNumber) }

    /// Connects, and returns the socket and its streams.
    private func connect(
        _ component: Component, _ address: Value
    ) throws -> (socket: Value, input: Value, output: Value) {
        let socket = try component.ok("sockets/tcp-create-socket create-tcp-socket", Self.v4)
        try component.ok(tcp("start-connect"), socket, network(component), address)
        let pollable = try component.call(tcp("subscribe"), socket)
        try component.call("io/poll [method]pollable.block", pollable)
        let streams = try component.ok(tcp("finish-connect"), socket).fields
        try component.drop("io/poll", "pollable", pollable)
        return (socket, streams[0], streams[1])
    }

    @Test("without an allowed destination there are no sockets and no names")
    func nothing() throws {
        let component = Component()
        for name in ["tcp", "udp"] {
            let failure = try component.failure("sockets/\(name)-create-socket create-\(name)-socket", Self.v4)
            #expect(code(failure) == .accessDenied)
        }
        let failure = try component.failure(
            "sockets/ip-name-lookup resolve-addresses", network(component), .string("localhost"))
        #expect(code(failure) == .accessDenied)
    }

    @Test("a component talks to an allowed server: it sends, receives, shuts down, and sees the end")
    func connection() throws {
        let server = try ScriptedServer(answer: "answer", toRequestsEndingWith: "end")
        let component = component(server.port)
        let (socket, input, output) = try connect(component, Self.address(server.port))
        #expect(try component.ok(tcp("remote-address"), socket) == Self.address(server.port))
        #expect(try component.ok(tcp("local-address"), socket).caseNumber == 0)
        #expect(try component.ok("io/streams [method]input-stream.read", input, .u64(10)) == .bytes([]))
        try component.write("the end", to: output)
        #expect(try component.readAll(input) == Array("answer".utf8))
        try component.ok(tcp("shutdown"), socket, .enumeration(1))
        try component.ok(tcp("shutdown"), socket, .enumeration(2))
        #expect(eventually { server.hasAll })
        #expect(server.received == ["the end"])
        let failure = try component.failure("io/streams [method]output-stream.check-write", output)
        #expect(failure == .variant(1, nil))
        // Streams are children of the socket.
        #expect(throws: ResourceError.self) { try component.drop("sockets/tcp", "tcp-socket", socket) }
        try component.drop("io/streams", "input-stream", input)
        try component.drop("io/streams", "output-stream", output)
        try component.drop("sockets/tcp", "tcp-socket", socket)
    }

    @Test("more than the system takes at once leaves all the same")
    func longOutput() throws {
        // It reads nothing before the system takes no more.
        let isFull = DispatchSemaphore(value: 0)
        let server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { _, body, writer in
            isFull.wait()
            var count = 0
            while case let piece = try body.read(upTo: 1 << 16), !piece.isEmpty { count += piece.count }
            try writer.respond(
                Response(status: .ok, headers: ["Connection": "close"], body: .bytes(Array("\(count)".utf8))))
        }
        try server.start()
        defer {
            isFull.signal()
            server.stop()
        }
        let component = component(server.address.port)
        let (_, input, output) = try connect(component, Self.address(server.address.port))
        // More than the system's buffers have room for.
        let length = 64 << 20
        try component.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n", to: output)
        var rest = length
        var waits = 0
        while rest > 0 {
            let permit = try component.ok("io/streams [method]output-stream.check-write", output).u64
            if permit == 0 {
                waits += 1
                isFull.signal()
                let pollable = try component.call("io/streams [method]output-stream.subscribe", output)
                try component.call("io/poll [method]pollable.block", pollable)
                try component.drop("io/poll", "pollable", pollable)
                continue
            }
            let count = min(rest, Int(permit))
            try component.ok(
                "io/streams [method]output-stream.write", output, .bytes([UInt8](repeating: 65, count: count)))
            rest -= count
        }
        #expect(waits > 0)
        isFull.signal()
        try component.ok("io/streams [method]output-stream.blocking-flush", output)
        #expect(try String(decoding: component.readAll(input), as: UTF8.self).hasSuffix("\r\n\r\n\(length)"))
    }

    @Test("other hosts, other ports, and ports of this program are refused")
    func refusals() throws {
        let server = try ScriptedServer(answer: nil)
        let problems = Problems()
        let policy = SocketPolicy(
            destinations: [.init(host: "127.0.0.1", port: server.port)],
            problemObserver: { text in problems.add(text) })
        let component = Component(sockets: policy)
        for address in [Self.address(server.port, [127, 0, 0, 2]), Self.address(server.port &+ 1)] {
            let socket = try component.ok("sockets/tcp-create-socket create-tcp-socket", Self.v4)
            let failure = try component.failure(tcp("start-connect"), socket, network(component), address)
            #expect(code(failure) == .accessDenied)
        }
        #expect(problems.all.count == 2)
        #expect(problems.all[0].contains("127.0.0.2:\(server.port)") && problems.all[0].contains("--allow-outbound"))
        // Allowed, but one of this program's own.
        let other = self.component(server.port, forbidden: [server.port])
        let socket = try other.ok("sockets/tcp-create-socket create-tcp-socket", Self.v4)
        try other.ok(tcp("start-connect"), socket, network(other), Self.address(server.port))
        let pollable = try other.call(tcp("subscribe"), socket)
        try other.call("io/poll [method]pollable.block", pollable)
        #expect(code(try other.failure(tcp("finish-connect"), socket)) == .accessDenied)
    }

    @Test("a forbidden port of this program stays out of reach from another address of the machine")
    func boundForbiddenPort() throws {
        guard let own = OwnAddress.current else { return }
        let listener = try WildcardListener()
        let policy = SocketPolicy(destinations: [], allowsAll: true, forbiddenLocalPorts: [listener.port])
        for (local, peer) in [([127, 0, 0, 1], own), (own, own), ([0, 0, 0, 0], own), (own, [127, 0, 0, 1])] {
            let component = Component(sockets: policy)
            let network = try network(component)
            let socket = try component.ok("sockets/tcp-create-socket create-tcp-socket", Self.v4)
            try component.ok(tcp("start-bind"), socket, network, Self.address(0, local))
            try component.ok(tcp("finish-bind"), socket)
            try component.ok(tcp("start-connect"), socket, network, Self.address(listener.port, peer))
            let pollable = try component.call(tcp("subscribe"), socket)
            try component.call("io/poll [method]pollable.block", pollable)
            #expect(code(try component.failure(tcp("finish-connect"), socket)) == .accessDenied, "\(local) → \(peer)")
        }
    }

    @Test("addresses that can be no peer's are invalid")
    func invalidAddresses() throws {
        let component = Component(sockets: SocketPolicy(destinations: [], allowsAll: true))
        let network = try network(component)
        let socket = try component.ok("sockets/tcp-create-socket create-tcp-socket", Self.v4)
        for address in [
            Self.address(80, [0, 0, 0, 0]), Self.address(0), Self.address(80, [224, 0, 0, 1]),
            Self.address(80, [255, 255, 255, 255]), Self.address6(80, [0, 0, 0, 0, 0, 0, 0, 1]),
        ] {
            #expect(code(try component.failure(tcp("start-connect"), socket, network, address)) == .invalidArgument)
        }
        let socket6 = try component.ok("sockets/tcp-create-socket create-tcp-socket", Self.v6)
        for parts: [UInt16] in [[0, 0, 0, 0, 0, 0xFFFF, 0x7F00, 1], [0xFF02, 0, 0, 0, 0, 0, 0, 1]] {
            let failure = try component.failure(tcp("start-connect"), socket6, network, Self.address6(80, parts))
            #expect(code(failure) == .invalidArgument)
        }
        #expect(try component.call(tcp("address-family"), socket6) == Self.v6)
        #expect(try component.call(tcp("address-family"), socket) == Self.v4)
    }

    @Test("a connection that is refused closes the socket for good")
    func refusedConnection() throws {
        // A port that nobody listens at: one that was just given back.
        let port = try ScriptedServer(answer: nil).port
        let component = component(port)
        let network = try network(component)
        let socket = try component.ok("sockets/tcp-create-socket create-tcp-socket", Self.v4)
        #expect(code(try component.failure(tcp("finish-connect"), socket)) == .notInProgress)
        #expect(eventually { RawPort.isFree(port) })
        try component.ok(tcp("start-connect"), socket, network, Self.address(port))
        let pollable = try component.call(tcp("subscribe"), socket)
        try component.call("io/poll [method]pollable.block", pollable)
        #expect(code(try component.failure(tcp("finish-connect"), socket)) == .connectionRefused)
        let again = try component.failure(tcp("start-connect"), socket, network, Self.address(port))
        #expect(code(again) == .invalidState)
        #expect(code(try component.failure(tcp("start-listen"), socket)) == .invalidState)
        #expect(code(try component.failure(tcp("local-address"), socket)) == .invalidState)
    }

    @Test("a socket is bound to no port of its own, and nobody can connect to it")
    func bindingAndListening() throws {
        let component = component(80)
        let network = try network(component)
        let socket = try component.ok("sockets/tcp-create-socket create-tcp-socket", Self.v4)
        #expect(code(try component.failure(tcp("local-address"), socket)) == .invalidState)
        #expect(code(try component.failure(tcp("remote-address"), socket)) == .invalidState)
        #expect(code(try component.failure(tcp("start-listen"), socket)) == .invalidState)
        #expect(code(try component.failure(tcp("finish-bind"), socket)) == .notInProgress)
        let own = try component.failure(tcp("start-bind"), socket, network, Self.address(8080))
        #expect(code(own) == .accessDenied)
        let group = try component.failure(tcp("start-bind"), socket, network, Self.address(0, [224, 0, 0, 1]))
        #expect(code(group) == .invalidArgument)
        let foreign = try component.failure(tcp("start-bind"), socket, network, Self.address(0, [192, 0, 2, 1]))
        #expect(code(foreign) == .addressNotBindable)
        try component.ok(tcp("start-bind"), socket, network, Self.address(0))
        let twice = try component.failure(tcp("start-bind"), socket, network, Self.address(0))
        #expect(code(twice) == .concurrencyConflict)
        #expect(
            code(try component.failure(tcp("start-connect"), socket, network, Self.address(80))) == .concurrencyConflict
        )
        try component.ok(tcp("finish-bind"), socket)
        #expect(try component.ok(tcp("local-address"), socket).payload?.fields[0] != .u16(0))
        #expect(code(try component.failure(tcp("start-bind"), socket, network, Self.address(0))) == .invalidState)
        #expect(code(try component.failure(tcp("start-listen"), socket)) == .accessDenied)
        #expect(code(try component.failure(tcp("finish-listen"), socket)) == .notInProgress)
        #expect(code(try component.failure(tcp("accept"), socket)) == .invalidState)
        #expect(try component.call(tcp("is-listening"), socket) == .bool(false))
        try component.ok(tcp("set-listen-backlog-size"), socket, .u64(10))
        #expect(code(try component.failure(tcp("set-listen-backlog-size"), socket, .u64(0))) == .invalidArgument)
        #expect(code(try component.failure(tcp("shutdown"), socket, .enumeration(0))) == .invalidState)
    }

    @Test("options are read as they were set, and zero is none of their values", arguments: [v4, v6])
    func options(_ family: Value) throws {
        let component = component(80)
        let socket = try component.ok("sockets/tcp-create-socket create-tcp-socket", family)
        try component.ok(tcp("set-keep-alive-enabled"), socket, .bool(true))
        #expect(try component.ok(tcp("keep-alive-enabled"), socket) == .bool(true))
        for name in ["keep-alive-idle-time", "keep-alive-interval"] {
            try component.ok(tcp("set-\(name)"), socket, .u64(1_500_000_000))
            #expect(try component.ok(tcp(name), socket) == .u64(2_000_000_000))
            try component.ok(tcp("set-\(name)"), socket, .u64(.max))
            #expect(code(try component.failure(tcp("set-\(name)"), socket, .u64(0))) == .invalidArgument)
        }
        try component.ok(tcp("set-keep-alive-count"), socket, .u32(5))
        #expect(try component.ok(tcp("keep-alive-count"), socket) == .u32(5))
        #expect(code(try component.failure(tcp("set-keep-alive-count"), socket, .u32(0))) == .invalidArgument)
        try component.ok(tcp("set-hop-limit"), socket, .u8(42))
        #expect(try component.ok(tcp("hop-limit"), socket) == .u8(42))
        #expect(code(try component.failure(tcp("set-hop-limit"), socket, .u8(0))) == .invalidArgument)
        for name in ["receive-buffer-size", "send-buffer-size"] {
            try component.ok(tcp("set-\(name)"), socket, .u64(50_000))
            #expect(try component.ok(tcp(name), socket) == .u64(50_000))
            try component.ok(tcp("set-\(name)"), socket, .u64(.max))
            #expect(code(try component.failure(tcp("set-\(name)"), socket, .u64(0))) == .invalidArgument)
        }
        let datagrams = try component.ok("sockets/udp-create-socket create-udp-socket", family)
        try component.ok(udp("set-unicast-hop-limit"), datagrams, .u8(7))
        #expect(try component.ok(udp("unicast-hop-limit"), datagrams) == .u8(7))
        try component.ok(udp("set-send-buffer-size"), datagrams, .u64(50_000))
        #expect(try component.ok(udp("send-buffer-size"), datagrams) == .u64(50_000))
        #expect(try component.call(udp("address-family"), datagrams) == family)
    }

    @Test("no more sockets can be open than files")
    func limit() throws {
        let component = Component(
            WASIConfiguration(descriptorLimit: 1), sockets: SocketPolicy(destinations: [], allowsAll: true))
        try component.ok("sockets/tcp-create-socket create-tcp-socket", Self.v4)
        let failure = try component.failure("sockets/tcp-create-socket create-tcp-socket", Self.v4)
        #expect(code(failure) == .newSocketLimit)
        #expect(component.context.limitDescriptions.count == 1)
    }

    // MARK: Datagrams

    /// A bound socket of the component's, and its streams.
    private func datagrams(
        _ component: Component, with peer: Value?
    ) throws -> (socket: Value, incoming: Value, outgoing: Value) {
        let socket = try component.ok("sockets/udp-create-socket create-udp-socket", Self.v4)
        try component.ok(udp("start-bind"), socket, network(component), Self.address(0))
        try component.ok(udp("finish-bind"), socket)
        let streams = try component.ok(udp("stream"), socket, .option(peer)).fields
        return (socket, streams[0], streams[1])
    }

    private let send = "sockets/udp [method]outgoing-datagram-stream.send"
    private let checkSend = "sockets/udp [method]outgoing-datagram-stream.check-send"
    private let receive = "sockets/udp [method]incoming-datagram-stream.receive"

    private static func datagram(_ text: String, to address: Value? = nil) -> Value {
        .record([.text(text), .option(address)])
    }

    @Test("datagrams go to an allowed peer and come from it", arguments: [true, false])
    func datagrams(isConnected: Bool) throws {
        let peer = try UDPPeer()
        let stranger = try UDPPeer()
        let component = component(peer.port)
        let address = Self.address(peer.port)
        let (socket, incoming, outgoing) = try datagrams(component, with: isConnected ? address : nil)
        #expect(try component.ok(receive, incoming, .u64(5)) == .list([]))
        #expect(try component.trap(send, outgoing, .list([Self.datagram("x")])).contains("permitted"))
        #expect(try component.ok(checkSend, outgoing).u64 > 0)
        #expect(
            try component.ok(
                send, outgoing, .list([Self.datagram("one", to: address), Self.datagram("two", to: address)]))
                == .u64(2))
        #expect(peer.receive() == "one" && peer.receive() == "two")
        let own = try component.ok(udp("local-address"), socket).payload?.fields[0].u16
        let port = try #require(own)
        stranger.send("not for you", to: port)
        peer.send("answer", to: port)
        let pollable = try component.call(
            "sockets/udp [method]incoming-datagram-stream.subscribe", incoming)
        var received: [Value] = []
        while received.isEmpty {
            try component.call("io/poll [method]pollable.block", pollable)
            received = try component.ok(receive, incoming, .u64(5)).list
        }
        #expect(received == [.record([.text("answer"), address])])
        if isConnected {
            #expect(try component.ok(udp("remote-address"), socket) == address)
            _ = try component.ok(checkSend, outgoing)
            #expect(try component.ok(send, outgoing, .list([Self.datagram("three")])) == .u64(1))
            #expect(peer.receive() == "three")
            let other = try component.failure(
                send, outgoing, .list([Self.datagram("x", to: Self.address(stranger.port))]))
            #expect(code(other) == .invalidArgument)
        } else {
            #expect(code(try component.failure(udp("remote-address"), socket)) == .invalidState)
            _ = try component.ok(checkSend, outgoing)
            #expect(code(try component.failure(send, outgoing, .list([Self.datagram("x")]))) == .invalidArgument)
            _ = try component.ok(checkSend, outgoing)
            let other = try component.failure(
                send, outgoing, .list([Self.datagram("x", to: Self.address(stranger.port))]))
            #expect(code(other) == .accessDenied)
            _ = try component.ok(checkSend, outgoing)
            let long = Value.record([.bytes([UInt8](repeating: 0, count: 70_000)), .some(address)])
            #expect(code(try component.failure(send, outgoing, .list([long]))) == .datagramTooLarge)
        }
        #expect(try component.ok(send, outgoing, .list([])) == .u64(0))
        let writable = try component.call("sockets/udp [method]outgoing-datagram-stream.subscribe", outgoing)
        try component.call("io/poll [method]pollable.block", writable)
    }

    @Test("only the last pair of streams of a socket works, which has to be bound first")
    func streamsOfDatagrams() throws {
        let peer = try UDPPeer()
        let component = component(peer.port)
        let unbound = try component.ok("sockets/udp-create-socket create-udp-socket", Self.v4)
        #expect(code(try component.failure(udp("stream"), unbound, Value.none)) == .invalidState)
        #expect(code(try component.failure(udp("finish-bind"), unbound)) == .notInProgress)
        #expect(code(try component.failure(udp("local-address"), unbound)) == .invalidState)
        let ready = try component.call(udp("subscribe"), unbound)
        #expect(try component.call("io/poll [method]pollable.ready", ready) == .bool(true))
        let (socket, incoming, outgoing) = try datagrams(component, with: Self.address(peer.port))
        let denied = try component.failure(udp("stream"), socket, .some(Self.address(peer.port, [127, 0, 0, 9])))
        #expect(code(denied) == .accessDenied)
        let invalid = try component.failure(udp("stream"), socket, .some(Self.address(0)))
        #expect(code(invalid) == .invalidArgument)
        try component.ok(udp("stream"), socket, Value.none)
        #expect(code(try component.failure(receive, incoming, .u64(1))) == .invalidState)
        #expect(code(try component.failure(checkSend, outgoing)) == .invalidState)
        #expect(throws: ResourceError.self) { try component.drop("sockets/udp", "udp-socket", socket) }
    }

    // MARK: Names

    private func resolve(_ component: Component, _ name: String) throws -> [Value] {
        let stream = try component.ok(
            "sockets/ip-name-lookup resolve-addresses", network(component), .string(name))
        let pollable = try component.call("sockets/ip-name-lookup [method]resolve-address-stream.subscribe", stream)
        try component.call("io/poll [method]pollable.block", pollable)
        var addresses: [Value] = []
        while let address = try component.ok(
            "sockets/ip-name-lookup [method]resolve-address-stream.resolve-next-address", stream
        ).optional {
            addresses.append(address)
        }
        return addresses
    }

    @Test("allowed names are looked up, addresses stand for themselves, and others are refused")
    func names() throws {
        let server = try ScriptedServer(answer: nil)
        let component = component(server.port, host: "localhost")
        let addresses = try resolve(component, "LOCALHOST")
        #expect(addresses.contains(.variant(0, .record([127, 0, 0, 1].map { .u8($0) }))))
        #expect(try resolve(component, "192.0.2.7") == [.variant(0, .record([192, 0, 2, 7].map { .u8($0) }))])
        #expect(
            try resolve(component, "2001:db8::1")
                == [.variant(1, .record([0x2001, 0xDB8, 0, 0, 0, 0, 0, 1].map { .u16($0) }))])
        let lookup = "sockets/ip-name-lookup resolve-addresses"
        let network = try network(component)
        #expect(code(try component.failure(lookup, network, .string("example.org"))) == .accessDenied)
        for name in ["", "a b", "http://a", "é.example", String(repeating: "a", count: 300)] {
            #expect(code(try component.failure(lookup, network, .string(name))) == .invalidArgument)
        }
        // What the name stands for may be connected to.
        _ = try connect(component, Self.address(server.port))
    }

    @Test(
        "codes for the host's errors",
        arguments: [
            (ECONNREFUSED, NetworkErrorCode.connectionRefused), (EHOSTUNREACH, .remoteUnreachable),
            (EAGAIN, .wouldBlock),
            (EACCES, .accessDenied), (EMFILE, .newSocketLimit), (EMSGSIZE, .datagramTooLarge), (EDOM, .unknown),
        ])
    func codes(_ error: Int32, _ code: NetworkErrorCode) {
        #expect(NetworkErrorCode(hostError: error) == code)
    }

    @Test(
        "codes for the resolver's errors",
        arguments: [
            (EAI_NONAME, NetworkErrorCode.nameUnresolvable), (EAI_AGAIN, .temporaryResolverFailure),
            (EAI_FAIL, .permanentResolverFailure), (EAI_MEMORY, .outOfMemory),
        ])
    func resolverCodes(_ error: Int32, _ code: NetworkErrorCode) {
        #expect(NetworkErrorCode(resolverError: error) == code)
    }
}
