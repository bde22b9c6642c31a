/// The limits of a `Client`.
package struct ClientConfiguration: Sendable {
    /// How long establishing a connection may take.
    package var connectTimeout = Duration.seconds(10)
    /// How long the server may neither send nor take a byte.
    package var stallTimeout = Duration.seconds(60)
    /// From the call of `send` to the end of the response's body; `nil` for no limit.
    package var totalTimeout: Duration?
    /// Bytes of a response's head.
    package var maximumHead = 64 << 10
    /// Fields in a response's head.
    package var maximumFields = 200
    /// How long an idle connection is kept for the next request.
    package var keepAliveTimeout = Duration.seconds(30)
    /// Idle connections kept for one server.
    package var maximumIdlePerHost = 8
    /// Redirects followed for one request, for GET and HEAD only; 0 hands them to the caller.
    package var maximumRedirects = 0
    /// Asked before a redirect is followed; `false` hands the redirect to the caller.
    package var allowsRedirect: (@Sendable (HTTPURL) -> Bool)?

    /// Connects to the server that takes its connections out of this queue, wherever URLs of scheme `http` point to.
    package var connectionQueue: ConnectionQueue?

    /// Ports of this machine that no request may reach, by whatever name, address or redirect.
    package var forbiddenLocalPorts: Set<UInt16> = []

    /// The proxy for plain `http`; `nil` for none. For `https`, it is libcurl that asks the environment.
    package var proxies: ProxySettings?

    /// Which servers are trusted, for `https`.
    package var tls = TLSPolicy()

    package init() {}
}
