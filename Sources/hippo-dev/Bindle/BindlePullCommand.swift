import Bindle
import CommandLineInterface
import Platform

extension Command {
    static let bindlePull = pullCommand(named: "pull")
    static let bindleGet = pullCommand(named: "get")

    private static func pullCommand(named name: String) -> Command {
        Command(
            name: name,
            summary: "Fetch a bindle as a directory." + (name == "get" ? " The same as pull." : ""),
            discussion: """
                Writes a standalone bindle: the directory DIR/SHA256_OF_ID with invoice.toml and parcels/SHA256.dat. \
                Every parcel is checked by its digest. Parcels that are there already are not fetched again.
                """,
            options: BindleOptions.server + [directory, BindleOptions.yanked, strategy, BindleOptions.keyring],
            arguments: [BindleOptions.id],
            action: { arguments in
                let bindle = try pull(arguments, into: arguments[directory] ?? ".")
                print(bindle.directory)
                return .success
            })
    }

    /// Fetches the bindle that the arguments name from the server that they name.
    private static func pull(_ arguments: ParsedArguments, into directory: String) throws -> StandaloneBindle {
        let client = try BindleOptions.client(arguments)
        let id = try BindleOptions.id(arguments)
        let isYankedWanted = arguments.isSet(BindleOptions.yanked)
        let invoice = try client.invoice(id, includingYanked: isYankedWanted)
        let wanted = try arguments.value(
            of: strategy, expecting: "a strategy like GreedyVerification or MultipleAttestation[Creator,Approver]"
        ) { VerificationStrategy($0) }
        if let wanted { try wanted.verify(invoice, with: BindleOptions.storage(arguments).keyring()) }
        return try StandaloneBindle.write(invoice, in: directory, connections: 4) { label, receive in
            try client.parcel(label, of: id, includingYanked: isYankedWanted, receive: receive)
        }
    }

    static let bindleExport = Command(
        name: "export",
        summary: "Write a bindle as a directory or a .tar.gz.",
        discussion: """
            Takes the bindle from a server, or with --store from a file that 'hippo-dev bindle serve' or a sandbox \
            keeps its bindles in, or from dir:PATH, the data directory of a reference server. What comes out is a standalone bindle, which 'bindle push' and 'bindle import' take.
            """,
        options: BindleOptions.server + [output, storeFile, BindleOptions.yanked, strategy, BindleOptions.keyring],
        arguments: [BindleOptions.id],
        examples: [
            Example("hippo-dev bindle export weather/1.2.3 -o weather.tar.gz", "Pack a bindle of the server."),
            Example(
                "hippo-dev bindle export weather/1.2.3 --store .hippo/bindles.sqlite -o out",
                "Write a bindle of a sandbox that is not running."),
        ],
        action: { arguments in
            let path = arguments[output] ?? "."
            let isArchive = StandaloneBindle.isArchivePath(path)
            let temporary = isArchive ? try TemporaryPlace(beside: path) : nil
            let parent = temporary?.path ?? path
            let bindle: StandaloneBindle
            if let store = arguments[storeFile] {
                bindle = try export(BindleOptions.id(arguments), from: store, arguments, into: parent)
            } else {
                bindle = try pull(arguments, into: parent)
            }
            if isArchive { try bindle.pack(to: path) }
            print(isArchive ? path : bindle.directory)
            return .success
        }
    )

    private static func export(
        _ id: BindleID, from path: String, _ arguments: ParsedArguments, into directory: String
    ) throws -> StandaloneBindle {
        let location = StoreLocation(parsing: path)
        guard FileStatus(path: location.path) != nil else { throw CommandFailure("there is no store \(path)") }
        let store: any BindleStorage
        // One that is only read need not be writable.
        if case .reference(let path) = location {
            store = ReferenceDirectory(path)
        } else {
            store = try location.open()
        }
        let isYankedWanted = arguments.isSet(BindleOptions.yanked)
        let (stamp, stored) = try store.storedInvoice(id, revision: nil) { _ in false }
        guard let stored, isYankedWanted || !stamp.isYanked else { throw StoreError.yanked(id) }
        let invoice = try Invoice(stored.text, as: .toml, validating: false)
        let missing = Set(try store.missingParcels(of: id).map(\.sha256))
        return try StandaloneBindle.write(invoice, in: directory, where: { !missing.contains($0.sha256) }) {
            label, receive in
            let parcel = try store.parcel(label.sha256, of: id, revision: nil, includingYanked: isYankedWanted)
            while let piece = try parcel.next() { try piece.withUnsafeBytes { try receive($0) } }
        }
    }

    private static let directory = Option(
        name: "directory", shortName: "d", valueName: "DIR", summary: "Where to put the bindle.", defaultValue: ".")
    private static let output = Option(
        name: "output", shortName: "o", valueName: "PATH",
        summary: "The .tar.gz to write, or the directory to put the bindle's own into.", defaultValue: ".")
    private static let strategy = Option(
        name: "strategy", valueName: "STRATEGY",
        summary: "What the invoice's signatures have to be, such as GreedyVerification; not looked at by default.")
    static let storeFile = Option(
        name: "store", valueName: "FILE",
        summary:
            "The store, instead of a server: a file that no other process is using, or dir:PATH, a reference server's "
            + "data directory.")
}
