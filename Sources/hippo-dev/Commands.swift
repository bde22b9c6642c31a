import CommandLineInterface

/// The subcommands of the tool. Each is defined in a file of its own, as a static member of `Command`.
enum Commands {
    /// In the order in which help lists them.
    static let all: [Command] = [
        .up,
        .logs,
        .status,
        .new,
        .`init`,
        .check,
        .run,
        .wagi,
        .prepare,
        .push,
        .bindle,
        .login,
        .logout,
        .revisions,
        .rollback,
        .completions,
        .manual,
        .buildRunner,
    ]

    /// The tool itself.
    static let root = Command(
        name: "hippo-dev",
        summary: "Run Hippo applications while you write them: WebAssembly modules, WAGI and bindles on your machine.",
        subcommands: all
    )

    static let version = "0.1.0"
    /// The day of this version.
    static let releaseDate = "2026-11-22"
}
