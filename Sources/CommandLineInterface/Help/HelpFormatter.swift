/// Lays out the help of a command.
package struct HelpFormatter: Sendable {
    /// The number of columns to fill; 40 at least.
    package let width: Int
    /// True if headings are set in bold by ANSI escape sequences.
    package let usesStyles: Bool

    package init(width: Int, usesStyles: Bool) {
        self.width = max(40, width)
        self.usesStyles = usesStyles
    }

    /// The help of the last command of the path; the path begins with the tool itself.
    package func help(path: [Command]) -> String {
        guard let command = path.last else { return "" }
        var sections = [[command.summary].filter { !$0.isEmpty }, usage(path: path)]
        if !command.discussion.isEmpty {
            sections.append(paragraphs(command.discussion))
        }
        sections.append(list("Commands", command.subcommands.filter { !$0.isHidden }.map { ($0.name, $0.summary) }))
        sections.append(list("Arguments", command.arguments.map { ($0.name, summary(of: $0)) }))
        var options = command.options.filter { !$0.isHidden } + [.help]
        if path.count == 1 { options.append(.version) }
        let hasShortNames = options.contains { $0.shortName != nil }
        sections.append(list("Options", options.map { (spelling(of: $0, indented: hasShortNames), summary(of: $0)) }))
        sections.append(examples(command.examples))
        if !command.subcommands.isEmpty {
            let words = path.map(\.name).joined(separator: " ")
            sections.append(["'\(words) COMMAND --help' tells more about a command."])
        }
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    /// The line or lines that show how the command is written.
    package func usage(path: [Command]) -> [String] {
        guard let command = path.last else { return [] }
        var words: [String] = []
        if command.options.contains(where: { !$0.isHidden }) { words.append("[OPTIONS]") }
        if !command.subcommands.isEmpty && command.action == nil { words.append("COMMAND") }
        for argument in command.arguments {
            switch argument.arity {
            case .required: words.append(argument.name)
            case .optional: words.append("[\(argument.name)]")
            case .repeated, .rest: words.append("[\(argument.name)]...")
            case .behindDashes: words.append("[-- \(argument.name)...]")
            case .oneOrMore: words.append("\(argument.name)...")
            }
        }
        let names = path.map(\.name)
        var lines = [heading("Usage") + " " + (names + words).joined(separator: " ")]
        if !command.subcommands.isEmpty && command.action != nil {
            lines.append("       " + (names + ["COMMAND"]).joined(separator: " "))
        }
        return lines
    }

    private func spelling(of option: Option, indented: Bool) -> String {
        let short = option.shortName.map { "-\($0), " } ?? (indented ? "    " : "")
        return short + "--" + option.name
            + (option.valueName.map { " " + $0 + (option.takesSeveral ? "..." : "") } ?? "")
    }

    private func summary(of option: Option) -> String {
        var notes = choices(option.kind)
        if option.isRepeatable { notes.append("repeatable") }
        if let variable = option.environmentVariable { notes.append("environment: \(variable)") }
        if let value = option.defaultValue { notes.append("default: \(value)") }
        return summary(option.summary, notes: notes)
    }

    private func summary(of argument: Argument) -> String {
        summary(
            argument.summary, notes: choices(argument.kind) + (argument.defaultValue.map { ["default: \($0)"] } ?? []))
    }

    private func choices(_ kind: ValueKind) -> [String] {
        guard case .choice(let words) = kind else { return [] }
        return ["one of: \(words.joined(separator: ", "))"]
    }

    private func summary(_ text: String, notes: [String]) -> String {
        notes.isEmpty ? text : text + " [" + notes.joined(separator: ", ") + "]"
    }

    private func heading(_ text: String) -> String {
        usesStyles ? "\u{1B}[1m\(text):\u{1B}[0m" : "\(text):"
    }

    /// Two columns: terms, and what they mean. A term too long for its column has a line of its own.
    private func list(_ title: String, _ entries: [(term: String, meaning: String)]) -> [String] {
        guard !entries.isEmpty else { return [] }
        let columnLimit = max(16, width * 2 / 5)
        let column = entries.map { $0.term.count }.filter { $0 <= columnLimit }.max() ?? 0
        var lines = [heading(title)]
        for (term, meaning) in entries {
            var wrapped = TextWrapping.wrap(meaning, width: width - column - 4)[...]
            if term.count <= column {
                let padding = String(repeating: " ", count: column - term.count)
                lines.append("  " + term + (wrapped.popFirst().map { padding + "  " + $0 } ?? ""))
            } else {
                lines.append("  " + term)
            }
            let indent = String(repeating: " ", count: column + 4)
            lines.append(contentsOf: wrapped.map { indent + $0 })
        }
        return lines
    }

    private func examples(_ examples: [Example]) -> [String] {
        guard !examples.isEmpty else { return [] }
        var lines = [heading("Examples")]
        for example in examples {
            lines.append("  " + example.commandLine)
            lines.append(contentsOf: TextWrapping.wrap(example.summary, width: width - 6).map { "      " + $0 })
        }
        return lines
    }

    private func paragraphs(_ text: String) -> [String] {
        var lines: [String] = []
        var paragraph: [Substring] = []
        func flush() {
            guard !paragraph.isEmpty else { return }
            lines.append(contentsOf: TextWrapping.wrap(paragraph.joined(separator: " "), width: width))
            paragraph = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty || line.first == " " {
                flush()
                lines.append(String(line))
            } else {
                paragraph.append(line)
            }
        }
        flush()
        return lines
    }
}
