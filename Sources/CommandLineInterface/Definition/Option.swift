/// An option of a command: `--name VALUE`, or a flag `--name`.
package struct Option: Hashable, Sendable {
    /// The long name, without its dashes.
    package let name: String
    /// The short name, without its dash.
    package let shortName: Character?
    /// What stands for the value in help; `nil` makes the option a flag.
    package let valueName: String?
    /// One sentence, for help.
    package let summary: String
    /// The value when none is given, as it would be typed.
    package let defaultValue: String?
    /// True if the option may be given several times; its values are kept in order.
    package let isRepeatable: Bool
    /// True if one mention may be followed by several values, up to the next option. Such an option is repeatable, and its
    /// command takes no arguments.
    package let takesSeveral: Bool
    /// The environment variable that gives the value when the command line does not. An empty variable counts as
    /// absent.
    package let environmentVariable: String?
    /// Left out of help and suggestions.
    package let isHidden: Bool
    /// What kind of value it takes.
    package let kind: ValueKind

    /// Defines an option that takes a value.
    ///
    /// - Parameter kind: what kind of value; by default what the value's name stands for by convention.
    package init(
        name: String,
        shortName: Character? = nil,
        valueName: String,
        summary: String,
        defaultValue: String? = nil,
        isRepeatable: Bool = false,
        takesSeveral: Bool = false,
        environmentVariable: String? = nil,
        isHidden: Bool = false,
        kind: ValueKind? = nil
    ) {
        self.name = name
        self.shortName = shortName
        self.valueName = valueName
        self.summary = summary
        self.defaultValue = defaultValue
        self.isRepeatable = isRepeatable || takesSeveral
        self.takesSeveral = takesSeveral
        self.environmentVariable = environmentVariable
        self.isHidden = isHidden
        self.kind = kind ?? .conventional(for: valueName)
    }

    /// Defines a flag, which takes no value.
    package init(flag name: String, shortName: Character? = nil, summary: String, isHidden: Bool = false) {
        self.name = name
        self.shortName = shortName
        self.valueName = nil
        self.summary = summary
        self.defaultValue = nil
        self.isRepeatable = false
        self.takesSeveral = false
        self.environmentVariable = nil
        self.isHidden = isHidden
        self.kind = .text
    }

    /// True if the option takes no value.
    package var isFlag: Bool { valueName == nil }

    /// The flag every command has.
    package static let help = Option(flag: "help", shortName: "h", summary: "Show this help.")
    /// The flag the tool itself has.
    package static let version = Option(flag: "version", shortName: "V", summary: "Show the version.")
}
