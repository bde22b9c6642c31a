/// The limits of a `Client`.
public struct ClientConfiguration: Sendable {
    /// How long establishing a connection may take.
    public var connectTimeout = Duration.seconds(10)
    /// How long the server may neither send nor take a byte.
    public var stallTimeout = Duration.seconds(60)
    /// From the call of `send` to the end of the response's body; `nil` for no limit.
    public var totalTimeout: Duration?
    /// Bytes of a response's head.
    public var maximumHead = 64 << 10
    /// Fields in a response's head.
    public var maximumFields = 200
    /// How long an idle connection is kept for the next request.
    public var keepAliveTimeout = Duration.seconds(30)
    /// Idle connections kept for one server.
    public var maximumIdlePerHost = 8
    /// Redirects followed for one request, for GET and HEAD only; 0 hands them to the caller.
    public var maximumRedirects = 0
    /// Asked before a redirect is followed; `false` hands the redirect to the caller.
    public var allowsRedirect: (@Sendable (HTTPURL) -> Bool)?

    /// Which servers are trusted, for `https`.
    public var tls = TLSPolicy()

    public init() {}
}
