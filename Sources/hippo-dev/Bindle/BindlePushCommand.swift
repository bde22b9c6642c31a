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
            not have are sent, so that a push that was interrupted goes on where it stopped. With --path, what is given \
            is the bindle's ID, and the option tells below which directory its own stands, as 'prepare' makes it.
            """,
        options: BindleOptions.server + SigningOptions.all + [parent, limit] + TransferOptions.all,
        arguments: [standalone],
        examples: [
            Example("hippo-dev bindle push weather.tar.gz", "Push a packed bindle."),
            Example("hippo-dev bindle push -p .hippo weather/1.2.3", "Push what 'hippo-dev prepare' made."),
        ],
        action: { arguments in
            let (bindle, temporary) = try standaloneBindle(arguments)
            let client = try BindleOptions.client(arguments)
            try withExtendedLifetime(temporary) {
                let sender = try ParcelSender(arguments)
                try sender.push(SigningOptions.signed(bindle.invoice, arguments), to: client) { label in
                    bindle.content(of: label)
                }
            }
            return .success
        }
    )

    static let bindleImport = Command(
        name: "import",
        summary: "Put a standalone bindle, a directory or a .tar.gz, into a store.",
        discussion: """
            With --store, into a file that 'hippo-dev bindle serve' or a sandbox keeps its bindles in; otherwise to the \
            server, as 'bindle push' does. A bindle in the store that has this ID is replaced.
            """,
        options: BindleOptions.server + SigningOptions.all + [storeFile, parent, limit] + TransferOptions.all,
        arguments: [standalone],
        action: { arguments in
            let (bindle, temporary) = try standaloneBindle(arguments)
            try withExtendedLifetime(temporary) {
                let invoice = try SigningOptions.signed(bindle.invoice, arguments)
                guard let path = arguments[storeFile] else {
                    let client = try BindleOptions.client(arguments)
                    try ParcelSender(arguments).push(invoice, to: client) { bindle.content(of: $0) }
                    return
                }
                let absent = try importBindle(bindle, invoice, into: BindleStore(path: path))
                StandardOutput.tell("\(invoice.id): imported into \(path)")
                for label in absent {
                    StandardOutput.tell("warning: the parcel '\(label.name)' is neither in the bindle nor in the store")
                }
            }
            return .success
        }
    )

    /// - Returns: The labels of the parcels that are still missing.
    private static func importBindle(
        _ bindle: StandaloneBindle, _ invoice: Invoice, into store: BindleStore
    ) throws -> [Label] {
        var absent: [Label] = []
        for label in try store.create(invoice, mode: .development).missing {
            guard case .file(let path) = bindle.content(of: label) else {
                absent.append(label)
                continue
            }
            let upload = try store.upload(label.sha256, to: invoice.id)
            try FileReader.forEachChunk(of: path, size: 1 << 20) { try upload.write(Array($0)) }
            try upload.finish()
        }
        return absent
    }

    /// The bindle that is to be pushed, and where it was unpacked to, if it was.
    private static func standaloneBindle(
        _ arguments: ParsedArguments
    ) throws -> (StandaloneBindle, TemporaryPlace?) {
        let path = arguments[standalone] ?? "."
        if let parent = arguments[parent] {
            let id: BindleID
            do { id = try BindleID(path) } catch { throw UsageError("with '--path', an ID is wanted: \(error)") }
            return (try StandaloneBindle(id, in: parent), nil)
        }
        guard let status = FileStatus(path: path) else { throw CommandFailure("there is no \(path)") }
        guard !status.isDirectory else { return (try StandaloneBindle(at: path), nil) }
        var limits = UnpackingLimits()
        let size = try arguments.value(of: limit, expecting: "a size like 64MiB") { ByteCount(parsing: $0) }
        if let size { limits = UnpackingLimits(maximumSize: Int64(size.bytes), maximumRatio: nil) }
        let temporary = try TemporaryPlace()
        return (try StandaloneBindle.unpack(path, into: temporary.path, limits: limits), temporary)
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
        return FileStatus(path: path) != nil ? .file(path: path) : .absent("\(path) is not there either")
    }
}
