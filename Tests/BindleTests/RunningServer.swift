import HTTP
import TOML
import TestSupport

import Bindle

/// A Bindle server on a free port, over a store of its own unless one is given.
final class RunningServer {
    let directory: TemporaryDirectory
    let store: BindleStore
    let bindles: BindleServer
    let url: String
    private let server: Server
    private let client = Client()

    init(
        _ mode: BindleStore.Mode, store: BindleStore? = nil, trust: ServerTrust = ServerTrust(),
        authentication: ServerAuthentication? = nil,
        configure: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        directory = try TemporaryDirectory()
        self.store = try store ?? BindleStore(path: directory.path + "/bindles.sqlite")
        bindles = BindleServer(
            store: self.store, mode: mode, version: "0.1.0", trust: trust, authentication: authentication)
        var configuration = bindles.configuration()
        configure(&configuration)
        server = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: configuration,
            handler: bindles.handler)
        try server.start()
        url = "http://\(server.address)/v1"
    }

    deinit {
        server.stop()
    }

    var port: UInt16 { server.address.port }

    struct Answer {
        let status: Int
        let headers: Headers
        let bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }

        /// The body as the document that its content type says it is.
        func document() throws -> TOMLTable {
            try DocumentEncoding(mediaType: headers["Content-Type"] ?? "")!.decode(bytes)
        }
    }

    /// Sends a request to `path` below `/v1`.
    func send(
        _ method: Method, _ path: String, headers: Headers = [:], body: ClientRequest.Body = .empty
    ) throws -> Answer {
        try send(method, to: url + path, headers: headers, body: body)
    }

    /// Sends a request to `/healthz`, which is not below `/v1`.
    func health() throws -> Answer { try send(.get, to: url.dropLast("/v1".count) + "/healthz") }

    private func send(
        _ method: Method, to url: String, headers: Headers = [:], body: ClientRequest.Body = .empty
    ) throws -> Answer {
        let response = try client.send(ClientRequest(method, try HTTPURL(url), headers: headers, body: body))
        let bytes = method == .head ? [] : try response.readAll(limit: 16 << 20)
        return Answer(status: response.status.code, headers: response.headers, bytes: bytes)
    }

    /// Sends a request as it is, and returns what arrives up to and with `marker`.
    func exchange(_ request: String, until marker: String) throws -> String {
        let socket = try RawSocket(port: server.address.port)
        try socket.send(request)
        return try socket.receive(until: marker)
    }

    func get(_ path: String, headers: Headers = [:]) throws -> Answer { try send(.get, path, headers: headers) }

    func post(_ path: String, _ text: String, type: String = "application/toml") throws -> Answer {
        try send(.post, path, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
    }

    func delete(_ path: String) throws -> Answer { try send(.delete, path) }
}
