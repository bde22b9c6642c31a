/// A shell that commands can be completed in.
package enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    /// The script that completes the tool's command lines in this shell, made from the definitions of its commands.
    package func completionScript(for root: Command) -> String {
        switch self {
        case .bash: BashCompletion(root: root).script
        case .zsh: ZshCompletion(root: root).script
        case .fish: FishCompletion(root: root).script
        }
    }
}

extension String {
    /// The text as a name for functions of a shell.
    var shellIdentifier: String {
        String(map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    /// The text between single quotes, for bash and zsh.
    var singleQuoted: String {
        "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

extension Option {
    /// `--name`, and `-n` if there is one.
    var spellings: [String] { ["--" + name] + (shortName.map { ["-\($0)"] } ?? []) }
}
