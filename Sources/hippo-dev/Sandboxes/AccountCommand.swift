import Bindle
import CommandLineInterface
import HippoAPI
import Platform
import Sandbox

extension Command {
    /// `hippo-dev account`: who may use Hippo's API of a sandbox.
    static let account = Command(
        name: "account",
        summary: "Say who may publish to a project's sandbox as to a Hippo.",
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
    private static let project = Option(
        name: "project", valueName: "PATH", summary: "The project, as for hippo-dev up.", defaultValue: ".")
    private static let store = Option(
        name: "store", valueName: "FILE", summary: "The store, where hippo-dev up was given one.")
    private static let ephemeral = Option(
        flag: "ephemeral", summary: "Mean the sandboxes of the project that were started with --ephemeral.")
    private static let passwordFromInput = Option(
        flag: "password-stdin", summary: "Read the password from standard input: its first line.")
    private static let place = [project, store, ephemeral]

    private static let add = Command(
        name: "add",
        summary: "Make an account. Its password is asked for.",
        options: place + [passwordFromInput],
        arguments: [name],
        examples: [Example("hippo-dev account add ada --password-stdin < password", "Make one from a script.")],
        action: { arguments in
            let name = arguments[Self.name] ?? ""
            let password = try password(arguments, name)
            try storage(arguments).update { (record) throws(HippoAccountError) in
                try record.addAccount(name: name, password: password)
            }.get()
            StandardOutput.tell("Made the account \(name)")
            return .success
        }
    )

    private static let list = Command(
        name: "list",
        summary: "List the accounts.",
        options: place,
        action: { arguments in
            let accounts = try storage(arguments).load()?.accounts ?? []
            if accounts.isEmpty {
                print("There are no accounts. 'hippo-dev account add NAME' makes one.")
            }
            for account in accounts { print(account.name) }
            return .success
        }
    )

    private static let remove = Command(
        name: "remove",
        summary: "Remove an account. Its tokens hold no longer.",
        options: place,
        arguments: [name],
        action: { arguments in
            let name = arguments[Self.name] ?? ""
            try storage(arguments).update { (record) throws(HippoAccountError) in
                try record.removeAccount(named: name)
            }.get()
            StandardOutput.tell("Removed the account \(name)")
            return .success
        }
    )

    private static func storage(_ arguments: ParsedArguments) throws -> HippoStorage {
        guard !arguments.isSet(ephemeral) || arguments[store] == nil else {
            throw UsageError("'--\(ephemeral.name)' excludes '--\(store.name)'")
        }
        let path = try ProjectStore.pathForSecrets(
            ofProject: arguments[project] ?? ".", store: arguments[store], isEphemeral: arguments.isSet(ephemeral))
        return HippoStorage(forStore: path, environment: ProcessEnvironment.all)
    }

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
