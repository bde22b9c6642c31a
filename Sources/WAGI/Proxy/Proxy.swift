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
    /// Fields by which a proxy says whom it speaks for: a client must not be able to.
    private static let forwardingFields = [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port",
        "X-Forwarded-Prefix", "X-Real-IP",
    ]

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
        guard !DotSegments.contains(request.path) else {
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
            if let name = request.headers["Upgrade"], request.headers.hasToken("upgrade", in: "Connection") {
                switch try client.upgrade(forwarded, to: name) {
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
            // A response that has begun can only be cut off.
            guard !writer.hasHead else { throw error }
            try writer.respond(
                Response(
                    status: .badGateway,
                    text: "502 Bad Gateway: \(rule.prefix)/ is passed on to \(rule.url), which has not answered: "
                        + "\(error)\n"))
        }
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

    /// The request as the other server gets it.
    private func forwarded(_ request: Request) throws -> ClientRequest {
        var headers = EndToEndFields.of(request.headers)
        for name in Self.forwardingFields { headers.remove(name) }
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
