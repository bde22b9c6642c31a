/// The manual page of a tool, in the language of `man(7)`, made from the definitions of its commands.
package struct ManualPage: Sendable {
    /// A section that the commands' definitions do not give.
    package struct Section: Sendable {
        /// The heading, in capitals by convention.
        package let title: String
        package let entries: [Entry]

        package init(title: String, entries: [Entry]) {
            self.title = title
            self.entries = entries
        }
    }

    /// A term and what it means.
    package struct Entry: Sendable {
        package let term: String
        package let meaning: String

        package init(_ term: String, _ meaning: String) {
            self.term = term
            self.meaning = meaning
        }
    }

    private let root: Command
    private let version: String
    private let date: String
    private let description: String
    private let sections: [Section]

    /// - Parameters:
    ///   - date: the day of this version, as `yyyy-mm-dd`.
    ///   - description: paragraphs, as a command's discussion has them.
    ///   - sections: to go behind the commands.
    package init(root: Command, version: String, date: String, description: String, sections: [Section]) {
        self.root = root
        self.version = version
        self.date = date
        self.description = description
        self.sections = sections
    }

    /// The page's source.
    package var source: String {
        let name = RoffText.escaped(root.name)
        var lines = [
            ".TH \(RoffText.escaped(root.name.uppercased())) 1 \(date) \"\(name) \(RoffText.escaped(version))\"",
            ".SH NAME",
        ]
        let summary = root.summary.hasSuffix(".") ? String(root.summary.dropLast()) : root.summary
        let sentence = summary.prefix(1).lowercased() + summary.dropFirst()
        lines += ["\(name) \\-"] + RoffText.filled(sentence) + [".SH SYNOPSIS"]
        lines += [".B \(name)", "[\\fB\\-\\-help\\fP] [\\fB\\-\\-version\\fP] \\fICOMMAND\\fP [\\fIARGUMENTS\\fP]"]
        lines.append(".SH DESCRIPTION")
        // The first paragraph follows its heading directly.
        lines += RoffText.paragraphs(description).drop { $0 == ".PP" }
        lines.append(".SH COMMANDS")
        for located in root.visibleTree.dropFirst() { lines += section(located) }
        lines += environment
        for section in sections {
            lines.append(".SH \(RoffText.escaped(section.title))")
            for entry in section.entries { lines += term("\\fB\(RoffText.escaped(entry.term))\\fP", entry.meaning) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func section(_ located: LocatedCommand) -> [String] {
        let words = located.words.joined(separator: " ")
        var lines = [".SS \(RoffText.escaped(words))"] + RoffText.filled(located.command.summary)
        lines += [".PP", ".B \(RoffText.escaped("\(root.name) \(words)"))"]
        let usage = usage(of: located.command)
        if !usage.isEmpty { lines.append(usage) }
        lines += RoffText.paragraphs(located.command.discussion)
        for argument in located.command.arguments {
            let notes = argument.defaultValue.map(Self.defaultSentence) ?? ""
            let meaning = argument.summary + notes + choices(argument.kind)
            lines += term("\\fI\(RoffText.escaped(argument.name))\\fP", meaning)
        }
        for option in located.command.options where !option.isHidden {
            lines += term(spelling(of: option), meaning(of: option))
        }
        if !located.command.examples.isEmpty {
            lines += [".PP", "Examples:"]
            for example in located.command.examples {
                lines += term("\\fB\(RoffText.escaped(example.commandLine))\\fP", example.summary)
            }
        }
        return lines
    }

    private func usage(of command: Command) -> String {
        var words: [String] = []
        if command.options.contains(where: { !$0.isHidden }) { words.append("[\\fIOPTIONS\\fP]") }
        if !command.subcommands.isEmpty { words.append("\\fICOMMAND\\fP") }
        for argument in command.arguments {
            let name = "\\fI\(RoffText.escaped(argument.name))\\fP"
            switch argument.arity {
            case .required: words.append(name)
            case .optional: words.append("[\(name)]")
            case .repeated, .rest: words.append("[\(name)]...")
            case .behindDashes: words.append("[\\-\\- \(name)...]")
            case .oneOrMore: words.append("\(name)...")
            }
        }
        return words.joined(separator: " ")
    }

    private func spelling(of option: Option) -> String {
        let value =
            option.valueName.map { " \\fI\(RoffText.escaped($0))\\fP" + (option.takesSeveral ? "..." : "") } ?? ""
        return option.spellings.reversed().map { "\\fB\(RoffText.escaped($0))\\fP\(value)" }.joined(separator: ", ")
    }

    private func meaning(of option: Option) -> String {
        var text = option.summary + choices(option.kind)
        if option.isRepeatable { text += " May be given several times." }
        if let variable = option.environmentVariable { text += " Taken from \(variable) if it is not given." }
        if let value = option.defaultValue { text += Self.defaultSentence(value) }
        return text
    }

    /// A value that ends in a point is put between quotes, as that would be taken for the sentence's.
    private static func defaultSentence(_ value: String) -> String {
        value.hasSuffix(".") ? " By default '\(value)'." : " By default \(value)."
    }

    private func choices(_ kind: ValueKind) -> String {
        guard case .choice(let words) = kind else { return "" }
        return " One of \(words.joined(separator: ", "))."
    }

    private func term(_ term: String, _ meaning: String) -> [String] {
        [".TP", term] + RoffText.filled(meaning)
    }

    /// The variables that options are taken from.
    private var environment: [String] {
        var uses: [(variable: String, options: [String])] = []
        for located in root.visibleTree {
            for option in located.command.options {
                guard let variable = option.environmentVariable, !option.isHidden else { continue }
                let use = "\(located.words.joined(separator: " ")) --\(option.name)"
                if let index = uses.firstIndex(where: { $0.variable == variable }) {
                    uses[index].options.append(use)
                } else {
                    uses.append((variable, [use]))
                }
            }
        }
        var lines = [".SH ENVIRONMENT"]
        for use in uses.sorted(by: { $0.variable < $1.variable }) {
            lines += term(
                "\\fB\(RoffText.escaped(use.variable))\\fP", "The default of \(use.options.joined(separator: ", ")).")
        }
        for (variable, meaning) in Terminal.variables {
            lines += term("\\fB\(RoffText.escaped(variable))\\fP", meaning)
        }
        return lines
    }
}
