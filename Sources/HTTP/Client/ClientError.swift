package import Platform

/// Why a request failed. The description names the URL.
package struct ClientError: Error, Hashable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The server's certificate is not one that is trusted for its name.
        case untrustedServer(String)
        /// There is no secure connection for another reason.
        case tls(String)
        /// The host's name has no address.
        case unknownHost(String)
        /// No connection to the server.
        case cannotConnect(SystemError)
        /// The host is this machine, and the port one of ``ClientConfiguration/forbiddenLocalPorts``.
        case forbiddenAddress(SocketAddress)
        /// No connection in time.
        case connectTimedOut
        /// Neither an answer nor progress in time.
        case timedOut
        /// The environment names a proxy that cannot be used.
        case proxy(String)
        /// The request's ``ClientRequest/cancellation`` said so.
        case cancelled
        /// The connection ended before the response did.
        case disconnected
        /// The server's answer breaks the rules of HTTP.
        case malformedResponse(String)
        /// The response's head or body is larger than is allowed.
        case tooLarge(limit: Int64)
        /// A header, a method or a length of the request is not valid.
        case invalidRequest(String)
        /// The source of the request's body failed.
        case bodySource(String)
        /// Redirected more often than is allowed.
        case tooManyRedirects
        /// Any other call that failed.
        case system(SystemError)
    }

    package let reason: Reason
    package let url: HTTPURL

    package init(reason: Reason, url: HTTPURL) {
        self.reason = reason
        self.url = url
    }

    package var description: String { "\(url): \(explanation)" }

    private var explanation: String {
        switch reason {
        case .untrustedServer(let problem): "the server is not trusted: \(problem)"
        case .tls(let problem): "no secure connection: \(problem)"
        case .unknownHost(let problem): "the host's address cannot be found: \(problem)"
        case .cannotConnect(let error): "no connection: \(error)"
        case .forbiddenAddress(let address): "\(address) is hippo-dev's own server, which no module may reach"
        case .connectTimedOut: "the server cannot be reached in time"
        case .timedOut: "the server does not answer in time"
        case .proxy(let problem): problem
        case .cancelled: "the request was given up"
        case .disconnected: "the server closed the connection before the end of its answer"
        case .malformedResponse(let problem): "the server's answer is malformed: \(problem)"
        case .tooLarge(let limit): "the server's answer is larger than \(limit) bytes"
        case .invalidRequest(let problem): "the request is not valid: \(problem)"
        case .bodySource(let problem): "the request's body cannot be read: \(problem)"
        case .tooManyRedirects: "too many redirects"
        case .system(let error): "\(error)"
        }
    }
}
