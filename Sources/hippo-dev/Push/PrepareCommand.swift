import Bindle
import CommandLineInterface
import Hippofacts
import Platform
import Sandbox

extension Command {
    /// `hippo-dev prepare`: a project as a standalone bindle.
    static let prepare = Command(
        name: "prepare",
        summary: "Write a project's bindle into a directory or a .tar.gz, without pushing it.",
        discussion: """
            Runs the build command of hippo-dev.toml, expands HIPPOFACTS and writes a standalone bindle: DIR/SHA256_OF_ID with invoice.toml and the parcels, or \
            the same packed, if DIR ends in .tar.gz. 'hippo-dev bindle push' pushes it later. Parcels of external \
            bindles are not in it: the server that it is pushed to has them. Without --dir it goes into the project's own \
            directory, for its user alone.
            """,
        options: [
            ProjectBindle.versioning, ProjectBindle.withSettings, directory, TransferOptions.output,
            TransferOptions.quiet,
        ]
            + BuildOptions.all + ProjectBindle.externalOptions + SigningOptions.all + BindleOptions.server,
        arguments: [ProjectBindle.path],
        examples: [
            Example("hippo-dev prepare -v production", "Write the bindle below .hippo."),
            Example("hippo-dev prepare app -v production -d app.tar.gz", "Pack the bindle of another project."),
        ],
        action: { arguments in
            let client = try BindleOptions.client(arguments)
            let expansion = try ProjectBindle(arguments, for: client).expand()
            let invoice = try SigningOptions.signed(expansion.invoice, arguments)
            let path = arguments[directory] ?? ".hippo"
            let isArchive = StandaloneBindle.isArchivePath(path)
            let isPrivate = arguments.source(of: directory) == .defaultValue
            if isPrivate { try makeProjectsOwn(path) }
            let temporary = isArchive ? try TemporaryPlace(beside: path) : nil
            let bindle = try StandaloneBindle.write(
                invoice, in: temporary?.path ?? path, isPrivate: isPrivate, where: { expansion.sources[$0] != nil }
            ) { label, receive in
                try expansion.read(label, receive)
            }
            if isArchive { try bindle.pack(to: path) }
            let isQuiet = arguments.isSet(TransferOptions.quiet)
            switch isQuiet ? "none" : arguments[TransferOptions.output] {
            case "id": print(invoice.id)
            case "none": break
            default:
                StandardOutput.tell("Wrote \(invoice.id) to \(isArchive ? path : bindle.directory)")
                let push = isArchive ? path : "-p \(path) \(invoice.id)"
                StandardOutput.tell("Push it by: hippo-dev bindle push \(push)")
            }
            return .success
        }
    )

    /// Makes the project's own directory, where the user has named no other.
    private static func makeProjectsOwn(_ path: String) throws {
        do {
            try PrivateFiles.makeDirectory(path)
        } catch let refused as PrivateFiles.Refused {
            throw CommandFailure("\(refused.path) \(refused.reason). Remove it, or write elsewhere with --dir DIR.")
        }
    }

    private static let directory = Option(
        name: "dir", shortName: "d", valueName: "DIR",
        summary: "Where to put the bindle's own directory, or the .tar.gz to write.", defaultValue: ".hippo")
}

extension Expansion {
    /// Hands a parcel's bytes on.
    fileprivate func read(_ label: Label, _ receive: (UnsafeRawBufferPointer) throws -> Void) throws {
        switch sources[label] {
        case .bytes(let bytes): try bytes.withUnsafeBytes { try receive($0) }
        case .file(let path, _):
            try FileReader.forEachChunk(of: path, size: 1 << 20, receive)
        case nil: throw CommandFailure("the bytes of '\(label.name)' are not at hand")
        }
    }
}
