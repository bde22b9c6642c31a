import Bindle
import CommandLineInterface
import HTTP
import Platform
import Sandbox

/// The options that the commands of `hippo-dev export` share.
enum ExportOptions {
    static let source = Option(
        name: "of", valueName: "WHAT",
        summary: """
            serving takes the revision that serves, project what the project has now; release:NAME/VERSION, \
            bindle:NAME/VERSION and revision:NUMBER are looked up in the store. The project is built first. [default: \
            serving, if any does, else project]
            """)
    static let store = Option(name: "store", valueName: "FILE", summary: "The store, where hippo-dev up was given one.")

    static let all = [source, HistoryOptions.project, store] + BuildOptions.all

    private enum Choice {
        case serving, project, stored(ContentReference)

        var isProject: Bool { if case .project = self { true } else { false } }

        init?(_ text: String) {
            switch text {
            case "serving": self = .serving
            case "project": self = .project
            default:
                guard let reference = ContentReference(text) else { return nil }
                self = .stored(reference)
            }
        }
    }

    /// What the options name.
    static func source(_ arguments: ParsedArguments) throws -> ExportSource {
        let choice = try arguments.value(
            of: source, expecting: "serving, project, release:NAME/VERSION, bindle:NAME/VERSION or revision:NUMBER",
            Choice.init)
        let path = arguments[HistoryOptions.project] ?? "."
        let store = arguments[store]
        if let choice, !choice.isProject, try BuildOptions.command(arguments) != nil {
            throw UsageError(
                "'--build' goes with '--of project': nothing is built for '--of \(arguments[source] ?? "")'")
        }
        let running = try ExportingSandbox(project: path, store: store)
        switch (choice, running) {
        case (.serving, nil):
            throw CommandFailure("hippo-dev up does not run on this project: nothing of it is served")
        case (.project, _), (nil, nil):
            try BuildOptions.build(projectAt: path, arguments)
            return try .project(path, store: store) { try BuildOptions.moduleBuild($0, arguments) }
        case (nil, let running?), (.serving, let running?): return try .serving(running)
        case (.stored(let reference), let running?): return try .stored(reference, by: running)
        case (.stored(let reference), nil): return try .stored(reference, project: path, store: store)
        }
    }
}
