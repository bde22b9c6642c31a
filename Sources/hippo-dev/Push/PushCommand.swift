import Bindle
import CommandLineInterface
import HTTP
import Hippofacts
import Platform

extension Command {
    /// `hippo-dev push`: a project's bindle to a Bindle server, and its revision to Hippo.
    static let push = Command(
        name: "push",
        summary: "Push a project's bindle to a Bindle server, and tell Hippo of it.",
        discussion: """
            Runs the build command of hippo-dev.toml, expands HIPPOFACTS, uploads the invoice, and sends the parcels that \
            the server does not have, several at a time. If the build fails, nothing is sent; --no-build takes the modules \
            as they are. A push that was interrupted goes on where it stopped. Files that have not changed since the last push \
            are not even read.

            External bindles come from the libraries of hippo-dev.toml, the project's store, --upstream, or the server \
            itself; what it lacks of their parcels is sent too.

            With --hippo-url, the revision is registered with Hippo afterwards, whichever version of Hippo that is. The \
            app is made if there is none, and a revision that is there is not registered again. --channel makes a \
            channel too: one that follows the newest release or, where a development version is pushed, has that one, \
            until the next one is pushed to it.

            With --gate, the project is uploaded to the sandbox of somebody else, who has made an upload token for that: \
            its files are sent after the build, with the version of HIPPOFACTS, and --channel says where they are served. \
            Nothing is built there.
            """,
        options: [ProjectBindle.versioning, ProjectBindle.withSettings] + ProjectBindle.externalOptions
            + BuildOptions.all + BindleOptions.server + HippoOptions.all
            + [HippoOptions.channel, GateOptions.gate, GateOptions.token]
            + SigningOptions.all + TransferOptions.all,
        arguments: [ProjectBindle.path],
        examples: [
            Example("hippo-dev push", "Push a development version of the project in this directory."),
            Example("hippo-dev push -v production -s https://bindle.example.com/v1 -o id", "Push a release, from CI."),
        ],
        action: runPush
    )

    /// How often another version is tried when somebody else takes the one that `1.2.*` stands for.
    private static let versionAttempts = 5

    private static func runPush(_ arguments: ParsedArguments) throws -> ExitCode {
        let sender = try ParcelSender(arguments)
        if let gate = try GateOptions.url(arguments) { return try upload(to: gate, arguments, sender) }
        let client = try BindleOptions.client(arguments)
        // Before anything is pushed, so that a wrong password is not found out afterwards.
        let hippo = try HippoOptions.authenticatedClient(arguments)
        let channel = arguments[HippoOptions.channel]
        guard channel == nil || hippo != nil else {
            throw UsageError(
                "'--\(HippoOptions.channel.name)' goes with '--\(HippoOptions.hippoURL.name)' or '--\(GateOptions.gate.name)'"
            )
        }
        let project = try ProjectBindle(arguments, for: client)
        var place: TemporaryPlace?
        func temporaryPlace() throws -> TemporaryPlace {
            let made = try place ?? TemporaryPlace()
            place = made
            return made
        }
        for attempt in 1... {
            let expansion = try project.expand()
            let invoice = try SigningOptions.signed(expansion.invoice, arguments)
            let sent: String
            do {
                sent = try sender.send(invoice, to: client) {
                    project.content(of: $0, in: expansion, temporaryPlace)
                }
            } catch PushError.taken where project.isVersionOpen && attempt < versionAttempts {
                continue
            }
            var registered = ""
            if var hippo {
                do { registered = ", \(try hippo.publish(invoice.id, channel: channel).text(on: hippo.url))" } catch {
                    throw CommandFailure(
                        "\(invoice.id) is pushed, but Hippo has not taken it: \(error); push again to try once more")
                }
            }
            if !arguments.isSet(TransferOptions.quiet) { project.tellDifferences(expansion) }
            sender.report(invoice.id, "Pushed \(invoice.id): \(sent)\(registered)")
            return .success
        }
        return .success
    }

    /// Hands a project in at a gate.
    private static func upload(
        to gate: HTTPURL, _ arguments: ParsedArguments, _ sender: ParcelSender
    ) throws -> ExitCode {
        guard !HippoOptions.isServerNamed(arguments) else {
            throw UsageError("'--\(GateOptions.gate.name)' excludes '--\(HippoOptions.hippoURL.name)'")
        }
        let upload = try GateUpload(to: gate, arguments)
        let project = try ProjectBindle(arguments, for: try BindleOptions.client(arguments), isAsWritten: true)
        let expansion = try project.expand()
        let id = expansion.invoice.id
        let display = sender.display(for: id)
        defer { display?.clear() }
        let result = try upload.send(
            id, try project.files(of: expansion), channel: arguments[HippoOptions.channel], display: display)
        display?.clear()
        sender.report(id, "Handed in \(id): \(result)")
        return .success
    }
}
