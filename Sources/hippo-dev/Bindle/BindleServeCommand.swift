import Bindle
import CommandLineInterface
import Dispatch
import HTTP
import Platform
import Sandbox
import WebGuard

extension Command {
    static let bindleServe = Command(
        name: "serve",
        summary: "Serve a store of bindles over HTTP.",
        discussion: """
            Any Bindle client can use it. Without --strict it is in development mode: creating a bindle whose ID is \
            taken replaces it, and deleting one deletes it, along with the parcels that nothing else refers to.

            It ends on SIGINT or SIGTERM, having answered the requests that are under way.
            """,
        options: [
            listen, allowedHost, store, strict, htpasswd, tokens, anonymousGet, strategy, hostKey, BindleOptions.keyring,
        ],
        examples: [
            Example("hippo-dev bindle serve", "Serve the bindles of this project."),
            Example("hippo-dev bindle serve --strict --store /srv/bindles.sqlite", "Serve a store for good."),
        ],
        action: serve
    )

    private static let listen = Option(
        name: "listen", valueName: "IP:PORT", summary: "Where to listen; port 0 takes any free one.",
        defaultValue: "127.0.0.1:8080")
    private static let allowedHost = Option(
        name: "allow-host", valueName: "NAME",
        summary: "A further name by which clients may address this server, or * for any. IP addresses, localhost and "
            + "other local names are allowed always.",
        isRepeatable: true)
    private static let store = Option(
        name: "store", valueName: "FILE", summary: "The file that holds the bindles; it is made if need be.",
        defaultValue: ".hippo/bindles.sqlite")
    private static let strict = Option(
        flag: "strict", summary: "Keep Bindle's rules: an ID is taken for ever, and deleting yanks.")
    private static let htpasswd = Option(
        name: "htpasswd", valueName: "FILE", summary: "Let in the users of this file, made by 'htpasswd -B'.")
    private static let tokens = Option(
        name: "token-file", valueName: "FILE", summary: "Let in who has a token of this file, which has one a line.")
    private static let anonymousGet = Option(
        flag: "anonymous-get", summary: "Let everybody read, and ask only who writes for credentials.")
    private static let strategy = Option(
        name: "strategy", valueName: "STRATEGY",
        summary: "Take in only invoices that this verification strategy, such as GreedyVerification, trusts by the "
            + "keyring as it is at the start.")
    private static let hostKey = Option(
        name: "host-key", valueName: "FILE",
        summary: "Sign what is taken in as host, with the key of this file, which is made if need be.")

    private static func serve(_ arguments: ParsedArguments) throws -> ExitCode {
        let address = try arguments.value(of: listen, expecting: "an address like 127.0.0.1:8080") {
            SocketAddress.parse($0)
        }
        guard let address, let path = arguments[store] else { throw UsageError("an address and a store are wanted") }
        if arguments.source(of: store) == .defaultValue {
            try Directories.make(FilePath.parent(path))
        }
        // Before any other thread starts.
        let ended = DispatchSemaphore(value: 0)
        SignalListener.start { _ in ended.signal() }
        let mode: BindleStore.Mode = arguments.isSet(strict) ? .immutable : .development
        let bindles = BindleServer(
            store: try BindleStore(path: path), mode: mode, version: Commands.version, trust: try trust(arguments),
            webGuard: WebGuard(names: .ofThisMachine(allowing: arguments.values(of: allowedHost))),
            authentication: try authentication(arguments))
        var configuration = BindleServer.configuration()
        configuration.requestObserver = { record in
            let request = "\(record.method?.description ?? "-") \(record.target ?? "-")"
            let milliseconds = Quantity.milliseconds(record.duration)
            say("\(request) \(record.status.map { String($0.code) } ?? "-") \(milliseconds) ms")
        }
        configuration.problemObserver = { StandardError.write("\($0)\n") }
        let socket = try ListeningSocket(binding: address)
        let server = Server(socket: socket, configuration: configuration, handler: bindles.handler)
        try server.start()
        let kind = mode == .immutable ? "strict" : "development mode"
        say("Serving the bindles of \(path) at http://\(socket.address)/v1 (\(kind))")
        ended.wait()
        server.drain(deadline: .seconds(10))
        return .success
    }

    private static func trust(_ arguments: ParsedArguments) throws -> ServerTrust {
        var trust = ServerTrust()
        trust.strategy = try arguments.value(
            of: strategy, expecting: "a strategy like GreedyVerification or MultipleAttestation[Creator,Approver]"
        ) { VerificationStrategy($0) }
        let keyringPath = BindleOptions.storage(arguments).keyringPath
        if trust.strategy != nil {
            trust.keyring = try KeyStorage(keyringPath: keyringPath, secretKeysPath: "").keyring()
        }
        if let path = arguments[hostKey] {
            let storage = KeyStorage(keyringPath: keyringPath, secretKeysPath: path)
            var keys = try storage.secretKeys()
            if keys.key(for: .host) == nil {
                keys.keys.append(SecretKey(label: "\(ProcessEnvironment.hostName) <hippo-dev>", roles: [.host]))
                try storage.save(keys)
            }
            trust.hostKey = keys.key(for: .host)
        }
        return trust
    }

    private static func authentication(_ arguments: ParsedArguments) throws -> ServerAuthentication? {
        func read(_ option: Option) throws -> String? {
            try arguments[option].map { try FileReader.text(of: $0, limit: 16 << 20) }
        }
        let htpasswdText = try read(htpasswd)
        let tokenText = try read(tokens)
        guard htpasswdText != nil || tokenText != nil else {
            guard !arguments.isSet(anonymousGet) else {
                throw UsageError(
                    "'--anonymous-get' needs '--htpasswd' or '--token-file': without, everybody may write too")
            }
            return nil
        }
        do {
            return ServerAuthentication(
                users: try ServerAuthentication.users(htpasswd: htpasswdText ?? ""),
                tokens: ServerAuthentication.tokens(tokenText ?? ""),
                allowsAnonymousReading: arguments.isSet(anonymousGet))
        } catch {
            throw CommandFailure("\(arguments[htpasswd] ?? ""), \(error)")
        }
    }

    /// Writes a line at once: a log that waits in a buffer is of no use to who follows it through a pipe.
    private static func say(_ line: String) {
        try? StandardOutput.write("\(line)\n")
    }
}
