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

            Invoices are given out signed as host, by a key of the user's that all servers have in common, so that \
            clients which want that signature fetch the key once, by 'bindle keys fetch'.

            The store may also be the data directory of a reference server, dir:PATH: it is read and written in that \
            server's layout, so that either server can continue where the other has stopped. Invoices are put there signed by the \
            host key; with --host-key FILE that can be the reference server's own.

            With --upstream, invoices and parcels that are not here are fetched from that Bindle server, verified, kept \
            here, and given out; --strategy is for them, too. Credentials for it come from a login, from \
            BINDLE_TOKEN, or BINDLE_USERNAME and BINDLE_PASSWORD. What is here is given out even while that server \
            cannot be reached.

            It ends on SIGINT or SIGTERM, having answered the requests that are under way, for which it waits up to
            --timeout. A second signal ends it at once.
            """,
        options: [
            listen, allowedHost, store, strict, htpasswd, tokens, noToken, anonymousGet, strategy, timeout,
            BindleOptions.keyring, ServerTLSOptions.certificate, ServerTLSOptions.key, upstream, upstreamLimit,
        ] + TLSOptions.all + ParcelOptions.all + HostKeyOptions.all,
        examples: [
            Example("hippo-dev bindle serve", "Serve the bindles of this project."),
            Example("hippo-dev bindle serve --strict --store /srv/bindles.sqlite", "Serve a store for good."),
            Example(
                "hippo-dev bindle serve --parcels s3://BUCKET/PREFIX",
                "Keep the parcels in a bucket, by AWS's usual variables and files."),
            Example(
                "hippo-dev bindle serve --upstream https://bindle.example.com/v1",
                "Keep here what is fetched from another server."),
        ],
        action: serve
    )

    private static let listen = Option(
        name: "listen", valueName: "IP:PORT",
        summary: "Where to listen; a port alone means 127.0.0.1, port 0 takes any free one.",
        defaultValue: "127.0.0.1:8080")
    private static let allowedHost = Option(
        name: "allow-host", valueName: "NAME",
        summary: "A further name by which clients may address this server, or * for any. IP addresses, localhost and "
            + "other local names are allowed always.",
        isRepeatable: true)
    private static let store = Option(
        name: "store", valueName: "FILE",
        summary:
            "The file that holds the bindles, or dir:PATH for the data directory of a reference server; it is made if need "
            + "be.",
        defaultValue: ".hippo/bindles.sqlite")
    private static let upstream = Option(
        name: "upstream", valueName: "URL", summary: "The Bindle server that has the bindles which are not here.")
    private static let upstreamLimit = Option(
        name: "upstream-limit", valueName: "SIZE",
        summary: "With --upstream, the largest parcel that is fetched from there.", defaultValue: "4GiB")
    private static let strict = Option(
        flag: "strict", summary: "Keep Bindle's rules: an ID is taken for ever, and deleting yanks.")
    private static let htpasswd = Option(
        name: "htpasswd", valueName: "FILE",
        summary:
            "Let in the users of this file, made by 'htpasswd -B'. A warning names users whose passwords are hashed in another way."
    )
    private static let tokens = Option(
        name: "token-file", valueName: "FILE",
        summary: "Let in clients that send a token of this file, which has one token on each line.")
    private static let noToken = Option(
        flag: "no-token",
        summary:
            "Ask nobody for a token, although other machines can reach the address. By default a server that is not on a "
            + "loopback address asks for one, which it makes and keeps.")
    private static let anonymousGet = Option(
        flag: "anonymous-get", summary: "Let everybody read, and ask for credentials only to write.")
    private static let strategy = Option(
        name: "strategy", valueName: "STRATEGY",
        summary: "Take in only invoices that this verification strategy, such as GreedyVerification, trusts by the "
            + "keyring as it is at the start.")
    private static let timeout = Option(
        name: "timeout", valueName: "TIME", summary: "How long to wait at the end for requests that are under way.",
        defaultValue: "30s")

    private static func serve(_ arguments: ParsedArguments) throws -> ExitCode {
        let address = try arguments.value(of: listen, expecting: "an address like 127.0.0.1:8080") {
            SocketAddress.parseListener($0)
        }
        let patience =
            try arguments.value(of: timeout, expecting: "a time like 30s", Duration.init(parsing:)) ?? .seconds(30)
        guard let address, let path = arguments[store] else { throw UsageError("an address and a store are wanted") }
        if arguments.source(of: store) == .defaultValue {
            try PrivateFiles.makeDirectory(FilePath.parent(path))
        }
        let location = StoreLocation(parsing: path)
        if case .embedded = location { try PrivateFiles.checkStore(path) }
        let identity = try ServerTLSOptions.identity(arguments) { StandardError.tell("warning: \($0)") }
        // Before any other thread starts.
        let ended = DispatchSemaphore(value: 0)
        SignalListener.start { _ in ended.signal() }
        let mode: BindleStore.Mode = arguments.isSet(strict) ? .immutable : .development
        let access = try accessToken(arguments, address: address, store: location.path)
        let trust = try trust(arguments)
        let bindles = BindleServer(
            store: try readingThrough(open(location, trust, arguments), trust, arguments), mode: mode,
            version: Commands.version, trust: trust,
            webGuard: WebGuard(names: .ofThisMachine(allowing: arguments.values(of: allowedHost))),
            authentication: try authentication(arguments, access))
        var configuration = bindles.configuration()
        configuration.requestObserver = { record in
            let request = "\(record.method?.description ?? "-") \(record.target ?? "-")"
            let milliseconds = Quantity.milliseconds(record.duration)
            say("\(request) \(record.status.map { String($0.code) } ?? "-") \(milliseconds) ms")
        }
        configuration.problemObserver = { StandardError.tell("\($0)") }
        configuration.tls = identity
        let scheme = identity == nil ? "http" : "https"
        let socket = try ListeningSocket(binding: address)
        let server = Server(socket: socket, configuration: configuration, handler: bindles.handler)
        try server.start()
        let kind = mode == .immutable ? "strict" : "development mode"
        say("Serving the bindles of \(location) at \(scheme)://\(socket.address)/v1 (\(kind))")
        if let upstream = arguments[upstream] { say("What is not here is fetched from \(upstream)") }
        if !address.isLoopback {
            say(AccessNotice.text(access, hasOwnUsers: arguments[htpasswd] != nil || arguments[tokens] != nil))
        }
        ended.wait()
        server.drain(deadline: patience)
        return .success
    }

    private static func open(
        _ location: StoreLocation, _ trust: ServerTrust, _ arguments: ParsedArguments
    ) throws -> any BindleStorage {
        let parcels = try ParcelOptions.settings(arguments)
        if case .reference(let path) = location, parcels != nil {
            throw UsageError("'--parcels' goes with a store of this program, and \(path) is a reference server's")
        }
        return try location.open(parcels: parcels?.storage, hostKey: trust.hostKey)
    }

    /// The store with the upstream behind it, if there is to be one.
    private static func readingThrough(
        _ store: any BindleStorage, _ trust: ServerTrust, _ arguments: ParsedArguments
    ) throws -> any BindleStorage {
        guard let url = arguments[upstream] else {
            guard arguments.source(of: upstreamLimit) != .commandLine else {
                throw UsageError("'--upstream-limit' goes with '--upstream'")
            }
            return store
        }
        let server = try UpstreamOptions.upstream(url, trust: trust, tls: TLSOptions.policy(arguments))
        let limit = try LimitOptions.size(arguments, upstreamLimit) ?? ReadThroughStore.defaultParcelLimit
        return ReadThroughStore(store, upstream: server, parcelLimit: limit)
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
        trust.hostKey = try HostKeyOptions.path(arguments).map { path in
            let key = HostKey(path: path, onProblem: { StandardError.write("warning: \($0)\n") })
            // Made at the first start, and told of now if it cannot be.
            guard key.key != nil || !HostKeyOptions.isGiven(arguments) else {
                throw CommandFailure("there is no host key in \(path), and none can be made")
            }
            return key
        }
        return trust
    }

    /// The token that clients need; `nil` if nobody else can reach the address, or if others are let in by other means.
    private static func accessToken(
        _ arguments: ParsedArguments, address: SocketAddress, store: String
    ) throws -> AccessToken? {
        guard !address.isLoopback, arguments[htpasswd] == nil, arguments[tokens] == nil, !arguments.isSet(noToken)
        else {
            return nil
        }
        return try AccessToken.make(forStore: store, environment: ProcessEnvironment.all)
    }

    private static func authentication(
        _ arguments: ParsedArguments, _ access: AccessToken?
    ) throws -> ServerAuthentication? {
        func read(_ option: Option) throws -> String? {
            try arguments[option].map { try FileReader.text(of: $0, limit: 16 << 20) }
        }
        let htpasswdText = try read(htpasswd)
        let tokenText = try read(tokens)
        if let access {
            return ServerAuthentication(
                tokens: [access.value], allowsAnonymousReading: arguments.isSet(anonymousGet))
        }
        guard htpasswdText != nil || tokenText != nil else {
            guard !arguments.isSet(anonymousGet) else {
                throw UsageError(
                    "'--anonymous-get' needs '--htpasswd' or '--token-file': without them, everybody may write, too")
            }
            return nil
        }
        do {
            let file = try ServerAuthentication.users(htpasswd: htpasswdText ?? "")
            for name in file.unusable {
                StandardError.write(
                    "warning: \(arguments[htpasswd] ?? ""): '\(name)' is not let in, since the password is not hashed by "
                        + "bcrypt; set it anew with 'htpasswd -B'\n")
            }
            return ServerAuthentication(
                users: file.users,
                tokens: ServerAuthentication.tokens(tokenText ?? ""),
                allowsAnonymousReading: arguments.isSet(anonymousGet))
        } catch {
            throw CommandFailure("\(arguments[htpasswd] ?? ""), \(error)")
        }
    }

    /// Writes a line at once: a log that waits in a buffer is of no use to who follows it through a pipe.
    private static func say(_ line: String) {
        StandardOutput.tell(line)
    }
}
