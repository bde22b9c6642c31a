/// Writes the completion script for zsh, on its own `_arguments`.
struct ZshCompletion {
    private let root: Command

    init(root: Command) {
        self.root = root
    }

    var script: String {
        let function = functionName([])
        return """
            #compdef \(root.name)
            # Completes \(root.name) in zsh. To load it: source <(\(root.name) completions zsh)
            # or write it to a file named _\(root.name) in a directory of $fpath.

            \(root.visibleTree.map(definition).joined(separator: "\n\n"))

            if [[ ${funcstack[1]} == _\(root.name) ]]; then
              \(function) "$@"
            elif (( $+functions[compdef] )); then
              compdef \(function) \(root.name)
            fi

            """
    }

    private func functionName(_ words: [String]) -> String {
        "_" + ([root.name] + words).map(\.shellIdentifier).joined(separator: "_")
    }

    private func definition(_ located: LocatedCommand) -> String {
        located.subcommands.isEmpty ? leaf(located) : group(located)
    }

    private func leaf(_ located: LocatedCommand) -> String {
        var specifications = located.options.map(specification)
        for argument in located.command.arguments {
            let message = "\(escaped(argument.name)):\(action(argument.kind))"
            switch argument.arity {
            case .required: specifications.append(":\(message)".singleQuoted)
            case .optional: specifications.append("::\(message)".singleQuoted)
            case .repeated, .oneOrMore, .rest, .behindDashes: specifications.append("*:\(message)".singleQuoted)
            }
        }
        // What follows the arguments of its own belongs to another program.
        let flags = located.command.endsOptionsAtRest ? "-s -S -A '-*'" : "-s -S"
        return """
            \(functionName(located.words))() {
              _arguments \(flags) \\
                \(specifications.joined(separator: " \\\n    "))
            }
            """
    }

    private func group(_ located: LocatedCommand) -> String {
        let descriptions = located.subcommands.map { "\($0.name):\($0.summary)".singleQuoted }
        let calls = located.subcommands.map { "        \($0.name)) \(functionName(located.words + [$0.name])) ;;" }
        return """
            \(functionName(located.words))() {
              local curcontext=$curcontext state line
              local -a commands
              typeset -A opt_args
              commands=(
                \(descriptions.joined(separator: "\n    "))
              )
              _arguments -C \\
                \(located.options.map(specification).joined(separator: " \\\n    ")) \\
                '1: :->command' '*:: :->words'
              case $state in
                command) _describe -t commands command commands ;;
                words)
                  case $line[1] in
            \(calls.joined(separator: "\n"))
                  esac ;;
              esac
            }
            """
    }

    private func specification(_ option: Option) -> String {
        let long = "--" + option.name + (option.isFlag ? "" : "=")
        let short = option.shortName.map { "-\($0)" + (option.isFlag ? "" : "+") }
        var description = "[\(escaped(option.summary))]"
        if let valueName = option.valueName { description += ":\(escaped(valueName)):\(action(option.kind))" }
        let ending = option == .help || option == .version
        let exclusions =
            ending ? "(- *)" : option.isRepeatable ? "*" : "(\(option.spellings.reversed().joined(separator: " ")))"
        guard let short else {
            // An option excludes itself by default.
            return (ending || option.isRepeatable ? exclusions + long + description : long + description).singleQuoted
        }
        return "\(exclusions.singleQuoted){\(short),\(long)}\(description.singleQuoted)"
    }

    private func action(_ kind: ValueKind) -> String {
        switch kind {
        case .text: " "
        case .file(let extensions) where extensions.isEmpty: "_files"
        case .file(let extensions): "_files -g \"*.(\(extensions.joined(separator: "|")))(-.)\""
        case .directory: "_files -/"
        case .choice(let words): "(\(words.joined(separator: " ")))"
        }
    }

    /// Text in a specification of `_arguments`, in which colons and brackets mean something.
    private func escaped(_ text: String) -> String {
        text.map { ":[]\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
