import Platform
import CommandLineInterface
import Sandbox

extension Command {
    static let rollback = Command(
        name: "rollback",
        summary: "Serve a revision of before again, until a file changes.",
        discussion: """
            A running sandbox serves the revision when this command ends; one that is started later begins with it. As \
            soon as the project changes, what it has become is served again. The files of the project stay as they are.
            """,
        options: HistoryOptions.all,
        arguments: [revision, HistoryOptions.path],
        examples: [Example("hippo-dev rollback 3", "Serves what was served as revision 3.")],
        action: { arguments in
            let number = try HistoryOptions.number(arguments, revision)
            let history = try HistoryOptions.history(arguments)
            let restored = try history.restore(revision: number)
            let what = "Revision \(restored.number) brings back revision \(number)"
            print(
                history.isRunning
                    ? "\(what), and serves until a file changes."
                    : "\(what): hippo-dev up will serve it until a file changes.")
            return .success
        }
    )

    private static let revision = Argument(
        "N", summary: "The number of the revision; 'hippo-dev revisions' lists them.")
}

/// What the commands about revisions have in common.
enum HistoryOptions {
    static let path = Argument(
        "PATH", summary: "The project, as for hippo-dev up.", arity: .optional, defaultValue: ".")
    /// The same for commands whose arguments are something else.
    static let project = Option(
        name: "project", valueName: "PATH", summary: "The project, as for hippo-dev up.", defaultValue: ".")
    private static let store = Option(
        name: "store", valueName: "FILE", summary: "The store, where hippo-dev up was given one.")
    private static let bindleURL = Option(
        name: "sandbox-url", valueName: "URL",
        summary: "The Bindle server of a running sandbox, such as an ephemeral one, instead of the project's.")

    static let all = [store, bindleURL]

    static func history(_ arguments: ParsedArguments) throws -> SandboxHistory {
        if let url = arguments[bindleURL] {
            return try SandboxHistory(bindleURL: url, token: ProcessEnvironment.all["BINDLE_TOKEN"])
        }
        let hasOption = arguments.command.options.contains(project)
        return try SandboxHistory(
            path: (hasOption ? arguments[project] : arguments[path]) ?? ".", store: arguments[store])
    }

    static func number(_ arguments: ParsedArguments, _ argument: Argument) throws -> Int {
        guard let number = Int(arguments[argument] ?? ""), number > 0 else {
            throw UsageError("'\(arguments[argument] ?? "")' is no number of a revision")
        }
        return number
    }
}
