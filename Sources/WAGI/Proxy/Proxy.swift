import HTTP
import Platform

/// Passes requests on to another server, and its responses back while they come.
///
/// See Proxy.md.
final class Proxy: Sendable {
    let rule: ProxyRule
    private let pseudonym: String
    private let client: Client
    private static let chunkSize = 64 << 10
    /// Fields by which a proxy says whom it speaks for, besides those that begin with `X-Forwarded-`: a client must not be
    /// able to.
    private static let forwardingFields: Set = ["forwarded", "x-real-ip", "x-client-ip", "true-client-ip"]

    init(_ rule: ProxyRule, pseudonym: String, forbiddenPort: UInt16?) {
        self.rule = rule
        self.pseudonym = pseudonym
        var configuration = ClientConfiguration()
        // How long a request may take is for the other server to say.
        configuration.stallTimeout = .seconds(24 * 3600)
        configuration.maximumIdlePerHost = 64
        configuration.forbiddenLocalPorts = Set([forbiddenPort].compactMap { $0 })
        client = Client(configuration: configuration)
    }

    /// Answers a request as the other server does. One that cannot be reached is a 502 that says which.
    func respond(to request: Request, _ body: RequestBody, _ writer: ResponseWriter) throws {
        guard !PathReading(request.path).hasDotSegments else {
            return try writer.respond(
                Response(status: .badRequest, text: "400 Bad Request: the path has '.' or '..' in it\n"))
        }
        if request.headers.hasToken("1.1 \(pseudonym)", in: "Via") {
            return try writer.respond(
                Response(
                    status: Status(508),
                    text: "508 Loop Detected: \(rule.url) sends the requests back that [proxy] sends there\n"))
        }
        do {
            let forwarded = try forwarded(request)
            if Self.asksForWebSocket(request, body) {
                switch try client.upgrade(forwarded, to: "websocket") {
                case .switched(let headers, let connection): try writer.switchProtocols(headers, to: connection)
                case .refused(let response): try pass(response, writer)
                }
            } else if body.contentLength == 0 {
                try pass(try client.send(forwarded), writer)
            } else {
                try client.relay(
                    forwarded, body: body,
                    onHead: { try writer.writeHead($0, EndToEndFields.of($1)) },
                    onBody: {
                        try writer.write($0)
                        try writer.flush()
                    })
            }
        } catch let error as ClientError {
            // A response of which something has left can only be cut off.
            guard !writer.hasSent else { throw error }
            writer.discard()
            try writer.respond(
                Response(
                    status: .badGateway,
                    text: "502 Bad Gateway: \(rule.prefix)/ is passed on to \(rule.url), which has not answered: "
                        + "\(error)\n"))
        }
    }

    /// Whether a request is for a WebSocket (RFC 6455 section 4.1). Under any other protocol, HTTP/2 above all, a client could
    /// ask the other server for everything, past prefixes and all that is checked here: such a request is passed on as one
    /// that asks for no protocol, which it is free to be taken for (RFC 9110 section 7.8).
    private static func asksForWebSocket(_ request: Request, _ body: RequestBody) -> Bool {
        request.method == .get && body.contentLength == 0 && request.headers.hasToken("upgrade", in: "Connection")
            && request.headers.all("Upgrade").map { $0.lowercased() } == ["websocket"]
    }

    /// Passes a response on while it comes.
    private func pass(_ response: ClientResponse, _ writer: ResponseWriter) throws {
        defer { response.close() }
        try writer.writeHead(response.status, EndToEndFields.of(response.headers))
        while true {
            // What waits for the other server does not keep a guest from running.
            let chunk = try writer.whileWaiting { Result { try response.read(upTo: Self.chunkSize) } }.get()
            if chunk.isEmpty { return }
            try writer.write(chunk)
            // An event is of no use later.
            try writer.flush()
        }
    }

    /// Whether a field says for whom a request is passed on. Many programs take `_` for `-`.
    private static func saysForWhom(_ name: String) -> Bool {
        let name = name.lowercased().replacing("_", with: "-")
        return name.hasPrefix("x-forwarded-") || forwardingFields.contains(name)
    }

    /// The request as the other server gets it.
    private func forwarded(_ request: Request) throws -> ClientRequest {
        var headers = EndToEndFields.of(request.headers)
        for field in headers where Self.saysForWhom(field.name) { headers.remove(field.name) }
        if let address = request.remoteAddress { headers.set("X-Forwarded-For", address.host) }
        if let host = request.headers["Host"] { headers.set("X-Forwarded-Host", host) }
        headers.set("X-Forwarded-Proto", request.isSecured ? "https" : "http")
        headers.add("Via", "1.1 \(pseudonym)")
        headers.remove("Host")
        // The body is sent at once: nobody is left to wait for.
        headers.remove("Expect")
        return ClientRequest(request.method, try rule.destination(of: request.target), headers: headers)
    }
}
