import Platform

/// Reads a command line by the definitions of a tool's commands.
package struct CommandParser: Sendable {
    /// What a command line asks for.
    package enum Request: Sendable {
        case run(ParsedArguments, path: [Command])
        /// The help of the last command of the path.
        case help(path: [Command])
        case version
    }

    /// A usage error, and the command it was made in (for the pointer to its help).
    package struct Failure: Error {
        package let error: UsageError
        package let path: [Command]
    }

    private let root: Command
    private let environment: [String: String]

    /// - Parameter root: the tool itself; its subcommands are what its first argument names.
    package init(root: Command, environment: [String: String]) {
        self.root = root
        self.environment = environment
    }

    /// Reads the words that follow the program's name.
    package func parse(_ words: [String]) throws(Failure) -> Request {
        var path = [root]
        var remaining = words[...]
        while let command = path.last, !command.subcommands.isEmpty {
            // A command that does something by itself takes what is not one of its subcommands.
            if command.action != nil, remaining.first.flatMap(command.subcommand(named:)) == nil { break }
            guard let word = remaining.popFirst() else {
                // Who types nothing but the tool's name wants to know what there is.
                if path.count == 1 { return .help(path: path) }
                throw Failure(error: UsageError("a command is missing"), path: path)
            }
            if word == "--help" || word == "-h" { return .help(path: path) }
            if path.count == 1 {
                if Option.version.spellings.contains(word) { return .version }
                if word == "version" && command.subcommand(named: "version") == nil { return .version }
                if word == "help" && command.subcommand(named: "help") == nil {
                    return try helpRequest(for: remaining, path: path)
                }
            }
            path.append(try subcommand(word, path: path))
        }
        do throws(UsageError) {
            var run = CommandRun(command: path[path.count - 1])
            guard try run.consume(remaining) else { return .help(path: path) }
            return .run(try run.finish(environment: environment), path: path)
        } catch {
            throw Failure(error: error, path: path)
        }
    }

    private func helpRequest(for words: ArraySlice<String>, path: [Command]) throws(Failure) -> Request {
        var path = path
        for word in words {
            path.append(try subcommand(word, path: path))
        }
        return .help(path: path)
    }

    private func subcommand(_ word: String, path: [Command]) throws(Failure) -> Command {
        let parent = path[path.count - 1]
        if let command = parent.subcommand(named: word) { return command }
        if let here = parent.foreignNames[word] {
            throw Failure(error: UsageError("unknown command '\(word)'; \(here)"), path: path)
        }
        let kind = word.hasPrefix("-") ? "option" : "command"
        let candidates =
            word.hasPrefix("-")
            ? ["--help"] + (path.count == 1 ? ["--version"] : [])
            : parent.subcommands.filter { !$0.isHidden }.map(\.name)
        throw Failure(error: .unknown(kind, word, candidates: candidates), path: path)
    }
}

/// The reading of one command's own words.
private struct CommandRun {
    private let command: Command
    private var parsed: ParsedArguments
    private var positionals: [String] = []
    /// What follows `--`, if that belongs to an argument of its own.
    private var wordsBehindDashes: [String] = []

    init(command: Command) {
        self.command = command
        parsed = ParsedArguments(command: command)
    }

    /// Takes all words; false if one of them asks for help.
    mutating func consume(_ words: ArraySlice<String>) throws(UsageError) -> Bool {
        var remaining = words
        let optionsEnd = command.endsOptionsAtRest ? command.arguments.count - 1 : Int.max
        while let word = remaining.popFirst() {
            if positionals.count >= optionsEnd {
                positionals.append(word)
                positionals.append(contentsOf: remaining)
                break
            }
            if word == "--", command.takesWordsBehindDashes {
                wordsBehindDashes = Array(remaining)
                break
            }
            if word == "--" {
                positionals.append(contentsOf: remaining)
                break
            }
            if word.hasPrefix("--") {
                if try !consumeLong(word.dropFirst(2), &remaining) { return false }
            } else if word.hasPrefix("-") && word.count > 1 {
                if try !consumeShort(word.dropFirst(), &remaining) { return false }
            } else {
                positionals.append(word)
            }
        }
        return true
    }

    private mutating func consumeLong(
        _ word: Substring, _ remaining: inout ArraySlice<String>
    ) throws(UsageError) -> Bool {
        let equals = word.firstIndex(of: "=")
        let name = String(word[..<(equals ?? word.endIndex)])
        let inlineValue = equals.map { String(word[word.index(after: $0)...]) }
        if name == Option.help.name && inlineValue == nil { return false }
        guard let option = command.options.first(where: { $0.name == name }) else {
            let candidates = (command.options.filter { !$0.isHidden } + [.help]).map { "--" + $0.name }
            throw .unknown("option", "--" + name, candidates: candidates)
        }
        if option.isFlag {
            guard inlineValue == nil else { throw UsageError("option '--\(name)' takes no value") }
            try add("", to: option)
        } else if let inlineValue {
            try add(inlineValue, to: option)
            try addFurtherValues(to: option, &remaining)
        } else {
            try add(nextValue(for: option, typed: "--" + name, &remaining), to: option)
            try addFurtherValues(to: option, &remaining)
        }
        return true
    }

    /// A cluster such as `-qe NAME=VALUE` or `-eNAME=VALUE`.
    private mutating func consumeShort(
        _ word: Substring, _ remaining: inout ArraySlice<String>
    ) throws(UsageError) -> Bool {
        var cluster = word
        while let letter = cluster.popFirst() {
            if letter == Option.help.shortName { return false }
            guard let option = command.options.first(where: { $0.shortName == letter }) else {
                // `-listen` is more often a long option with a dash too few than a cluster.
                let candidates = (command.options.filter { !$0.isHidden } + [.help]).map { "--" + $0.name }
                let name = "-" + (word.first == letter ? String(word) : String(letter))
                throw .unknown("option", name, candidates: candidates)
            }
            if option.isFlag {
                try add("", to: option)
                continue
            }
            if cluster.isEmpty {
                try add(nextValue(for: option, typed: "-\(letter)", &remaining), to: option)
            } else {
                try add(String(cluster.first == "=" ? cluster.dropFirst() : cluster), to: option)
            }
            try addFurtherValues(to: option, &remaining)
            break
        }
        return true
    }

    private func nextValue(
        for option: Option, typed: String, _ remaining: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard let value = remaining.popFirst() else {
            throw UsageError("option '\(typed)' needs a value: \(typed) \(option.valueName ?? "")")
        }
        // A value that is itself an option is nearly always a forgotten value; `--option=--value` is still possible.
        if value.hasPrefix("--"), command.options.contains(where: { "--" + $0.name == value.prefix { $0 != "=" } }) {
            throw UsageError("option '\(typed)' needs a value, and is followed by the option '\(value)'")
        }
        return value
    }

    /// Takes the words up to the next option, if they are values too.
    private mutating func addFurtherValues(
        to option: Option, _ remaining: inout ArraySlice<String>
    ) throws(UsageError) {
        while option.takesSeveral, let value = remaining.first, !value.hasPrefix("-") {
            remaining.removeFirst()
            try add(value, to: option)
        }
    }

    private mutating func add(_ value: String, to option: Option) throws(UsageError) {
        if let complaint = option.kind.complaint(about: value) {
            throw UsageError("invalid value '\(value)' for '--\(option.name)': \(complaint)")
        }
        if parsed.options[option.name] == nil {
            parsed.options[option.name] = .init(values: [value], source: .commandLine)
        } else if option.isRepeatable {
            parsed.options[option.name]?.values.append(value)
        } else if !option.isFlag {
            throw UsageError("option '--\(option.name)' is given more than once")
        }
    }

    consuming func finish(environment: [String: String]) throws(UsageError) -> ParsedArguments {
        try distributePositionals()
        for option in command.options where parsed.options[option.name] == nil {
            if let variable = option.environmentVariable, let value = environment[variable], !value.isEmpty {
                if let complaint = option.kind.complaint(about: value) {
                    throw UsageError("invalid value '\(value)' for '\(variable)': \(complaint)")
                }
                parsed.options[option.name] = .init(values: [value], source: .environment)
            } else if let value = option.defaultValue {
                parsed.options[option.name] = .init(values: [value], source: .defaultValue)
            }
        }
        return parsed
    }

    private mutating func distributePositionals() throws(UsageError) {
        var remaining = positionals[...]
        for argument in command.arguments {
            if argument.arity == .behindDashes {
                parsed.arguments[argument.name] = wordsBehindDashes
            } else if argument.arity.isRepeatable {
                if argument.arity == .oneOrMore && remaining.isEmpty {
                    throw UsageError("the argument '\(argument.name)' is missing")
                }
                parsed.arguments[argument.name] = Array(remaining)
                remaining = []
            } else if let word = remaining.popFirst() {
                parsed.arguments[argument.name] = [word]
            } else if argument.arity == .required {
                throw UsageError("the argument '\(argument.name)' is missing")
            } else if let value = argument.defaultValue {
                parsed.arguments[argument.name] = [value]
            }
        }
        for argument in command.arguments {
            for word in parsed.arguments[argument.name] ?? [] {
                guard let complaint = argument.kind.complaint(about: word) else { continue }
                throw UsageError("invalid \(argument.name) '\(word)': \(complaint)")
            }
        }
        if let excess = remaining.first {
            let count = command.arguments.count { $0.arity != .behindDashes }
            let limit = count == 0 ? "takes no arguments" : "takes at most \(count) argument\(count == 1 ? "" : "s")"
            throw UsageError("unexpected argument '\(excess)': '\(command.name)' \(limit)")
        }
    }
}

extension UsageError {
    fileprivate static func unknown(_ kind: String, _ word: String, candidates: [String]) -> UsageError {
        // Dashes say nothing about likeness.
        let stripped = { (text: String) in String(text.drop { $0 == "-" }) }
        let byName = Dictionary(candidates.map { (stripped($0), $0) }, uniquingKeysWith: { first, _ in first })
        let names = candidates.map(stripped)
        guard let name = Suggestion.closest(to: stripped(word), among: names), let candidate = byName[name] else {
            return UsageError("unknown \(kind) '\(word)'")
        }
        return UsageError("unknown \(kind) '\(word)'; did you mean '\(candidate)'?")
    }
}
