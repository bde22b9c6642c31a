import Bindle
import CommandLineInterface
import Foundation
import HTTP
import Sandbox

extension Command {
    /// `hippo-dev bindle`: a Bindle server, and a client of any.
    static let bindle = Command(
        name: "bindle",
        summary: "Serve bindles, or look at those of a server.",
        subcommands: [.bindleServe, .bindleList, .bindleShow, .bindleGet, .bindleDelete]
    )

    private static let serverURL = Option(
        name: "bindle-url", valueName: "URL", summary: "The Bindle server.", defaultValue: BindleClient.defaultURL,
        environmentVariable: "BINDLE_URL")
    private static let yanked = Option(flag: "yanked", summary: "Take yanked bindles too.")
    private static let idArgument = Argument("ID", summary: "The bindle, as NAME/VERSION.")

    private static func client(_ arguments: ParsedArguments) throws -> BindleClient {
        let client = try arguments.value(of: serverURL, expecting: "a URL like \(BindleClient.defaultURL)") { text in
            try BindleClient(baseURL: text)
        }
        guard let client else { throw UsageError("a server is missing: give it with --\(serverURL.name)") }
        return client
    }

    private static func id(_ arguments: ParsedArguments) throws -> BindleID {
        do {
            return try BindleID(arguments[idArgument] ?? "")
        } catch {
            throw UsageError(error.description)
        }
    }

    // MARK: - serve

    private static let listen = Option(
        name: "listen", valueName: "IP:PORT", summary: "Where to listen; port 0 takes any free one.",
        defaultValue: "127.0.0.1:8080")
    private static let store = Option(
        name: "store", valueName: "FILE", summary: "The file that holds the bindles; it is made if need be.",
        defaultValue: ".hippo/bindles.sqlite")
    private static let strict = Option(
        flag: "strict", summary: "Keep Bindle's rules: an ID is taken for ever, and deleting yanks.")

    private static let bindleServe = Command(
        name: "serve",
        summary: "Serve a store of bindles over HTTP.",
        discussion: """
            Any Bindle client can use it. Without --strict it is in development mode: creating a bindle whose ID is \
            taken replaces it, and deleting one deletes it, along with the parcels that nothing else refers to.

            It ends on SIGINT or SIGTERM, having answered the requests that are under way.
            """,
        options: [listen, store, strict],
        examples: [
            Example("hippo-dev bindle serve", "Serve the bindles of this project."),
            Example("hippo-dev bindle serve --strict --store /srv/bindles.sqlite", "Serve a store for good."),
        ],
        action: serveBindles
    )

    private static func serveBindles(_ arguments: ParsedArguments) throws -> ExitCode {
        let address = try arguments.value(of: listen, expecting: "an address like 127.0.0.1:8080") {
            SocketAddress.parse($0)
        }
        guard let address, let path = arguments[store] else { throw UsageError("an address and a store are wanted") }
        if arguments.source(of: store) == .defaultValue {
            let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }
        // Before any other thread starts.
        let ended = DispatchSemaphore(value: 0)
        SignalListener.start { _ in ended.signal() }
        let mode: BindleStore.Mode = arguments.isSet(strict) ? .immutable : .development
        let bindles = BindleServer(store: try BindleStore(path: path), mode: mode, version: Commands.version)
        var configuration = BindleServer.configuration()
        configuration.requestObserver = { record in
            let request = "\(record.method?.description ?? "-") \(record.target ?? "-")"
            let milliseconds = String(format: "%.1f", record.duration / .milliseconds(1))
            say("\(request) \(record.status.map { String($0.code) } ?? "-") \(milliseconds) ms")
        }
        configuration.problemObserver = { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
        let socket = try ListeningSocket(binding: address)
        let server = Server(socket: socket, configuration: configuration, handler: bindles.handler)
        try server.start()
        let kind = mode == .immutable ? "strict" : "development mode"
        say("Serving the bindles of \(path) at http://\(socket.address)/v1 (\(kind))")
        ended.wait()
        server.drain(deadline: .seconds(10))
        return .success
    }

    /// Writes a line at once: a log that waits in a buffer is of no use to who follows it through a pipe.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }

    // MARK: - list, show, get, delete

    private static let search = Argument(
        "WORD", summary: "Words that occur in name, version, authors or description.", arity: .repeated)
    private static let range = Option(
        name: "range", shortName: "r", valueName: "RANGE", summary: "A range of versions, such as '^1.2'.")

    private static let bindleList = Command(
        name: "list",
        summary: "List a server's bindles, one ID a line.",
        options: [serverURL, range, yanked],
        arguments: [search],
        action: { arguments in
            let client = try client(arguments)
            var query = BindleQuery(
                terms: arguments.values(of: search).joined(separator: " "), limit: BindleQuery.limits.upperBound,
                includesYanked: arguments.isSet(yanked))
            query.versions = try arguments.value(of: range, expecting: "a range of versions") {
                try VersionRange($0)
            } ?? .everything
            var matches: BindleMatches
            repeat {
                matches = try client.find(query)
                for invoice in matches.invoices { print(invoice.isYanked ? "\(invoice.id) (yanked)" : "\(invoice.id)") }
                query.offset += matches.invoices.count
            } while matches.hasMore && !matches.invoices.isEmpty
            return .success
        }
    )

    private static let bindleShow = Command(
        name: "show",
        summary: "Show a bindle's invoice.",
        options: [serverURL, yanked],
        arguments: [idArgument],
        action: { arguments in
            let invoice = try client(arguments).invoice(id(arguments), includingYanked: arguments.isSet(yanked))
            print(invoice.toml, terminator: "")
            return .success
        }
    )

    private static let directory = Option(
        name: "directory", shortName: "d", valueName: "DIR", summary: "Where to put the bindle.", defaultValue: ".")

    private static let bindleGet = Command(
        name: "get",
        summary: "Fetch a bindle as a directory.",
        discussion: """
            Writes a standalone bindle: the directory DIR/SHA256_OF_ID with invoice.toml and parcels/SHA256.dat. \
            Parcels that are there already are not fetched again.
            """,
        options: [serverURL, directory, yanked],
        arguments: [idArgument],
        action: { arguments in
            let client = try client(arguments)
            let id = try id(arguments)
            let invoice = try client.invoice(id, includingYanked: arguments.isSet(yanked))
            let bindle = try StandaloneBindle.write(invoice, in: arguments[directory] ?? ".") { label, receive in
                try client.parcel(label, of: id, includingYanked: arguments.isSet(yanked), receive: receive)
            }
            print(bindle.directory)
            return .success
        }
    )

    private static let bindleDelete = Command(
        name: "delete",
        summary: "Delete a bindle, or yank it where the server does that instead.",
        options: [serverURL],
        arguments: [idArgument],
        action: { arguments in
            let id = try id(arguments)
            let message = try client(arguments).delete(id)
            print("\(id): \(message)")
            return .success
        }
    )
}
