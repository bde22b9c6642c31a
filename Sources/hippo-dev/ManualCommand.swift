import CommandLineInterface
import Platform

extension Command {
    /// `hippo-dev manual`: the manual page.
    static let manual = Command(
        name: "manual",
        summary: "Print the manual page, as man reads it.",
        examples: [
            Example("hippo-dev manual | man -l -", "Read it."),
            Example(
                "hippo-dev manual > ~/.local/share/man/man1/hippo-dev.1",
                "Install it, so that man hippo-dev shows it."),
        ],
        action: { _ in
            try StandardOutput.write(Commands.manualPage.source)
            return .success
        }
    )
}

extension Commands {
    /// The manual page: the commands' definitions, and what belongs to none of them.
    static var manualPage: ManualPage {
        ManualPage(
            root: root, version: version, date: releaseDate,
            description: """
                A local sandbox for Hippo apps: web applications made of WebAssembly modules, which a HIPPOFACTS file \
                describes. 'hippo-dev up' hosts a disposable store of bindles, watches the project, builds its bindle \
                on every save, and serves it by a WAGI process that is replaced, without a failed request, each time \
                something changes.

                The other commands make projects, look into bindles, publish them, and run single modules.
                """,
            sections: [
                .init(
                    title: "FILES",
                    entries: [
                        .init(
                            "HIPPOFACTS",
                            "The modules of an app, their routes, and the files that belong to each. May also be named "
                                + "hippofacts or Hippofacts, with or without .toml."),
                        .init(
                            "hippo-dev.toml",
                            "Beside HIPPOFACTS: how the project is built, variables for its modules, and other "
                                + "settings of hippo-dev up."),
                        .init(".hippo/bindles.sqlite", "The project's store of bindles."),
                        .init(
                            ".hippo/up.log",
                            "What hippo-dev up has told; hippo-dev logs shows it. When it is full, at one megabyte, it "
                                + "becomes up.log.1."),
                    ]),
                .init(
                    title: "EXIT STATUS",
                    entries: [
                        .init("0", "All went well."),
                        .init("1", "The command failed; a message on standard error says why."),
                        .init("2", "The command line was not understood."),
                        .init("134", "With hippo-dev run: the module trapped."),
                    ]),
            ])
    }
}
