import CommandLineInterface
import ControlPage
import Platform
import Sandbox

extension Command {
    /// `hippo-dev data`: what handlers keep.
    static let data = Command(
        name: "data",
        summary: "Save, restore or reset what a project's handlers keep in /data.",
        subcommands: [.dataSave, .dataRestore, .dataReset])

    private static let dataSave = Command(
        name: "save",
        summary: "Write the data directory to a file.",
        discussion: """
            Handlers may go on writing meanwhile: each file is saved as it is when it is read.
            """,
        options: DataOptions.all,
        arguments: [DataOptions.file],
        examples: [Example("hippo-dev data save demo.tar.gz", "Keep the data of a demo.")],
        action: { arguments in
            let directory = try DataOptions.directory(arguments)
            let file = arguments[DataOptions.file] ?? DataOptions.defaultFile
            let saved = try directory.save(to: file)
            for path in saved.leftOut { StandardError.write("warning: \(path) is no file, and is left out\n") }
            print("Saved \(Quantity.count(saved.files, "file")) of \(directory.path) to \(file)")
            return .success
        })

    private static let dataRestore = Command(
        name: "restore",
        summary: "Put what was saved in place of what is in the data directory.",
        options: DataOptions.all,
        arguments: [DataOptions.file],
        examples: [Example("hippo-dev data restore demo.tar.gz", "Begin the demo as it was.")],
        action: { arguments in
            let directory = try DataOptions.directory(arguments)
            let file = arguments[DataOptions.file] ?? DataOptions.defaultFile
            let count = try directory.restore(from: file)
            print("Restored \(Quantity.count(count, "file")) of \(file) to \(directory.path)")
            return .success
        })

    private static let dataReset = Command(
        name: "reset",
        summary: "Remove all that is in the data directory.",
        discussion: """
            It says how much there is, and asks. Where there is no terminal to ask at, it needs --yes. 'hippo-dev data \
            save' keeps a copy.
            """,
        options: DataOptions.all + [DataOptions.yes],
        examples: [
            Example("hippo-dev data save && hippo-dev data reset --yes", "Begin anew, and keep what was there.")
        ],
        action: { arguments in
            let directory = try DataOptions.directory(arguments)
            let content = DirectoryUsage(of: directory.path)
            if content.names > 0 {
                let amount = "\(Quantity.count(content.files, "file")) (\(Quantity.size(Int(content.length))))"
                let isGiven =
                    arguments.isSet(DataOptions.yes)
                    || Confirmation.isGiven(
                        "Remove \(amount) from \(directory.path)?",
                        otherwise: "--yes removes \(amount) from \(directory.path)")
                guard isGiven else { return .failure }
            }
            try directory.reset()
            print("\(directory.path) is empty")
            return .success
        })
}

private enum DataOptions {
    static let defaultFile = "data.tar.gz"
    static let file = Argument(
        "FILE", summary: "The .tar.gz with the data.", arity: .optional, defaultValue: defaultFile)
    static let project = Option(
        name: "project", shortName: "p", valueName: "PATH", summary: "The project, as for hippo-dev up.",
        defaultValue: ".")
    static let data = Option(
        name: "data", valueName: "DIR", summary: "The data directory, where hippo-dev up was given one.")

    static let channel = Option(
        name: "channel", valueName: "NAME", summary: "The data of this channel of the project's app.")

    static let yes = Option(flag: "yes", shortName: "y", summary: "Do not ask.")

    static let all = [project, data, channel]

    static func directory(_ arguments: ParsedArguments) throws -> DataDirectory {
        let path = arguments[project] ?? "."
        guard let directory = try DataDirectory(ofProject: path, given: arguments[data]) else {
            throw CommandFailure(
                "the project keeps no data: write [data] with path = \"data\" into hippo-dev.toml, or name a directory by "
                    + "--data")
        }
        guard let channel = arguments[channel] else { return directory }
        guard ChannelChange.isName(channel) else { throw UsageError("'\(channel)' is no name of a channel") }
        return directory.ofChannel(named: channel)
    }
}
