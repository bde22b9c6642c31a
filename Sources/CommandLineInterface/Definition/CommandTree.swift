/// A command, and the words that lead to it.
struct LocatedCommand: Sendable {
    /// The names of the commands from the tool itself, which is not among them, to this one.
    let words: [String]
    let command: Command
    /// The commands from the tool itself to this one.
    let path: [Command]

    /// The options that are shown, `--help` and `--version` included where the parser takes them.
    var options: [Option] {
        command.options.filter { !$0.isHidden } + [.help] + (words.isEmpty ? [.version] : [])
    }

    /// The subcommands that are shown.
    var subcommands: [Command] { command.subcommands.filter { !$0.isHidden } }
}

extension Command {
    /// This command and all below it that are not hidden, each before those below it.
    var visibleTree: [LocatedCommand] { tree(words: [], path: []) }

    private func tree(words: [String], path: [Command]) -> [LocatedCommand] {
        let here = LocatedCommand(words: words, command: self, path: path + [self])
        return [here]
            + here.subcommands.flatMap { $0.tree(words: words + [$0.name], path: here.path) }
    }
}
