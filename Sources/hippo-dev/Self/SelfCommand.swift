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
            Removes the .hippo of each project that was served, with its revisions; the credentials and tokens; and the \
            program. Projects, and the keys of the Bindle client, stay. One of --dry-run and --yes is needed.
            """,
        options: [isDry, isMeant],
        examples: [Example("hippo-dev self uninstall --dry-run", "Show what would be removed.")],
        action: { arguments in
            guard arguments.isSet(isDry) != arguments.isSet(isMeant) else {
                throw UsageError("say --dry-run to see what would be removed, or --yes to remove it")
            }
            let remains = Remains()
            for project in ProjectRegister.ofThisUser.projects {
                guard let running = (try? RunningSandbox.all(project: project, store: nil))?.first else { continue }
                throw CommandFailure("hippo-dev up runs on \(project), as process \(running.process): stop it first")
            }
            for item in remains.all {
                if arguments.isSet(isMeant) {
                    try Directories.removeTree(item.path)
                    print("removed \(item.path)")
                } else {
                    print("would remove \(item.path), \(Quantity.size(item.size)): \(item.content)")
                }
            }
            return .success
        }
    )
}
