import CommandLineInterface

/// The subcommands of the tool. Each is defined in a file of its own, as a static member of `Command`.
enum Commands {
    private typealias Entry = (name: String, make: () -> Command)

    /// In the order in which help lists them. Each is made when it is needed: all of them are a seventh of what a short run
    /// takes.
    private static var entries: [Entry] {
        [
            ("up", { .up }),
            ("logs", { .logs }),
            ("status", { .status }),
            ("new", { .new }),
            ("init", { .`init` }),
            ("check", { .check }),
            ("doctor", { .doctor }),
            ("request", { .request }),
            ("test", { .test }),
            ("data", { .data }),
            ("run", { .run }),
            ("wagi", { .wagi }),
            ("prepare", { .prepare }),
            ("push", { .push }),
            ("bindle", { .bindle }),
            ("login", { .login }),
            ("logout", { .logout }),
            ("account", { .account }),
            ("token", { .token }),
            ("revisions", { .revisions }),
            ("rollback", { .rollback }),
            ("requests", { .requests }),
            ("release", { .release }),
            ("channel", { .channel }),
            ("export", { .export }),
            ("schema", { .schema }),
            ("self", { .`self` }),
            ("completions", { .completions }),
            ("manual", { .manual }),
            ("build-runner", { .buildRunner }),
        ]
    }

    /// The tool itself.
    static let root = root(with: entries)

    /// The tool as far as it is needed to read these words: with one command, if the first of them names it.
    static func root(for words: [String]) -> Command {
        guard let entry = entries.first(where: { $0.name == words.first }) else { return root }
        return root(with: [entry])
    }

    private static func root(with entries: [Entry]) -> Command {
        Command(
            name: "hippo-dev",
            summary:
                "Run Hippo applications while you write them: WebAssembly modules, WAGI and bindles on your machine.",
            subcommands: entries.map { entry in
                let command = entry.make().replacingActions(UnnamedServer.advising)
                precondition(command.name == entry.name, "'\(entry.name)' stands for the command '\(command.name)'")
                return command
            },
            foreignNames: foreignNames)
    }

    /// What other tools have as commands.
    private static let foreignNames = [
        "serve": upIsMeant, "dev": upIsMeant, "start": upIsMeant,
        "watch": "'hippo-dev up' watches the project, and serves it",
        "build":
            "'hippo-dev up --build COMMAND' builds at each change; 'hippo-dev prepare' writes the bindle into a directory",
        "deploy": "'hippo-dev push' sends the project's bindle to a server",
    ]
    private static let upIsMeant = "'hippo-dev up' serves the project, and follows its changes"

    static let version = "0.1.0"
    /// The day of this version.
    static let releaseDate = "2026-11-23"
}
