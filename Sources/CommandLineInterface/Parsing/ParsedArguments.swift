/// The options and arguments of one command line, checked against the command's definition.
package struct ParsedArguments: Sendable {
    /// Where an option's value comes from, strongest first.
    package enum Source: Hashable, Sendable {
        case commandLine, environment, defaultValue
    }

    struct OptionValues {
        var values: [String]
        var source: Source
    }

    /// The command that was named.
    package let command: Command
    var options: [String: OptionValues] = [:]
    var arguments: [String: [String]] = [:]

    init(command: Command) {
        self.command = command
    }

    /// The value of an option (the last one, if it is repeatable), its default included.
    package subscript(option: Option) -> String? {
        values(of: option).last
    }

    /// The value of an argument that takes one word, its default included.
    package subscript(argument: Argument) -> String? {
        values(of: argument).first
    }

    /// All values of an option, in the order given.
    ///
    /// - Precondition: the option belongs to the command.
    package func values(of option: Option) -> [String] {
        precondition(command.options.contains(option), "'--\(option.name)' is no option of '\(command.name)'")
        return options[option.name]?.values ?? []
    }

    /// All words an argument took.
    ///
    /// - Precondition: the argument belongs to the command.
    package func values(of argument: Argument) -> [String] {
        precondition(command.arguments.contains(argument), "'\(argument.name)' is no argument of '\(command.name)'")
        return arguments[argument.name] ?? []
    }

    /// True if the flag was given.
    package func isSet(_ flag: Option) -> Bool {
        precondition(flag.isFlag, "'--\(flag.name)' takes a value")
        precondition(command.options.contains(flag), "'--\(flag.name)' is no option of '\(command.name)'")
        return options[flag.name] != nil
    }

    /// Where the option's value comes from; `nil` if it has none.
    package func source(of option: Option) -> Source? {
        options[option.name]?.source
    }

    /// The option's value, converted. A conversion that gives `nil` or throws is a usage error that names the option.
    ///
    /// - Parameter expectation: what a valid value is, such as "an address like 127.0.0.1:3000".
    package func value<Value>(
        of option: Option, expecting expectation: String, _ convert: (String) throws -> Value?
    ) throws(UsageError) -> Value? {
        try convertedValues(of: option, expecting: expectation, convert).last
    }

    /// All of the option's values, converted in the same way.
    package func convertedValues<Value>(
        of option: Option, expecting expectation: String, _ convert: (String) throws -> Value?
    ) throws(UsageError) -> [Value] {
        let origin = source(of: option) == .environment ? option.environmentVariable ?? option.name : "--\(option.name)"
        var converted: [Value] = []
        for text in values(of: option) {
            let value: Value?
            do {
                value = try convert(text)
            } catch {
                throw UsageError("invalid value '\(text)' for '\(origin)': \(error)")
            }
            guard let value else {
                throw UsageError("invalid value '\(text)' for '\(origin)': expected \(expectation)")
            }
            converted.append(value)
        }
        return converted
    }
}
