import Bindle
import CommandLineInterface
import Platform

extension Command {
    /// `hippo-dev bindle`: a Bindle server, and a client of any.
    static let bindle = Command(
        name: "bindle",
        summary: "Serve bindles, or work with the bindles of a server.",
        subcommands: [
            .bindleServe, .bindleCheck, .bindleReset, .bindleSearch, .bindleList, .bindleShow, .bindlePull, .bindleGet,
            .bindlePush, .bindleImport, .bindleExport, .bindleYank, .bindleDelete, .bindleSign, .bindleVerify,
            .bindleKeys,
        ] + bindleParts + bindleSynonyms
    )
}
