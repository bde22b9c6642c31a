import CommandLineInterface
import Platform

extension Command {
    /// `hippo-dev export wwwroot`: the files alone, as a directory.
    static let exportWwwroot = Command(
        name: "wwwroot",
        summary: "Write the files of an application into a directory.",
        discussion: """
            The wwwroot that modules have as / and clients are served from is in no directory while hippo-dev up runs. \
            This writes one: of the revision that serves, if hippo-dev up runs on the project, and of the project, \
            which is built first, otherwise. DIR is made; if it is there, it has to be empty.
            """,
        options: ExportOptions.all,
        arguments: [directory],
        examples: [
            Example("hippo-dev export wwwroot out", "Write what serves, or what the project in this directory has."),
            Example("hippo-dev export wwwroot out --of project", "Write what the project has, whatever serves."),
        ],
        action: { arguments in
            let directory = arguments[directory] ?? ""
            let source = try ExportOptions.source(arguments)
            let count = try WwwrootDirectory(directory).write(source)
            StandardOutput.tell("Wrote \(Quantity.count(count, "file")) of \(source.name) to \(directory)")
            return .success
        })

    private static let directory = Argument("DIR", summary: "The directory to write.")
}
