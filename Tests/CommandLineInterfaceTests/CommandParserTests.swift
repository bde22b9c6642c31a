import Platform
import Testing

@testable import CommandLineInterface

/// How command lines are read.
struct CommandParserTests {
    static let listen = Option(
        name: "listen", shortName: "l", valueName: "IP:PORT", summary: "Where to listen.",
        defaultValue: "127.0.0.1:3000",
        environmentVariable: "LISTEN")
    static let variable = Option(
        name: "env", shortName: "e", valueName: "NAME=VALUE", summary: "A variable.", isRepeatable: true)
    static let quiet = Option(flag: "quiet", shortName: "q", summary: "Say less.")
    static let verbose = Option(flag: "verbose", shortName: "v", summary: "Say more.")
    static let secret = Option(flag: "secret", summary: "Inner use.", isHidden: true)
    static let path = Argument("PATH", summary: "The project.", arity: .optional, defaultValue: ".")
    static let module = Argument("MODULE", summary: "The module.")
    static let guestArguments = Argument("ARGS", summary: "The guest's.", arity: .rest)

    static let up = Command(
        name: "up", summary: "Serve.", options: [listen, variable, quiet, verbose, secret], arguments: [path],
        action: { _ in .success })
    static let run = Command(
        name: "run", summary: "Run.", options: [variable], arguments: [module, guestArguments],
        action: { _ in .success })
    static let pairs = Option(
        name: "pair", shortName: "p", valueName: "NAME=VALUE", summary: "Pairs.", takesSeveral: true)
    static let original = Command(
        name: "original", summary: "As the original.", options: [pairs, quiet], action: { _ in .success })
    static let list = Command(name: "list", summary: "List.", action: { _ in .success })
    static let bindle = Command(name: "bindle", summary: "Bindles.", subcommands: [list])
    static let root = Command(
        name: "tool", summary: "A tool.", subcommands: [up, run, bindle, original],
        foreignNames: ["deploy": "'tool up' does so"])

    @Test(
        "An option that takes several values takes the words up to the next option",
        arguments: [
            ["--pair", "a=1", "b=2", "-q", "-p", "c=3"], ["-pa=1", "b=2", "--quiet", "--pair=c=3"],
            ["-qp", "a=1", "b=2", "c=3"],
        ])
    func anOptionThatTakesSeveralValues(words: [String]) throws {
        let request = try CommandParser(root: Self.root, environment: [:]).parse(["original"] + words)
        guard case .run(let arguments, _) = request else {
            Issue.record("not a run")
            return
        }
        #expect(arguments.values(of: Self.pairs) == ["a=1", "b=2", "c=3"])
        #expect(arguments.isSet(Self.quiet))
    }

    @Test("The tool alone shows its help, and its groups do not") func theToolAloneShowsItsHelp() throws {
        guard case .help(let path) = try CommandParser(root: Self.root, environment: [:]).parse([]) else {
            Issue.record("no help")
            return
        }
        #expect(path.map(\.name) == ["tool"])
        #expect(message("bindle") == "a command is missing")
    }

    @Test("What other tools have as a command is said to be another here") func foreignNamesAreExplained() {
        #expect(message("deploy") == "unknown command 'deploy'; 'tool up' does so")
    }

    func parse(_ words: String..., environment: [String: String] = [:]) throws -> ParsedArguments {
        guard case .run(let arguments, _) = try CommandParser(root: Self.root, environment: environment).parse(words)
        else {
            throw UsageError("not a run")
        }
        return arguments
    }

    func message(_ words: String...) -> String? {
        do {
            _ = try CommandParser(root: Self.root, environment: [:]).parse(words)
            return nil
        } catch {
            return error.error.message
        }
    }

    @Test(
        "Every spelling of an option gives its value",
        arguments: [
            ["up", "--listen", "a"], ["up", "--listen=a"], ["up", "-l", "a"], ["up", "-la"], ["up", "-l=a"],
            ["up", "-qvl", "a"], ["up", "-qvla"], ["up", ".", "--listen", "a"],
        ])
    func everySpellingOfAnOptionGivesItsValue(words: [String]) throws {
        let request = try CommandParser(root: Self.root, environment: [:]).parse(words)
        guard case .run(let arguments, _) = request else {
            Issue.record("not a run")
            return
        }
        #expect(arguments[Self.listen] == "a")
        #expect(arguments[Self.path] == ".")
    }

    @Test("An option is taken from line then environment then default")
    func anOptionIsTakenFromLineThenEnvironmentThenDefault() throws {
        let fromLine = try parse("up", "-l", "line", environment: ["LISTEN": "variable"])
        #expect(fromLine[Self.listen] == "line")
        #expect(fromLine.source(of: Self.listen) == .commandLine)
        let fromVariable = try parse("up", environment: ["LISTEN": "variable"])
        #expect(fromVariable[Self.listen] == "variable")
        #expect(fromVariable.source(of: Self.listen) == .environment)
        let fromDefault = try parse("up", environment: ["LISTEN": ""])
        #expect(fromDefault[Self.listen] == "127.0.0.1:3000")
        #expect(fromDefault.source(of: Self.listen) == .defaultValue)
    }

    @Test("Repeated options keep their order and empty values") func repeatedOptionsKeepTheirOrderAndEmptyValues()
        throws
    {
        let arguments = try parse("up", "-e", "A=1", "--env=", "-eB=2=3")
        #expect(arguments.values(of: Self.variable) == ["A=1", "", "B=2=3"])
    }

    @Test("Flags may be clustered") func flagsMayBeClustered() throws {
        let arguments = try parse("up", "-qv")
        #expect(arguments.isSet(Self.quiet))
        #expect(arguments.isSet(Self.verbose))
        #expect(!arguments.isSet(Self.secret))
    }

    @Test("Words after two dashes are arguments") func wordsAfterTwoDashesAreArguments() throws {
        #expect(try parse("up", "--", "--quiet")[Self.path] == "--quiet")
    }

    @Test("What is behind two dashes belongs to another program, and nothing else does")
    func wordsBehindDashes() throws {
        let path = Argument("PATH", summary: "Where.", arity: .optional, defaultValue: ".")
        let program = Argument("COMMAND", summary: "What.", arity: .behindDashes)
        let command = Command(
            name: "serve", summary: "Serves.", options: [], arguments: [path, program], action: { _ in .success })
        func parse(_ words: String...) throws -> (path: String?, command: [String]) {
            let root = Command(name: "tool", summary: "A tool.", subcommands: [command])
            guard case .run(let parsed, _) = try CommandParser(root: root, environment: [:]).parse(["serve"] + words)
            else {
                return (nil, [])
            }
            return (parsed[path], parsed.values(of: program))
        }
        #expect(try parse() == (".", []))
        #expect(try parse("a") == ("a", []))
        #expect(try parse("--", "b", "--c", "--", "d") == (".", ["b", "--c", "--", "d"]))
        #expect(try parse("a", "--", "--help") == ("a", ["--help"]))
        #expect(throws: (any Error).self) { try parse("a", "b") }
        let usage = HelpFormatter(width: 80, usesStyles: false).usage(path: [command])
        #expect(usage.first?.hasSuffix("serve [PATH] [-- COMMAND...]") == true, "\(usage)")
    }

    @Test("The rest of the line belongs to the guest") func theRestOfTheLineBelongsToTheGuest() throws {
        let arguments = try parse("run", "-e", "A=1", "m.wasm", "--env", "x", "--", "-h")
        #expect(arguments[Self.module] == "m.wasm")
        #expect(arguments.values(of: Self.guestArguments) == ["--env", "x", "--", "-h"])
        #expect(arguments.values(of: Self.variable) == ["A=1"])
    }

    @Test("A module may begin with a dash after two dashes") func aModuleMayBeginWithADashAfterTwoDashes() throws {
        let arguments = try parse("run", "--", "-m.wasm", "--", "x")
        #expect(arguments[Self.module] == "-m.wasm")
        #expect(arguments.values(of: Self.guestArguments) == ["--", "x"])
    }

    @Test("A single dash is an argument") func aSingleDashIsAnArgument() throws {
        #expect(try parse("up", "-")[Self.path] == "-")
    }

    @Test("Mistakes are named") func mistakesAreNamed() {
        #expect(message("bindle") == "a command is missing")
        #expect(message("upp") == "unknown command 'upp'; did you mean 'up'?")
        #expect(message("frobnicate") == "unknown command 'frobnicate'")
        #expect(message("bindle", "lsit") == "unknown command 'lsit'; did you mean 'list'?")
        #expect(message("up", "--lisen", "x") == "unknown option '--lisen'; did you mean '--listen'?")
        #expect(message("up", "-x") == "unknown option '-x'")
        #expect(message("up", "--secre") == "unknown option '--secre'")
        #expect(message("up", "--quiet=1") == "option '--quiet' takes no value")
        #expect(message("up", "--listen") == "option '--listen' needs a value: --listen IP:PORT")
        #expect(message("up", "-l", "--quiet")?.contains("followed by the option '--quiet'") == true)
        #expect(message("up", "-l", "a", "-l", "b") == "option '--listen' is given more than once")
        #expect(message("up", "a", "b") == "unexpected argument 'b': 'up' takes at most 1 argument")
        #expect(message("run") == "the argument 'MODULE' is missing")
        #expect(message("bindle", "list", "x") == "unexpected argument 'x': 'list' takes no arguments")
    }

    @Test("Help is asked for in every place") func helpIsAskedForInEveryPlace() throws {
        let parser = CommandParser(root: Self.root, environment: [:])
        for (words, name) in [
            (["--help"], "tool"), (["-h"], "tool"), (["help"], "tool"), (["help", "up"], "up"), (["up", "-qh"], "up"),
            (["help", "bindle", "list"], "list"), (["bindle", "--help"], "bindle"), (["run", "--help", "m"], "run"),
        ] {
            guard case .help(let path) = try parser.parse(words) else {
                Issue.record("\(words) is no request for help")
                continue
            }
            #expect(path.last?.name == name)
        }
        for word in ["--version", "-V", "version"] {
            guard case .version = try parser.parse([word]) else {
                Issue.record("\(word) is no request for the version")
                continue
            }
        }
    }

    @Test("Conversion failures name the option") func conversionFailuresNameTheOption() throws {
        let arguments = try parse("up", "-l", "x")
        let error = #expect(throws: UsageError.self) {
            try arguments.value(of: Self.listen, expecting: "a number") { Int($0) }
        }
        #expect(error?.message == "invalid value 'x' for '--listen': expected a number")
    }

    @Test(
        "Distance counts edits",
        arguments: [("kitten", "sitting", 3), ("ab", "ba", 1), ("", "abc", 3), ("same", "same", 0)])
    func distanceCountsEdits(first: String, second: String, distance: Int) {
        #expect(Suggestion.editDistance(Array(first), Array(second)) == distance)
    }
}
