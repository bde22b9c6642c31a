import Bindle
import CommandLineInterface
import Hippofacts
import Platform
import Sandbox

/// A project as a bindle that leaves this machine.
struct ProjectBindle {
    static let path = Argument(
        "PATH", summary: "HIPPOFACTS, its directory, or a single module.", arity: .optional, defaultValue: ".")
    static let versioning = Option(
        name: "invoice-version", shortName: "v", valueName: "KIND",
        summary: """
            production takes the version of HIPPOFACTS as it is written; development appends the user's name and the \
            time, so that it is a new one each time.
            """,
        defaultValue: "development", kind: .choice(["development", "production", "dev", "prod"]))

    static let withSettings = Option(
        flag: "with-settings",
        summary:
            "Put into the bindle what hippo-dev.toml says of handlers: argv, allow-outbound, reuse and stub-imports.")

    /// Where external bindles are looked up before the server that the bindle is for.
    static let externalOptions = [UpstreamOptions.url, UpstreamOptions.strategy]

    private let facts: Hippofacts
    private let settings: BundleSettings
    private let takesHandlerSettings: Bool
    private let arguments: ParsedArguments
    private let client: BindleClient
    private let externals: ProjectExternals
    private let mode: VersionMode
    /// Where digests of files are kept for the next time.
    private let cachePath: String?

    /// Builds the project, and reads what it consists of.
    ///
    /// - Parameters:
    ///   - client: Of the server that the bindle is for.
    ///   - isAsWritten: Whether the version is that of HIPPOFACTS, whatever the command line says.
    init(_ arguments: ParsedArguments, for client: BindleClient, isAsWritten: Bool = false) throws {
        let path = arguments[Self.path] ?? "."
        try BuildOptions.build(projectAt: path, arguments, isQuiet: arguments.isSet(TransferOptions.quiet))
        facts = try Hippofacts(at: path)
        settings = try BundleSettings(ofProjectAt: path)
        takesHandlerSettings = arguments.isSet(Self.withSettings)
        if !settings.handlers.isEmpty, !takesHandlerSettings {
            StandardError.write(
                "note: what hippo-dev.toml says of handlers (argv, allow-outbound, reuse, stub-imports) is not in the bindle; "
                    + "--with-settings puts it in\n")
        }
        self.arguments = arguments
        self.client = client
        externals = try ProjectExternals(
            path: path, store: nil, upstreams: { try UpstreamOptions.upstreams(arguments, $0, target: client) })
        if isAsWritten || ["production", "prod"].contains(arguments[Self.versioning]) {
            mode = .asWritten
        } else {
            let environment = ProcessEnvironment.all
            let user = [environment["USER"], environment["USERNAME"]].compactMap(\.self).first { !$0.isEmpty }
            mode = .development(user: user, milliseconds: SystemTime().nanosecondsSince1970 / 1_000_000)
        }
        let isModule = path.hasSuffix(".wasm") || path.hasSuffix(".wat")
        cachePath = isModule ? nil : "\(facts.directory)/.hippo/digests"
    }

    /// Whether another version is taken when the one that was worked out is taken meanwhile.
    var isVersionOpen: Bool {
        if case .nextPatch = facts.version { true } else { false }
    }

    /// Expands the project. Versions are looked up at the server that it is for, and so are external bindles which are
    /// nowhere else.
    ///
    /// Files that have not changed since the last time are not read.
    func expand() throws -> Expansion {
        var options = ExpansionOptions(versionMode: mode)
        options.knownVersions = { [arguments, client] name in
            try UnnamedServer.advising(arguments) { try client.versions(of: name) }
        }
        options.externalInvoice = { [arguments, externals] id in
            try UnnamedServer.advising(arguments) { try externals.invoice(id) }
        }
        options.excludedFiles = settings.excludedFiles
        options.build = try BuildOptions.moduleBuild(settings, arguments)
        if takesHandlerSettings { options.handlers = settings.handlers }
        var cache = cachePath.map { DigestCache(contentsOf: $0) } ?? DigestCache()
        let expansion = try facts.expanded(options, cache: &cache)
        let warnings = expansion.warnings.map(\.description) + BundleReview(expansion.invoice).warnings
        for warning in warnings { StandardError.tell("warning: \(warning)") }
        if let cachePath, cache.readFileCount > 0 {
            // Where the project cannot be written to, files are read each time.
            if (try? PrivateFiles.makeDirectory("\(facts.directory)/.hippo")) != nil { try? cache.write(to: cachePath) }
        }
        return expansion
    }

    /// A file of the project.
    struct ProjectFile: Hashable {
        /// Below the project's directory.
        let name: String
        let path: String
    }

    /// The files that the bindle is made of, HIPPOFACTS first.
    func files(of expansion: Expansion) throws -> [ProjectFile] {
        guard facts.dependencies.modulesAbove.isEmpty else {
            throw CommandFailure("a module is above the project's directory, and cannot be handed in with it")
        }
        var names: Set<String> = Set(facts.dependencies.modules.map(\.string))
        for label in expansion.invoice.distinctLabels {
            guard case .file(let path, _)? = expansion.sources[label], path.hasPrefix(facts.directory + "/") else {
                continue
            }
            names.insert(String(path.dropFirst(facts.directory.count + 1)))
        }
        // Files of the same content are one parcel each, but several labels.
        for parcel in expansion.invoice.parcels {
            let path = "\(facts.directory)/\(parcel.label.name)"
            if case .file? = expansion.sources[parcel.label], FileStatus(path: path)?.isRegular == true {
                names.insert(parcel.label.name)
            }
        }
        return [ProjectFile(name: "HIPPOFACTS", path: facts.file)]
            + names.sorted().map { ProjectFile(name: $0, path: "\(facts.directory)/\($0)") }
    }

    /// Says how the bindle will run otherwise on the program wagi, unless that was said the last time.
    func tellDifferences(_ expansion: Expansion) {
        let differences = WAGIDifferences(expansion, settings)
        let lines = differences.lines.map { "\($0)\n" }.joined()
        let memory = "\(facts.directory)/.hippo/wagi-differences"
        let isProject = cachePath != nil
        let told = isProject ? try? FileReader.text(of: memory, limit: 1 << 20) : nil
        guard lines != told ?? "" else { return }
        if isProject {
            try? Directories.make("\(facts.directory)/.hippo")
            try? FileWriter.write(lines, to: memory)
        }
        guard !lines.isEmpty else { return }
        StandardError.write("\(WAGIDifferences.heading)\n\(lines)")
    }

    /// Where a parcel's bytes are; those of external bindles wherever they were found.
    /// - Parameter place: Takes what has to be fetched.
    func content(of label: Label, in expansion: Expansion, _ place: () throws -> TemporaryPlace) -> ParcelContent {
        switch expansion.sources[label] {
        case .file(let path, _): return .file(path: path)
        case .bytes(let bytes): return .bytes(bytes)
        case nil: break
        }
        guard let parcel = expansion.externalParcels.first(where: { $0.label.sha256 == label.sha256 }) else {
            return .absent("nothing says where it is")
        }
        do {
            return try externals.content(of: parcel, in: place().path)
        } catch {
            return .absent("it belongs to the external bindle \(parcel.bindle): \(error)")
        }
    }
}
