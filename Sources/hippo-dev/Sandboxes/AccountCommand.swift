import Bindle
import CommandLineInterface
import HippoAPI
import Platform

extension Command {
    /// `hippo-dev account`: who may use Hippo's API of a sandbox.
    static let account = Command(
        name: "account",
        summary: "Manage the accounts by which Hippo's clients publish to a project's sandbox.",
        discussion: """
            The control address of 'hippo-dev up' answers Hippo's API under /api: 'hippo login', 'hippo app add' and \
            'hippo-dev push --hippo-url' work with it. Where only this machine reaches it, 'hippo register' makes \
            accounts too.

            Accounts belong to the project's store, and are kept in ~/.config/hippo/api, which only you can read. A \
            running sandbox knows of changes at once.
            """,
        subcommands: [add, list, remove]
    )

    private static let name = Argument("NAME", summary: "The account: letters, digits, '-' and '_'.")
    private static let passwordFromInput = Option(
        flag: "password-stdin", summary: "Read the password from standard input: its first line.")

    private static let add = Command(
        name: "add",
        summary: "Make an account. Its password is asked for.",
        options: SecretsOptions.all + [passwordFromInput],
        arguments: [name],
        examples: [Example("hippo-dev account add ada --password-stdin < password", "Make one from a script.")],
        action: { arguments in
            let name = arguments[Self.name] ?? ""
            let password = try password(arguments, name)
            try SecretsOptions.storage(arguments).update { (record) throws(HippoAccountError) in
                try record.addAccount(name: name, password: password)
            }.get()
            StandardOutput.tell("Made the account \(name)")
            return .success
        }
    )

    private static let list = Command(
        name: "list",
        summary: "List the accounts.",
        options: SecretsOptions.all,
        action: { arguments in
            let accounts = try SecretsOptions.storage(arguments).load()?.accounts ?? []
            if accounts.isEmpty {
                print("There are no accounts. 'hippo-dev account add NAME' makes one.")
            }
            for account in accounts { print(account.name) }
            return .success
        }
    )

    private static let remove = Command(
        name: "remove",
        summary: "Remove an account. Its tokens are refused from then on.",
        options: SecretsOptions.all,
        arguments: [name],
        action: { arguments in
            let name = arguments[Self.name] ?? ""
            try SecretsOptions.storage(arguments).update { (record) throws(HippoAccountError) in
                try record.removeAccount(named: name)
            }.get()
            StandardOutput.tell("Removed the account \(name)")
            return .success
        }
    )

    private static func password(_ arguments: ParsedArguments, _ name: String) throws -> String {
        guard !arguments.isSet(passwordFromInput) else {
            guard let line = readLine() else { throw CommandFailure("standard input has no password") }
            return line
        }
        let password = try SecretPrompt.secret("Password of \(name)")
        guard try SecretPrompt.secret("The same again") == password else {
            throw CommandFailure("the two passwords are different")
        }
        return password
    }
}
