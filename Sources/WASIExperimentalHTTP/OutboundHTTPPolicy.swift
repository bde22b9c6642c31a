package import HTTP

/// Where guests may send requests, and how much they may hold.
///
/// One policy serves all instances of a handler: they share its connections.
package struct OutboundHTTPPolicy: Sendable {
    /// In a list of allowed hosts: any destination.
    package static let allowAll = "insecure:allow-all"

    /// Responses that one instance may hold at once, where nothing else is said. They are in memory as a whole.
    package static let defaultMaximumResponses = 32

    private let allowedHosts: Set<String>
    private let allowsAll: Bool
    let maximumResponses: Int
    let maximumResponseBytes: Int
    let client: Client
    /// Told why a request failed, in a sentence: the guest only gets a code.
    let problemObserver: (@Sendable (String) -> Void)?

    /// Makes a policy.
    ///
    /// - Parameters:
    ///   - allowedHosts: URLs, whose hosts are allowed with any port and path, or ``allowAll``. An empty list allows
    ///     nothing.
    ///   - maximumResponses: `http_max_concurrency`, the responses that one instance may hold at once; 0 for any number.
    ///   - maximumResponseBytes: The longest body of a response; a longer one is an error.
    ///   - forbiddenLocalPorts: Ports of this machine that guests may not reach, whatever hosts are allowed.
    ///   - timeout: How long a request may take, from its beginning to the last byte of its response.
    package init(
        allowedHosts: [String], maximumResponses: Int? = nil, maximumResponseBytes: Int = 32 << 20,
        forbiddenLocalPorts: Set<UInt16> = [], timeout: Duration = .seconds(30),
        problemObserver: (@Sendable (String) -> Void)? = nil
    ) throws(HTTPURLError) {
        allowsAll = allowedHosts.contains(Self.allowAll)
        var hosts: Set<String> = []
        for host in allowedHosts where host != Self.allowAll { hosts.insert(try HTTPURL(host).host) }
        let allowedHosts = hosts
        self.allowedHosts = allowedHosts
        self.maximumResponses = maximumResponses == 0 ? .max : maximumResponses ?? Self.defaultMaximumResponses
        self.maximumResponseBytes = maximumResponseBytes
        self.problemObserver = problemObserver
        var configuration = ClientConfiguration()
        configuration.forbiddenLocalPorts = forbiddenLocalPorts
        configuration.totalTimeout = timeout
        configuration.connectTimeout = timeout
        configuration.maximumRedirects = 10
        // A redirect to a host that is not allowed is the guest's answer.
        configuration.allowsRedirect = { [allowsAll] url in allowsAll || allowedHosts.contains(url.host) }
        client = Client(configuration: configuration)
    }

    /// Whether guests may send a request there.
    package func allows(_ url: HTTPURL) -> Bool {
        allowsAll || allowedHosts.contains(url.host)
    }
}
