import Platform

/// An HTTP/1.1 client with kept-alive connections. Its calls block; any number of threads may share it.
///
/// For `https`, it secures its connections by TLS, as libcurl does it, which has to be on the system then.
package final class Client: Sendable {
    package let configuration: ClientConfiguration
    private let pool: ConnectionPool

    package init(configuration: ClientConfiguration = ClientConfiguration()) {
        self.configuration = configuration
        pool = ConnectionPool(
            maximumIdlePerHost: configuration.maximumIdlePerHost, timeout: configuration.keepAliveTimeout)
    }

    /// Sends `request` and returns when the response's head has arrived; the body is read from the response.
    ///
    /// A request that fails on a connection that had been kept alive, before any answer, is sent once more on a new
    /// one, if its method is idempotent and its body can be read again: the server had probably just closed the first.
    package func send(_ request: ClientRequest) throws(ClientError) -> ClientResponse {
        let deadline = deadline
        var request = request
        var redirects = 0
        while true {
            let response = try perform(request, deadline: deadline)
            guard let target = redirectTarget(of: response, to: request) else { return response }
            if let allows = configuration.allowsRedirect, !allows(target) { return response }
            redirects += 1
            guard redirects <= configuration.maximumRedirects else {
                throw ClientError(reason: .tooManyRedirects, url: target)
            }
            _ = try? response.readAll(limit: 64 << 10)
            if target.origin != request.url.origin {
                request.headers.remove("Authorization")
                request.headers.remove("Cookie")
            }
            request.url = target
            request.host = nil
        }
    }

    /// When a request that begins now has to be done.
    var deadline: MonotonicTime { configuration.totalTimeout.map { .now + $0 } ?? .distantFuture }

    /// Closes the idle connections.
    package func closeIdleConnections() {
        pool.removeAll()
    }

    private func redirectTarget(of response: ClientResponse, to request: ClientRequest) -> HTTPURL? {
        guard configuration.maximumRedirects > 0, request.followsRedirects,
            [301, 302, 303, 307, 308].contains(response.status.code),
            request.method == .get || request.method == .head, let location = response.headers["Location"]
        else { return nil }
        return try? request.url.resolving(location)
    }

    private func perform(_ request: ClientRequest, deadline: MonotonicTime) throws(ClientError) -> ClientResponse {
        var proxy: ProxySettings.Proxy?
        switch configuration.proxies?.route(to: request.url) {
        case nil, .direct: break
        case .proxy(let found): proxy = found
        case .unusable(let problem): throw ClientError(reason: .proxy(problem), url: request.url)
        }
        let target = proxy?.url ?? request.url
        let head = try encodeHead(request, through: proxy)
        if let connection = pool.take(ClientConnection.Destination(target)) {
            var exchange = makeExchange(connection, request, deadline)
            do throws(ClientError) {
                return try run(&exchange, head, request)
            } catch {
                guard error.reason == .disconnected, !exchange.hasAnswer, request.method.isIdempotent,
                    !exchange.hasConsumedStream
                else { throw error }
            }
        }
        let connection = try open(to: target, for: request, deadline)
        var exchange = makeExchange(connection, request, deadline)
        return try run(&exchange, head, request)
    }

    /// A new connection for a request.
    func open(
        to target: HTTPURL, for request: ClientRequest, _ deadline: MonotonicTime
    ) throws(ClientError) -> ClientConnection {
        var configuration = configuration
        if let limit = request.timeouts.connect {
            configuration.connectTimeout = min(limit, configuration.connectTimeout)
        }
        return try ClientConnection.open(
            to: target, configuration: configuration, limit: deadline, cancellation: request.cancellation,
            abort: request.abort)
    }

    func makeExchange(
        _ connection: ClientConnection, _ request: ClientRequest, _ deadline: MonotonicTime
    ) -> ClientExchange {
        connection.abort = request.abort
        return ClientExchange(
            connection: connection, url: request.url, configuration: configuration, deadline: deadline,
            cancellation: request.cancellation)
    }

    private func run(
        _ exchange: inout ClientExchange, _ head: [UInt8], _ request: ClientRequest
    ) throws(ClientError) -> ClientResponse {
        try exchange.send(head: head, body: request.body)
        if let limit = request.timeouts.firstByte { exchange.headDeadline = .now + limit }
        let response = try exchange.receiveHead(for: request.method)
        exchange.headDeadline = .distantFuture
        if let limit = request.timeouts.betweenBytes { exchange.limitStalls(to: limit) }
        return self.response(response, exchange)
    }

    /// The response whose head has come.
    func response(_ head: ResponseHead, _ exchange: ClientExchange) -> ClientResponse {
        ClientResponse(head: head, exchange: exchange, pool: pool)
    }

    // MARK: The head

    private static let ownedFields = ["host", "content-length", "transfer-encoding", "connection", "upgrade"]

    /// - Parameters:
    ///   - proxy: through which the request is sent.
    ///   - upgrade: the protocol to which the server is asked to switch.
    func encodeHead(
        _ request: ClientRequest, through proxy: ProxySettings.Proxy? = nil, upgrade: String? = nil
    ) throws(ClientError) -> [UInt8] {
        func invalid(_ problem: String) -> ClientError {
            ClientError(reason: .invalidRequest(problem), url: request.url)
        }
        guard !request.method.rawValue.isEmpty, request.method.rawValue.utf8.allSatisfy(CharacterClass.isToken) else {
            throw invalid("\(request.method.rawValue.debugDescription) is no method")
        }
        do throws(ResponseError) {
            _ = try ResponseHeadEncoder.validate(request.headers)
        } catch {
            throw invalid("\(error)".replacingPrefix("invalid response header", with: "invalid header"))
        }
        let host = request.host ?? request.url.authority
        guard host.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw invalid("\(host) is no host") }
        // To a proxy, the whole URL is said (RFC 9112 section 3.2.2).
        let target = proxy == nil ? request.url.target : request.url.description
        var head = Array("\(request.method.rawValue) \(target) HTTP/1.1\r\nHost: \(host)\r\n".utf8)
        if let authorization = proxy?.authorization { head += "Proxy-Authorization: \(authorization)\r\n".utf8 }
        // Values may be in any encoding, and are sent as they are.
        request.headers.withFields { fields in
            for field in fields {
                let name = String(decoding: field.name, as: UTF8.self)
                guard !Self.ownedFields.contains(name.lowercased()) else { continue }
                head += "\(name): ".utf8
                head += field.value
                head += [0x0D, 0x0A]
            }
        }
        if let upgrade {
            guard upgrade.utf8.allSatisfy(CharacterClass.isFieldContent) else {
                throw invalid("\(upgrade) is no protocol")
            }
            head += "Connection: Upgrade\r\nUpgrade: \(upgrade)\r\n".utf8
        }
        switch request.body {
        case .empty:
            // A method that defines a body says so when there is none (RFC 9110 section 8.6).
            if [.post, .put, .patch].contains(request.method) { head += "Content-Length: 0\r\n".utf8 }
        case .bytes(let bytes): head += "Content-Length: \(bytes.count)\r\n".utf8
        case .file(_, let range): head += "Content-Length: \(range.count)\r\n".utf8
        case .stream(let length?, _):
            guard length >= 0 else { throw invalid("the length of the body is negative") }
            head += "Content-Length: \(length)\r\n".utf8
        case .stream(nil, _): head += "Transfer-Encoding: chunked\r\n".utf8
        }
        return head + [0x0D, 0x0A]
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with replacement: String) -> String {
        hasPrefix(prefix) ? replacement + dropFirst(prefix.count) : self
    }
}
