import Bindle
import CommandLineInterface
import HTTP
import Platform
import Sandbox

/// Where commands look for external bindles that are not at hand.
enum UpstreamOptions {
    static let url = Option(
        name: "upstream", valueName: "URL",
        summary: "The Bindle server that has the external bindles which are not here.",
        environmentVariable: "BINDLE_URL")
    static let strategy = Option(
        name: "upstream-strategy", valueName: "STRATEGY",
        summary: "Take only what this verification strategy trusts from there, by the keys of Bindle's keyring.")

    /// The servers that are asked for external bindles, in this order: the one of the options, or else of the project's
    /// settings, and the target of the command, if it has one.
    ///
    /// Credentials of the command line and the environment are the target's, if there is one: others get what logging
    /// in there has left.
    static func upstreams(
        _ arguments: ParsedArguments, _ settings: ProjectExternals.UpstreamSettings, target: BindleClient? = nil
    ) throws -> [ExternalBindles.Upstream] {
        let strategy = arguments[strategy] ?? settings.strategy
        // With a target, BINDLE_URL is the name of that in the first place, and does not hide what the project says.
        let isTargets = target != nil && arguments.source(of: url) == .environment
        let urls = isTargets ? [settings.url, arguments[url]] : [arguments[url] ?? settings.url]
        var upstreams = try urls.compactMap(\.self).map {
            try upstream($0, strategy: strategy, usesEnvironment: target == nil)
        }
        if let target {
            upstreams.removeAll { $0.client.baseURL == target.baseURL }
            upstreams.append(try upstream(target, strategy: strategy))
        }
        return upstreams
    }

    static func upstream(
        _ url: String, strategy: String?, usesEnvironment: Bool = true
    ) throws -> ExternalBindles.Upstream {
        try upstream(client(url, usesEnvironment: usesEnvironment), strategy: strategy)
    }

    /// The upstream of a server that takes in what this trusts.
    static func upstream(_ url: String, trust: ServerTrust, tls: TLSPolicy) throws -> ExternalBindles.Upstream {
        var client = try client(url, tls: tls)
        client.retries = RetryPolicy(attempts: 3)
        client.retries.includesConnecting = false
        return ExternalBindles.Upstream(client: client, strategy: trust.strategy, keyring: trust.keyring)
    }

    private static func client(
        _ url: String, usesEnvironment: Bool = true, tls: TLSPolicy = TLSPolicy()
    ) throws -> BindleClient {
        let address: HTTPURL
        do { address = try HTTPURL(url) } catch { throw UsageError("the upstream '\(url)': \(error)") }
        // Those of the environment, or what logging in there has left.
        let given = usesEnvironment ? credentials(ProcessEnvironment.all) : nil
        let credentials = try given ?? BindleOptions.storedCredentials.load().bindleCredentials(for: address)
        var configuration = ClientConfiguration()
        configuration.tls = tls
        // Somebody waits for it.
        configuration.connectTimeout = .seconds(5)
        configuration.stallTimeout = .seconds(30)
        configuration.proxies = ProxySettings(environment: ProcessEnvironment.all)
        return BindleClient(baseURL: address, credentials: credentials ?? .none, configuration: configuration)
    }

    private static func upstream(
        _ client: BindleClient, strategy name: String?
    ) throws -> ExternalBindles.Upstream {
        guard let name else { return ExternalBindles.Upstream(client: client) }
        guard let strategy = VerificationStrategy(name) else {
            throw UsageError("'\(name)' is no verification strategy; use one like GreedyVerification")
        }
        let keyring = try KeyStorage(environment: ProcessEnvironment.all).keyring()
        return ExternalBindles.Upstream(client: client, strategy: strategy, keyring: keyring)
    }

    private static func credentials(_ environment: [String: String]) -> BindleClient.Credentials? {
        if let token = environment["BINDLE_TOKEN"], !token.isEmpty { return .bearer(token: token) }
        guard let name = environment["BINDLE_USERNAME"], !name.isEmpty else { return nil }
        return .basic(username: name, password: environment["BINDLE_PASSWORD"] ?? "")
    }
}
