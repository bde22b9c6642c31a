import Bindle
import CommandLineInterface
import Foundation

extension Command {
    /// `hippo-dev bindle`: a Bindle server, and a client of any.
    static let bindle = Command(
        name: "bindle",
        summary: "Serve bindles, or work with those of a server.",
        subcommands: [
            .bindleServe, .bindleCheck, .bindleReset, .bindleList, .bindleShow, .bindleGet, .bindlePush, .bindleDelete, .bindleSign, .bindleVerify,
            .bindleKeys,
        ]
    )
}

/// What the subcommands of `bindle` have in common.
enum BindleOptions {
    private static let serverURL = Option(
        name: "bindle-url", valueName: "URL", summary: "The Bindle server.", defaultValue: BindleClient.defaultURL,
        environmentVariable: "BINDLE_URL")
    private static let username = Option(
        name: "bindle-username", valueName: "NAME", summary: "Who one is to the server, with --bindle-password.",
        environmentVariable: "BINDLE_USERNAME")
    private static let password = Option(
        name: "bindle-password", valueName: "WORD",
        summary: "The password; better given by the variable, since others see command lines.",
        environmentVariable: "BINDLE_PASSWORD")
    private static let token = Option(
        name: "bindle-token", valueName: "TOKEN", summary: "A bearer token, instead of name and password.",
        environmentVariable: "BINDLE_TOKEN")
    /// Which server, and who one is to it.
    static let server = [serverURL, username, password, token]

    static let yanked = Option(flag: "yanked", summary: "Take yanked bindles too.")
    static let id = Argument("ID", summary: "The bindle, as NAME/VERSION.")
    static let keyring = Option(
        name: "keyring", shortName: "r", valueName: "FILE",
        summary: "The public keys that are known; by default keyring.toml in Bindle's configuration directory.",
        environmentVariable: "BINDLE_KEYRING")
    static let secretKeys = Option(
        name: "secrets-file", shortName: "f", valueName: "FILE",
        summary: "The secret keys; by default secret_keys.toml in Bindle's configuration directory.")

    static func client(_ arguments: ParsedArguments) throws -> BindleClient {
        let credentials = try credentials(arguments)
        let client = try arguments.value(of: serverURL, expecting: "a URL like \(BindleClient.defaultURL)") { text in
            try BindleClient(baseURL: text, credentials: credentials)
        }
        guard let client else { throw UsageError("a server is missing: give it with --\(serverURL.name)") }
        return client
    }

    private static func credentials(_ arguments: ParsedArguments) throws -> BindleClient.Credentials {
        switch (arguments[username], arguments[password], arguments[token]) {
        case (nil, nil, nil): return .none
        case (nil, nil, let token?): return .bearer(token: token)
        case (let username?, let password?, nil): return .basic(username: username, password: password)
        case (_, _, _?):
            throw UsageError("'--\(token.name)' excludes '--\(username.name)' and '--\(password.name)'")
        default: throw UsageError("'--\(username.name)' and '--\(password.name)' go together")
        }
    }

    static func id(_ arguments: ParsedArguments) throws -> BindleID {
        do {
            return try BindleID(arguments[id] ?? "")
        } catch {
            throw UsageError(error.description)
        }
    }

    /// Where keys are, by the options of the command, of which it may have either, and the environment.
    static func storage(_ arguments: ParsedArguments) -> KeyStorage {
        let options = arguments.command.options
        func path(_ option: Option) -> String? { options.contains(option) ? arguments[option] : nil }
        let standard = KeyStorage(environment: ProcessInfo.processInfo.environment)
        return KeyStorage(
            keyringPath: path(keyring) ?? standard.keyringPath,
            secretKeysPath: path(secretKeys) ?? standard.secretKeysPath)
    }

    /// Reads a role by its name or the beginning of it.
    static func role(_ text: String) -> Signature.Role? {
        let matches = Signature.Role.allCases.filter { !text.isEmpty && $0.rawValue.hasPrefix(text.lowercased()) }
        return matches.count == 1 ? matches[0] : nil
    }

    static let roleExpectation = "creator, approver, host or proxy"
}
