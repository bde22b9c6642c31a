import CommandLineInterface

extension Command {
    /// What users of the `bindle` client type for commands that have other names here.
    static let bindleSynonyms: [Command] =
        [
            bindleShow.renamed("info"),
            bindleSign.renamed("sign-invoice"),
        ]
        + bindleKeys.subcommands.compactMap { command in
            switch command.name {
            case "create": command.renamed("create-key")
            case "print": command.renamed("print-key")
            case "fetch": command.renamed("fetch-host-keys")
            default: nil
            }
        }

    /// The same command under another name, left out of help.
    private func renamed(_ name: String) -> Command {
        Command(
            name: name, summary: summary, discussion: discussion, options: options, arguments: arguments,
            examples: examples, subcommands: subcommands, isHidden: true, action: action)
    }
}
