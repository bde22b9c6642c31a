/// Writes the completion script for fish.
struct FishCompletion {
    private let root: Command
    private let tree: [LocatedCommand]
    private let function: String

    init(root: Command) {
        self.root = root
        tree = root.visibleTree
        function = "__" + root.name.shellIdentifier
    }

    var script: String {
        """
        # Completes \(root.name) in fish. To load it: \(root.name) completions fish | source

        # True if the words so far name this command.
        function \(function)_at
            set -l words (commandline -opc)
            set -e words[1]
            set -l path
            for word in $words
                switch "$path/$word"
                    case \(tree.dropFirst().map(\.casePath).joined(separator: " "))
                        set path "$path/$word"
                    case '*'
                        break
                end
            end
            test "$path" = "$argv[1]"
        end

        complete -c \(root.name) -f
        \(tree.flatMap(completions).joined(separator: "\n"))

        """
    }

    private func completions(_ located: LocatedCommand) -> [String] {
        let begin = "complete -c \(root.name) -n \"\(function)_at '\(located.casePath)'\""
        var lines: [String] = located.subcommands.map { "\(begin) -a \($0.name) -d \(quoted($0.summary))" }
        for option in located.options {
            let short = option.shortName.map { " -s \($0)" } ?? ""
            let value = option.isFlag ? "" : " " + valueFlags(option.kind)
            lines.append("\(begin) -l \(option.name)\(short)\(value) -d \(quoted(option.summary))")
        }
        for argument in located.command.arguments {
            switch argument.kind {
            case .text: break
            case .file(let extensions) where extensions.isEmpty: lines.append("\(begin) -F")
            case .file, .directory, .choice: lines.append("\(begin) \(candidates(argument.kind))")
            }
        }
        return lines
    }

    private func valueFlags(_ kind: ValueKind) -> String {
        switch kind {
        case .text: "-x"
        case .file(let extensions) where extensions.isEmpty: "-r -F"
        case .file, .directory, .choice: "-x " + candidates(kind)
        }
    }

    private func candidates(_ kind: ValueKind) -> String {
        switch kind {
        case .text: ""
        case .file(let extensions):
            "-a '(__fish_complete_suffix \(extensions.map { "." + $0 }.joined(separator: " ")))'"
        case .directory: "-a '(__fish_complete_directories (commandline -ct))'"
        case .choice(let words): "-a \(quoted(words.joined(separator: " ")))"
        }
    }

    /// Text between single quotes, in which fish knows two escapes.
    private func quoted(_ text: String) -> String {
        "'" + text.map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
