import CommandLineInterface

/// The subcommands of the tool. Each is defined in a file of its own, as a static member of `Command`.
enum Commands {
    /// In the order in which help lists them.
    static let all: [Command] = [
        .up,
        .check,
        .run,
        .wagi,
        .bindle,
    ]

    static let version = "0.1.0"
}
