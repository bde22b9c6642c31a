import CommandLineInterface
import Export

extension Command {
    /// `hippo-dev export compose`: an app in a container of one server.
    static let exportCompose = Command(
        name: "compose",
        summary: "Write a compose.yaml that serves an artifact in a container.",
        discussion: """
            The file has the container built from Debian with the program 'hippo-dev' and the artifact's archives, as \
            'hippo-dev export artifact' names them: both have to stand beside it. With --image, an image is taken that \
            has both in it. The container has no capabilities, and can write to its /tmp only. --env-file names a file on \
            the machine, which the user 65534 has to be able to read.
            """,
        options: ExportOptions.all + ServiceOptions.place + [image],
        examples: [
            Example("hippo-dev export artifact && hippo-dev export compose -o compose.yaml", "Write both files."),
            Example("hippo-dev export compose --image registry.example/app:1.2.0", "Run an image that is there."),
        ],
        action: { arguments in
            let app = try ExportOptions.source(arguments).app()
            let source: ComposeFile.Source
            if let image = arguments[image] {
                source = .image(image)
            } else {
                let count = try Artifact(app).partCount
                source = .archives((1...count).map { Artifact.fileName(app.id, part: $0) })
            }
            let place = try ServiceOptions.place(arguments, app.id)
            try ServiceOptions.write(ComposeFile(place, of: source).text, arguments)
            return .success
        })

    private static let image = Option(
        name: "image", valueName: "IMAGE", summary: "The image to run, with the program and the app in it.")
}
