import CommandLineInterface
import Platform
import Sandbox

extension Command {
    /// `hippo-dev logs`: what a sandbox has told.
    static let logs = Command(
        name: "logs",
        summary: "Show what a project's sandbox tells, wherever it runs.",
        discussion: """
            Shows the log of the sandbox that runs on a project, or of the last one that did: rebuilds, failures, requests, \
            and what modules write to their standard error. The log is kept beside the store, in .hippo/up.log. The log of \
            a sandbox that keeps nothing (--ephemeral) is removed when the sandbox ends.
            """,
        options: [
            LogsOptions.follow, LogsOptions.lines, LogsOptions.route, LogsOptions.store, LogsOptions.json,
            OutputOptions.color, OutputOptions.quiet, OutputOptions.verbose,
        ],
        arguments: [LogsOptions.path],
        examples: [
            Example("hippo-dev logs -f", "Show what has happened, and what happens from now on."),
            Example("hippo-dev logs -n 5 --route /hello", "The last 5 lines that the handler at /hello has written."),
        ],
        action: showLogs
    )

    private static func showLogs(_ arguments: ParsedArguments) throws -> ExitCode {
        let path = arguments[LogsOptions.path] ?? "."
        let store = arguments[LogsOptions.store]
        let limit = try arguments.value(of: LogsOptions.lines, expecting: "a number from 0 on") { text in
            Int(text).flatMap { $0 >= 0 ? $0 : nil }
        }
        guard var follower = try LogFollower(ofProject: path, store: store) else {
            throw CommandFailure("no sandbox runs here, and none has left a log. 'hippo-dev up' starts one.")
        }
        // Whoever reads these lines may stop reading, as head does.
        signal(SIGPIPE, SIG_DFL)
        var printer = LogPrinter(
            renderer: HumanEventRenderer(style: try OutputOptions.style(arguments)),
            isJSON: arguments.isSet(LogsOptions.json), route: arguments[LogsOptions.route])
        let entries = try follower.next()
        printer.print(entries, last: limit ?? 50)
        if let note = printer.note(onRoutesIn: entries) { StandardError.tell(note) }
        guard arguments.isSet(LogsOptions.follow) else { return .success }
        while true {
            usleep(50_000)
            printer.print(try follower.next(), last: .max)
        }
    }
}

private enum LogsOptions {
    static let path = Argument(
        "PATH", summary: "The project: its directory, its HIPPOFACTS, or a single module.", arity: .optional,
        defaultValue: ".")
    static let follow = Option(
        flag: "follow", shortName: "f",
        summary: "Keep printing new events until ^C, also when another sandbox takes over.")
    static let lines = Option(
        name: "lines", shortName: "n", valueName: "N", summary: "How many events to begin with.", defaultValue: "50")
    static let route = Option(
        name: "route", valueName: "ROUTE", summary: "Only what the handler at this route writes to its standard error.")
    static let store = Option(
        name: "store", valueName: "FILE", summary: "The sandbox's store, if it was started with --store.")
    static let json = Option(flag: "json", summary: "Show the events in JSON, one object on a line.")
}

/// Prints entries of a log.
private struct LogPrinter {
    var renderer: HumanEventRenderer
    let isJSON: Bool
    let route: String?

    /// What to say if the route that is asked for has written nothing: it may be misspelt.
    func note(onRoutesIn entries: [LogEntry]) -> String? {
        guard let route else { return nil }
        let writers = Set(entries.compactMap(Self.writer))
        guard !writers.contains(route) else { return nil }
        let others =
            writers.isEmpty
            ? "neither has any other handler" : "these routes have: \(writers.sorted().joined(separator: ", "))"
        return "no handler at the route \(route) has written anything to its standard error; \(others)"
    }

    private static func writer(of entry: LogEntry) -> String? {
        if case .log(.guest(let writer, _), _) = entry.event { writer } else { nil }
    }

    mutating func print(_ entries: [LogEntry], last limit: Int) {
        let wanted = entries.filter { route == nil || Self.writer(of: $0) == route }
        var text = ""
        for entry in wanted.suffix(limit) { text += isJSON ? entry.json : renderer.render(entry) }
        guard !text.isEmpty else { return }
        try? StandardOutput.write(text)
    }
}
