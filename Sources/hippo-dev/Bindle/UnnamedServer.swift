import Bindle
import CommandLineInterface

/// What is said where the usual Bindle server does not answer, and nobody has named another one.
enum UnnamedServer {
    private static let advice =
        "No server was named: -s URL names one, as do BINDLE_URL and, for all commands to come, 'hippo-dev login -s URL'."

    /// What a command does, with the advice added to its failures where it has the option that names a server.
    static func advising(_ command: Command) -> Command.Action? {
        guard let action = command.action, BindleOptions.takesServer(command) else { return command.action }
        return { arguments in try advising(arguments) { try action(arguments) } }
    }

    /// Does what may ask the server that the arguments name.
    ///
    /// - Throws: What `body` throws, and as a `CommandFailure` with the advice where that is of use.
    static func advising<Result>(_ arguments: ParsedArguments, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch  where isWithoutAnswer(error) && BindleOptions.isServerUnnamed(arguments) {
            throw CommandFailure("\(error)\n\(advice)")
        }
    }

    private static func isWithoutAnswer(_ error: any Error) -> Bool {
        switch error {
        case BindleClientError.transport, PushError.request(.transport): true
        case ExternalBindleError.unreachable(_, let server, _): server == BindleClient.defaultURL
        default: false
        }
    }
}
