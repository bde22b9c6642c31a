import HTTP
import Synchronization
import TestSupport

/// A server on a free port, stopped with its last reference.
final class TestServer: Sendable {
    let server: Server
    let records = Mutex<[RequestRecord]>([])
    let problems = Mutex<[String]>([])

    var address: SocketAddress { server.address }

    init(
        on socket: ListeningSocket? = nil, configure: (inout ServerConfiguration) -> Void = { _ in },
        handler: @escaping RequestHandler
    ) throws {
        let socket = try socket ?? ListeningSocket(binding: .loopback(port: 0))
        var configuration = ServerConfiguration()
        configuration.maximumWorkers = 8
        configure(&configuration)
        let box = Box()
        configuration.requestObserver = { record in box.value?.records.withLock { $0.append(record) } }
        configuration.problemObserver = { problem in box.value?.problems.withLock { $0.append(problem) } }
        server = Server(socket: socket, configuration: configuration, handler: handler)
        box.value = self
        try server.start()
    }

    deinit { server.stop() }

    func connect(receiveBuffer: Int32? = nil) throws -> RawConnection {
        try RawConnection(to: address, receiveBuffer: receiveBuffer)
    }

    /// The response to one request on a connection of its own.
    func exchange(_ request: String) throws -> RawConnection.Response {
        let connection = try connect()
        try connection.send(request)
        return try connection.response(toHead: request.hasPrefix("HEAD "))
    }

    func url(_ target: String) throws -> HTTPURL { try HTTPURL("http://\(address)\(target)") }

    private final class Box: @unchecked Sendable {
        weak var value: TestServer?
    }
}

/// Something that one thread waits for until another has done it.
final class Gate: Sendable {
    private let state = Mutex(false)

    func open() { state.withLock { $0 = true } }

    var isOpen: Bool { state.withLock { $0 } }

    /// False when nothing has opened it in time, which fails a test.
    func wait() -> Bool { eventually { isOpen } }
}

/// Answers with the request's path, query and body.
let echo: RequestHandler = { request, body, writer in
    let bytes = try body.readAll(limit: 1 << 30)
    try writer.respond(
        Response(
            headers: ["Content-Type": "text/plain", "X-Path": request.path, "X-Method": request.method.rawValue],
            body: .bytes(bytes)))
}
