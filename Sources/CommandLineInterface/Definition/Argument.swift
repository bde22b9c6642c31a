/// A positional argument of a command.
package struct Argument: Hashable, Sendable {
    /// How many words an argument takes.
    package enum Arity: Hashable, Sendable {
        /// Exactly one.
        case required
        /// One or none.
        case optional
        /// Any number, none included. Options may stand between them.
        case repeated
        /// One or more. Options may stand between them.
        case oneOrMore
        /// All words that follow the arguments before it, verbatim, options and `--` included: they belong to
        /// another program.
        case rest
        /// All words behind `--`, verbatim: another program, and its arguments. Words before it belong to the arguments
        /// before.
        case behindDashes

        var isRepeatable: Bool {
            switch self {
            case .required, .optional: false
            case .repeated, .oneOrMore, .rest, .behindDashes: true
            }
        }
    }

    /// What stands for the argument in help, in capitals by convention.
    package let name: String
    /// One sentence, for help.
    package let summary: String
    package let arity: Arity
    /// What is taken when none is given, for help and as the value of an optional argument.
    package let defaultValue: String?
    /// What kind of word it is.
    package let kind: ValueKind

    /// Defines an argument.
    ///
    /// - Parameter kind: what kind of word; by default what the name stands for by convention.
    package init(
        _ name: String, summary: String, arity: Arity = .required, defaultValue: String? = nil, kind: ValueKind? = nil
    ) {
        self.name = name
        self.summary = summary
        self.arity = arity
        self.defaultValue = defaultValue
        self.kind = kind ?? .conventional(for: name)
    }
}
