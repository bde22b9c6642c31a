import Archive
import Bindle
import CommandLineInterface
import Platform

extension Command {
    static let bindlePush = Command(
        name: "push",
        summary: "Push a standalone bindle, a directory or a .tar.gz, to a server.",
        discussion: """
            A directory is the bindle's own, with invoice.toml and parcels/ in it. Only the parcels that the server does \
            not have are sent, so that a push that was interrupted goes on where it stopped; so parcels that the server \
            has need not be in the bindle. With --path, what is given is the bindle's ID, and the option tells below which \
            directory its own or its .tar.gz stands, as 'prepare' makes it. The data directory of a reference server is \
            taken too: with --path and an ID for one bindle, or by itself for all of them.
            """,
        options: BindleOptions.server + SigningOptions.all + [parent, limit] + TransferOptions.all,
        arguments: [standalone],
        examples: [
            Example("hippo-dev bindle push weather.tar.gz", "Push a packed bindle."),
            Example("hippo-dev bindle push -p .hippo weather/1.2.3", "Push what 'hippo-dev prepare' made."),
        ],
        action: { arguments in
            let (bindles, temporary) = try standaloneBindles(arguments)
            let client = try BindleOptions.client(arguments)
            try withExtendedLifetime(temporary) {
                let sender = try ParcelSender(arguments)
                for bindle in bindles {
                    let invoice = try SigningOptions.signed(bindle.invoice, arguments)
                    tellWarnings(of: invoice)
                    try sender.push(invoice, to: client) { bindle.content(of: $0) }
                }
            }
            return .success
        }
    )

    static let bindleImport = Command(
        name: "import",
        summary: "Put a standalone bindle, a directory or a .tar.gz, or a whole store, into a store.",
        discussion: """
            With --store, into a file that 'hippo-dev bindle serve' or a sandbox keeps its bindles in, or into dir:PATH, \
            the data directory of a reference server, in its own layout; otherwise to the server, as 'bindle push' does. A \
            bindle in the store that has this ID is replaced. The data directory of a reference server is taken too, \
            with all its bindles, and with --store a file that such a store is in.

            What goes into a reference server's directory is signed as host, since that server gives it out as it is. \
            With --host-key FILE the key can be that server's own, from its signing-keys.toml.
            """,
        options: BindleOptions.server + SigningOptions.all + [storeFile, parent, limit] + TransferOptions.all
            + HostKeyOptions.all,
        arguments: [standalone],
        examples: [
            Example("hippo-dev bindle import weather.tar.gz", "Put a packed bindle on the server."),
            Example(
                "hippo-dev bindle import .hippo/bindles.sqlite --store dir:/srv/bindles",
                "Hand a sandbox's bindles to a reference server."),
        ],
        action: { arguments in
            let store = try arguments[storeFile].map { try openStore($0, arguments) }
            if let store, let path = arguments[standalone], SQLiteFile.isOne(path) {
                try importAll(of: try BindleStore(path: path), into: store)
                return .success
            }
            let (bindles, temporary) = try standaloneBindles(arguments)
            try withExtendedLifetime(temporary) {
                let client = store == nil ? try BindleOptions.client(arguments) : nil
                for bindle in bindles {
                    let invoice = try SigningOptions.signed(bindle.invoice, arguments)
                    tellWarnings(of: invoice)
                    if let client {
                        try ParcelSender(arguments).push(invoice, to: client) { bindle.content(of: $0) }
                    } else if let (store, location) = store {
                        tell(invoice.id, location, absent: try importBindle(bindle, invoice, into: store))
                    }
                }
            }
            return .success
        }
    )

    private static func openStore(
        _ text: String, _ arguments: ParsedArguments
    ) throws -> (any BindleStorage, StoreLocation) {
        let location = StoreLocation(parsing: text)
        let hostKey = try HostKeyOptions.path(arguments).map { path in
            HostKey(path: path, onProblem: { StandardError.write("warning: \($0)\n") })
        }
        return (try location.open(hostKey: hostKey), location)
    }

    /// Copies all bindles of a store.
    private static func importAll(
        of source: BindleStore, into target: (store: any BindleStorage, location: StoreLocation)
    ) throws {
        for listing in try source.list().sorted(by: { $0.id < $1.id }) {
            tell(listing.id, target.location, absent: try StoreCopy.copy(listing.id, from: source, to: target.store))
        }
    }

    private static func tell(_ id: BindleID, _ location: StoreLocation, absent: [Label]) {
        StandardOutput.tell("\(id): imported into \(location)")
        for label in absent {
            StandardOutput.tell("warning: the parcel '\(label.name)' is neither in the bindle nor in the store")
        }
    }

    /// Says what is odd about an invoice that is taken even so.
    private static func tellWarnings(of invoice: Invoice) {
        for warning in invoice.warnings { StandardError.write("warning: \(invoice.id): \(warning)\n") }
    }

    /// - Returns: The labels of the parcels that are still missing.
    private static func importBindle(
        _ bindle: StandaloneBindle, _ invoice: Invoice, into store: any BindleStorage
    ) throws -> [Label] {
        var absent: [Label] = []
        // One that was yanked where it comes from stays so.
        var created = invoice
        created.isYanked = false
        defer { if invoice.isYanked { try? store.yank(invoice.id) } }
        for label in try store.create(created, mode: .development).missing {
            guard case .parcelFile(let path) = bindle.content(of: label) else {
                absent.append(label)
                continue
            }
            let upload = try store.upload(label.sha256, to: invoice.id, includingYanked: true)
            do throws(StoreError) {
                try FileReader.forEachChunk(of: path, into: upload)
                try upload.finish()
            } catch .wrongDigest, .wrongSize {
                throw PushError.misnamed(path: path)
            }
        }
        return absent
    }

    /// The bindles that are to be pushed, and where they were unpacked to, if they were.
    private static func standaloneBindles(
        _ arguments: ParsedArguments
    ) throws -> ([StandaloneBindle], TemporaryPlace?) {
        var path = arguments[standalone] ?? "."
        if let parent = arguments[parent] {
            let id: BindleID
            do { id = try BindleID(path) } catch { throw UsageError("with '--path', an ID is wanted: \(error)") }
            let directory = StandaloneBindle.directory(of: id, in: parent)
            if FileStatus(path: directory) != nil || ReferenceDirectory.isOne(parent) {
                return ([try StandaloneBindle(id, in: parent)], nil)
            }
            path = directory + ".tar.gz"
            guard FileStatus(path: path) != nil else {
                throw CommandFailure("there is no \(id) in \(parent): neither \(directory) nor \(path) exists")
            }
        }
        guard let status = FileStatus(path: path) else { throw CommandFailure("there is no \(path)") }
        guard !status.isDirectory else {
            if ReferenceDirectory.isOne(path) { return (try ReferenceDirectory(path).bindles(), nil) }
            return ([try StandaloneBindle(at: path)], nil)
        }
        var limits = UnpackingLimits()
        let size = try arguments.value(of: limit, expecting: "a size like 64MiB") { ByteCount(parsing: $0) }
        if let size { limits = UnpackingLimits(maximumSize: Int64(size.bytes), maximumRatio: nil) }
        let temporary = try TemporaryPlace()
        return ([try StandaloneBindle.unpack(path, into: temporary.path, limits: limits)], temporary)
    }

    private static let standalone = Argument(
        "PATH", summary: "The bindle's directory or .tar.gz, or its ID with --path.")
    private static let parent = Option(
        name: "path", shortName: "p", valueName: "DIR", summary: "The directory that the bindle's own stands in.")
    private static let limit = Option(
        name: "unpacked-limit", valueName: "SIZE",
        summary: """
            How much a .tar.gz may unpack to, however little it is packed. [default: 16GiB, and no more than 200 times \
            its own size]
            """)
}

extension StandaloneBindle {
    /// Where a parcel's bytes are.
    func content(of label: Label) -> ParcelContent {
        let path = parcelPath(label.sha256)
        return FileStatus(path: path) != nil ? .parcelFile(path: path) : .absent("\(path) is not there either")
    }
}

extension FileReader {
    /// Uploads a file.
    fileprivate static func forEachChunk(of path: String, into upload: ParcelUpload) throws(StoreError) {
        do {
            try forEachChunk(of: path, size: 1 << 20) { try upload.write($0) }
        } catch let error as StoreError {
            throw error
        } catch {
            throw .cannotOpen(path: path, detail: "\(error)")
        }
    }
}
