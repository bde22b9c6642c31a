import CommandLineInterface
import Platform

extension Command {
    /// `hippo-dev completions`: what a shell needs to complete command lines.
    static let completions = Command(
        name: "completions",
        summary: "Print the script that completes command lines in a shell.",
        discussion: """
            The script knows all commands, their options and what these take, and does not run hippo-dev. It stays right \
            until the next version of hippo-dev.

              bash   source <(hippo-dev completions bash)      in ~/.bashrc
              zsh    source <(hippo-dev completions zsh)       in ~/.zshrc, after compinit
              fish   hippo-dev completions fish | source       in ~/.config/fish/config.fish
            """,
        arguments: [completionShell],
        action: { arguments in
            guard let shell = arguments[completionShell].flatMap(Shell.init(rawValue:)) else { return .usage }
            try StandardOutput.write(shell.completionScript(for: Commands.root))
            return .success
        }
    )

    private static let completionShell = Argument(
        "SHELL", summary: "The shell.", kind: .choice(Shell.allCases.map(\.rawValue)))
}
