import CommandLineInterface
import Export

extension Command {
    /// `hippo-dev export systemd`: an app as a service of one server.
    static let exportSystemd = Command(
        name: "systemd",
        summary: "Write a unit for systemd that serves an unpacked artifact on a server.",
        discussion: """
            The unit runs 'hippo-dev wagi -c modules.toml' in the directory that the artifact is unpacked into, as a user \
            that exists only while it runs, and that can read the system, write to a /tmp of its own, and speak TCP. \
            systemd 250 or newer is needed. 'systemd-analyze security FILE --offline=true' says what the service may do.
            """,
        options: ExportOptions.all + ServiceOptions.place,
        examples: [
            Example("hippo-dev export systemd -o app.service", "Write the unit of what serves, or of the project."),
            Example(
                "hippo-dev export systemd --of release:app/1.2.0 --listen 0.0.0.0:80 --env-file /etc/app.env",
                "Have everybody reach it, and modules have the variables of a file that root alone can read."),
        ],
        action: { arguments in
            let app = try ExportOptions.source(arguments).app()
            try ServiceOptions.write(SystemdUnit(ServiceOptions.place(arguments, app.id)).text, arguments)
            return .success
        })
}
