import Bindle
import CommandLineInterface
import Export
import Platform

extension Command {
    /// `hippo-dev export artifact`: an app as one file, or a few.
    static let exportArtifact = Command(
        name: "artifact",
        summary: "Write an application as a .tar.gz that a WAGI serves where it is unpacked.",
        discussion: """
            In it are the modules, the wwwroot, and a modules.toml: 'hippo-dev wagi -c modules.toml', run in the directory \
            that it is unpacked into, serves the app. The same app gives the same bytes on every machine. An archive has \
            at most 4,095 entries, which is what Nomad unpacks: a larger app is several, for one directory. Variables of \
            modules are not in it: 'hippo-dev wagi --env-file' gives them. It also says what the program wagi does differently.
            """,
        options: ExportOptions.all,
        arguments: [file],
        examples: [
            Example("hippo-dev export artifact", "Write what serves, or the project, as NAME-VERSION.tar.gz."),
            Example(
                "hippo-dev export artifact app.tar.gz --of release:app/1.2.0",
                "Write a release: app.part2.tar.gz comes beside it if it takes two."),
        ],
        action: { arguments in
            let source = try ExportOptions.source(arguments)
            let app = try source.app()
            let artifact = try Artifact(app)
            let path = arguments[file] ?? Artifact.fileName(app.id, part: 1)
            guard path.hasSuffix(".tar.gz") else { throw UsageError("'\(path)' does not end in .tar.gz") }
            for part in 1...artifact.partCount {
                let path = Artifact.partPath(path, part: part)
                let output = try PendingFile(replacing: path)
                let digest = try artifact.write(part: part) { try output.write($0) }
                try output.commit()
                StandardOutput.tell("\(path)  \(digest.checksum)  \(Quantity.size(digest.size))")
            }
            let parts = artifact.partCount == 1 ? "" : " in \(artifact.partCount) archives for one directory"
            StandardOutput.tell("Wrote \(Quantity.count(artifact.fileCount, "file")) of \(source.name)\(parts)")
            WAGIDifferences(app, source.invoice).tell()
            return .success
        })

    private static let file = Argument(
        "FILE", summary: "The archive to write. [default: NAME-VERSION.tar.gz]", arity: .optional)
}
