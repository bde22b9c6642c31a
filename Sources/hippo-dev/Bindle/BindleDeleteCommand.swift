import Bindle
import CommandLineInterface
import Platform

extension Command {
    static let bindleDelete = Command(
        name: "delete",
        summary: "Delete a bindle, or yank it where the server does that instead.",
        options: BindleOptions.server,
        arguments: [BindleOptions.id],
        action: { arguments in
            let id = try BindleOptions.id(arguments)
            let message = try BindleOptions.client(arguments).delete(id)
            StandardOutput.tell("\(id): \(message)")
            return .success
        }
    )
}
