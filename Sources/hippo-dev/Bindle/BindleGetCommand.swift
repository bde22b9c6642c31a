import Bindle
import CommandLineInterface

extension Command {
    static let bindleGet = Command(
        name: "get",
        summary: "Fetch a bindle as a directory.",
        discussion: """
            Writes a standalone bindle: the directory DIR/SHA256_OF_ID with invoice.toml and parcels/SHA256.dat. \
            Parcels that are there already are not fetched again.
            """,
        options: BindleOptions.server + [directory, BindleOptions.yanked],
        arguments: [BindleOptions.id],
        action: { arguments in
            let client = try BindleOptions.client(arguments)
            let id = try BindleOptions.id(arguments)
            let isYankedWanted = arguments.isSet(BindleOptions.yanked)
            let invoice = try client.invoice(id, includingYanked: isYankedWanted)
            let bindle = try StandaloneBindle.write(invoice, in: arguments[directory] ?? ".") { label, receive in
                try client.parcel(label, of: id, includingYanked: isYankedWanted, receive: receive)
            }
            print(bindle.directory)
            return .success
        }
    )

    private static let directory = Option(
        name: "directory", shortName: "d", valueName: "DIR", summary: "Where to put the bindle.", defaultValue: ".")
}
