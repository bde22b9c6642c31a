import CommandLineInterface
import Foundation
import Sandbox

extension Command {
    /// `hippo-dev status`: the sandbox of a project.
    static let status = Command(
        name: "status",
        summary: "Say whether a project's sandbox runs, and where.",
        discussion: "Ends with exit code 1 if none runs.",
        options: [StatusOptions.store, StatusOptions.json, StatusOptions.open],
        arguments: [StatusOptions.path],
        examples: [Example("hippo-dev status --open", "Open the page of the sandbox that runs here.")],
        action: { arguments in
            let path = arguments[StatusOptions.path] ?? "."
            let sandbox = try RunningSandbox.find(project: path, store: arguments[StatusOptions.store])
            if arguments.isSet(StatusOptions.json) {
                print(sandbox?.json ?? "{\"running\":false}")
            } else if let sandbox {
                print("process  \(sandbox.process)\napp      \(sandbox.app)\nbindle   \(sandbox.bindle)")
            } else {
                print("No sandbox runs here. 'hippo-dev up' starts one.")
            }
            guard let sandbox else { return .failure }
            if arguments.isSet(StatusOptions.open), !sandbox.openPage() {
                throw CommandFailure("no browser was found: set BROWSER to one, or open \(sandbox.app) yourself")
            }
            return .success
        }
    )
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
