import Bindle
import CommandLineInterface
import Foundation
import HTTP

/// Where commands look for external bindles that are not at hand.
enum UpstreamOptions {
    static let url = Option(
        name: "upstream", valueName: "URL",
        summary: "The Bindle server that has the external bindles which are not here.",
        environmentVariable: "BINDLE_URL")
    static let strategy = Option(
        name: "upstream-strategy", valueName: "STRATEGY",
        summary: "Take only what this verification strategy trusts from there, by the keys of Bindle's keyring.")

    /// The upstream that the options of a command name.
    static func upstream(_ arguments: ParsedArguments) throws -> ExternalBindles.Upstream? {
        try arguments[url].map { try upstream($0, strategy: arguments[strategy]) }
    }

    static func upstream(_ url: String, strategy name: String?) throws -> ExternalBindles.Upstream {
        let environment = ProcessInfo.processInfo.environment
        var strategy: VerificationStrategy?
        var keyring = Keyring()
        if let name {
            strategy = VerificationStrategy(name)
            guard strategy != nil else {
                throw UsageError("'\(name)' is no verification strategy; use one like GreedyVerification")
            }
            keyring = try KeyStorage(environment: environment).keyring()
        }
        let address: HTTPURL
        do { address = try HTTPURL(url) } catch { throw UsageError("the upstream '\(url)': \(error)") }
        // Those of the environment, or what logging in there has left.
        let credentials =
            try credentials(environment) ?? BindleOptions.storedCredentials.load().bindleCredentials(for: address)
        let client = BindleClient(baseURL: address, credentials: credentials ?? .none)
        return ExternalBindles.Upstream(client: client, strategy: strategy, keyring: keyring)
    }

    private static func credentials(_ environment: [String: String]) -> BindleClient.Credentials? {
        if let token = environment["BINDLE_TOKEN"], !token.isEmpty { return .bearer(token: token) }
        guard let name = environment["BINDLE_USERNAME"], !name.isEmpty else { return nil }
        return .basic(username: name, password: environment["BINDLE_PASSWORD"] ?? "")
    }
}
