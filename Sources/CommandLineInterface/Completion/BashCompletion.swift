/// Writes the completion script for bash. It needs nothing but bash: no package of helper functions, and no run of the
/// tool.
struct BashCompletion {
    private let root: Command
    private let tree: [LocatedCommand]
    private let function: String

    init(root: Command) {
        self.root = root
        tree = root.visibleTree
        function = "_" + root.name.shellIdentifier
    }

    var script: String {
        """
        # Completes \(root.name) in bash. To load it: source <(\(root.name) completions bash)

        # Adds those of the words that the current one begins.
        \(function)_words() {
            local IFS=$' \\t\\n'
            COMPREPLY+=($(compgen -W "$1" -- "$current"))
        }

        # Adds directories, and files with one of the extensions, or all files if there are none.
        \(function)_files() {
            local IFS=$'\\n' candidate extension
            compopt -o filenames 2>/dev/null
            if (($# == 0)); then
                COMPREPLY+=($(compgen -f -- "$current"))
                return
            fi
            COMPREPLY+=($(compgen -d -- "$current"))
            for candidate in $(compgen -f -- "$current"); do
                for extension in "$@"; do
                    [[ $candidate == *."$extension" && ! -d $candidate ]] && COMPREPLY+=("$candidate")
                done
            done
        }

        \(function)_directories() {
            local IFS=$'\\n'
            compopt -o filenames 2>/dev/null
            COMPREPLY+=($(compgen -d -- "$current"))
        }

        \(function)() {
            local current=${COMP_WORDS[COMP_CWORD]} path='' word='' option='' prefix='' ended=''
            local commands='' options='' valued=' ' rest='' index=1 count=0
            COMPREPLY=()

            # The words that name the command come first.
            while ((index < COMP_CWORD)); do
                case "$path/${COMP_WORDS[index]}" in
                    \(tree.dropFirst().map(\.casePath).joined(separator: " | ")))
                        path+="/${COMP_WORDS[index]}" ;;
                    *) break ;;
                esac
                ((index++))
            done
            case "$path" in
        \(tree.map(definition).joined(separator: "\n"))
            esac

            # What the words before the current one leave to be completed. Words are parted at '=' and ':', too.
            while ((index < COMP_CWORD)); do
                word=${COMP_WORDS[index]}
                ((index++))
                if [[ -n $option ]]; then
                    [[ $word == '=' ]] || option=''
                elif [[ $word == [=:]* ]]; then
                    ((index++))
                elif [[ -n $ended || $word != -?* ]]; then
                    ((count++))
                    [[ -n $rest ]] && ((count >= rest)) && ended=1
                elif [[ $word == -- ]]; then
                    ended=1
                elif [[ $valued == *" $word "* ]]; then
                    option=$word
                fi
            done
            [[ $current == '=' ]] && current=''
            if [[ -z $ended && -z $option && $current == --*=* ]]; then
                option=${current%%=*} prefix=$option= current=${current#*=}
            fi

            if [[ -n $option ]]; then
                case "$path $option" in
        \(optionCases)
                    *) ;;
                esac
            elif [[ -z $ended && $current == -* ]]; then
                \(function)_words "$options"
            elif [[ -n $commands ]]; then
                \(function)_words "$commands"
            else
                case "$path $count" in
        \(argumentCases)
                    *) ;;
                esac
            fi
            [[ -z $prefix ]] || COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
        }

        complete -F \(function) \(root.name)

        """
    }

    /// What a command takes.
    private func definition(_ located: LocatedCommand) -> String {
        let valued = located.options.filter { !$0.isFlag }.flatMap(\.spellings)
        var assignments = ["options=\(located.options.map { "--" + $0.name }.joined(separator: " ").singleQuoted)"]
        if !located.subcommands.isEmpty {
            let help = located.words.isEmpty ? ["help"] : []
            assignments.append(
                "commands=\((located.subcommands.map(\.name) + help).joined(separator: " ").singleQuoted)")
        }
        if !valued.isEmpty { assignments.append("valued=\(" \(valued.joined(separator: " ")) ".singleQuoted)") }
        if located.command.endsOptionsAtRest { assignments.append("rest=\(located.command.arguments.count - 1)") }
        let pattern = located.words.isEmpty ? "''" : located.casePath
        return "            \(pattern))\n                \(assignments.joined(separator: "\n                ")) ;;"
    }

    private var optionCases: String {
        tree.flatMap { located in
            located.options.compactMap { option -> String? in
                guard !option.isFlag, let action = action(option.kind) else { return nil }
                let patterns = option.spellings.map { "\(located.casePath) \($0)".singleQuoted }
                return "            \(patterns.joined(separator: " | "))) \(action) ;;"
            }
        }.joined(separator: "\n")
    }

    private var argumentCases: String {
        tree.flatMap { located in
            located.command.arguments.enumerated().compactMap { index, argument -> String? in
                guard let action = action(argument.kind) else { return nil }
                let pattern =
                    argument.arity.isRepeatable ? "'\(located.casePath) '*" : "'\(located.casePath) \(index)'"
                return "            \(pattern)) \(action) ;;"
            }
        }.joined(separator: "\n")
    }

    private func action(_ kind: ValueKind) -> String? {
        switch kind {
        case .text: nil
        case .file(let extensions): ([function + "_files"] + extensions).joined(separator: " ")
        case .directory: function + "_directories"
        case .choice(let words): "\(function)_words \(words.joined(separator: " ").singleQuoted)"
        }
    }
}

extension LocatedCommand {
    /// `/bindle/list`; empty for the tool itself.
    var casePath: String { words.map { "/" + $0 }.joined() }
}
