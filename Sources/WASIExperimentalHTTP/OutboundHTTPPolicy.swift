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
    /// The URLs whose hosts are allowed.
    package let allowedURLs: [HTTPURL]
    /// Whether any destination is allowed.
    package let allowsAll: Bool
    /// How many responses one instance may hold at once.
    package let maximumResponses: Int
    let maximumResponseBytes: Int
    package let client: Client
    /// Told why a request failed, in a sentence: the guest only gets a code.
    package let problemObserver: (@Sendable (String) -> Void)?

    /// Makes a policy.
    ///
    /// - Parameters:
    ///   - allowedHosts: URLs, whose hosts are allowed with any port and path, or ``allowAll``. An empty list allows
    ///     nothing.
    ///   - maximumResponses: `http_max_concurrency`, the responses that one instance may hold at once; 0 for any number.
    ///   - maximumResponseBytes: The longest body of a response; a longer one is an error.
    ///   - forbiddenLocalPorts: Ports of this machine that guests may not reach, whatever hosts are allowed.
    ///   - timeout: How long a request may take, from its beginning to the last byte of its response.
    ///   - tls: Which servers of `https` URLs are believed.
    package init(
        allowedHosts: [String], maximumResponses: Int? = nil, maximumResponseBytes: Int = 32 << 20,
        forbiddenLocalPorts: Set<UInt16> = [], timeout: Duration = .seconds(30), tls: TLSPolicy = TLSPolicy(),
        problemObserver: (@Sendable (String) -> Void)? = nil
    ) throws(HTTPURLError) {
        allowsAll = allowedHosts.contains(Self.allowAll)
        var urls: [HTTPURL] = []
        for host in allowedHosts where host != Self.allowAll { urls.append(try HTTPURL(host)) }
        allowedURLs = urls
        let allowedHosts = Set(urls.map(\.host))
        self.allowedHosts = allowedHosts
        self.maximumResponses = maximumResponses == 0 ? .max : maximumResponses ?? Self.defaultMaximumResponses
        self.maximumResponseBytes = maximumResponseBytes
        self.problemObserver = problemObserver
        var configuration = ClientConfiguration()
        configuration.forbiddenLocalPorts = forbiddenLocalPorts
        configuration.totalTimeout = timeout
        configuration.connectTimeout = timeout
        configuration.tls = tls
        configuration.maximumRedirects = 10
        // A redirect to a host that is not allowed is the guest's answer.
        configuration.allowsRedirect = { [allowsAll] url in allowsAll || allowedHosts.contains(url.host) }
        client = Client(configuration: configuration)
    }

    /// What a guest's request to a host that is not allowed comes to, for people.
    package static func refusal(of url: HTTPURL) -> String {
        "a request to \(url) was refused: \(url.host) is not among the allowed hosts. "
            + "'--allow-outbound \(url.origin)' allows it"
    }

    /// Whether guests may send a request there.
    package func allows(_ url: HTTPURL) -> Bool {
        allowsAll || allowedHosts.contains(url.host)
    }
}
