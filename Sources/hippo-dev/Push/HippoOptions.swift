import Bindle
import CommandLineInterface
import HTTP
import Platform

/// Which Hippo, and who one is to it.
enum HippoOptions {
    static let hippoURL = Option(
        name: "hippo-url", valueName: "URL", summary: "The address of the Hippo server.",
        environmentVariable: "HIPPO_URL")
    static let channel = Option(
        name: "channel", valueName: "NAME",
        summary: "With --hippo-url or --gate: the channel that serves the revision. It is made if there is none.")
    private static let username = Option(
        name: "hippo-username", valueName: "NAME", summary: "The user name for Hippo.",
        environmentVariable: "HIPPO_USERNAME")
    private static let password = Option(
        name: "hippo-password", valueName: "WORD",
        summary: "The password for Hippo. Other users of this machine can see command lines, so prefer the variable.",
        environmentVariable: "HIPPO_PASSWORD")

    static let all = [hippoURL, username, password]

    static func url(_ arguments: ParsedArguments) throws -> HTTPURL? {
        try arguments.value(of: hippoURL, expecting: "a URL like https://hippo.example.com") { try HTTPURL($0) }
    }

    /// Whether the command line itself names a Hippo.
    static func isServerNamed(_ arguments: ParsedArguments) -> Bool {
        arguments.source(of: hippoURL) == .commandLine
    }

    static func username(_ arguments: ParsedArguments) -> String? { arguments[username] }
    static func password(_ arguments: ParsedArguments) -> String? { arguments[password] }

    /// A client that has a token, if Hippo is to be told at all.
    static func authenticatedClient(_ arguments: ParsedArguments) throws -> HippoClient? {
        guard let url = try url(arguments) else { return nil }
        let tls = TLSOptions.policy(arguments)
        if let username = arguments[username], let password = arguments[password] {
            var client = HippoClient(url: url, tls: tls)
            _ = try client.logIn(username: username, password: password)
            return client
        }
        guard let token = try BindleOptions.storedCredentials.load().hippoToken(for: url) else {
            throw CommandFailure(
                "\(url) wants a login: give --\(username.name) and \(password.environmentVariable ?? ""), or use "
                    + "'hippo-dev login --\(hippoURL.name) \(url)'")
        }
        guard token.isValid else {
            throw CommandFailure("the login to \(url) has expired: use 'hippo-dev login --\(hippoURL.name) \(url)'")
        }
        return HippoClient(url: url, tls: tls, token: token.token)
    }
}
