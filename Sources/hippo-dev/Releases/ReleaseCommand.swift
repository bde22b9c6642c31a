import Bindle
import CommandLineInterface
import Hippofacts
import JSON
import Platform
import Sandbox

extension Command {
    /// `hippo-dev release`: content that stays as it is.
    static let release = Command(
        name: "release",
        summary: "Freeze what serves under a version, for channels to serve.",
        discussion: """
            A release is content that stays as it is, whatever becomes of the project. Without VERSION, it is \
            HIPPOFACTS's; where that is like 1.2.*, the next one. The same version with other content is an error, unless \
            --replace is given. Releases are kept in the project's store, whether the sandbox runs or not.
            """,
        options: [ReleaseOptions.source, ReleaseOptions.replace] + ReleaseOptions.common,
        arguments: [ReleaseOptions.version],
        examples: [
            Example("hippo-dev release", "Release what serves, under the version of HIPPOFACTS."),
            Example("hippo-dev release 1.3.0", "Release it under another version."),
            Example("hippo-dev release 2.0.0 --of 2.0.0-rc.1", "Make a release of a candidate that has proved good."),
            Example("hippo-dev release diff 1.3.0", "Say what has changed from a release to what serves."),
        ],
        subcommands: [.releaseList, .releaseDiff, .releaseRemove],
        action: { arguments in
            let releases = try ProjectReleases(arguments)
            let source = try arguments[ReleaseOptions.source].map { try releases.content($0) }
            let made = try releases.make(
                of: source, version: arguments[ReleaseOptions.version],
                replacing: arguments.isSet(ReleaseOptions.replace))
            if arguments.isSet(ReleaseOptions.json) {
                print(made.serialized)
                return .success
            }
            let id = PrintableText.line(made["id"]?.string ?? "")
            switch made["effect"]?.string {
            case "unchanged": print("\(id) has this content already.")
            case "replaced": print("Replaced \(id), \(ReleaseText.measure(made)).")
            default: print("Released \(id), \(ReleaseText.measure(made)).")
            }
            return .success
        })

    private static let releaseList = Command(
        name: "list",
        summary: "List releases, the newest version first.",
        options: ReleaseOptions.common,
        arguments: [ReleaseOptions.text],
        action: { arguments in
            let releases = try ProjectReleases(arguments).all(containing: arguments[ReleaseOptions.text])
            if arguments.isSet(ReleaseOptions.json) {
                let object: JSONObject = ["releases": .array(releases.map { .object($0) })]
                print(object.serialized)
            } else {
                print(PrintableText.lines(ReleaseText.list(releases)), terminator: "")
            }
            return .success
        })

    private static let releaseRemove = Command(
        name: "remove",
        summary: "Remove a release, and what only it needs.",
        discussion: "A release that a channel pins stays: have the channel follow another one first.",
        options: ReleaseOptions.common,
        arguments: [ReleaseOptions.release],
        action: { arguments in
            let releases = try ProjectReleases(arguments)
            let removed = try releases.remove(arguments[ReleaseOptions.release] ?? "")
            if arguments.isSet(ReleaseOptions.json) {
                print(removed.serialized)
            } else {
                print("Removed \(PrintableText.line(removed["id"]?.string ?? "")).")
            }
            return .success
        })

    private static let releaseDiff = Command(
        name: "diff",
        summary: "Say what is different between two releases, revisions or bindles.",
        discussion: """
            FROM and TO are VERSION or NAME/VERSION of a release, the number of a revision, NAME/VERSION of a bindle, or \
            'serving' for what serves. Where a release and a bindle have one ID, release:NAME/VERSION and \
            bindle:NAME/VERSION say which is meant. Files that are texts are compared line by line, as diff -u does it. Ends \
            with exit code 1 if something is different.
            """,
        options: [ReleaseOptions.names] + ReleaseOptions.common,
        arguments: [ReleaseOptions.from, ReleaseOptions.to, ReleaseOptions.file],
        examples: [
            Example("hippo-dev release diff 1.3.0", "Compare a release with what serves."),
            Example("hippo-dev release diff 1.2.0 1.3.0 --names", "Say which files are different in two releases."),
        ],
        action: { arguments in
            let releases = try ProjectReleases(arguments)
            let comparison = ReleaseComparison(
                releases, from: try releases.content(arguments[ReleaseOptions.from] ?? ""),
                to: try releases.content(arguments[ReleaseOptions.to] ?? ReleaseOptions.serving))
            return try comparison.tell(
                file: arguments[ReleaseOptions.file], namesOnly: arguments.isSet(ReleaseOptions.names),
                asJSON: arguments.isSet(ReleaseOptions.json))
                ? .failure : .success
        })
}

enum ReleaseOptions {
    static let serving = "serving"
    static let version = Argument(
        "VERSION", summary: "The version of the release, such as 1.2.3. By default HIPPOFACTS's.", arity: .optional)
    static let text = Argument(
        "TEXT", summary: "List only releases whose NAME/VERSION contains this text.", arity: .optional)
    static let release = Argument("RELEASE", summary: "VERSION or NAME/VERSION.")
    static let from = Argument("FROM", summary: "A release, a revision or a bindle.")
    static let to = Argument(
        "TO", summary: "The one to compare it with.", arity: .optional, defaultValue: serving)
    static let file = Argument("FILE", summary: "The file to compare, instead of all.", arity: .optional)
    static let source = Option(
        name: "of", valueName: "WHAT",
        summary:
            "What is released: NAME/VERSION of a bindle or a release, or the number of a revision. By default what serves."
    )
    static let replace = Option(flag: "replace", summary: "Replace a release of this version that has other content.")
    static let names = Option(flag: "names", summary: "Print only the names of files.")
    static let json = Option(flag: "json", summary: "Print JSON.")
    static let common = HistoryOptions.all + [HistoryOptions.project, json]
}
