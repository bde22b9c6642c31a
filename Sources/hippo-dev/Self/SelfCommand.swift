import CommandLineInterface
import Platform
import Sandbox

extension Command {
    /// `hippo-dev self`: the program on this machine.
    static let `self` = Command(
        name: "self",
        summary: "Say where this program is and what it has left, or remove it.",
        subcommands: [info, uninstall]
    )

    private static let info = Command(
        name: "info",
        summary: "Say which version this is, where it lies, and what it has left on this machine.",
        discussion: """
            Projects are found by the list that 'hippo-dev up' keeps in ~/.config/hippo/projects. To upgrade, build the \
            new version and install it in place of this one; a sandbox that runs goes on with the old one until it is \
            started again, and its store is read by later versions.
            """,
        action: { _ in
            let remains = Remains()
            print("hippo-dev \(Commands.version) of \(Commands.releaseDate)")
            print("\(remains.program.path), \(Quantity.size(remains.program.size))")
            let left = remains.stores + remains.settings
            print(left.isEmpty ? "\nIt has left nothing." : "\nIt has left:")
            for item in left { print("  \(item.path), \(Quantity.size(item.size)): \(item.content)") }
            return .success
        }
    )

    private static let isDry = Option(flag: "dry-run", summary: "Show what would be removed, and remove nothing.")
    private static let isMeant = Option(flag: "yes", summary: "Remove it.")

    private static let uninstall = Command(
        name: "uninstall",
        summary: "Remove this program, and what it has left in projects and in the user's settings.",
        discussion: """
            Removes the .hippo of each project that was served, with its revisions; the credentials, tokens and keys in \
            ~/.config/hippo, the authority of --https among them; what is kept in ~/.cache/hippo-dev; and the program. \
            Projects, and the keys of the Bindle client, stay. One of --dry-run and --yes is needed. While hippo-dev up \
            runs on one of the projects, nothing is removed; --dry-run says so, and lists what would be.
            """,
        options: [isDry, isMeant],
        examples: [Example("hippo-dev self uninstall --dry-run", "Show what would be removed.")],
        action: { arguments in
            guard arguments.isSet(isDry) != arguments.isSet(isMeant) else {
                throw UsageError("say --dry-run to see what would be removed, or --yes to remove it")
            }
            let remains = Remains()
            let running = ProjectRegister.ofThisUser.projects.compactMap { project in
                (try? RunningSandbox.all(project: project, store: nil))?.first.map {
                    "hippo-dev up runs on \(project), as process \($0.process): stop it first"
                }
            }
            if arguments.isSet(isDry) {
                for item in remains.all {
                    print("would remove \(item.path), \(Quantity.size(item.size)): \(item.content)")
                }
                for reason in running { print("would refuse, and remove nothing: \(reason)") }
                return .success
            }
            if let reason = running.first { throw CommandFailure(reason) }
            for item in remains.all {
                try Directories.removeTree(item.path)
                print("removed \(item.path)")
            }
            remains.removeEmptyDirectory()
            return .success
        }
    )
}
