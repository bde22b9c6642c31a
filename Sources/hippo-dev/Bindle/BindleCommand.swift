import Bindle
import CommandLineInterface
import Foundation

extension Command {
    /// `hippo-dev bindle`: a Bindle server, and a client of any.
    static let bindle = Command(
        name: "bindle",
        summary: "Serve bindles, or work with those of a server.",
        subcommands: [
            .bindleServe, .bindleList, .bindleShow, .bindleGet, .bindlePush, .bindleDelete, .bindleSign, .bindleVerify,
            .bindleKeys,
        ]
    )
}

/// What the subcommands of `bindle` have in common.
enum BindleOptions {
    static let serverURL = Option(
        name: "bindle-url", valueName: "URL", summary: "The Bindle server.", defaultValue: BindleClient.defaultURL,
        environmentVariable: "BINDLE_URL")
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
        let client = try arguments.value(of: serverURL, expecting: "a URL like \(BindleClient.defaultURL)") { text in
            try BindleClient(baseURL: text)
        }
        guard let client else { throw UsageError("a server is missing: give it with --\(serverURL.name)") }
        return client
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
