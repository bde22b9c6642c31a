/// A command of a command-line tool, as data: what it is called, what it takes, what it says about itself and what
/// it does.
///
/// Parser and help read nothing but these definitions; so can whatever generates shell completions and manual pages.
package struct Command: Sendable {
    /// What a command does once its arguments are parsed. A `UsageError` thrown here ends the tool with
    /// `ExitCode.usage`, any other error with `ExitCode.failure`; both are reported on standard error.
    package typealias Action = @Sendable (ParsedArguments) throws -> ExitCode

    /// The word typed on the command line.
    package let name: String
    /// One line, for the list of commands.
    package let summary: String
    /// Paragraphs, separated by empty lines, for the command's own help. A line that begins with a space is kept as
    /// it is; others are wrapped.
    package let discussion: String
    package let options: [Option]
    package let arguments: [Argument]
    package let examples: [Example]
    package private(set) var subcommands: [Command]
    /// By the names that other tools have for what subcommands do, a sentence without a full stop that says what to type
    /// here.
    package let foreignNames: [String: String]
    /// Left out of help and suggestions.
    package let isHidden: Bool
    /// `nil` for a command that only groups its subcommands.
    package private(set) var action: Action?

    /// Defines a command.
    ///
    /// - Precondition: option names are unique; only the last argument is repeatable; no required argument follows an
    ///   optional one; a command with subcommands has arguments only if it does something by itself; a command with arguments has
    ///   no option that takes several values.
    package init(
        name: String,
        summary: String,
        discussion: String = "",
        options: [Option] = [],
        arguments: [Argument] = [],
        examples: [Example] = [],
        subcommands: [Command] = [],
        foreignNames: [String: String] = [:],
        isHidden: Bool = false,
        action: Action? = nil
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.arguments = arguments
        self.examples = examples
        self.subcommands = subcommands
        self.foreignNames = foreignNames
        self.isHidden = isHidden
        self.action = action
        checkDefinition()
    }

    private func checkDefinition() {
        let reserved = ["help"]
        let names = options.map(\.name)
        precondition(Set(names + reserved).count == names.count + reserved.count, "\(name): option defined twice")
        let shortNames = options.compactMap(\.shortName)
        precondition(
            Set(shortNames + ["h"]).count == shortNames.count + 1, "\(name): short option defined twice")
        precondition(
            subcommands.isEmpty || arguments.isEmpty || action != nil, "\(name): both subcommands and arguments")
        precondition(
            arguments.isEmpty || !options.contains(where: \.takesSeveral),
            "\(name): words could be values of an option or arguments")
        for (earlier, later) in zip(arguments, arguments.dropFirst()) {
            precondition(!earlier.arity.isRepeatable, "\(name): '\(earlier.name)' takes what follows it")
            precondition(
                earlier.arity == .required || later.arity != .required,
                "\(name): '\(later.name)' follows an optional one")
        }
    }

    /// The same command, and all below it, with what `action` makes of each for its action.
    package func replacingActions(_ action: (Command) -> Action?) -> Command {
        var copy = self
        copy.action = action(self)
        copy.subcommands = subcommands.map { $0.replacingActions(action) }
        return copy
    }

    /// The subcommand of that name, hidden ones included.
    package func subcommand(named name: String) -> Command? {
        subcommands.first { $0.name == name }
    }

    /// True if the last argument takes the rest of the line, so that options end where it begins.
    var endsOptionsAtRest: Bool { arguments.last?.arity == .rest }

    /// True if the words behind `--` are those of another program.
    var takesWordsBehindDashes: Bool { arguments.last?.arity == .behindDashes }
}

/// An example for a command's help.
package struct Example: Hashable, Sendable {
    /// The command line, as it would be typed.
    package let commandLine: String
    /// What it does, in a few words.
    package let summary: String

    package init(_ commandLine: String, _ summary: String) {
        self.commandLine = commandLine
        self.summary = summary
    }
}
