import Bindle
import CommandLineInterface

extension Command {
    static let bindleShow = Command(
        name: "show",
        summary: "Show a bindle's invoice.",
        options: BindleOptions.server + [BindleOptions.yanked],
        arguments: [BindleOptions.id],
        action: { arguments in
            let invoice = try BindleOptions.client(arguments).invoice(
                BindleOptions.id(arguments), includingYanked: arguments.isSet(BindleOptions.yanked))
            print(invoice.toml, terminator: "")
            return .success
        }
    )
}
