import Bindle
import CommandLineInterface
import HTTP
import Platform

extension Command {
    /// `hippo-dev login`: credentials for the commands to come.
    static let login = Command(
        name: "login",
        summary: "Log in to a Bindle server, to Hippo, or to both.",
        discussion: """
            Asks the server whether it accepts the credentials, and keeps them for this server in \
            ~/.config/hippo/bindle.json, which only you can read. They are sent to no other server. Passwords that are \
            not given are asked for on the terminal.

            With --hippo-url and without --bindle-url, it logs in to Hippo only.
            """,
        options: BindleOptions.server + HippoOptions.all + [passwordFromInput],
        examples: [
            Example("hippo-dev login -s https://bindle.example.com/v1", "Log in to a Bindle server."),
            Example(
                "hippo-dev login -s URL --bindle-username ci --password-stdin < password", "Log in from a script."),
        ],
        action: runLogin
    )

    static let logout = Command(
        name: "logout",
        summary: "Remove the credentials that 'hippo-dev login' keeps.",
        action: { _ in
            let path = BindleOptions.storedCredentials.path
            guard FileStatus(path: path) != nil else {
                StandardOutput.tell("Nobody was logged in")
                return .success
            }
            try Directories.removeTree(path)
            StandardOutput.tell("Logged out")
            return .success
        }
    )

    private static let passwordFromInput = Option(
        flag: "password-stdin",
        summary:
            "Read the password from standard input: a line for Bindle, then one for Hippo, for the logins that need one."
    )

    private static func runLogin(_ arguments: ParsedArguments) throws -> ExitCode {
        var stored = try BindleOptions.storedCredentials.load()
        let hippoURL = try HippoOptions.url(arguments)
        if hippoURL == nil || BindleOptions.isServerGiven(arguments) {
            let url = try BindleOptions.url(arguments, stored)
            let credentials = try bindleCredentials(arguments, url)
            var configuration = ClientConfiguration()
            configuration.tls = TLSOptions.policy(arguments)
            configuration.proxies = ProxySettings(environment: ProcessEnvironment.all)
            let client = BindleClient(baseURL: url, credentials: credentials, configuration: configuration)
            guard try client.acceptsCredentials() else {
                throw CommandFailure("\(url) does not accept these credentials")
            }
            stored.setBindle(credentials, for: url)
            stored.bindleURL = url.description
            StandardOutput.tell("Logged in to \(url)")
        }
        if let hippoURL {
            let username = try HippoOptions.username(arguments) ?? SecretPrompt.line("Hippo username")
            let password = try HippoOptions.password(arguments) ?? secret(arguments, "Hippo password")
            var client = HippoClient(url: hippoURL, tls: TLSOptions.policy(arguments))
            stored.setHippo(try client.logIn(username: username, password: password), for: hippoURL)
            stored.hippoURL = hippoURL.description
            StandardOutput.tell("Logged in to \(hippoURL) as \(username)")
        }
        try BindleOptions.storedCredentials.save(stored)
        return .success
    }

    private static func bindleCredentials(
        _ arguments: ParsedArguments, _ url: HTTPURL
    ) throws -> BindleClient.Credentials {
        if BindleOptions.hasSecret(arguments), let credentials = try BindleOptions.credentials(arguments) {
            return credentials
        }
        let username = try BindleOptions.username(arguments) ?? SecretPrompt.line("Username for \(url)")
        return .basic(username: username, password: try secret(arguments, "Password of \(username) for \(url)"))
    }

    private static func secret(_ arguments: ParsedArguments, _ prompt: String) throws -> String {
        guard arguments.isSet(passwordFromInput) else { return try SecretPrompt.secret(prompt) }
        guard let line = readLine() else { throw CommandFailure("standard input has no password") }
        return line
    }
}
