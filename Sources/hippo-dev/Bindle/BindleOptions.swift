import Bindle
import CommandLineInterface
import HTTP
import Platform

/// What the subcommands of `bindle` have in common.
enum BindleOptions {
    private static let serverURL = Option(
        name: "bindle-url", shortName: "s", valueName: "URL",
        summary: "The Bindle server. [default: the one of the last login, else \(BindleClient.defaultURL)]",
        environmentVariable: "BINDLE_URL")
    private static let username = Option(
        name: "bindle-username", valueName: "NAME", summary: "The user name for the server.",
        environmentVariable: "BINDLE_USERNAME")
    private static let password = Option(
        name: "bindle-password", valueName: "WORD",
        summary:
            "The password for the server. Other users of this machine can see command lines, so prefer the variable.",
        environmentVariable: "BINDLE_PASSWORD")
    private static let token = Option(
        name: "bindle-token", valueName: "TOKEN", summary: "A bearer token, instead of name and password.",
        environmentVariable: "BINDLE_TOKEN")
    /// Which server, and who one is to it.
    static let server = [serverURL, username, password, token] + TLSOptions.all

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
        let stored = try storedCredentials.load()
        let url = try url(arguments, stored)
        var configuration = ClientConfiguration()
        configuration.tls = TLSOptions.policy(arguments)
        configuration.proxies = ProxySettings(environment: ProcessEnvironment.all)
        var client = BindleClient(
            baseURL: url, credentials: try credentials(arguments) ?? stored.bindleCredentials(for: url) ?? .none,
            configuration: configuration)
        client.retries = .patient
        client.retries.includesConnecting = false
        return client
    }

    /// Whether a command has the option that says which server is meant.
    static func takesServer(_ command: Command) -> Bool { command.options.contains(serverURL) }

    /// Whether the command line or the environment says which server is meant.
    static func isServerGiven(_ arguments: ParsedArguments) -> Bool { arguments[serverURL] != nil }

    /// Whether nobody has said which server is meant, so that it is the usual one.
    static func isServerUnnamed(_ arguments: ParsedArguments) -> Bool {
        !isServerGiven(arguments) && (ProcessEnvironment.all["BINDLE_SERVER_URL"] ?? "").isEmpty
            && (try? storedCredentials.load())?.bindleURL == nil
    }

    static let storedCredentials = CredentialStorage(environment: ProcessEnvironment.all)

    static func url(_ arguments: ParsedArguments, _ stored: StoredCredentials) throws -> HTTPURL {
        let given = try arguments.value(of: serverURL, expecting: "a URL like \(BindleClient.defaultURL)") {
            try HTTPURL($0)
        }
        if let given { return given }
        // The name that the bindle client has for it.
        if let text = ProcessEnvironment.all["BINDLE_SERVER_URL"], !text.isEmpty {
            return try HTTPURL(text)
        }
        return try HTTPURL(stored.bindleURL ?? BindleClient.defaultURL)
    }

    /// The credentials of the command line, which go before those of the environment; `nil` where neither has any.
    static func credentials(_ arguments: ParsedArguments) throws -> BindleClient.Credentials? {
        let isTokenTyped = arguments.source(of: token) == .commandLine
        let isNameTyped = arguments.source(of: username) == .commandLine
        if isTokenTyped || (!isNameTyped && arguments[username] == nil), let token = arguments[token] {
            guard !isNameTyped, arguments.source(of: password) != .commandLine else {
                throw UsageError("'--\(self.token.name)' excludes '--\(username.name)' and '--\(password.name)'")
            }
            return .bearer(token: token)
        }
        switch (arguments[username], arguments[password]) {
        case (nil, nil): return nil
        case (let username?, let password?): return .basic(username: username, password: password)
        default: throw UsageError("'--\(username.name)' and '--\(password.name)' go together")
        }
    }

    /// The name of the command line or the environment, for a login.
    static func username(_ arguments: ParsedArguments) -> String? { arguments[username] }

    /// Whether a password or a token is given already, for a login.
    static func hasSecret(_ arguments: ParsedArguments) -> Bool {
        arguments[password] != nil || arguments[token] != nil
    }

    static func id(_ arguments: ParsedArguments) throws -> BindleID {
        do {
            return try BindleID(arguments[id] ?? "")
        } catch {
            throw UsageError(error.description)
        }
    }

    /// Where keys are, by the options of the command, which may have either, and by the environment.
    static func storage(_ arguments: ParsedArguments) -> KeyStorage {
        let options = arguments.command.options
        func path(_ option: Option) -> String? { options.contains(option) ? arguments[option] : nil }
        let standard = KeyStorage(environment: ProcessEnvironment.all)
        return KeyStorage(
            keyringPath: path(keyring) ?? standard.keyringPath,
            secretKeysPath: path(secretKeys) ?? standard.secretKeysPath)
    }

    /// Reads a role by its name or the beginning of it.
    static func role(_ text: String) -> Signature.Role? {
        Signature.Role(reading: text)
    }

    static let roleExpectation = "creator, approver, host or proxy"
}
