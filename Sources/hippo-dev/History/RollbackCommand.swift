import Bindle
import CommandLineInterface
import Platform
import Sandbox

extension Command {
    static let rollback = Command(
        name: "rollback",
        summary: "Serve an earlier revision again, until a file changes.",
        discussion: """
            Without N, it is what was served before what serves now; one step further back each time.

            A running sandbox serves the revision when this command ends; one that is started later begins with it. As \
            soon as the project changes, what it has become is served again. The files of the project stay as they are.
            """,
        options: HistoryOptions.all,
        arguments: [revision, HistoryOptions.path],
        examples: [
            Example("hippo-dev rollback", "Serves what was served before."),
            Example("hippo-dev rollback 3", "Serves what was served as revision 3."),
        ],
        action: { arguments in
            let given = arguments[revision] == nil ? nil : try HistoryOptions.number(arguments, revision)
            let history = try HistoryOptions.history(arguments)
            let number = try given ?? history.revisions().numberBefore()
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
        "N", summary: "The number of the revision; 'hippo-dev revisions' lists them. By default the one before.",
        arity: .optional)
}

extension [RevisionSummary] {
    /// The revision that was served before the one that serves now. Of one that was brought back, what it brought back
    /// counts, so that steps back follow each other.
    fileprivate func numberBefore() throws(CommandFailure) -> Int {
        let served = map(\.revision).filter(\.hasServed)
        guard let current = served.last else { throw CommandFailure("nothing has been served yet") }
        let number = current.restores ?? current.number
        guard let before = served.last(where: { $0.number < number }) else {
            throw CommandFailure("nothing was served before revision \(number)")
        }
        return before.number
    }
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
        guard let path = projectPath(arguments) else {
            return try SandboxHistory(
                bindleURL: arguments[bindleURL] ?? "", token: ProcessEnvironment.all["BINDLE_TOKEN"],
                tls: TLSOptions.usualPolicy)
        }
        return try SandboxHistory(path: path, store: arguments[store])
    }

    /// The API of the sandbox.
    static func control(_ arguments: ParsedArguments) throws -> SandboxControl {
        guard let path = projectPath(arguments) else {
            return try SandboxControl(
                bindleURL: arguments[bindleURL] ?? "", token: ProcessEnvironment.all["BINDLE_TOKEN"],
                tls: TLSOptions.usualPolicy)
        }
        return try SandboxControl(path: path, store: arguments[store])
    }

    /// The project that is meant; `nil` where a sandbox is named by its URL.
    static func projectPath(_ arguments: ParsedArguments) -> String? {
        guard arguments[bindleURL] == nil else { return nil }
        let hasOption = arguments.command.options.contains(project)
        return (hasOption ? arguments[project] : arguments[path]) ?? "."
    }

    static func number(_ arguments: ParsedArguments, _ argument: Argument) throws -> Int {
        guard let number = Int(arguments[argument] ?? ""), number > 0 else {
            throw UsageError("'\(arguments[argument] ?? "")' is no number of a revision")
        }
        return number
    }
}
