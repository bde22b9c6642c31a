import Bindle
import CommandLineInterface
import HippoAPI
import Platform
import Sandbox

extension Command {
    /// `hippo-dev token`: who may hand bindles in at a sandbox.
    static let token = Command(
        name: "token",
        summary: "Let others upload to a project's sandbox, without more access.",
        discussion: """
            A token lets its holder upload a project with 'hippo-dev push --gate URL', and do nothing else. It is valid for \
            the names of bindles and the channels that it is made for, and may expire. A running sandbox knows of \
            changes at once.
            """,
        subcommands: [add, list, remove]
    )

    private static let label = Argument("LABEL", summary: "Who uses it, such as ci.")
    private static let id = Argument("ID", summary: "The token, as 'hippo-dev token list' names it.")
    private static let names = Option(
        name: "name", valueName: "NAME", summary: "A bindle name that the token is valid for; '*' means any name.",
        isRepeatable: true)
    private static let channels = Option(
        name: "channel", valueName: "NAME",
        summary:
            "A channel that uploads may be served on; '*' means any. Without this option, uploads are put on no channel.",
        isRepeatable: true)
    private static let days = Option(
        name: "days", valueName: "NUMBER",
        summary: "The token is valid for this number of days. Without this option, it is valid until it is removed.")

    private static let add = Command(
        name: "add",
        summary: "Make a token. It is shown once: only its digest is kept.",
        options: [names, channels, days] + SecretsOptions.all,
        arguments: [label],
        examples: [
            Example("hippo-dev token add ci --name weather --channel dev --days 90", "One for a build server.")
        ],
        action: { arguments in
            var lifetime: Duration?
            if arguments[days] != nil {
                let number = try arguments.value(of: days, expecting: "a number from 1 to 3650") { text in
                    Int(text).flatMap { (1...3650).contains($0) ? $0 : nil }
                }
                lifetime = number.map { .seconds($0 * 86400) }
            }
            let now = SystemTime().nanosecondsSince1970 / 1_000_000_000
            let secret = try SecretsOptions.storage(arguments).update { (record) throws(UploadTokenError) in
                try record.addToken(
                    label: arguments[label] ?? "", names: arguments.values(of: names),
                    channels: arguments.values(of: channels), lifetime: lifetime, now: now
                ).secret
            }.get()
            print(secret)
            return .success
        }
    )

    private static let list = Command(
        name: "list",
        summary: "List the tokens, without their secret parts.",
        options: SecretsOptions.all,
        action: { arguments in
            let tokens = try SecretsOptions.storage(arguments).load()?.tokens ?? []
            if tokens.isEmpty { print("There are no tokens. 'hippo-dev token add LABEL --name NAME' makes one.") }
            for token in tokens {
                let end = token.expiration.map { "until \(CivilTime(localAt: $0).date)" } ?? "until it is removed"
                let channels = token.channels.isEmpty ? "no channels" : token.channels.joined(separator: ", ")
                print("\(token.id)  \(token.label)  \(token.names.joined(separator: ", "))  \(channels)  \(end)")
            }
            return .success
        }
    )

    private static let remove = Command(
        name: "remove",
        summary: "Remove a token. It is refused from then on.",
        options: SecretsOptions.all,
        arguments: [id],
        action: { arguments in
            try SecretsOptions.storage(arguments).update { (record) throws(UploadTokenError) in
                try record.removeToken(arguments[id] ?? "")
            }.get()
            StandardOutput.tell("Removed the token \(arguments[id] ?? "")")
            return .success
        }
    )
}
