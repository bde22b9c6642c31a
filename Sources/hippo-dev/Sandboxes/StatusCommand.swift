import CommandLineInterface
import Platform
import Sandbox

extension Command {
    /// `hippo-dev status`: the sandbox of a project.
    static let status = Command(
        name: "status",
        summary: "Say whether a project's sandbox runs, and where.",
        discussion: """
            Ends with exit code 1 if none runs. Several may: one on the project's store, and others that keep nothing \
            (--ephemeral); in JSON, each has a line of its own. Where it was started with --behind, app is the address \
            of the server in front, and server its own.
            """,
        options: [StatusOptions.store, StatusOptions.json, StatusOptions.open],
        arguments: [StatusOptions.path],
        examples: [Example("hippo-dev status --open", "Open the page of the sandbox that runs here.")],
        action: { arguments in
            let path = arguments[StatusOptions.path] ?? "."
            let sandboxes = try RunningSandbox.all(project: path, store: arguments[StatusOptions.store])
            let isJSON = arguments.isSet(StatusOptions.json)
            guard let sandbox = sandboxes.first else {
                print(isJSON ? "{\"running\":false}" : "No sandbox runs here. 'hippo-dev up' starts one.")
                return .failure
            }
            print(sandboxes.map(isJSON ? \.json : \.text).joined(separator: isJSON ? "\n" : "\n\n"))
            if arguments.isSet(StatusOptions.open), !sandbox.openPage() {
                throw CommandFailure("no browser was found: set BROWSER to one, or open \(sandbox.app) yourself")
            }
            return .success
        }
    )
}

extension RunningSandbox {
    fileprivate var text: String {
        """
        process  \(process)\(isEphemeral ? " (ephemeral)" : "")
        app      \(app)\(server.map { "\nserver   \($0)" } ?? "")
        bindle   \(bindle)
        """
    }
}

private enum StatusOptions {
    static let path = Argument(
        "PATH", summary: "The project: its directory, its HIPPOFACTS, or a lone module.", arity: .optional,
        defaultValue: ".")
    static let store = Option(
        name: "store", valueName: "FILE", summary: "The sandbox's store, if it was started with --store.")
    static let json = Option(flag: "json", summary: "Say it in JSON.")
    static let open = Option(flag: "open", summary: "Open its page in the browser.")
}
