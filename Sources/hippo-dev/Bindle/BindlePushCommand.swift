import Bindle
import CommandLineInterface

extension Command {
    static let bindlePush = Command(
        name: "push",
        summary: "Push a standalone bindle to a server.",
        discussion: """
            DIR is the bindle's own directory, with invoice.toml and parcels/ in it. Only the parcels that the server \
            does not have are sent, so that a push that was interrupted goes on where it stopped.
            """,
        options: BindleOptions.server,
        arguments: [directory],
        action: { arguments in
            let bindle = try StandaloneBindle(at: arguments[directory] ?? ".")
            let sent = try BindleOptions.client(arguments).push(bindle)
            print("\(bindle.invoice.id): \(sent.count) of \(bindle.invoice.distinctLabels.count) parcels sent")
            return .success
        }
    )

    private static let directory = Argument("DIR", summary: "The directory of the standalone bindle.")
}
